package io.qtrace.job.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.qtrace.job.LocalSpark;
import io.qtrace.job.Sample;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.Policy;
import io.qtrace.job.progress.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A checkpoint that an archive has only as a link to a file elsewhere. */
@Tag("archive")
class TestLinksOutside {
  @TempDir Path folder;

  @Test
  void aLinkThatLeavesTheArchiveIsAFindingUnlessItIsAllowed() throws IOException {
    Path initial = Path.of(Sample.run("sr011-q4a4-FP4-init/v2_initial.pt"));
    Path run = Files.createDirectories(folder.resolve("archive/run"));
    Files.copy(initial, run.resolve("initial.pt"));
    Path elsewhere = Files.copy(initial, folder.resolve("elsewhere.pt"));
    Files.createSymbolicLink(run.resolve("linked.pt"), elsewhere);

    AuditReport report = audit(Settings.load(Optional.empty()));
    assertThat(report.size().checkpoints()).isEqualTo(1);
    assertThat(report.skipped()).isEmpty();
    assertThat(report.findings())
        .extracting(Finding::rule, Finding::example)
        .containsExactly(tuple("link-outside", "run/linked.pt"));

    String settings = Files.readString(Path.of("../conf/qtrace.yaml"));
    Path allowing =
        Files.writeString(
            folder.resolve("qtrace.yaml"),
            settings.replace("links-outside: false", "links-outside: true"));
    AuditReport followed = audit(Settings.load(Optional.of(allowing)));
    assertThat(followed.size().checkpoints()).isEqualTo(2);
    assertThat(followed.findings()).isEmpty();
  }

  private AuditReport audit(Settings settings) throws IOException {
    return new Audit(
            LocalSpark.session(folder.resolve("tables")),
            settings,
            Policy.load(Optional.empty()),
            Progress.NONE)
        .run(folder.resolve("archive").toString());
  }
}
