package io.qtrace.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TestSecrets {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Failed to connect: jdbc:postgresql://h/d?user=me&password=hunter2&ssl=true"
            + " | Failed to connect: jdbc:postgresql://h/d?user=me&password=***&ssl=true",
        "Cannot list s3a://KEY:hunter2@bucket/runs | Cannot list s3a://KEY:***@bucket/runs",
        "jdbc.password=hunter2, type=jdbc | jdbc.password=***, type=jdbc",
        "{\"token\": \"hunter2 x\"} | {\"token\": ***}",
        "fs.s3a.secret.key: hunter2 | fs.s3a.secret.key: ***",
        "Cannot read hdfs://host:8020/a@b | Cannot read hdfs://host:8020/a@b",
        "Cannot read abfss://box@account/a | Cannot read abfss://box@account/a"
      })
  void passwordsAreHiddenAndTheRestStays(String message, String expected) {
    assertThat(Secrets.hidden(message)).isEqualTo(expected);
    Throwable failure = new RuntimeException(message, new SQLException(message));
    assertThat(Failure.reason(failure)).contains(expected).doesNotContain("hunter2");
    assertThat(Failure.trace(failure)).contains(expected).doesNotContain("hunter2");
  }
}
