package io.qtrace.job.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qtrace.compare.Measure;
import io.qtrace.job.LocalSpark;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.operations.Copy;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.Policy;
import io.qtrace.job.policy.Verdict;
import io.qtrace.job.report.DiffDocument;
import io.qtrace.job.text.Json;
import io.qtrace.lut.Category;
import io.qtrace.lut.CategoryRule;
import io.qtrace.lut.CategoryRules;
import io.qtrace.tensor.CheckpointIndex.Skipped;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that PyTorch wrote, with tensors that nothing here can compare. */
class TestNotCompared {
  private static final Path CASES = Path.of("src/test/resources/cases");

  @ParameterizedTest
  @CsvSource({
    "quant_a.pt, quant_b.pt, quantized tensor",
    "f4_a.pt, f4_b.pt, unsupported dtype 'torch.float4_e2m1fn_x2'",
  })
  void aQuantizedBufferIsNeverPlainlyClean(String left, String right, String reason)
      throws IOException {
    Diff.Outcome outcome = diff("skipped_changed/" + left, "skipped_changed/" + right);
    Judgement found = outcome.judgement();
    assertThat(found.kind()).isEqualTo(EdgeKind.UNKNOWN);
    assertThat(found.verdict()).isEqualTo(Verdict.VIOLATION);
    assertThat(found.findings())
        .extracting(Finding::rule, Finding::example)
        .contains(tuple("not-compared", "layer._Q"));
    assertThat(found.notes()).contains("1 not compared, %s: layer._Q".formatted(reason));
    JsonNode skipped =
        new ObjectMapper().readTree(Json.of(DiffDocument.of(left, right, outcome))).get("skipped");
    assertThat(skipped.findValuesAsText("name")).containsExactly("layer._Q", "layer._Q");
    assertThat(skipped.findValuesAsText("side")).containsExactly("left", "right");
    assertThat(skipped.findValuesAsText("reason")).containsExactly(reason, reason);
  }

  @Test
  void aBufferThatBecameUnreadableIsNotASync() throws IOException {
    Judgement found = diff("skipped_changed/plain.pt", "skipped_changed/quant_a.pt").judgement();
    assertThat(found.kind()).isEqualTo(EdgeKind.UNKNOWN);
    assertThat(found.findings()).extracting(Finding::rule).contains("not-compared", "q-never");
  }

  @Test
  void namesNumPyArrays() throws IOException {
    Judgement found = diff("numpy_changed/a.pt", "numpy_changed/b.pt").judgement();
    assertThat(found.notes()).contains("1 not compared, a NumPy array: lut");
    Judgement alone = diff("numpy_changed/only_np.pt", "numpy_changed/only_np.pt").judgement();
    assertThat(alone.verdict()).isEqualTo(Verdict.VIOLATION);
    assertThat(alone.findings()).extracting(Finding::rule).contains("not-compared");
  }

  @Test
  void namesContentOutsideTheModel() throws IOException {
    Judgement found = diff("ema_ignored/a.pt", "ema_ignored/b.pt").judgement();
    assertThat(found.kind()).isEqualTo(Copy.KIND);
    assertThat(found.verdict()).isEqualTo(Verdict.CLEAN);
    assertThat(found.notes())
        .contains("1 not compared, outside model_state_dict: ema_state_dict.w");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ddp_of_compiled.pt",
        "compiled_ddp.pt",
        "inner_compiled.pt",
        "model_orig.pt",
        "fsdp_wrapped.pt",
        "wrapped_module.pt",
        "model_key.pt"
      })
  void wrappersOfTheModelAreNotPartOfNames(String wrapped) throws IOException {
    Diff.Outcome found = diff("compile_ddp_prefix/plain.pt", "compile_ddp_prefix/" + wrapped);
    assertThat(found.judgement().kind()).isEqualTo(Copy.KIND);
    assertThat(found.pair().tensors()).hasSize(4);
    assertThat(found.judgement().notes())
        .anySatisfy(note -> assertThat(note).startsWith("right: names are without "));
  }

  // The names in it are those of a bare model, which could also be part of a larger one.
  @ParameterizedTest
  @ValueSource(strings = {"model_key_opt.pt", "net.pt", "nested_model_sd.pt", "student_ddp.pt"})
  void keysAroundAStateDictAreNotPartOfNames(String file) throws IOException {
    Diff.Outcome found = diff("state_dict_keys/plain.pt", "state_dict_keys/" + file);
    assertThat(found.judgement().kind()).isEqualTo(Copy.KIND);
    assertThat(found.pair().tensors()).hasSize(3);
  }

  @Test
  void namesAFewAndCountsTheRest() {
    List<Skipped> many =
        IntStream.range(0, 25)
            .mapToObj(i -> new Skipped("optimizer.%02d".formatted(i), "outside model"))
            .toList();
    CategoryRules rules =
        new CategoryRules(List.of(new CategoryRule(Category.Q, List.of("_Q"), List.of())));
    NotCompared found =
        NotCompared.of(many, List.of(new Skipped("ema.a._Q", "outside model")), rules);
    assertThat(found.groups()).hasSize(1);
    assertThat(found.notes().get(0))
        .startsWith("26 not compared, outside model: ema.a._Q, optimizer.00, ")
        .endsWith(", optimizer.08 and 16 more");
    assertThat(found.quantized()).containsExactly("ema.a._Q");
    assertThat(NotCompared.of(List.of(), List.of(), rules)).isEqualTo(NotCompared.NOTHING);
  }

  private static Diff.Outcome diff(String left, String right) throws IOException {
    return new Diff(
            LocalSpark.context(), Settings.load(Optional.empty()), Policy.load(Optional.empty()))
        .run(
            CASES.resolve(left).toString(),
            CASES.resolve(right).toString(),
            Optional.empty(),
            EnumSet.noneOf(Measure.class));
  }
}
