package io.qtrace.format;

import io.qtrace.format.pytorch.TorchWriter;
import io.qtrace.format.safetensors.SafetensorsWriter;
import io.qtrace.io.FormatException;
import io.qtrace.io.ObjectStat;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.PendingObject;
import io.qtrace.tensor.StateDict;
import java.io.IOException;

/**
 * Writes checkpoints, a block of bytes at a time. A reader sees a whole file or none; after a
 * failure nothing of the new file is left. Equal content gives equal bytes. Thread safe.
 */
public final class CheckpointWriter {
  private final ObjectStore store;

  public CheckpointWriter(ObjectStore store) {
    this.store = store;
  }

  /**
   * Writes one file; folders above it are made. Each storage is read once, from front to back.
   *
   * @param uri any Hadoop URI, or a plain local path
   * @return the file as it is then stored
   * @throws FormatException if bytes of the state dict are not what the file that they come from
   *     claims
   * @throws IllegalArgumentException if the format cannot hold a tensor; it is named
   */
  public ObjectStat write(String uri, StateDict state, WriteOptions options) throws IOException {
    try (PendingObject file = store.create(uri, options.existing())) {
      switch (options.format()) {
        case TORCH_ZIP -> TorchWriter.write(state, file.stream());
        case SAFETENSORS -> SafetensorsWriter.write(state, file.stream());
      }
      return file.commit();
    }
  }
}
