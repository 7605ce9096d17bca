package io.qtrace.job.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.qtrace.job.LocalSpark;
import io.qtrace.job.RecipeArchive;
import io.qtrace.job.lineage.AuditedEdge;
import io.qtrace.job.lineage.RecordedEdge;
import io.qtrace.job.operations.Dequantize;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A float export of which only the numbers show what it was made from. */
@Tag("archive")
class TestWrongSource {
  private static final String INITIAL = "SR-101_q4a4_init";
  private static final String TRAINED = "SR-110_q4a4_lut_plus_scales";
  private static final String OTHER = "SR-111_q4a4_scales";
  private static final String EXPORT = "SR-157_export_hf_fp32";
  private static final String SOURCE = TRAINED + "/baked_step4.pt";

  @TempDir private Path folder;
  private Path archive;

  @BeforeEach
  void unpack() throws IOException {
    archive =
        RecipeArchive.unpackRuns(
            "rewrites", "runs", folder, List.of(INITIAL, TRAINED, OTHER, EXPORT));
  }

  private List<AuditedEdge> edgesToExport(String declared) throws IOException {
    Files.writeString(
        archive.resolve(EXPORT).resolve("config.json"),
        "{\"source_checkpoint\": \"%s\"}".formatted(declared));
    return DefaultAudit.of(LocalSpark.session(folder.resolve("tables")))
        .run(archive.toString())
        .edges()
        .stream()
        .map(RecordedEdge::edge)
        .filter(edge -> edge.ends().childPath().startsWith(EXPORT))
        .toList();
  }

  @Test
  void ofAnExportIsContradictedByTheTrueOne() throws IOException {
    String declared = OTHER + "/checkpoint_step4.pt";
    List<AuditedEdge> edges = edgesToExport(declared);
    assertThat(edges)
        .extracting(edge -> edge.ends().parentPath())
        .containsExactlyInAnyOrder(declared, SOURCE);
    for (AuditedEdge edge : edges) {
      if (edge.ends().parentPath().equals(SOURCE)) {
        assertThat(edge.kind()).isEqualTo(Dequantize.KIND);
        assertThat(edge.verdict()).isEqualTo(Verdict.CLEAN);
      } else {
        assertThat(edge.findings())
            .extracting(Finding::rule, Finding::example)
            .containsExactly(tuple("parent-contradicted", SOURCE));
      }
    }
  }

  @Test
  void theTrueSourceOfAnExportIsNotContradicted() throws IOException {
    assertThat(edgesToExport(SOURCE))
        .singleElement()
        .satisfies(
            edge -> {
              assertThat(edge.ends().parentPath()).isEqualTo(SOURCE);
              assertThat(edge.verdict()).isEqualTo(Verdict.CLEAN);
            });
  }
}
