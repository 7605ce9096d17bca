package io.qtrace.job.archive;

import com.dynatrace.hash4j.hashing.HashValue128;
import com.dynatrace.hash4j.hashing.Hashing;
import io.qtrace.io.ObjectStat;
import java.io.Serializable;
import java.util.HexFormat;
import java.util.Objects;
import java.util.OptionalLong;

/**
 * One checkpoint of a run.
 *
 * @param stat its location, and its identity when it was listed
 * @param path path below the archive's root, {@code /} between folders: stable when the archive
 *     moves; the whole URI of a base model outside the archive
 * @param run path of the run's folder below the archive's root; empty for the root itself
 * @param step number of optimizer steps, or {@link #NO_STEP}
 */
public record CheckpointFile(ObjectStat stat, String path, String run, Role role, long step)
    implements Serializable, Comparable<CheckpointFile> {
  public static final long NO_STEP = -1;

  public CheckpointFile {
    Objects.requireNonNull(stat, "stat");
    Objects.requireNonNull(path, "path");
    Objects.requireNonNull(run, "run");
    Objects.requireNonNull(role, "role");
    if (step < NO_STEP) {
      throw new IllegalArgumentException("Invalid step: " + step + ", expected 0 or more");
    }
  }

  /**
   * Identifier of this file with this content: the first 16 hexadecimal digits of XXH3-128 over
   * URI, size, modification time and etag (hash4j's stream encoding).
   */
  public String id() {
    HashValue128 hash =
        Hashing.xxh3_128()
            .hashStream()
            .putString(stat.uri())
            .putLong(stat.bytes())
            .putLong(stat.modified())
            .putString(stat.etag())
            .get();
    return HexFormat.of().toHexDigits(hash.getMostSignificantBits());
  }

  public OptionalLong stepIfKnown() {
    return step == NO_STEP ? OptionalLong.empty() : OptionalLong.of(step);
  }

  /** The optimizer steps of its run until it was saved; empty if its name states none. */
  public OptionalLong optimizerSteps() {
    return CheckpointNames.optimizerSteps(path, role, step);
  }

  CheckpointFile withStat(ObjectStat other) {
    return new CheckpointFile(other, path, run, role, step);
  }

  /** The file as seen from an archive that does not contain it. */
  CheckpointFile outside(String root) {
    String above = root.endsWith("/") ? root : root + "/";
    return new CheckpointFile(stat, above + path, above + run, role, step);
  }

  public String fileName() {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  @Override
  public int compareTo(CheckpointFile other) {
    return path.compareTo(other.path);
  }
}
