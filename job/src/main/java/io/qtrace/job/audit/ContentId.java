package io.qtrace.job.audit;

import com.dynatrace.hash4j.hashing.HashStream128;
import com.dynatrace.hash4j.hashing.Hashing;
import io.qtrace.io.ObjectStat;
import io.qtrace.job.archive.Archive;
import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.archive.Run;
import io.qtrace.job.audit.policy.Policy;

/**
 * Identifiers that follow from content, so that the same input has the same one on every machine:
 * the first 16 hexadecimal digits of XXH3-128 over the strings and numbers in order (hash4j's
 * stream encoding).
 */
final class ContentId {
  /**
   * Version of what an audit stores; a change of any stored meaning raises it, so that archives are
   * audited anew.
   */
  private static final int AUDIT_VERSION = 3;

  private ContentId() {}

  /** Of one checkpoint: its URI, size, modification time and etag. */
  static String of(ObjectStat stat) {
    return digits(put(Hashing.xxh3_128().hashStream(), stat));
  }

  /**
   * Of an audit: its archive's content, runs' configurations included, and the policy with the
   * waivers that hold today.
   */
  static String of(Archive archive, Policy policy, String settings) {
    HashStream128 hash = Hashing.xxh3_128().hashStream();
    hash.putInt(AUDIT_VERSION).putString(archive.root());
    hash.putString(policy.identity()).putString(settings);
    for (Run run : archive.runs()) {
      hash.putString(run.path()).putString(run.config().json()).putInt(run.checkpoints().size());
      for (CheckpointFile file : run.checkpoints()) {
        put(hash, file.stat());
        hash.putString(file.path()).putInt(file.role().ordinal()).putLong(file.step());
      }
    }
    return digits(hash);
  }

  private static HashStream128 put(HashStream128 hash, ObjectStat stat) {
    return hash.putString(stat.uri())
        .putLong(stat.bytes())
        .putLong(stat.modified())
        .putString(stat.etag());
  }

  private static String digits(HashStream128 hash) {
    return "%016x".formatted(hash.get().getMostSignificantBits());
  }
}
