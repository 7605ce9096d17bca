package io.qtrace.job.audit;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.qtrace.job.LocalSpark;
import io.qtrace.job.RecipeArchive;
import io.qtrace.job.lineage.AuditedEdge;
import io.qtrace.job.lineage.RecordedEdge;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.Verdict;
import io.qtrace.job.report.AuditText;
import io.qtrace.job.report.NextSteps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every tool of the recipe that trains or rewrites a checkpoint, on files that they wrote. */
@Tag("archive")
class TestRewrites {
  // By the beginning of the run's folder, else of the path below it; others are training.
  private static final Map<String, Set<String>> KINDS =
      Map.ofEntries(
          entry("SR-101_q4a4_init/v2_initial", Set.of("quantize")),
          entry("SR-101_q4a4_init/v2_tightened", Set.of("requantize")),
          entry("SR-102", Set.of("quantize")),
          entry("SR-110_q4a4_lut_plus_scales/v2_q4a4_fp16", Set.of("cast")),
          entry("SR-110_q4a4_lut_plus_scales/baked", Set.of("bake")),
          entry("SR-111_q4a4_scales/checkpoint_step4_magssnapped", Set.of("snap")),
          entry("SR-112_q4a4_M1p5_lut_only/baked", Set.of("bake")),
          entry("SR-118", Set.of("adapter")),
          entry("SR-130", Set.of("bake")),
          entry("SR-131", Set.of("refresh")),
          entry("SR-132", Set.of("sync")),
          entry("SR-133", Set.of("sync")),
          entry("SR-134", Set.of("requantize")),
          entry("SR-135", Set.of("requantize")),
          entry("SR-140", Set.of("replace_lut")),
          entry("SR-141", Set.of("replace_lut")),
          entry("SR-150", Set.of("snap")),
          entry("SR-151", Set.of("requantize")),
          entry("SR-152", Set.of("snap")),
          entry("SR-153", Set.of("adapter")),
          entry("SR-154", Set.of("merge_lora")),
          entry("SR-155", Set.of("merge_lora")),
          entry("SR-156", Set.of("graft")),
          entry("SR-157", Set.of("dequantize")),
          entry("SR-158", Set.of("dequantize")),
          entry("SR-162", Set.of("hard_quantize")),
          entry("SR-164", Set.of("convert")),
          entry("SR-166", Set.of("convert")),
          entry("SR-170_apple_qat_2bit/hard_quant", Set.of("hard_quantize")),
          entry("SR-170_apple_qat_2bit/final_state_dict_ema", Set.of("average")),
          entry("SR-180", Set.of("rescale")));

  @TempDir Path folder;

  @Test
  void everyToolIsRecognised() throws IOException {
    Path archive = RecipeArchive.unpack("rewrites", folder.resolve("archive"));
    SparkSession spark = LocalSpark.session(folder.resolve("tables"));
    AuditReport report = DefaultAudit.of(spark).run(archive.toString());
    Map<String, List<AuditedEdge>> edges = new TreeMap<>();
    for (RecordedEdge edge : report.edges()) {
      edges
          .computeIfAbsent(edge.edge().ends().childPath(), child -> new ArrayList<>())
          .add(edge.edge());
    }
    Map<String, String> wrong = new TreeMap<>();
    JsonNode truth = RecipeArchive.truth("rewrites").get("edges");
    assertThat(truth).hasSize(52);
    for (JsonNode one : truth) {
      String child = one.get("path").asText();
      Set<String> parents = new TreeSet<>();
      one.get("parents").forEach(parent -> parents.add(parent.asText()));
      problem(child, parents, edges.getOrDefault(child, List.of()))
          .ifPresent(problem -> wrong.put(child, problem));
    }
    assertThat(wrong).isEmpty();
    assertThat(trained(edges, "runs/SR-113_q4a4_mlp_only/checkpoint_step4.pt"))
        .containsExactly("rank_magnitude of MLP", "scale_A of MLP", "scale_B of MLP");
    assertThat(trained(edges, "runs/SR-116_q4a4_freeze_mags/checkpoint_step4.pt"))
        .containsExactly("scale_A", "scale_B", "rank_magnitude frozen at float16");
    assertThat(trained(edges, "runs/SR-122_q4a4_autosnap/checkpoint_step6.pt"))
        .containsExactly(
            "rank_magnitude of attention",
            "scale_A",
            "scale_B",
            "rank_magnitude of MLP frozen at float16");
    assertThat(spark.sql("SELECT sum(residual) FROM lineage.qtrace.q_changes").first().getLong(0))
        .isZero();
  }

