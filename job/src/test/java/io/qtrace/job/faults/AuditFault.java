package io.qtrace.job.faults;

import io.qtrace.job.LocalSpark;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A fault of an audit that runs in this JVM. */
abstract class AuditFault implements Fault {
  private static final Logger LOG = LoggerFactory.getLogger(AuditFault.class);

  private final String title;
  private final int inGate;
  private final int inSoak;

  protected final Bench bench;

  AuditFault(Bench bench, String title, int inGate, int inSoak) {
    this.bench = bench;
    this.title = title;
    this.inGate = inGate;
    this.inSoak = inSoak;
  }

  /** An audit that a fault strikes. */
  interface Disturbed {
    void run() throws Exception;
  }

  /**
   * Audits the archive while it goes wrong.
   *
   * @return strikes, and whether the audit failed, without rows
   */
  abstract Tally disturb(SparkSession tables, Random random) throws Exception;

  /** A session without tables. */
  SparkSession tables(Path folder) throws Exception {
    return LocalSpark.session(folder);
  }

  /** The tables as the undisturbed audit finds them, which is a process of its own elsewhere. */
  SparkSession again(Path folder, SparkSession tables) {
    return tables;
  }

  /** Whether the tables are to be disturbed once more before the undisturbed audit. */
  boolean isToBeDisturbedAgain() {
    return false;
  }

  /** The archive as audits are given it. */
  String archive() throws Exception {
    return bench.archive().toString();
  }

  /** What the undisturbed audit left, compared with what is due. */
  Tally compare(SparkSession tables) throws Exception {
    return bench.compare(tables);
  }

  @Override
  public final String title() {
    return title;
  }

  @Override
  public final int inGate() {
    return inGate;
  }

  @Override
  public final int inSoak() {
    return inSoak;
  }

  @Override
  public Tally run(long[] seeds, Path folder) throws Exception {
    Tally all = Tally.NONE;
    int i = 0;
    while (i < seeds.length) {
      long first = seeds[i];
      Path own = Files.createDirectory(folder.resolve(Integer.toString(i)));
      SparkSession disturbed = tables(own);
      Tally struck = disturb(disturbed, new Random(seeds[i++]));
      while (i < seeds.length && isToBeDisturbedAgain()) {
        struck = struck.plus(disturb(disturbed, new Random(seeds[i++])));
      }
      SparkSession tables = again(own, disturbed);
      Bench.audit(tables, archive());
      Tally one = struck.plus(compare(tables));
      if (one.lost() + one.doubled() > 0) {
        LOG.error(
            "{}: {} rows lost and {} double, seed {}", title, one.lost(), one.doubled(), first);
      }
      all = all.plus(one);
      TableHistory.requireReadable(tables);
    }
    return all;
  }

  /** Runs what may fail with an error that says what it is; one if it did. */
  static int failures(Disturbed work) throws Exception {
    try {
      work.run();
      return 0;
    } catch (Exception e) { // a failed job is a checked SparkException that nothing declares
      LOG.info("an audit failed as it may", e);
      return 1;
    }
  }

  static Tally struck(long strikes, int failed) {
    return new Tally(0, strikes, failed, 0, 0, 0);
  }
}
