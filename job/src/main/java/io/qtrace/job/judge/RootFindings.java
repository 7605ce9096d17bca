package io.qtrace.job.judge;

import io.qtrace.io.Amount;
import io.qtrace.io.SafeText;
import io.qtrace.job.compare.CheckpointFacts;
import io.qtrace.job.compare.Damage;
import io.qtrace.job.compare.LayerInvariants;
import io.qtrace.job.compare.TensorFacts;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.FindingList;
import io.qtrace.job.policy.Waivers;
import io.qtrace.lut.LayerNames;
import java.util.List;
import java.util.stream.Stream;

/**
 * Findings about a checkpoint without a parent, from its own tensors alone: no edge would report
 * them, and its children inherit the problems.
 */
public final class RootFindings {
  private RootFindings() {}

  /**
   * Finds {@code _Q} that differ from {@code lut[_indices]} or are missing, invalid LUTs, NaN, and
   * content that cannot be compared.
   *
   * @param path of the checkpoint, the example of each finding
   * @param waivers that apply to the checkpoint
   */
  public static List<Finding> of(
      String path, CheckpointFacts facts, NotCompared skipped, Waivers waivers) {
    FindingList findings = new FindingList(waivers);
    findings.add(
        "q-left-stale",
        layers(facts).filter(layer -> Damage.isStale(layer, facts)).toList(),
        layer -> names(layer).quantized(),
        those ->
            "%d _Q not equal to lut[_indices], such as %s: %s"
                .formatted(
                    those.size(),
                    SafeText.of(names(those.get(0)).quantized()),
                    ChildFindings.staleElements(those.get(0))));
    findings.add(
        "lut-invalid",
        layers(facts).filter(layer -> Damage.isTableBroken(layer, facts)).toList(),
        layer -> names(layer).lut(),
        those ->
            "%s, such as %s: %s"
                .formatted(
                    Amount.of(those.size(), "invalid LUT"),
                    SafeText.of(names(those.get(0)).lut()),
                    those.get(0).tableFlaw().orElseThrow()));
    findings.add(
        "not-finite",
        facts.tensors().values().stream()
            .filter(tensor -> Damage.isNotFinite(tensor, facts))
            .toList(),
        TensorFacts::name,
        those ->
            "%s with NaN or infinities, such as %s: %s"
                .formatted(
                    Amount.of(those.size(), "tensor"),
                    SafeText.of(those.get(0).name()),
                    ChildFindings.notFinite(those.get(0).stats())));
    List<LayerNames> missing = withoutQuantized(facts);
    findings.add(
        "q-missing",
        missing,
        LayerNames::quantized,
        those ->
            "%s without a _Q, which other layers have, such as %s"
                .formatted(Amount.of(those.size(), "layer"), SafeText.of(those.get(0).layer())));
    skipped.addFindings(findings, facts.tensors().isEmpty());
    return findings.findings().stream().map(finding -> finding.about(path)).toList();
  }

  // V1 layers, which have no magnitudes, have no _Q; nor has a model whose layers are converted.
  private static List<LayerNames> withoutQuantized(CheckpointFacts facts) {
    List<LayerNames> layers =
        facts.tensors().keySet().stream()
            .flatMap(name -> LayerNames.ofLut(name).stream())
            .filter(layer -> facts.tensor(layer.magnitude()).isPresent())
            .toList();
    List<LayerNames> missing =
        layers.stream().filter(layer -> facts.tensor(layer.quantized()).isEmpty()).toList();
    return missing.size() < layers.size() ? missing : List.of();
  }

  private static Stream<LayerInvariants> layers(CheckpointFacts facts) {
    return facts.layers().values().stream();
  }

  private static LayerNames names(LayerInvariants layer) {
    return new LayerNames(layer.layer());
  }
}
