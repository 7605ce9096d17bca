package io.qtrace.spark.functions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.qtrace.format.FormatFixtures;
import io.qtrace.lut.Goldens;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.expressions.ExpressionInfo;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The functions in a session that knows nothing but udfs, against what PyTorch says. */
class TestQtraceFunctions {
  private static final String RUNS = "../job/src/sample/archive/runs/";
  private static final String SAMPLE = "debug_lut_training/checkpoint_step20.pt";
  private static final String DRIFTED = RUNS + "bug_q_drift/checkpoint_step20.pt";

  private static final Pattern EXAMPLE = Pattern.compile("> (SELECT .*);\n +(.*)\n");

  private static SparkSession spark;
  @TempDir private Path folder;

  @BeforeAll
  static void startSpark() {
    spark =
        SparkSession.builder()
            .master("local[1]")
            .config("spark.ui.enabled", false)
            .config("spark.sql.extensions", QtraceExtensions.class.getName())
            .getOrCreate();
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
  }

  @Test
  void haveTheseNamesAndParameters() {
    List<String> usages = new ArrayList<>();
    QtraceFunctions.names().forEach(name -> usages.add(usage(name.info())));
    usages.add(usage(ElementsFunction.info()));
    assertThat(usages)
        .containsExactly(
            "tensor_category(name)",
            "tensor_layer(name)",
            "qtrace_layer(name)",
            "tensor_fingerprint(path, name)",
            "try_tensor_fingerprint(path, name)",
            "tensor_md5(path, name)",
            "try_tensor_md5(path, name)",
            "tensor_values(path, name)",
            "try_tensor_values(path, name)",
            "tensor_slice(path, name, from, count)",
            "try_tensor_slice(path, name, from, count)",
            "tensor_histogram(path, name, buckets)",
            "try_tensor_histogram(path, name, buckets)",
            "tensor_stats(path, name)",
            "try_tensor_stats(path, name)",
            "tensor_diff(left_path, right_path, name)",
            "try_tensor_diff(left_path, right_path, name)",
            "lut_effective(deltas, max_abs)",
            "lut_baked(deltas, max_abs)",
            "q_residual(path, layer)",
            "try_q_residual(path, layer)",
            "qtrace_layer_number(name)",
            "qtrace_dtype_bytes(dtype)",
            "qtrace_elements(path, name)");
  }

  private static String usage(ExpressionInfo info) {
    return info.getUsage().replace("_FUNC_", info.getName()).replaceAll(" - .*", "");
  }

  @Test
  void giveWhatTheirExamplesSay() {
    List<String> names = new ArrayList<>(List.of(ElementsFunction.NAME));
    QtraceFunctions.names().forEach(name -> names.add(name.name()));
    for (String name : names) {
      String help = help(name);
      Matcher example = EXAMPLE.matcher(help);
      assertThat(example.find()).as(help).isTrue();
      String query = example.group(1).replace("checkpoint.pt", RUNS + SAMPLE);
      assertThat(spark.sql("SELECT string(x) FROM (%s) AS t(x)".formatted(query)).first().get(0))
          .as(query)
          .isEqualTo(example.group(2).replace(",", ", "));
      assertThat(help).contains("Arguments:").contains("* ");
    }
  }

  private static String help(String name) {
    StringBuilder help = new StringBuilder();
    for (Row line : spark.sql("DESCRIBE FUNCTION EXTENDED " + name).collectAsList()) {
      help.append(line.getString(0)).append('\n');
    }
    return help.toString();
  }

