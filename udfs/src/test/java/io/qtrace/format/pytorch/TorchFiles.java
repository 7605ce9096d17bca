package io.qtrace.format.pytorch;

import io.qtrace.io.ObjectStore;
import io.qtrace.io.RangeReader;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;

/** Files that tests read: PyTorch's own, and bytes made up on the spot. */
final class TorchFiles {
  static final Path FORMATS = Path.of("src/test/resources/formats");

  private static final ObjectStore STORE = new ObjectStore(new Configuration());

  private TorchFiles() {}

  static RangeReader open(Path file) throws IOException {
    return STORE.open(file.toString());
  }

  static CheckpointIndex index(Path file) throws IOException {
    try (RangeReader reader = open(file)) {
      return TorchReader.index(reader);
    }
  }

  static CheckpointIndex index(Path folder, byte[] bytes) throws IOException {
    Path file = Files.write(folder.resolve("file.pt"), bytes);
    try {
      return index(file);
    } finally {
      Files.delete(file); // writing over a file is what ext4 makes slow
    }
  }

  static List<String> names(CheckpointIndex index) {
    return index.tensors().stream().map(TensorEntry::name).toList();
  }
}
