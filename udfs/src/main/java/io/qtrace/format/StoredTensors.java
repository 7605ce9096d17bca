package io.qtrace.format;

import io.qtrace.arrow.Block;
import io.qtrace.arrow.BlockAllocator;
import io.qtrace.arrow.ReadOptions;
import io.qtrace.arrow.TensorBlocks;
import io.qtrace.io.ByteCopy;
import io.qtrace.io.ByteSource;
import io.qtrace.io.CloseStack;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.OpenFiles;
import io.qtrace.io.SafeText;
import io.qtrace.tensor.ByteOrders;
import io.qtrace.tensor.StateDict;
import io.qtrace.tensor.Storage;
import io.qtrace.tensor.TensorEntry;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Tensors of checkpoint files as parts of a state dict to be written; their bytes are read when
 * needed, and checked against the CRC-32 that their file states. Sources are valid until this
 * closes. Not thread safe.
 */
public final class StoredTensors implements Closeable {
  private static final int WINDOW_BYTES = 1 << 20;

  private final CloseStack resources = new CloseStack();
  private final OpenFiles files;
  private final Map<Storage, StorageSource> sources = new HashMap<>();
  private final Set<Storage> verified = new HashSet<>();
  private final Block window;
  private final Block scratch;

  public StoredTensors(ObjectStore store) {
    BlockAllocator memory = resources.add(new BlockAllocator(2 * WINDOW_BYTES));
    window = resources.add(memory.allocate(WINDOW_BYTES));
    scratch = resources.add(memory.allocate(WINDOW_BYTES));
    files = resources.add(new OpenFiles(store));
  }

  /** The tensor as in the file: tensors that share a storage share their source. */
  public StateDict.Tensor view(TensorEntry tensor) {
    return new StateDict.Tensor(
        tensor.name(),
        tensor.dtype(),
        tensor.shape(),
        tensor.stride(),
        tensor.offset(),
        source(tensor));
  }

  /** The tensor in C order, alone in its storage. */
  public StateDict.Tensor compact(TensorEntry tensor) throws IOException {
    return StateDict.Tensor.contiguous(
        tensor.name(), tensor.dtype(), tensor.shape(), elements(tensor));
  }

  /** The tensor's bytes in C order, little endian. */
  public ByteSource elements(TensorEntry tensor) throws IOException {
    StorageSource storage = source(tensor);
    if (tensor.isContiguous() && tensor.bytes() == storage.bytes()) {
      return storage;
    }
    if (verified.add(tensor.storage())) {
      new ByteCopy(OutputStream.nullOutputStream()).copy(storage, 0, storage.bytes());
    }
    return new ViewSource(tensor);
  }

  @Override
  public void close() throws IOException {
    resources.close();
  }

  private StorageSource source(TensorEntry tensor) {
    Storage storage = tensor.storage();
    int width = ByteOrders.componentBytes(tensor.dtype());
    StorageSource source =
        sources.computeIfAbsent(storage, key -> new StorageSource(files, storage, width));
    if (storage.order() == Storage.Order.BIG && source.width() != width) {
      throw new IllegalArgumentException(
          "Unsupported tensor %s: it shares a big-endian storage with one of another dtype"
              .formatted(SafeText.quoted(tensor.name())));
    }
    return source;
  }

  /** The elements of a view that covers only a part of its storage, or has another layout. */
  private final class ViewSource implements ByteSource {
    private final TensorEntry tensor;

    ViewSource(TensorEntry tensor) {
      this.tensor = tensor;
    }

    @Override
    public long bytes() {
      return tensor.bytes();
    }

    @Override
    public void read(long position, ByteBuffer target) throws IOException {
      Objects.checkFromIndexSize(position, (long) target.remaining(), bytes());
      TensorBlocks blocks =
          TensorBlocks.strided(
              tensor, files.open(tensor.storage().file()), ReadOptions.LOCAL_DISK, scratch);
      for (long at = position; target.hasRemaining(); at += window.length()) {
        blocks.read(at, window.resize(Math.min(window.capacity(), target.remaining())));
        target.put(window.bytes().duplicate());
      }
    }
  }
}
