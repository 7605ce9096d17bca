package io.qtrace.job.cli;

import io.qtrace.job.lineage.LineageStore;
import java.io.IOException;
import picocli.CommandLine.Option;

/** The state in which a command reads the tables. */
final class StateOption {
  @Option(
      names = "--as-of",
      paramLabel = "STATE",
      description =
          "Read an earlier state of the tables: a time (2026-11-20T08:00:00Z), a snapshot ID, or"
              + " a tag.")
  private String asOf;

  boolean isGiven() {
    return asOf != null;
  }

  /** The tables in this state; created if missing. */
  LineageStore read(LineageStore lineage) throws IOException {
    lineage.create();
    return asOf == null ? lineage : lineage.asOf(asOf);
  }
}
