package io.qtrace.job.train.data;

import io.qtrace.arrow.Block;
import io.qtrace.arrow.BlockAllocator;
import io.qtrace.arrow.ReadOptions;
import io.qtrace.arrow.TensorBlocks;
import io.qtrace.compare.Measure;
import io.qtrace.compare.RangeComparison;
import io.qtrace.compare.RangeTask;
import io.qtrace.compare.StorageCrc;
import io.qtrace.format.Checkpoints;
import io.qtrace.io.FormatException;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.RangeReader;
import io.qtrace.io.SafeText;
import io.qtrace.job.train.recipe.Batch;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Float16;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.Storage;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** One file of a KD cache: the tensors that training needs, of checked dtypes and shapes. */
final class KdShard {
  private final String uri;
  private final KdMeta meta;
  private final int examples;
  private final TensorEntry inputIds;
  private final TensorEntry attentionMask;
  private final TensorEntry topkIdx;
  private final TensorEntry topkLogits;

  private KdShard(CheckpointIndex index, KdMeta meta) throws FormatException {
    this.uri = index.path();
    this.meta = meta;
    this.inputIds = tensor(index, KdCacheFormat.INPUT_IDS);
    List<Long> sizes = inputIds.shape().sizes();
    if (sizes.size() != 2 || sizes.get(0) < 1 || sizes.get(0) > Integer.MAX_VALUE) {
      throw invalid(inputIds, "shape " + inputIds.shape() + ", expected [N, L] with examples");
    }
    this.examples = sizes.get(0).intValue();
    this.attentionMask = tensor(index, KdCacheFormat.ATTENTION_MASK);
    this.topkIdx = tensor(index, KdCacheFormat.TOPK_IDX);
    this.topkLogits = tensor(index, KdCacheFormat.TOPK_LOGITS);
    long length = meta.length();
    Shape tokens = Shape.of(examples, length);
    Shape targets = Shape.of(examples, length - 1, meta.topk());
    require(inputIds, DType.INT32, tokens);
    require(attentionMask, DType.UINT8, tokens);
    require(topkIdx, DType.INT32, targets);
    require(topkLogits, DType.FLOAT16, targets);
  }

  static KdShard open(Checkpoints checkpoints, String uri, KdMeta meta) throws IOException {
    return new KdShard(checkpoints.index(uri), meta);
  }

  int examples() {
    return examples;
  }

  /** Reads all that training needs once, and checks the CRCs that the file states. */
  void verify(ObjectStore store, int memoryBytes) throws IOException {
    Set<Storage> storages = new LinkedHashSet<>();
    for (TensorEntry tensor : List.of(inputIds, attentionMask, topkIdx, topkLogits)) {
      if (tensor.storage().crc32() != Storage.UNVERIFIED) {
        storages.add(tensor.storage());
      }
    }
    try (RangeComparison reading =
        new RangeComparison(store, memoryBytes, ReadOptions.LOCAL_DISK)) {
      for (Storage storage : storages) {
        RangeTask.Member bytes =
            new RangeTask.Member(
                storage.key(), StorageCrc.wholeStorage(storage), EnumSet.of(Measure.CRC));
        RangeTask task = RangeTask.whole(List.of(bytes), List.of());
        reading.run(task).members().get(0).crc().verify(storage);
      }
    }
  }

  /**
   * Reads some examples.
   *
   * @throws FormatException if a token is outside the vocabulary, a mask neither 0 nor 1, or a
   *     logit not finite
   */
  Batch read(ObjectStore store, int first, int count) throws IOException {
    Batch batch = Batches.empty(count, meta);
    int largest = Math.max(batch.inputIds().length, batch.topkIdx().length) * Integer.BYTES;
    try (BlockAllocator allocator = new BlockAllocator(2L * largest + (1 << 20));
        Block block = allocator.allocate(largest);
        Block scratch = allocator.allocate(TensorBlocks.MIN_SCRATCH_BYTES);
        RangeReader reader = store.open(uri)) {
      Rows rows = new Rows(reader, block, scratch, first, count);
      rows.read(inputIds).asIntBuffer().get(batch.inputIds());
      rows.read(attentionMask).get(batch.attentionMask());
      rows.read(topkIdx).asIntBuffer().get(batch.topkIdx());
      ByteBuffer logits = rows.read(topkLogits);
      for (int i = 0; i < batch.topkLogits().length; i++) {
        batch.topkLogits()[i] = Float16.value(logits.getShort(i * Short.BYTES));
      }
    }
    check(batch, first);
    return batch;
  }

  /** Ranges of rows, through one block after another. */
  private record Rows(RangeReader reader, Block block, Block scratch, int first, int count) {
    ByteBuffer read(TensorEntry tensor) throws IOException {
      TensorBlocks blocks =
          tensor.isContiguous()
              ? TensorBlocks.contiguous(tensor, reader, ReadOptions.LOCAL_DISK)
              : TensorBlocks.strided(tensor, reader, ReadOptions.LOCAL_DISK, scratch);
      int rowBytes = Math.toIntExact(tensor.bytes() / tensor.shape().sizes().get(0));
      blocks.read((long) first * rowBytes, block.resize(count * rowBytes));
      return block.bytes().duplicate().order(block.bytes().order()).rewind();
    }
  }

  private void check(Batch batch, int first) throws FormatException {
    checkTokens(inputIds, batch.inputIds(), first, meta.length());
    checkTokens(topkIdx, batch.topkIdx(), first, (meta.length() - 1) * meta.topk());
    for (int i = 0; i < batch.attentionMask().length; i++) {
      if ((batch.attentionMask()[i] & ~1) != 0) {
        throw invalid(
            attentionMask,
            "%d in example %d, expected 0 or 1"
                .formatted(batch.attentionMask()[i] & 0xff, first + i / meta.length()));
      }
    }
    int targets = (meta.length() - 1) * meta.topk();
    for (int i = 0; i < batch.topkLogits().length; i++) {
      if (!Float.isFinite(batch.topkLogits()[i])) {
        throw invalid(
            topkLogits,
            "%s in example %d, expected a finite number"
                .formatted(batch.topkLogits()[i], first + i / targets));
      }
    }
  }

  // A token outside the vocabulary would read out of bounds, which loses a GPU's context.
  private void checkTokens(TensorEntry tensor, int[] tokens, int first, int rowSize)
      throws FormatException {
    for (int i = 0; i < tokens.length; i++) {
      if (tokens[i] < 0 || tokens[i] >= meta.vocabulary()) {
        throw invalid(
            tensor,
            "token %d in example %d, expected one from 0 to %d"
                .formatted(tokens[i], first + i / rowSize, meta.vocabulary() - 1));
      }
    }
  }

  private TensorEntry tensor(CheckpointIndex index, String name) throws FormatException {
    return index.tensors().stream()
        .filter(entry -> entry.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new FormatException(
                    uri, 0, "Invalid KD cache: no tensor " + SafeText.quoted(name)));
  }

  private void require(TensorEntry tensor, DType dtype, Shape shape) throws FormatException {
    if (tensor.dtype() != dtype || !tensor.shape().equals(shape)) {
      throw invalid(
          tensor,
          "%s %s, expected %s %s by meta.json"
              .formatted(tensor.dtype().label(), tensor.shape(), dtype.label(), shape));
    }
  }

  private FormatException invalid(TensorEntry tensor, String why) {
    return new FormatException(
        uri,
        tensor.storage().position(),
        "Invalid KD cache: tensor " + SafeText.quoted(tensor.name()) + ": " + why);
  }
}
