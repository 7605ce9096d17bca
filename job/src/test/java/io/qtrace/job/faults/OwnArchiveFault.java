package io.qtrace.job.faults;

import io.qtrace.job.LineageRows;
import io.qtrace.job.LocalSpark;
import java.nio.file.Path;
import org.apache.spark.sql.SparkSession;

/** A fault that changes the archive, of which each repetition has a copy. */
abstract class OwnArchiveFault extends AuditFault {
  private Path folder;
  private Path runs;

  OwnArchiveFault(Bench bench, String title, int inGate, int inSoak) {
    super(bench, title, inGate, inSoak);
  }

  /** Of this repetition. */
  final Path folder() {
    return folder;
  }

  /** The copy. */
  final Path runs() {
    return runs;
  }

  @Override
  SparkSession tables(Path own) throws Exception {
    folder = own;
    runs = Bench.copy(own.resolve("archive"));
    return super.tables(own);
  }

  @Override
  String archive() {
    return runs.toString();
  }

  // With identifiers: what an audit found before stays on record, and rows of another content are
  // others.
  @Override
  Tally compare(SparkSession tables) throws Exception {
    SparkSession fresh = LocalSpark.session(folder.resolve("fresh"));
    Bench.audit(fresh, archive());
    return Bench.compareWithMore(LineageRows.withIds(fresh), LineageRows.withIds(tables), tables);
  }
}
