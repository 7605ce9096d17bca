package io.qtrace.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.LocalSpark;
import io.qtrace.job.Sample;
import io.qtrace.job.report.Rows;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The queries of {@code conf/queries} give the answers in their comments for the sample. */
@Tag("archive")
class TestQueries {
  private static final Path QUERIES = Path.of("../conf/queries");

  @TempDir static Path folder;
  private static SparkSession spark;

  @BeforeAll
  static void auditTheSample() {
    String archive = Sample.RUNS.toString();
    CommandRun audit =
        CommandRun.of("audit", "--archive", archive, "--warehouse", folder.toString(), "--quiet");
    assertThat(audit.status()).as(audit.err()).isEqualTo(1);
    LocalSpark.stop();
    spark = LocalSpark.session(folder);
    spark.sql("USE lineage.qtrace");
  }

  static List<Path> queries() throws IOException {
    try (Stream<Path> files = Files.list(QUERIES)) {
      return files.sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("queries")
  void giveTheAnswersInTheirComments(Path file) throws IOException {
    String text = Files.readString(file);
    List<String> comments = text.lines().filter(line -> line.startsWith("--")).toList();
    List<String> answer = Rows.of(spark.sql(text)).lines(1000);

    assertThat(comments.get(0)).matches("-- [A-Z].*\\?( \\(notebook, cells? [0-9 and]+\\))?");
    assertThat(comments.stream().skip(2).map(line -> line.replaceFirst("-- ?", "")))
        .isEqualTo(answer);
  }
}
