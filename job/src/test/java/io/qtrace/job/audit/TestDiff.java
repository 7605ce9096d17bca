package io.qtrace.job.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qtrace.compare.Measure;
import io.qtrace.compare.TensorStatus;
import io.qtrace.job.LocalSpark;
import io.qtrace.job.Sample;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.judge.Diff;
import io.qtrace.job.judge.Judgement;
import io.qtrace.job.judge.LutMove;
import io.qtrace.job.judge.QChange;
import io.qtrace.job.operations.QCause;
import io.qtrace.job.operations.Train;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.Policy;
import io.qtrace.job.policy.Verdict;
import io.qtrace.job.report.DiffDocument;
import io.qtrace.job.text.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class TestDiff {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  static Stream<JsonNode> pairsOfPyTorch() throws IOException {
    JsonNode pairs = JSON.readTree(Sample.EXPECTED.resolve("pairs.json").toFile());
    assertThat(pairs).hasSize(11);
    return StreamSupport.stream(pairs.spliterator(), false);
  }

  @ParameterizedTest
  @MethodSource("pairsOfPyTorch")
  void equalsPyTorch(JsonNode expected) throws IOException {
    String left = Sample.run(expected.get("left").asText());
    String right = Sample.run(expected.get("right").asText());
    Diff.Outcome outcome = diff().run(left, right, Optional.empty(), EnumSet.of(Measure.MD5));
    JsonNode found = JSON.readTree(Json.of(DiffDocument.of(left, right, outcome)));
    assertThat(found.get("summary")).isEqualTo(expected.get("summary"));
    assertThat(found.get("tensors")).hasSameSizeAs(expected.get("tensors"));
    for (int i = 0; i < expected.get("tensors").size(); i++) {
      assertTensor(found.get("tensors").get(i), expected.get("tensors").get(i));
    }
  }

  private static void assertTensor(JsonNode found, JsonNode expected) {
    expected
        .fields()
        .forEachRemaining(
            field -> {
              String key = field.getKey();
              String what = expected.get("name").asText() + " " + key;
              if (key.equals("sum_abs") || key.equals("mean_abs")) {
                double value = field.getValue().asDouble();
                assertThat(found.get(key).asDouble())
                    .as(what)
                    .isCloseTo(value, within(1e-6 * Math.abs(value)));
              } else if (field.getValue().isNumber()) {
                assertThat(found.get(key).asDouble())
                    .as(what)
                    .isEqualTo(field.getValue().asDouble());
              } else {
                assertThat(found.get(key)).as(what).isEqualTo(field.getValue());
              }
            });
  }

  @ParameterizedTest
  @CsvSource({
    "sr011-q4a4-FP4-init/v2_initial.pt, debug_lut_training/checkpoint_step20.pt, TRAIN, CLEAN",
    "srLUT-004_all_alpaca_M2p0_lr1e5_from_best/checkpoint_step200.pt,"
        + "srLUT-004_all_alpaca_M2p0_lr1e5_from_best/baked_step200.pt, BAKE, CLEAN",
    "sr011-q4a4-FP4-init/v2_initial.pt,"
        + "srLUT-004_all_alpaca_M2p0_lr1e5_from_best/baked_step200.pt, UNKNOWN, VIOLATION",
    "debug_lut_training/checkpoint_step20.pt, bug_q_drift/checkpoint_step20.pt, UNKNOWN, VIOLATION",
    "srLUT-004_all_alpaca_M2p0_lr1e5_from_best/checkpoint_step200.pt,"
        + "srLUT-004s_synced/lut_refreshed_step200.pt, REFRESH, CLEAN",
    "srLUT-004s_synced/lut_refreshed_step200.pt, srLUT-004s_synced/synced_step200.pt, SYNC, CLEAN",
    "srLUT-004_all_alpaca_M2p0_lr1e5_from_best/baked_step200.pt,"
        + "srLUT-004t_tightened/tightened.pt, REQUANTIZE, CLEAN",
  })
  void tellsKindAndVerdict(String left, String right, EdgeKind kind, Verdict verdict)
      throws IOException {
    Judgement judgement = judge(left, right);
    assertThat(judgement.kind()).isEqualTo(kind);
    assertThat(judgement.verdict()).isEqualTo(verdict);
  }

  @ParameterizedTest
  @CsvSource({
    "srLUT-004_all_alpaca_M2p0_lr1e5_from_best/checkpoint_step200.pt,"
        + "srLUT-004_all_alpaca_M2p0_lr1e5_from_best/baked_step200.pt, BAKED",
    "srLUT-004s_synced/lut_refreshed_step200.pt, srLUT-004s_synced/synced_step200.pt, SYNCED",
    "srLUT-004_all_alpaca_M2p0_lr1e5_from_best/baked_step200.pt,"
        + "srLUT-004t_tightened/tightened.pt, REQUANTIZED",
    "srLUT-004_all_alpaca_M2p0_lr1e5_from_best/checkpoint_step200.pt,"
        + "srLUT-004_all_alpaca_M2p0_lr1e5_from_best/v2_q4_r32_fp16_20261123_204152.pt, CAST",
  })
  void explainsEveryQ(String left, String right, QCause cause) throws IOException {
    List<QChange> changes = judge(left, right).changes();
    assertThat(changes.stream().mapToLong(change -> change.indicesChanged().orElseThrow()).sum())
        .isEqualTo(cause.name().equals("REQUANTIZED") ? 2247 : 0);
    assertThat(changes)
        .hasSize(14)
        .allSatisfy(
            change -> {
              assertThat(change.explanation().cause()).contains(cause);
              assertThat(change.explanation().residual()).isEqualTo(UnexplainedElements.NONE);
              assertThat(change.explanation().drift().isPresent())
                  .isEqualTo(cause.name().equals("BAKED"));
            });
  }

  @Test
  void showsACounterexampleOfWhatNothingExplains() throws IOException {
    Judgement judgement =
        judge("debug_lut_training/checkpoint_step20.pt", "bug_q_drift/checkpoint_step20.pt");
    assertThat(judgement.findings())
        .extracting(Finding::rule, Finding::example, Finding::message)
        .contains(
            tuple(
                "q-off-grid",
                "model.layers.0.self_attn.k_proj._Q",
                "1 _Q off the LUT grid, such as model.layers.0.self_attn.k_proj._Q: 1024 of 1024 elements,"
                    + " the first at element 0: _Q is -1.0152559280395508, lut[_indices] -1.0"),
            tuple(
                "q-stale",
                "model.layers.0.self_attn.o_proj._Q",
                "1 _Q on the LUT grid but not equal to lut[_indices], such as"
                    + " model.layers.0.self_attn.o_proj._Q: 5 of 2048 elements, the first at element 0: _Q"
                    + " is -0.25, lut[_indices] 0.25"),
            tuple(
                "indices-alone",
                "model.layers.0.mlp.up_proj._indices",
                "1 _indices changed but _Q did not, such as model.layers.0.mlp.up_proj._indices: 1"
                    + " of 2560 elements, the first at element 0: _Q is -0.5, lut[_indices] -0.375"));
    assertThat(judgement.changes())
        .filteredOn(change -> change.explanation().isUnexplained())
        .extracting(QChange::layer, change -> change.explanation().residual().elements())
        .containsExactly(
            tuple("model.layers.0.self_attn.k_proj", 1024L),
            tuple("model.layers.0.self_attn.o_proj", 5L));
  }

  @Test
  void noticesLutTrainingAlthoughTheStoredLutStayed() throws IOException {
    Judgement judgement =
        judge("sr011-q4a4-FP4-init/v2_initial.pt", "debug_lut_training/checkpoint_step20.pt");
    assertThat(judgement.lutMoves()).hasSize(14).allMatch(LutMove::isTrained);
    assertThat(judgement.notes())
        .containsExactly(
            "indices int64 -> int16, same numbers: 14 tensors",
            "trains rank_magnitude, scale_A, scale_B, the LUT of 14 layers");
  }

  @Test
  void noticesThatNewDeltasDidNotTrain() throws IOException {
    Judgement judgement =
        diff()
            .run(
                Sample.run("sr011-q4a4-FP4-init/v2_initial.pt"),
                Path.of("src/test/resources/training/debug_head_fp32_step20.pt").toString(),
                Optional.of(Train.KIND),
                EnumSet.noneOf(Measure.class))
            .judgement();
    assertThat(judgement.verdict()).isEqualTo(Verdict.VIOLATION);
    assertThat(judgement.findings())
        .extracting(finding -> finding.rule() + " " + finding.tensors())
        .containsExactly("lut_deltas-must 14", "effective_lut-must 14");
  }

  @Test
  void namesTheFileAndThePlaceOfDamage() throws IOException {
    byte[] bytes = Files.readAllBytes(Path.of(Sample.run("bug_q_drift/checkpoint_step20.pt")));
    bytes[bytes.length / 2] ^= 1; // in the data of a tensor
    Path damaged = Files.write(folder.resolve("damaged.pt"), bytes);
    assertThatThrownBy(
            () ->
                diff()
                    .run(
                        Sample.run("debug_lut_training/checkpoint_step20.pt"),
                        damaged.toString(),
                        Optional.empty(),
                        EnumSet.noneOf(Measure.class)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("damaged.pt: at byte ")
        .hasMessageContaining("Invalid CRC-32 of storage");
  }

  @Test
  void doesNotReadTensorsWithTrustedChecksums() throws IOException {
    String whole = Sample.run("bug_q_drift/checkpoint_step20.pt");
    byte[] bytes = Files.readAllBytes(Path.of(whole));
    bytes[bytes.length / 2] ^= 1; // which the whole file's reader finds
    String damaged = Files.write(folder.resolve("damaged.pt"), bytes).toString();
    Diff.Outcome outcome =
        diff().run(whole, damaged, Optional.empty(), EnumSet.noneOf(Measure.class), true);
    assertThat(outcome.pair().summary()).containsOnlyKeys(TensorStatus.IDENTICAL);
    assertThat(outcome.pair().tensors())
        .filteredOn(tensor -> tensor.elements() > Measure.MAX_VALUES)
        .allSatisfy(
            tensor ->
                assertThat(tensor.left().orElseThrow().fingerprint()).matches("crc32:[0-9a-f]{8}"));
    assertThat(outcome.judgement().notes().toString())
        .contains("tensors not read: both files state the same CRC-32, size and layout");
  }

  @ParameterizedTest
  @MethodSource("pairsOfPyTorch")
  void trustedChecksumsChangeNoJudgement(JsonNode pair) throws IOException {
    String left = Sample.run(pair.get("left").asText());
    String right = Sample.run(pair.get("right").asText());
    Diff.Outcome all = diff().run(left, right, Optional.empty(), EnumSet.noneOf(Measure.class));
    Diff.Outcome some =
        diff().run(left, right, Optional.empty(), EnumSet.noneOf(Measure.class), true);
    assertThat(some.pair().tensors())
        .extracting(TensorComparison::name, TensorComparison::status, TensorComparison::diff)
        .containsExactlyElementsOf(
            all.pair().tensors().stream()
                .map(one -> tuple(one.name(), one.status(), one.diff()))
                .toList());
    assertThat(some.judgement().kind()).isEqualTo(all.judgement().kind());
    assertThat(some.judgement().verdict()).isEqualTo(all.judgement().verdict());
    assertThat(some.judgement().findings()).isEqualTo(all.judgement().findings());
  }

  private static Judgement judge(String left, String right) throws IOException {
    return diff()
        .run(Sample.run(left), Sample.run(right), Optional.empty(), EnumSet.noneOf(Measure.class))
        .judgement();
  }

  private static Diff diff() throws IOException {
    return new Diff(
        LocalSpark.context(), Settings.load(Optional.empty()), Policy.load(Optional.empty()));
  }
}
