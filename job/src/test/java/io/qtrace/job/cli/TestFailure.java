package io.qtrace.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.io.FormatException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.sql.SQLException;
import java.util.concurrent.ExecutionException;
import org.apache.spark.SparkException;
import org.junit.jupiter.api.Test;

class TestFailure {
  @Test
  void reportsAFileErrorHoweverItIsWrapped() {
    Throwable fault = new FormatException("file:/a.pt", 7, "Invalid opcode");
    Throwable wrapped = new SparkException("Job aborted\n\tat x", new ExecutionException(fault));
    assertThat(Failure.reason(wrapped)).isEqualTo("file:/a.pt: at byte 7: Invalid opcode");
  }

  @Test
  void unwrapsExceptionsThatOnlyCarryAnother() {
    Throwable cause = new IOException("Cannot read s3a://b/k: timeout");
    assertThat(
            Failure.reason(new RuntimeException(new UncheckedIOException(new IOException(cause)))))
        .isEqualTo("Cannot read s3a://b/k: timeout");
  }

  @Test
  void addsTheRootCauseUnlessItIsInTheMessage() {
    Throwable failure = new RuntimeException("Failed to connect", new IOException("no route"));
    assertThat(Failure.reason(failure)).isEqualTo("Failed to connect: no route");
  }

  @Test
  void reportsOnlyTheFirstLineEscaped() {
    assertThat(Failure.reason(new IllegalStateException("\n[X] bad\u001b thing\n== SQL ==\n^^^")))
        .isEqualTo("[X] bad\\u001b thing");
  }

  @Test
  void addsTheExceptionTypeToBareMessages() {
    assertThat(Failure.reason(new NoSuchFileException("a.sql")))
        .isEqualTo("NoSuchFileException: a.sql");
    assertThat(Failure.reason(new NullPointerException())).isEqualTo("NullPointerException");
  }

  @Test
  void tooLittleMemoryForSparkIsOneSentence() {
    String message =
        "[INVALID_DRIVER_MEMORY] System memory 147849216 must be at least 471859200.\nPlease increase";
    assertThat(Failure.reason(new RuntimeException(message)))
        .isEqualTo("Cannot start Spark with so little memory; increase --driver-memory to 600m");
  }

  @Test
  void endsAtACycleOfCauses() {
    Exception a = new Exception("a a");
    a.initCause(new Exception("b b", a));
    assertThat(Failure.reason(a)).startsWith("a a");
  }

  @Test
  void databaseInUseIsAWarehouseInUse() {
    SQLException refused =
        new SQLException("Database may be already in use: \"/w/catalog.mv.db\"...", "90020", 90020);
    assertThat(Failure.reason(new RuntimeException("Failed to connect", refused)))
        .isEqualTo("Cannot open warehouse: /w/catalog.mv.db is in use by another qtrace process");
  }

  @Test
  void damagedDatabaseIsADamagedWarehouse() {
    SQLException damaged = new SQLException("File corrupted: \"/w/catalog.mv.db\"", "90030", 90030);
    assertThat(Failure.reason(new RuntimeException("Failed to connect", damaged)))
        .startsWith("Cannot open warehouse: /w/catalog.mv.db is damaged or not a catalog; restore");
  }

  @Test
  void filesOfTablesAreNamedWithTheRemedy() {
    String message = "Failed to open input stream for file: s3a://b/w/a.parquet";
    assertThat(Failure.reason(new RuntimeException(message, new FileNotFoundException("No"))))
        .startsWith("Cannot read table file s3a://b/w/a.parquet: it is missing; restore");
    assertThat(Failure.reason(new RuntimeException(message, new IOException("no route"))))
        .startsWith(
            "Cannot read table file s3a://b/w/a.parquet: no route; if it is damaged, restore");
  }
}
