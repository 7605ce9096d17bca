package io.qtrace.job.faults;

import io.qtrace.job.LocalSpark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;
import org.apache.spark.sql.SparkSession;

/**
 * The disk on which Spark keeps blocks and shuffles takes no more of them, and has lost those that
 * it had: from some moment on a file is in the place of each of its folders, which fails for root
 * too.
 */
final class ScratchLost extends AuditFault {
  private static final int MAX_DELAY_MS = 1500;

  private Path scratch;

  ScratchLost(Bench bench) {
    super(bench, "Spark's scratch space fails", 1, 50);
  }

  @Override
  SparkSession tables(Path folder) throws Exception {
    scratch = Files.createDirectory(folder.resolve("scratch"));
    LocalSpark.stop();
    SparkSession.builder()
        .master("local[2,4]")
        .config("spark.ui.enabled", "false")
        .config("spark.local.dir", scratch.toString())
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.session.timeZone", "UTC")
        .config(
            "spark.sql.extensions",
            "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions")
        .getOrCreate();
    return LocalSpark.session(folder);
  }

  @Override
  SparkSession again(Path folder, SparkSession tables) {
    LocalSpark.stop();
    return LocalSpark.session(folder);
  }

  @Override
  Tally disturb(SparkSession tables, Random random) throws Exception {
    int delay = random.nextInt(MAX_DELAY_MS);
    AtomicInteger lost = new AtomicInteger();
    Thread breaking =
        new Thread(
            () -> {
              try {
                Thread.sleep(delay);
                lost.set(lose());
              } catch (InterruptedException | IOException e) {
                throw new IllegalStateException(e);
              }
            });
    breaking.start();
    int failed = failures(() -> Bench.audit(tables, archive()));
    breaking.join();
    return struck(lost.get(), failed);
  }

  private int lose() throws IOException {
    List<Path> folders;
    try (Stream<Path> found = Files.list(scratch)) {
      folders = found.filter(one -> one.getFileName().toString().startsWith("blockmgr")).toList();
    }
    for (Path one : folders) {
      Path gone = one.resolveSibling("gone-" + one.getFileName());
      Files.move(one, gone);
      Files.createFile(one);
      FileUtils.deleteQuietly(gone.toFile());
    }
    return folders.size();
  }
}
