package io.qtrace.job.lineage;

import java.time.Instant;
import java.util.List;

/** Table {@code checkpoints}. */
@ColumnComment("One row per checkpoint and content: an overwritten file has two")
record CheckpointRow(
    @ColumnComment("the audit that read it first") String auditId,
    @ColumnComment("identity: hash of uri, bytes, modified and etag") String checkpointId,
    @ColumnComment("path below the archive's root") String path,
    String uri,
    @ColumnComment("folder of the run below the archive's root") String run,
    @ColumnComment("ema, initial, step, best, baked, export or other, from the file's name")
        String role,
    @ColumnComment("number of optimizer steps, from the file's name") Long step,
    @ColumnComment("torch-zip, torch-legacy, safetensors, ...") String format,
    long bytes,
    Instant modified,
    @ColumnComment("the store's tag of the content (etag); empty if it has none") String etag,
    int tensors,
    @ColumnComment("what cannot be compared, such as sparse tensors") List<SkippedRow> skipped,
    @ColumnComment(
            "what was read in another way than the file states; null in rows of older versions")
        List<String> notes,
    @ColumnComment("why it could not be read; null if it could") String error,
    @ColumnComment(
            "summary that candidates for parents are found by; null in rows of older versions")
        SketchRow sketch) {
  /** Something in the file that has no plain elements. */
  record SkippedRow(String name, String reason) {}

  /** The sketch of the checkpoint. */
  record SketchRow(
      @ColumnComment("version of the algorithm; sketches of different versions are not comparable")
          int version,
      @ColumnComment("equal for checkpoints with equal tensors") String content,
      @ColumnComment("hashes of tensors by category, then a sample of them (MinHash)")
          List<Long> keys,
      @ColumnComment("random projection of the numbers that training moves")
          List<Double> projection,
      @ColumnComment("distance of the LUTs in use from the stored ones") double trained,
      @ColumnComment("whether the file also has a moving average; null in rows of older versions")
          Boolean shadow) {}
}