  // On the last edge to a child: from the step before it.
  private static List<String> trained(Map<String, List<AuditedEdge>> edges, String child) {
    return edges.get(child).stream()
        .filter(edge -> !edge.isRejected() && !edge.trained().isEmpty())
        .reduce((first, last) -> last)
        .orElseThrow()
        .trained();
  }

  // As a download outside the folder of the runs that were made from it.
  @Test
  void aBaseModelOutsideTheArchiveTakesPart() throws IOException {
    Path all = RecipeArchive.unpack("rewrites", folder.resolve("all"));
    Path runs = Files.createDirectories(folder.resolve("outside/runs"));
    Files.move(all.resolve("runs/SR-101_q4a4_init"), runs.resolve("SR-101_q4a4_init"));
    Audit audit = DefaultAudit.of(LocalSpark.session(folder.resolve("tables")));
    assertThat(parents(audit.run(runs.toString()), "SR-101_q4a4_init/v2_initial.pt")).isEmpty();
    String base = all.resolve("base-model").toString();
    AuditReport report = audit.run(runs.toString(), List.of(base));
    assertThat(parents(report, "SR-101_q4a4_init/v2_initial.pt"))
        .containsExactly("quantize from file:%s/model.safetensors".formatted(base));
    assertThat(
            AuditText.page(
                report, new NextSteps("r", List.of("--base", base), List.of(), List.of()), 100))
        .anyMatch(line -> line.contains("--base " + base));
  }

  private static List<String> parents(AuditReport report, String child) {
    return report.edges().stream()
        .map(RecordedEdge::edge)
        .filter(edge -> edge.ends().childPath().equals(child))
        .map(edge -> "%s from %s".formatted(edge.kind(), edge.ends().parentPath()))
        .toList();
  }

  private static Optional<String> problem(
      String child, Set<String> parents, List<AuditedEdge> into) {
    List<AuditedEdge> steps =
        into.stream()
            .filter(edge -> !Set.of(EdgeKind.SEVERAL, EdgeKind.NONE).contains(edge.kind()))
            .filter(edge -> !isWholeRun(edge, into))
            .toList();
    Set<String> found = new TreeSet<>();
    steps.forEach(edge -> found.add(edge.ends().parentPath()));
    if (!found.equals(parents)) {
      return Optional.of("parents " + found);
    }
    Set<String> kinds = kinds(child);
    if (!steps.stream().allMatch(edge -> kinds.contains(edge.kind().label()))) {
      return Optional.of("kinds " + steps.stream().map(AuditedEdge::kind).toList());
    }
    // The LUT of this one never trained, though it has deltas.
    Verdict verdict = child.contains("SR-128") ? Verdict.VIOLATION : Verdict.CLEAN;
    return steps.stream().allMatch(edge -> edge.verdict() == verdict)
        ? Optional.empty()
        : Optional.of("findings " + steps.stream().map(AuditedEdge::findings).toList());
  }

  // From the source of a run over all of its steps, in addition to those between them.
  private static boolean isWholeRun(AuditedEdge edge, List<AuditedEdge> into) {
    return edge.kind().label().equals("train")
        && edge.evidence().equals(List.of("declared"))
        && into.stream().anyMatch(other -> other.evidence().contains("order"));
  }

  private static Set<String> kinds(String child) {
    return KINDS.entrySet().stream()
        .filter(kind -> child.startsWith("runs/" + kind.getKey()))
        .findFirst()
        .map(Map.Entry::getValue)
        .orElse(Set.of("train"));
  }
}
