package io.qtrace.job.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.LocalSpark;
import io.qtrace.job.RecipeArchive;
import io.qtrace.job.lineage.AuditedEdge;
import io.qtrace.job.lineage.RecordedEdge;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.Verdict;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two runs from one checkpoint, one of which has scales of the other. */
@Tag("archive")
class TestGraftedArchive {
  private static final String LAYER = "model.layers.1.mlp.up_proj.";
  private static final String RUN = "04-branch-a/checkpoint_step4.pt";
  private static final String OTHER = "04-branch-b/checkpoint_step4.pt";

  @TempDir private Path folder;
  private Path archive;

  @BeforeEach
  void unpack() throws IOException {
    archive =
        RecipeArchive.unpackRuns(
            "verdicts",
            "chain",
            folder,
            List.of("00-init", "01-train", "04-branch-a", "04-branch-b"));
  }

  private List<AuditedEdge> audit() throws IOException {
    return DefaultAudit.of(LocalSpark.session(folder.resolve("tables")))
        .run(archive.toString())
        .edges()
        .stream()
        .map(RecordedEdge::edge)
        .toList();
  }

  @Test
  void isFoundWhereTheScalesCameTo() throws IOException {
    CheckpointBytes to = new CheckpointBytes(archive.resolve(RUN));
    CheckpointBytes from = new CheckpointBytes(archive.resolve(OTHER));
    for (String factor : List.of("scale_A", "scale_B", "rank_magnitude")) {
      take(to, from, LAYER + factor);
    }
    to.write(archive.resolve(RUN));
    List<AuditedEdge> violating = audit().stream().filter(AuditedEdge::isViolation).toList();
    assertThat(violating)
        .singleElement()
        .satisfies(edge -> assertThat(edge.ends().childPath()).isEqualTo(RUN));
    assertThat(violating.get(0).findings())
        .containsExactly(
            new Finding(
                "grafted",
                3,
                LAYER + "scale_A",
                "3 tensors byte for byte as in %s, unlike others of the group, such as %sscale_A: training never comes out the same twice"
                    .formatted(OTHER, LAYER)));
  }

  @Test
  void runsThatShareNothingButTheirSourceAreClean() throws IOException {
    assertThat(audit()).allMatch(edge -> edge.verdict() == Verdict.CLEAN);
  }

  private static void take(CheckpointBytes to, CheckpointBytes from, String name) {
    TensorEntry tensor = to.tensor(name);
    ByteBuffer elements = from.at(from.tensor(name), 0);
    elements.limit(elements.position() + (int) (tensor.elements() * tensor.dtype().bytes()));
    to.put(tensor, 0, at -> at.put(elements));
  }
}
