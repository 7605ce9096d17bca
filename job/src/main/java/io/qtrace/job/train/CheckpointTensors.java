package io.qtrace.job.train;

import io.qtrace.arrow.Block;
import io.qtrace.arrow.BlockAllocator;
import io.qtrace.arrow.ReadOptions;
import io.qtrace.arrow.TensorBlocks;
import io.qtrace.format.Checkpoints;
import io.qtrace.format.StateDictPrefix;
import io.qtrace.io.FormatException;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.RangeReader;
import io.qtrace.io.SafeText;
import io.qtrace.job.train.recipe.HostTensor;
import io.qtrace.job.train.recipe.Tensors;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.Storage;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * The tensors of a checkpoint file, read one at a time. A tensor that fills its storage is checked
 * against the CRC-32 that the file states.
 */
final class CheckpointTensors implements Tensors {
  private static final int PIECE_BYTES = 1 << 20;

  private final ObjectStore store;
  private final CheckpointIndex index;
  private final Map<String, TensorEntry> tensors;

  CheckpointTensors(ObjectStore store, CheckpointIndex index) {
    this.store = store;
    this.index = index;
    this.tensors = index.byName();
  }

  static CheckpointTensors open(ObjectStore store, String uri) throws IOException {
    return new CheckpointTensors(
        store, StateDictPrefix.unwrapped(new Checkpoints(store).index(uri)));
  }

  CheckpointIndex index() {
    return index;
  }

  boolean has(String name) {
    return tensors.containsKey(name);
  }

  @Override
  public Optional<HostTensor> find(String name) throws IOException {
    TensorEntry tensor = tensors.get(name);
    return tensor == null ? Optional.empty() : Optional.of(read(tensor));
  }

  private HostTensor read(TensorEntry tensor) throws IOException {
    if (tensor.bytes() > Integer.MAX_VALUE - PIECE_BYTES) {
      throw new IOException(
          "Unsupported tensor: %s has %d bytes, expected less than 2 GiB"
              .formatted(SafeText.quoted(tensor.name()), tensor.bytes()));
    }
    ByteBuffer bytes =
        ByteBuffer.allocateDirect((int) tensor.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    try (BlockAllocator allocator = new BlockAllocator(4 * PIECE_BYTES);
        Block block = allocator.allocate(PIECE_BYTES);
        Block scratch = allocator.allocate(TensorBlocks.MIN_SCRATCH_BYTES);
        RangeReader reader = store.open(tensor.storage().file())) {
      TensorBlocks blocks =
          tensor.isContiguous()
              ? TensorBlocks.contiguous(tensor, reader, ReadOptions.LOCAL_DISK)
              : TensorBlocks.strided(tensor, reader, ReadOptions.LOCAL_DISK, scratch);
      while (bytes.hasRemaining()) {
        int piece = Math.min(PIECE_BYTES, bytes.remaining());
        blocks.read(bytes.position(), block.resize(piece));
        bytes.put(block.bytes().duplicate().position(0));
      }
    }
    verify(tensor, bytes.flip());
    return new HostTensor(tensor.dtype(), tensor.shape(), bytes);
  }

  // Bytes in another order than the file's have another CRC.
  private static void verify(TensorEntry tensor, ByteBuffer bytes) throws FormatException {
    Storage storage = tensor.storage();
    if (!tensor.fillsStorage() || storage.crc32() == Storage.UNVERIFIED) {
      return;
    }
    CRC32 crc = new CRC32();
    crc.update(bytes.duplicate());
    if (crc.getValue() != storage.crc32()) {
      throw new FormatException(
          storage.file(),
          storage.position(),
          "Invalid CRC-32 of storage %s: %08x, expected %08x"
              .formatted(SafeText.quoted(storage.key()), crc.getValue(), storage.crc32()));
    }
  }
}
