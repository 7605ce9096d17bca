package io.qtrace.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qtrace.format.FormatFixtures;
import io.qtrace.spark.functions.QtraceExtensions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every column and function of the data source on every checkpoint of the sample archive. */
@Tag("archive")
class TestSampleArchive {
  private static final Path RUNS = Path.of("../job/src/sample/archive/runs");

  private static SparkSession spark;
  @TempDir private Path folder;

  @BeforeAll
  static void startSpark() {
    spark =
        SparkSession.builder()
            .master("local[2]")
            .config("spark.ui.enabled", false)
            .config("spark.sql.shuffle.partitions", 2)
            .config("spark.sql.extensions", QtraceExtensions.class.getName())
            .getOrCreate();
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
  }

  private static List<String> checkpoints() throws IOException {
    try (Stream<Path> files = Files.walk(RUNS)) {
      return files.map(Path::toString).filter(name -> name.endsWith(".pt")).sorted().toList();
    }
  }

  // What a script among the fixtures prints, with a Python that has PyTorch.
  private JsonNode python(String script, List<String> files) throws Exception {
    List<String> command = new ArrayList<>(List.of(output("../scripts/pytorch").strip()));
    command.add(FormatFixtures.file(script).toString());
    command.addAll(files);
    return new ObjectMapper().readTree(output(command.toArray(String[]::new)));
  }

  private String output(String... command) throws Exception {
    Path out = folder.resolve("out");
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    assertThat(process.waitFor()).as(List.of(command).toString()).isZero();
    return Files.readString(out);
  }

  @Test
  void columnsAndFunctionsAreWhatPyTorchSays() throws Exception {
    List<String> files = checkpoints();
    JsonNode expected = python("content.py", files);

    assertThat(files).hasSize(16);
    for (String file : files) {
      TorchContent.require(spark, file, expected.get(file));
    }
  }

  @Test
  void differencesAndResidualsAreWhatPyTorchSays() throws Exception {
    List<String> files = checkpoints();
    JsonNode expected = python("differences.py", files);

    for (String file : files.subList(1, files.size())) {
      JsonNode facts = expected.get(file);
      for (Row row : diffs(files.get(0), file)) {
        requireDiff(row, facts);
      }
      assertThat(residuals(file)).as(file).hasSameSizeAs(facts.get("residuals"));
      for (Row row : residuals(file)) {
        assertThat(row.getLong(1))
            .as(file + row.getString(0))
            .isEqualTo(facts.get("residuals").get(row.getString(0)).asLong());
      }
    }
  }

  // Of all names that one of them has.
  private List<Row> diffs(String left, String right) {
    spark.read().format("qtrace").load(left, right).createOrReplaceTempView("both");
    return spark
        .sql(
            """
            SELECT name, d.* FROM (SELECT name, tensor_diff('%s', '%s', name) AS d
              FROM (SELECT DISTINCT name FROM both))
            """
                .formatted(left, right))
        .collectAsList();
  }

  private static void requireDiff(Row row, JsonNode facts) {
    String name = row.getAs("name");
    String status = row.getAs("status");
    JsonNode diff = facts.get("diffs").get(name);
    if (diff == null) {
      String list = status.equals("ADDED") ? "added" : "removed";
      assertThat(facts.get(list)).as(name).extracting(JsonNode::asText).contains(name);
      return;
    }
    boolean changed = diff.get(0).asLong() > 0;
    assertThat(status).as(name).isIn(changed ? List.of("CHANGED") : List.of("IDENTICAL", "EQUAL"));
    assertThat(row.<Long>getAs("changed_elements")).as(name).isEqualTo(diff.get(0).asLong());
    assertThat(row.<Double>getAs("max_abs")).as(name).isEqualTo(diff.get(1).asDouble());
    assertThat(row.<Double>getAs("mean_abs"))
        .as(name)
        .isCloseTo(diff.get(2).asDouble(), within(1e-12));
    assertThat(row.<Long>getAs("first_changed_index"))
        .as(name)
        .isEqualTo(changed ? diff.get(3).asLong() : null);
  }

  private List<Row> residuals(String file) {
    spark.read().format("qtrace").load(file).createOrReplaceTempView("one");
    return spark
        .sql("SELECT layer, q_residual(path, layer) FROM one WHERE category = 'q'")
        .collectAsList();
  }
}
