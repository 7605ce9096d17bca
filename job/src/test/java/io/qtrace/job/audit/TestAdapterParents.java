package io.qtrace.job.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.qtrace.job.LocalSpark;
import io.qtrace.job.RecipeArchive;
import io.qtrace.job.lineage.AuditedEdge;
import io.qtrace.job.lineage.RecordedEdge;
import io.qtrace.job.operations.MergeLora;
import io.qtrace.job.parents.ParentPart;
import io.qtrace.job.policy.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An adapter that was saved without its model is a parent of what it was merged into. */
@Tag("archive")
class TestAdapterParents {
  @TempDir Path folder;

  @Test
  void baseAndAdapterAreTheParentsOfAMerge() throws IOException {
    Path runs = RecipeArchive.unpack("rewrites", folder.resolve("all")).resolve("runs");
    Path archive = folder.resolve("archive");
    copy(runs.resolve("SR-110_q4a4_lut_plus_scales/baked_step4.pt"), archive, "base/baked.pt");
    copy(runs.resolve("SR-153_recovery_lora/recovery_step4.pt"), archive, "lora/adapter_model.pt");
    copy(runs.resolve("SR-155_resnapped/resnapped.pt"), archive, "merged/resnapped.pt");
    AuditReport report =
        DefaultAudit.of(LocalSpark.session(folder.resolve("lineage"))).run(archive.toString());
    List<AuditedEdge> edges =
        report.edges().stream()
            .map(RecordedEdge::edge)
            .filter(edge -> edge.ends().childPath().equals("merged/resnapped.pt"))
            .toList();
    assertThat(edges)
        .extracting(
            edge -> edge.ends().parentPath(),
            AuditedEdge::parentPart,
            AuditedEdge::kind,
            AuditedEdge::verdict)
        .containsExactlyInAnyOrder(
            tuple("base/baked.pt", ParentPart.BASE, MergeLora.KIND, Verdict.CLEAN),
            tuple("lora/adapter_model.pt", ParentPart.ADAPTER, MergeLora.KIND, Verdict.CLEAN));
  }

  private static void copy(Path from, Path archive, String name) throws IOException {
    Files.createDirectories(archive.resolve(name).getParent());
    Files.copy(from, archive.resolve(name));
  }
}
