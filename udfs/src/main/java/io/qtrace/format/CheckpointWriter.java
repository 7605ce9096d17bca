package io.qtrace.format;

import io.qtrace.format.pytorch.TorchWriter;
import io.qtrace.format.safetensors.SafetensorsWriter;
import io.qtrace.io.AtomicOutput;
import io.qtrace.io.FormatException;
import io.qtrace.io.ObjectStat;
import io.qtrace.io.ObjectStore;
import io.qtrace.tensor.StateDict;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.function.LongConsumer;

/**
 * Writes checkpoints, a block of bytes at a time. A reader sees a complete file or none; after a
 * failure nothing of the new file remains. Equal content gives equal bytes. Thread safe.
 */
public final class CheckpointWriter {
  private final ObjectStore store;
  private final LongConsumer progress;

  public CheckpointWriter(ObjectStore store) {
    this(store, written -> {});
  }

  /**
   * @param progress receives the number of bytes of every block
   */
  public CheckpointWriter(ObjectStore store, LongConsumer progress) {
    this.store = store;
    this.progress = progress;
  }

  /**
   * Writes one file; missing parent folders are created. Each storage is read once, from front to
   * back.
   *
   * @param uri any Hadoop URI, or a plain local path
   * @return the identity of the stored file
   * @throws FormatException if bytes of the state dict are not what the file that they come from
   *     claims
   * @throws IllegalArgumentException if the format cannot hold a tensor; it is named
   */
  public ObjectStat write(String uri, StateDict state, WriteOptions options) throws IOException {
    try (AtomicOutput file = store.create(uri, options.existing())) {
      OutputStream out = new Metered(file.stream(), progress);
      switch (options.format()) {
        case TORCH_ZIP -> TorchWriter.write(state, out);
        case SAFETENSORS -> SafetensorsWriter.write(state, out);
      }
      return file.commit();
    }
  }

  /** Reports the number of bytes written. */
  private static final class Metered extends FilterOutputStream {
    private final LongConsumer progress;

    Metered(OutputStream out, LongConsumer progress) {
      super(out);
      this.progress = progress;
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
      out.write(bytes, from, count);
      progress.accept(count);
    }
  }
}
