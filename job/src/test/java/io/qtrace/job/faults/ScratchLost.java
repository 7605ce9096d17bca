package io.qtrace.job.faults;

import io.qtrace.job.LocalSpark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
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
    LocalSpark.restart(Map.of("spark.master", "local[2,4]", "spark.local.dir", scratch.toString()));
    return LocalSpark.session(folder);
  }

  @Override
  SparkSession again(Path folder, SparkSession tables) {
    LocalSpark.stop();
    return LocalSpark.session(folder);
  }

  @Override
  Tally disturb(SparkSession tables, Random random) throws Exception {
    DelayedStrike breaking = DelayedStrike.in(random.nextInt(MAX_DELAY_MS), this::lose);
    int failed = failures(() -> Bench.audit(tables, archive()));
    return struck(breaking.await(), failed);
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
