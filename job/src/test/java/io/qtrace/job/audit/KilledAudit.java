package io.qtrace.job.audit;

import io.qtrace.job.LocalSpark;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.policy.Policy;
import io.qtrace.job.progress.Progress;
import io.qtrace.job.progress.Stage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** A process that audits an archive and is killed with SIGKILL on its way. */
final class KilledAudit implements Progress {
  private final String stage;
  private final long done;

  private KilledAudit(String stage, long done) {
    this.stage = stage;
    this.done = done;
  }

  /** Arguments: archive, folder of the tables, name of a stage, how many of its units are done. */
  public static void main(String[] args) throws IOException {
    Progress killer = new KilledAudit(args[2], Long.parseLong(args[3]));
    new Audit(
            LocalSpark.session(Path.of(args[1])),
            Settings.load(Optional.empty()),
            Policy.load(Optional.empty()),
            killer)
        .run(args[0]);
  }

  // Waits while the other one dies: nobody goes on meanwhile.
  @Override
  public synchronized void report(String line) {}

  @Override
  public synchronized void show(Stage now) {
    boolean hasRead = now.totalBytes() == 0 || now.bytes() > 0;
    if (now.name().equals(stage) && now.done() >= done && hasRead) {
      try {
        String self = Long.toString(ProcessHandle.current().pid());
        new ProcessBuilder("kill", "-9", self).start().waitFor();
      } catch (IOException | InterruptedException e) {
        throw new IllegalStateException("Cannot kill this process", e);
      }
    }
  }
}
