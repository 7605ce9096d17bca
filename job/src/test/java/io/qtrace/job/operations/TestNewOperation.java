package io.qtrace.job.operations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.compare.TensorStatus;
import io.qtrace.job.archive.RunConfig;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.job.judge.EdgeJudge;
import io.qtrace.job.judge.JudgedChild;
import io.qtrace.job.judge.Judgement;
import io.qtrace.job.judge.NotCompared;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.Policy;
import io.qtrace.job.policy.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What it takes to teach qtrace another operation: a class, its registration, and a section. */
class TestNewOperation {
  private static final EdgeKind RENORM = new EdgeKind("renorm");
  private static final Operations OPERATIONS = Operations.KNOWN.with(new Renorm());
  private static final String SECTION =
      "  renorm: {effective_lut: never, lut_deltas: never, lut: never, q: never, indices: never,"
          + " scale: never, other: may}\n";

  @TempDir Path folder;

  /** Norms retrained, nothing else. */
  private static final class Renorm implements Operation {
    private static final long serialVersionUID = 1;

    @Override
    public EdgeKind kind() {
      return RENORM;
    }

    @Override
    public String description() {
      return "norms retrained";
    }

    @Override
    public UnexplainedElements unexplained(TensorComparison changed, Step step) {
      return changed.name().endsWith("layernorm.weight") && changed.status() == TensorStatus.CHANGED
          ? UnexplainedElements.NONE
          : changed.changedElements();
    }

    @Override
    public String conclusion(long changed, long all) {
      return "retraining norms changed %d of %d _Q buffers".formatted(changed, all);
    }
  }

  private Policy policy(String addedToEdges) throws IOException {
    String text = Files.readString(Path.of("../conf/policy.yaml"));
    Path file = folder.resolve("policy.yaml");
    Files.writeString(file, text.replace("\nedges:\n", "\nedges:\n" + addedToEdges));
    return Policy.load(Optional.of(file));
  }

  private static Step retrainedNorm() {
    ArrayCheckpoint initial = Layers.initial();
    return StepOfArrays.of(initial, initial.damaged(Layers.NORM, 5));
  }

  @Test
  void isNamedByTheClassifier() {
    Classifier.Outcome outcome = new Classifier(OPERATIONS).classify(retrainedNorm());
    assertThat(outcome.kind()).isEqualTo(RENORM);
    assertThat(outcome.unexplained()).isZero();
    assertThat(new Classifier(Operations.KNOWN).classify(retrainedNorm()).kind())
        .isEqualTo(EdgeKind.UNKNOWN);
  }

  @Test
  void isJudgedByItsSection() throws IOException {
    Policy policy = policy(SECTION);
    OPERATIONS.check(policy);
    Judgement clean =
        new EdgeJudge(OPERATIONS)
            .judge(
                retrainedNorm(),
                NotCompared.NOTHING,
                policy.forRun("run", RunConfig.NONE),
                new JudgedChild("run/child.pt", OptionalLong.empty()),
                Optional.empty());
    assertThat(clean.kind()).isEqualTo(RENORM);
    assertThat(clean.verdict()).isEqualTo(Verdict.CLEAN);
    Policy strict = policy(SECTION.replace("other: may", "other: never"));
    Judgement broken =
        new EdgeJudge(OPERATIONS)
            .judge(
                retrainedNorm(),
                NotCompared.NOTHING,
                strict.forRun("run", RunConfig.NONE),
                new JudgedChild("run/child.pt", OptionalLong.empty()),
                Optional.empty());
    assertThat(broken.findings())
        .singleElement()
        .satisfies(
            finding ->
                assertThat(finding.message())
                    .isEqualTo(
                        "1 of 7 other tensors changed on an edge of kind renorm, where none may"
                            + " change, such as "
                            + Layers.NORM));
  }

  @Test
  void isConsideredBeforeThoseThatAreKnown() {
    assertThat(OPERATIONS.all()).hasSize(Operations.KNOWN.all().size() + 1);
    assertThat(OPERATIONS.all().get(0)).isInstanceOf(Renorm.class);
    assertThat(OPERATIONS.kinds()).contains(RENORM);
    assertThat(Operations.KNOWN.kinds()).doesNotContain(RENORM);
  }

  @Test
  void aPolicyWithoutItsSectionIsRefused() throws IOException {
    Policy policy = policy("");
    assertThatThrownBy(() -> OPERATIONS.check(policy))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid policy: no section edges.renorm");
  }

  @Test
  void aSectionThatNoOperationHasIsRefused() throws IOException {
    Policy policy = policy(SECTION);
    assertThatThrownBy(() -> Operations.KNOWN.check(policy))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Invalid policy: unknown section edges.renorm, expected one of "
                + Operations.KNOWN.kinds());
  }
}
