package io.qtrace.job;

import io.qtrace.job.progress.Progress;
import io.qtrace.job.progress.Stage;
import java.util.ArrayList;
import java.util.List;

/** Collects the lines that a command reports. */
public record ReportedLines(List<String> lines) implements Progress {
  public ReportedLines() {
    this(new ArrayList<>());
  }

  @Override
  public void report(String line) {
    lines.add(line);
  }

  @Override
  public void show(Stage now) {}
}
