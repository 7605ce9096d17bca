package io.qtrace.job.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.LocalSpark;
import io.qtrace.job.Sample;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.judge.Diff;
import io.qtrace.job.lineage.AuditedEdge;
import io.qtrace.job.lineage.RecordedEdge;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.Policy;
import io.qtrace.job.progress.Progress;
import io.qtrace.job.report.DiffDocument;
import io.qtrace.job.report.ExplainDocument;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code diff}, {@code explain} and {@code audit} say the same of a pair. */
@Tag("archive")
class TestKindAgreement {
  private static final Set<EdgeKind> OF_THE_ARCHIVE = Set.of(EdgeKind.NONE, EdgeKind.SEVERAL);

  @TempDir Path folder;

  @Test
  void everyEdgeOfTheSampleArchiveHasOneKind() throws IOException {
    SparkSession spark = LocalSpark.session(folder.resolve("lineage"));
    Settings settings = Settings.load(Optional.empty());
    Policy policy = Policy.load(Optional.empty());
    AuditReport report =
        new Audit(spark, settings, policy, Progress.NONE).run(Sample.ARCHIVE.toString());
    List<AuditedEdge> edges =
        report.edges().stream()
            .map(RecordedEdge::edge)
            .filter(edge -> !OF_THE_ARCHIVE.contains(edge.kind()))
            .toList();
    assertThat(edges).hasSizeGreaterThan(15);
    Diff diff = new Diff(LocalSpark.context(), settings, policy);
    for (AuditedEdge edge : edges) {
      String left = Sample.ARCHIVE.resolve(edge.ends().parentPath()).toString();
      String right = Sample.ARCHIVE.resolve(edge.ends().childPath()).toString();
      Diff.Outcome outcome = diff.run(left, right, Optional.empty(), Set.of());
      assertThat(outcome.judgement().kind()).as("%s -> %s", left, right).isEqualTo(edge.kind());
      assertThat(outcome.judgement().verdict()).as(right).isEqualTo(edge.verdict());
      assertThat(DiffDocument.of(left, right, outcome).kind()).isEqualTo(edge.kind().label());
      assertThat(ExplainDocument.of(left, right, outcome).kind()).isEqualTo(edge.kind().label());
    }
  }
}