  @Test
  void serveASessionThatRegistersThem() {
    SparkSession plain = spark.newSession();
    plain.sql("DROP TEMPORARY FUNCTION IF EXISTS tensor_category");
    QtraceFunctions.register(plain);

    assertThat(
            plain
                .sql(
                    """
                    SELECT qtrace_layer(name), qtrace_layer_number(name), tensor_category(name),
                      qtrace_dtype_bytes(dtype)
                    FROM VALUES
                      ('model.layers.12.self_attn.q_proj._Q', 'bfloat16'),
                      ('lm_head.weight', 'complex128'),
                      ('3', 'F32'),
                      ('h.12345678901.x1.2', ''),
                      ('', 'float32'),
                      (CAST(NULL AS STRING), CAST(NULL AS STRING)) AS t(name, dtype)
                    """)
                .collectAsList())
        .containsExactly(
            RowFactory.create("model.layers.12.self_attn.q_proj", 12, "q", 2),
            RowFactory.create("lm_head", null, "other", 16),
            RowFactory.create("", 3, "other", null),
            RowFactory.create("h.12345678901.x1", 2, "other", null),
            RowFactory.create("", null, "other", 4),
            RowFactory.create(null, null, null, null));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        SAMPLE,
        "srLUT-004_all_alpaca_M2p0_lr1e5_from_best/checkpoint_step200.pt",
        "srLUT-004_all_alpaca_M2p0_lr1e5_from_best/v2_q4_r32_fp16_20261123_204152.pt",
        "srLUT-004c_all_alpaca_from_baked200_lut_plus_scales/checkpoint_step40.pt"
      })
  void lutsAreThoseOfTheRecipe(String file) {
    spark.read().format("qtrace").load(RUNS + file).createOrReplaceTempView("tensors");
    List<Row> rows =
        spark
            .sql(
                """
                SELECT layer, lut_effective(tensor_values(path, name), 2),
                  lut_baked(tensor_values(path, name), 2), tensor_values(path, concat(layer, '.lut'))
                FROM tensors WHERE category = 'lut_deltas'
                """)
            .collectAsList();

    JsonNode layers = Goldens.read("archive").get("checkpoints").get(file);
    assertThat(rows).hasSize(layers.size());
    for (Row row : rows) {
      JsonNode expected = layers.get(row.getString(0));
      assertThat(row.<Double>getList(1)).isEqualTo(doubles(expected.get("effective")));
      assertThat(row.<Double>getList(2)).isEqualTo(doubles(expected.get("baked")));
      assertThat(row.<Double>getList(3)).isEqualTo(doubles(expected.get("stored")));
    }
  }

  private static List<Double> doubles(JsonNode hex) {
    List<Double> doubles = new ArrayList<>();
    for (float value : Goldens.floats(hex)) {
      doubles.add((double) value);
    }
    return doubles;
  }

  @Test
  void differencesAndResidualsAreThoseOfTheDriftedRun() {
    spark.read().format("qtrace").load(DRIFTED).createOrReplaceTempView("tensors");
    List<Row> changed =
        spark
            .sql(
                """
                SELECT name, d.status, d.elements, d.changed_elements, d.first_changed_index
                FROM (SELECT name, tensor_diff('%s', '%s', name) AS d FROM tensors)
                WHERE d.status <> 'IDENTICAL' ORDER BY name
                """
                    .formatted(RUNS + SAMPLE, DRIFTED))
            .collectAsList();
    assertThat(changed)
        .containsExactly(
            RowFactory.create("model.layers.0.mlp.up_proj._indices", "CHANGED", 2560L, 1L, 0L),
            RowFactory.create("model.layers.0.self_attn.k_proj._Q", "CHANGED", 1024L, 1024L, 0L),
            RowFactory.create("model.layers.0.self_attn.o_proj._Q", "CHANGED", 2048L, 5L, 0L));
    List<Row> residuals =
        spark
            .sql(
                """
                SELECT layer, r FROM (SELECT layer, q_residual('%s', layer) AS r
                  FROM tensors WHERE category = 'lut') WHERE r > 0 ORDER BY layer
                """
                    .formatted(DRIFTED))
            .collectAsList();
    assertThat(residuals)
        .containsExactly(
            RowFactory.create("model.layers.0.mlp.up_proj", 1L),
            RowFactory.create("model.layers.0.self_attn.k_proj", 1024L),
            RowFactory.create("model.layers.0.self_attn.o_proj", 5L));
  }

  @Test
  void nullGivesNull() {
    List<String> calls = new ArrayList<>(List.of("lut_effective(array(0, NULL), 2)"));
    for (SqlName name : QtraceFunctions.names()) {
      int count = name.function().parameters().size();
      for (int i = 0; i < count; i++) {
        List<String> arguments = new ArrayList<>();
        for (int at = 0; at < count; at++) {
          boolean deltas = name.function().parameters().get(at).type() == SqlTypes.NULLABLE_DOUBLES;
          arguments.add(at == i ? "NULL" : deltas ? "array(0, 0)" : "'2'");
        }
        calls.add("%s(%s)".formatted(name.name(), String.join(", ", arguments)));
      }
    }
    Row row = spark.sql("SELECT " + String.join(", ", calls)).first();
    for (int i = 0; i < calls.size(); i++) {
      assertThat(row.isNullAt(i)).as(calls.get(i)).isTrue();
    }
  }

  @Test
  void whatCannotBeReadIsAnErrorThatNamesItOrNullInTheTryForm() throws Exception {
    String bad = Files.writeString(folder.resolve("bad.pt"), "hello").toString();
    String file = FormatFixtures.file("special.pt").toString();

    requireFailure("tensor_stats('%s', 'a')".formatted(bad), "bad.pt: at byte 0: Unsupported");
    requireFailure("tensor_md5('%s', 'a')".formatted(folder + "/none.pt"), "none.pt");
    requireFailure("tensor_values('%s', 'a\n')".formatted(file), "special.pt: no tensor 'a\\n'");
    requireFailure(
        "tensor_fingerprint('%s', 'special.sparse')".formatted(file),
        "special.pt: cannot read tensor 'special.sparse': sparse tensor");
    requireFailure("tensor_diff('%s', '%s', 'b')".formatted(file, file), "no tensor 'b'");
    requireFailure("tensor_slice('%s', 'a', 0, 1)".formatted(bad), "bad.pt: at byte 0");
    requireFailure("tensor_histogram('%s', 'b', 3)".formatted(file), "no tensor 'b'");
    requireFailure("q_residual('%s', 'special')".formatted(file), "no tensor 'special._Q'");
  }

  private static void requireFailure(String call, String message) {
    assertThatThrownBy(() -> spark.sql("SELECT " + call).collectAsList())
        .hasStackTraceContaining(message);
    assertThat(spark.sql("SELECT try_" + call).first().isNullAt(0)).as(call).isTrue();
  }

  @Test
  void seeAFileThatWasReplaced() throws Exception {
    Path file = folder.resolve("replaced.pt");
    String query = "SELECT tensor_stats('%s', 'whole').elements".formatted(file);
    Files.copy(FormatFixtures.file("views.pt"), file);
    assertThat(spark.sql(query).first().getLong(0)).isPositive();

    Files.delete(file);
    Files.copy(FormatFixtures.file("dtypes.pt"), file);
    assertThatThrownBy(() -> spark.sql(query).first()).hasStackTraceContaining("no tensor 'whole'");
  }

  @Test
  void refuseAnotherNumberOfArguments() {
    assertThatThrownBy(() -> spark.sql("SELECT qtrace_layer('a', 'b')").collectAsList())
        .hasStackTraceContaining("Invalid call of qtrace_layer: 2 arguments, expected 1");
  }
}
