package io.qtrace.job;

import io.qtrace.job.progress.Progress;
import io.qtrace.job.progress.Stage;
import java.util.ArrayList;
import java.util.List;

/** Keeps what it is told. */
public record ToldLines(List<String> lines) implements Progress {
  public ToldLines() {
    this(new ArrayList<>());
  }

  @Override
  public void report(String line) {
    lines.add(line);
  }

  @Override
  public void show(Stage now) {}
}
