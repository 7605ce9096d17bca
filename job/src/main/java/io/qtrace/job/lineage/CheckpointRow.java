package io.qtrace.job.lineage;

import java.io.Serializable;
import java.time.Instant;
import java.util.List;

/** Table {@code checkpoints}. */
@About("One row a checkpoint and content: a file that was overwritten has two")
public record CheckpointRow(
    @About("the audit that read it first") String auditId,
    @About("identity: hash of uri, bytes, modified and etag") String checkpointId,
    @About("path below the archive's root") String path,
    String uri,
    @About("folder of the run below the archive's root") String run,
    @About("initial, step, best, baked, export or other, by the file's name") String role,
    @About("optimizer steps, by the file's name") Long step,
    @About("torch-zip, torch-legacy, safetensors, ...") String format,
    long bytes,
    Instant modified,
    @About("the store's own tag of the content; empty where it has none") String etag,
    int tensors,
    @About("what cannot be compared, such as sparse tensors") List<Skipped> skipped,
    @About("why it could not be read; null when it could") String error)
    implements Serializable {
  /** Something in the file that has no plain elements. */
  public record Skipped(String name, String reason) implements Serializable {}

  public boolean isReadable() {
    return error == null;
  }
}
