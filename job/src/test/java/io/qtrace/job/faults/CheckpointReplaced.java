package io.qtrace.job.faults;

import io.qtrace.job.Sample;
import io.qtrace.job.progress.Progress;
import io.qtrace.job.progress.Stage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.sql.SparkSession;

/** A checkpoint gets another content, of the same size, at some point of an audit. */
final class CheckpointReplaced extends OwnArchiveFault {
  private static final String FILE = "debug_lut_training/checkpoint_step20.pt";
  private static final Path OTHER = Sample.RUNS.resolve("bug_q_drift/checkpoint_step20.pt");

  // About how often an audit reports its progress.
  private static final int MOMENTS = 30;

  CheckpointReplaced(Bench bench) {
    super(bench, "checkpoint replaced in the middle", 1, 50);
  }

  @Override
  Tally disturb(SparkSession tables, Random random) throws Exception {
    AtomicInteger left = new AtomicInteger(random.nextInt(MOMENTS));
    Progress replacing =
        new Progress() {
          @Override
          public void report(String line) {
            pass();
          }

          @Override
          public void show(Stage now) {
            pass();
          }

          private void pass() {
            if (left.getAndDecrement() == 0) {
              replace(OTHER);
            }
          }
        };
    int failed = failures(() -> Bench.audit(tables, archive(), replacing));
    replace(Sample.RUNS.resolve(FILE));
    return struck(1, failed);
  }

  private void replace(Path content) {
    try {
      Files.copy(content, runs().resolve(FILE), StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
