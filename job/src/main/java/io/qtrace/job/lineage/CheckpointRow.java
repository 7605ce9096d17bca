package io.qtrace.job.lineage;

import java.time.Instant;
import java.util.List;

/** Table {@code checkpoints}. */
@About("One row a checkpoint and content: a file that was overwritten has two")
record CheckpointRow(
    @About("the audit that read it first") String auditId,
    @About("identity: hash of uri, bytes, modified and etag") String checkpointId,
    @About("path below the archive's root") String path,
    String uri,
    @About("folder of the run below the archive's root") String run,
    @About("ema, initial, step, best, baked, export or other, by the file's name") String role,
    @About("optimizer steps, by the file's name") Long step,
    @About("torch-zip, torch-legacy, safetensors, ...") String format,
    long bytes,
    Instant modified,
    @About("the store's own tag of the content; empty where it has none") String etag,
    int tensors,
    @About("what cannot be compared, such as sparse tensors") List<SkippedRow> skipped,
    @About("what was read otherwise than the file says; null in rows of older versions")
        List<String> notes,
    @About("why it could not be read; null when it could") String error,
    @About("what candidates for parents are found by; null in rows of older versions")
        SketchRow sketch) {
  /** Something in the file that has no plain elements. */
  record SkippedRow(String name, String reason) {}

  /** The checkpoint in a few numbers. */
  record SketchRow(
      @About("of the algorithm: sketches of different versions are not comparable") int version,
      @About("equal for checkpoints with equal tensors") String content,
      @About("hashes of tensors by category, then a sample of them (MinHash)") List<Long> keys,
      @About("of the numbers that training moves") List<Double> projection,
      @About("how far the LUTs in use are from the stored ones") double trained,
      @About("whether the file also has a moving average; null in rows of older versions")
          Boolean shadow) {}
}
