package io.qtrace.job.cli;

import io.qtrace.job.conf.OpenSession;
import io.qtrace.job.conf.TableSettings;
import io.qtrace.job.lineage.LineageStore;
import io.qtrace.job.lineage.TableUpkeep;
import io.qtrace.job.report.MaintainText;
import io.qtrace.job.text.Json;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "maintain",
    description =
        "Merges small files of the tables, expires old snapshots and removes orphaned files; no row"
            + " changes.",
    footerHeading = "%n",
    footer = {
      "Section 'tables' of conf/qtrace.yaml says how long snapshots (for --as-of) and orphaned files",
      "are kept: 90 and 3 days. A tag keeps the state after an audit for ever: use",
      "'qtrace maintain --keep AUDIT_ID' or 'qtrace audit --tag NAME'. Refused while an audit writes",
      "to the tables.",
      "",
      "Examples:",
      "  qtrace maintain",
      "  qtrace maintain --dry-run --format json",
      "  qtrace maintain --keep b272e146f20207c0"
    })
final class MaintainCommand implements Callable<Integer> {
  @Option(names = "--dry-run", description = "Show what would be done without doing it.")
  private boolean isDryRun;

  @Option(
      names = "--keep",
      paramLabel = "AUDIT_ID",
      description =
          "First tag the state after this audit as audit-AUDIT_ID, so that it never expires;"
              + " repeatable.")
  private List<String> keep = List.of();

  @Mixin private SettingsOption settings;
  @Mixin private Warehouse warehouse;
  @Mixin private Output output;

  @Override
  public Integer call() throws IOException {
    TableSettings tables = settings.read().tables();
    try (OpenSession session = warehouse.open()) {
      LineageStore lineage = new LineageStore(session.spark());
      if (!isDryRun) {
        keep.forEach(id -> lineage.tag("audit-" + id, id));
      }
      Instant now = Instant.now();
      List<TableUpkeep> done =
          lineage.maintain(
              now.minus(tables.keepSnapshots()), now.minus(tables.keepOrphans()), !isDryRun);
      output.print(width -> MaintainText.lines(done, isDryRun, width), () -> Json.of(done));
      return ExitStatus.CLEAN;
    }
  }
}
