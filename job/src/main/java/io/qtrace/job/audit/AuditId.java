package io.qtrace.job.audit;

import com.dynatrace.hash4j.hashing.HashStream128;
import com.dynatrace.hash4j.hashing.Hashing;
import io.qtrace.job.archive.Archive;
import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.archive.Run;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.policy.Policy;
import io.qtrace.job.text.Json;
import java.util.HexFormat;

/**
 * Identifier of an audit, a hash of its inputs: the first 16 hexadecimal digits of XXH3-128 over
 * the archive's content, including the runs' configurations, and the policy with the waivers in
 * force today (hash4j's stream encoding).
 */
final class AuditId {
  /**
   * Version of the stored results; raised when the meaning of any of them changes, so that archives
   * are audited again.
   */
  private static final int VERSION = 10;

  private AuditId() {}

  static String of(Archive archive, Policy policy, Settings settings) {
    HashStream128 hash = Hashing.xxh3_128().hashStream();
    hash.putInt(VERSION).putString(archive.root());
    hash.putString(policy.identity()).putString(Json.line(settings.archive()));
    for (Run run : archive.runs()) {
      hash.putString(run.path()).putString(run.config().json()).putInt(run.checkpoints().size());
      for (CheckpointFile file : run.checkpoints()) {
        hash.putString(file.stat().uri())
            .putLong(file.stat().bytes())
            .putLong(file.stat().modified())
            .putString(file.stat().etag());
        hash.putString(file.path()).putInt(file.role().ordinal()).putLong(file.step());
      }
    }
    return HexFormat.of().toHexDigits(hash.get().getMostSignificantBits());
  }
}
