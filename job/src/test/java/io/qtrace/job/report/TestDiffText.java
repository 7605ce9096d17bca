package io.qtrace.job.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.compare.Measure;
import io.qtrace.job.LocalSpark;
import io.qtrace.job.Sample;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.judge.Diff;
import io.qtrace.job.policy.Policy;
import io.qtrace.job.report.NotebookAnswers.Answer;
import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TestDiffText {
  private static final String INITIAL = "sr011-q4a4-FP4-init/v2_initial.pt";
  private static final String TRAINED = "debug_lut_training/checkpoint_step20.pt";
  private static final String BAKED = "srLUT-004_all_alpaca_M2p0_lr1e5_from_best/baked_step200.pt";
  private static final String FROM_BAKED =
      "srLUT-004c_all_alpaca_from_baked200_lut_plus_scales/best_state_dict.pt";

  @Test
  void givesEveryNumberOfTheNotebookUnderItsLabel() throws IOException {
    Map<String, String> trained = DiffFacts.of(text(INITIAL, TRAINED));
    Map<String, String> fromBaked = DiffFacts.of(text(BAKED, FROM_BAKED));
    Map<String, String> baked = DiffFacts.of(text(INITIAL, BAKED));
    List<Answer> notebook = NotebookAnswers.read(Sample.EXPECTED.resolve("notebook_output.txt"));
    List<Answer> ours =
        notebook.stream()
            .map(
                answer -> {
                  Map<String, String> facts =
                      switch (answer.cell()) {
                        case "13" -> fromBaked;
                        case "14" -> baked;
                        default -> trained;
                      };
                  return answer.withValue(facts.get(answer.label()));
                })
            .toList();
    assertThat(ours).isEqualTo(notebook).hasSize(51);
  }

  @Test
  void fitsATerminal() throws IOException {
    assertThat(text(INITIAL, BAKED))
        .hasSizeGreaterThan(50)
        .allMatch(line -> line.length() <= 100 || line.contains("/"));
  }

  @Test
  void listsTheLargestChangesOfQFirst() throws IOException {
    List<String> lines = text(INITIAL, BAKED);
    int first = lines.indexOf("0 unchanged, 14 changed:") + 2;
    assertThat(lines)
        .contains(
            "4.101562e-02  1.050454e-02  model.layers.1.self_attn.v_proj._Q"); // a tie, to even
    assertThat(lines.get(first))
        .isEqualTo("7.714844e-02  1.349728e-02  model.layers.1.self_attn.q_proj._Q");
    assertThat(lines).anyMatch(line -> line.startsWith("VIOLATION: 14 of 14 _Q buffers changed"));
  }

  @Test
  void beginsWithTheVerdictAndWhatIsWrong() throws IOException {
    List<String> lines = text(INITIAL, BAKED);
    assertThat(lines.get(3)).startsWith("VIOLATION: 14 of 14 _Q buffers changed");
    assertThat(lines.subList(4, lines.indexOf("Structure")))
        .anyMatch(line -> line.startsWith("finding q-never: "));
  }

  @Test
  void namesEveryTensorIfAsked() throws IOException {
    List<String> all = text(INITIAL, TRAINED, true);
    assertThat(all)
        .noneMatch(line -> line.contains("more (--all"))
        .contains("    model.layers.1.mlp.down_proj.scale_A");
    assertThat(all.stream().filter(line -> line.startsWith("  max_abs "))).hasSize(14);
    assertThat(text(INITIAL, TRAINED)).contains("and 9 more (--all shows all)");
  }

  @Test
  void namesChangedTensorsOfEveryCategory() throws IOException {
    List<String> trained = text(INITIAL, TRAINED);
    int scales = trained.indexOf("  scale");
    assertThat(trained.subList(scales + 1, scales + 12))
        .startsWith("    model.layers.0.self_attn.q_proj.scale_A")
        .endsWith("    and 32 more (--all shows all)");
    assertThat(trained.subList(0, scales + 1)).containsSubsequence("Changed tensors", "  scale");
    List<String> baked = text(INITIAL, BAKED);
    assertThat(baked)
        .containsSubsequence(
            "Changed tensors", "  lut", "    and 4 more (--all shows all)", "  scale");
    assertThat(text(INITIAL, INITIAL)).doesNotContain("Changed tensors");
  }

  private static List<String> text(String left, String right) throws IOException {
    return text(left, right, false);
  }

  private static List<String> text(String left, String right, boolean all) throws IOException {
    Policy policy = Policy.load(Optional.empty());
    Diff.Outcome outcome =
        new Diff(LocalSpark.context(), Settings.load(Optional.empty()), policy)
            .run(Sample.run(left), Sample.run(right), Optional.empty(), EnumSet.of(Measure.MD5));
    return DiffText.lines("runs/" + left, "runs/" + right, outcome, all, 100);
  }
}
