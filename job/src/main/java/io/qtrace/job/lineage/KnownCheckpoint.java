package io.qtrace.job.lineage;

import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.parents.Sketch;
import io.qtrace.tensor.CheckpointIndex;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A checkpoint in the tables.
 *
 * @param auditId the audit that read it first
 * @param id of the file with its content
 * @param contents empty if it could not be read
 * @param error why it could not be read; empty if it could
 */
public record KnownCheckpoint(
    String auditId,
    String id,
    CheckpointFile file,
    Optional<Contents> contents,
    Optional<String> error) {
  /**
   * The contents of a checkpoint.
   *
   * @param tensors number of tensors that can be compared
   * @param skipped content that cannot be compared
   * @param notes what was read in another way than the file states
   * @param sketch empty if the version that read it made none
   */
  public record Contents(
      String format,
      int tensors,
      List<CheckpointIndex.Skipped> skipped,
      List<String> notes,
      Optional<Sketch> sketch) {
    public Contents {
      Objects.requireNonNull(format, "format");
      skipped = List.copyOf(skipped);
      notes = List.copyOf(notes);
      Objects.requireNonNull(sketch, "sketch");
    }
  }

  public KnownCheckpoint {
    Objects.requireNonNull(auditId, "auditId");
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(file, "file");
    if (contents.isPresent() == error.isPresent()) {
      throw new IllegalArgumentException(
          "Invalid checkpoint %s: expected contents or an error".formatted(id));
    }
  }

  public boolean isReadable() {
    return contents.isPresent();
  }
}
