package io.qtrace.job.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.qtrace.job.compare.Recomputed;
import io.qtrace.job.operations.ArrayCheckpoint;
import io.qtrace.job.operations.ArrayTensor;
import io.qtrace.job.operations.Layers;
import io.qtrace.job.operations.Operations;
import io.qtrace.job.operations.Step;
import io.qtrace.job.operations.StepOfArrays;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.FindingList;
import io.qtrace.job.policy.Waivers;
import io.qtrace.kernel.Mismatches;
import io.qtrace.lut.LayerNames;
import io.qtrace.lut.Lut;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TestQFindings {
  private static final LayerNames LAYER = Layers.MLP;
  private static final String Q = LAYER.quantized();
  private static final String INDICES = LAYER.indices();
  private static final ArrayCheckpoint PARENT = Layers.initial();

  private static List<QChange> changes(Step step) {
    return QChange.of(step, Operations.KNOWN, Optional.empty());
  }

  private static List<Finding> findings(Step step) {
    FindingList findings = new FindingList(new Waivers(List.of(), LocalDate.parse("2026-11-25")));
    QFindings.add(findings, changes(step));
    return findings.findings();
  }

  private static List<Finding> findings(ArrayCheckpoint child) {
    return findings(StepOfArrays.of(PARENT, child));
  }

  private static double entry(int element) {
    return PARENT.tensor(Q).values()[element];
  }

  // The LUT's entry after, or before, that of an element.
  private static double otherEntry(int element) {
    int index = (int) PARENT.tensor(INDICES).values()[element];
    return Layers.FP4.value(index == 15 ? 14 : index + 1);
  }

  private static ArrayCheckpoint stale(ArrayCheckpoint model, int element) {
    return model.with(Q, element, otherEntry(element));
  }

  private static ArrayCheckpoint offGrid(ArrayCheckpoint model, int element) {
    return model.with(Q, element, 0.3125);
  }

  @Test
  void anElementOffTheGridIsReportedWithItsEntry() {
    assertThat(findings(offGrid(PARENT, 4)))
        .containsExactly(
            new Finding(
                "q-off-grid",
                1,
                Q,
                "1 _Q off the LUT grid, such as %s: 1 of 128 elements, the first at element 4: _Q is 0.3125, lut[_indices] %s"
                    .formatted(Q, entry(4))));
  }

  @Test
  void anotherEntryOfTheGridIsStale() {
    assertThat(findings(stale(stale(PARENT, 9), 100)))
        .containsExactly(
            new Finding(
                "q-stale",
                1,
                Q,
                "1 _Q on the LUT grid but not equal to lut[_indices], such as %s: 2 of 128 elements, the first at element 9: _Q is %s, lut[_indices] %s"
                    .formatted(Q, otherEntry(9), entry(9))));
  }

  @Test
  void offTheGridComesBeforeStale() {
    assertThat(findings(offGrid(stale(PARENT, 9), 20)))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.rule()).isEqualTo("q-off-grid");
              assertThat(finding.message())
                  .endsWith(
                      ": 1 of 128 elements, the first at element 20: _Q is 0.3125, lut[_indices] "
                          + entry(20));
            });
  }

  @Test
  void anIndexOutsideTheLutIsReported() {
    assertThat(findings(stale(PARENT, 7).with(INDICES, 7, 16)))
        .containsExactly(
            new Finding(
                "q-outside",
                1,
                Q,
                "1 _Q with indices outside the LUT, such as %s: 1 of 128 elements, the first at element 7"
                    .formatted(Q)));
  }

  @Test
  void outsideComesBeforeStaleAndShowsWhatIsOutside() {
    assertThat(findings(stale(stale(PARENT, 3), 7).with(INDICES, 7, -1)))
        .containsExactly(
            new Finding(
                "q-outside",
                1,
                Q,
                "1 _Q with indices outside the LUT, such as %s: 1 of 128 elements, the first at element 7"
                    .formatted(Q)));
  }

  @Test
  void offTheGridComesBeforeOutside() {
    assertThat(findings(offGrid(PARENT, 7).with(INDICES, 60, 16)))
        .extracting(Finding::rule)
        .containsExactly("q-off-grid");
  }

  @Test
  void indicesThatWeightAndScalesDoNotGiveAreReported() {
    double index = PARENT.tensor(INDICES).values()[11];
    int other = index == 3 ? 4 : 3;
    ArrayCheckpoint child = PARENT.with(INDICES, 11, other).synced(LAYER);
    assertThat(findings(child))
        .containsExactly(
            new Finding(
                "q-indices",
                1,
                Q,
                "1 _Q with indices that do not follow from weight and scales, such as %s: 1 of 128 elements, the first at element 11: the index is %d, recomputed %d"
                    .formatted(Q, other, (int) index)));
  }

  @Test
  void staleComesBeforeIndices() {
    ArrayCheckpoint child =
        stale(
            PARENT.with(INDICES, 11, (PARENT.tensor(INDICES).values()[11] + 8) % 16).synced(LAYER),
            9);
    assertThat(findings(child)).extracting(Finding::rule).containsExactly("q-stale");
  }

  @Test
  void whatCannotBeRecomputedIsReportedWithTheReason() {
    assertThat(findings(stale(PARENT, 9).without(INDICES)))
        .containsExactly(
            new Finding(
                "q-unchecked",
                1,
                Q,
                "1 _Q changed without a cause that can be recomputed, such as %s: no _indices"
                    .formatted(Q)));
  }

  @Test
  void indicesThatMoveAloneAreReported() {
    double index = PARENT.tensor(INDICES).values()[17];
    ArrayCheckpoint child = PARENT.with(INDICES, 17, (index + 8) % 16);
    double expected = Layers.FP4.value((int) (index + 8) % 16);
    assertThat(findings(child))
        .containsExactly(
            new Finding(
                "indices-alone",
                1,
                INDICES,
                "1 _indices changed but _Q did not, such as %s: 1 of 128 elements, the first at element 17: _Q is %s, lut[_indices] %s"
                    .formatted(INDICES, entry(17), expected)));
    assertThat(QFindings.tensors(changes(StepOfArrays.of(PARENT, child)))).containsExactly(INDICES);
  }

  @Test
  void indicesThatMoveAloneOutsideTheLutAreReported() {
    assertThat(findings(PARENT.with(INDICES, 17, 16)))
        .extracting(Finding::rule, Finding::message)
        .containsExactly(
            tuple(
                "indices-alone",
                "1 _indices changed but _Q did not, such as %s: 1 of 128 elements, the first at element 17"
                    .formatted(INDICES)));
  }

  @Test
  void indicesMayMoveBetweenEqualEntries() {
    float[] entries = Layers.FP4.values();
    entries[9] = entries[8];
    ArrayCheckpoint parent =
        Layers.withLut(PARENT, LAYER, new Lut(entries)).with(INDICES, 5, 8).synced(LAYER);
    assertThat(findings(StepOfArrays.of(parent, parent.with(INDICES, 5, 9)))).isEmpty();
  }

  @Test
  void missingIndicesAreNotAFinding() {
    assertThat(findings(PARENT.without(INDICES))).isEmpty();
  }

  @Test
  void aBufferThatWasAlreadyStaleIsNotAFinding() {
    ArrayCheckpoint parent = stale(PARENT, 9);
    assertThat(findings(StepOfArrays.of(parent, parent))).isEmpty();
    assertThat(QFindings.tensors(changes(StepOfArrays.of(parent, parent)))).isEmpty();
  }

  @Test
  void explainedChangesAreNotFindings() {
    ArrayCheckpoint trained = Layers.trained(PARENT, 31);
    Step baked = StepOfArrays.of(trained, Layers.baked(trained));
    assertThat(changes(baked))
        .extracting(change -> change.explanation().cause().map(Object::toString).orElse("none"))
        .containsExactly("BAKED", "BAKED", "none");
    assertThat(findings(baked)).isEmpty();
    Step synced = StepOfArrays.of(stale(PARENT, 9), PARENT);
    assertThat(findings(synced)).isEmpty();
  }

  @Test
  void oneFindingCountsAllLayersThatBreakARule() {
    String first = Layers.ATTENTION.quantized();
    ArrayCheckpoint child =
        offGrid(PARENT, 4)
            .with(first, 1, 0.3125)
            .with(first, 2, 0.3125)
            .with(Layers.SMALL.quantized(), 0, 0.3125);
    List<Finding> findings = findings(child);
    assertThat(findings).hasSize(1);
    assertThat(findings.get(0).tensors()).isEqualTo(3);
    assertThat(findings.get(0).example()).isEqualTo(first);
    assertThat(findings.get(0).message())
        .startsWith(
            "3 _Q off the LUT grid, such as %s: 2 of 128 elements, the first at element 1"
                .formatted(first));
  }

  @Test
  void layersThatBreakDifferentRulesAreDifferentFindings() {
    ArrayCheckpoint child =
        stale(PARENT, 9)
            .with(Layers.ATTENTION.quantized(), 1, 0.3125)
            .with(Layers.SMALL.indices(), 0, 4);
    assertThat(findings(child))
        .extracting(Finding::rule)
        .containsExactly("q-off-grid", "q-stale", "indices-alone");
    assertThat(QFindings.tensors(changes(StepOfArrays.of(PARENT, child))))
        .containsExactlyInAnyOrder(Q, Layers.ATTENTION.quantized(), Layers.SMALL.indices());
  }

  @Test
  void namesOfTensorsAreEscaped() {
    LayerNames hostile = new LayerNames("evil\u202e\n");
    ArrayCheckpoint parent =
        new ArrayCheckpoint(Map.of(hostile.quantized(), ArrayTensor.of(new float[] {1}, 1)));
    Step step = StepOfArrays.of(parent, parent.with(hostile.quantized(), 0, 2));
    assertThat(findings(step))
        .singleElement()
        .satisfies(
            finding ->
                assertThat(finding.message()).contains("such as evil\\u202e\\n._Q: no _indices"));
  }

  @Test
  void notesSayWhyIndicesWereNotRecomputed() {
    ArrayCheckpoint child =
        PARENT.with(INDICES, 11, (PARENT.tensor(INDICES).values()[11] + 8) % 16).synced(LAYER);
    Step step =
        StepOfArrays.of(
            PARENT,
            child,
            Map.of(
                StepOfArrays.key(LAYER),
                new Recomputed(Optional.of("no scale_A\n"), Mismatches.NONE)));
    assertThat(findings(step)).isEmpty();
    assertThat(QFindings.notes(changes(step)))
        .containsExactly("1 _indices changed and could not be recomputed: no scale_A\\n");
    assertThat(QFindings.notes(changes(StepOfArrays.of(PARENT, PARENT)))).isEmpty();
  }
}
