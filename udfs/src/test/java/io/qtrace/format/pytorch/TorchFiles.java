package io.qtrace.format.pytorch;

import io.qtrace.format.Checkpoints;
import io.qtrace.format.FormatFixtures;
import io.qtrace.io.LocalFiles;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Indexes PyTorch's own files, and bytes made up on the spot. */
final class TorchFiles {
  private static final Checkpoints CHECKPOINTS = new Checkpoints(LocalFiles.STORE);

  private TorchFiles() {}

  static CheckpointIndex index(String fixture) throws IOException {
    return CHECKPOINTS.index(FormatFixtures.file(fixture).toString());
  }

  static CheckpointIndex index(Path folder, byte[] bytes) throws IOException {
    Path file = Files.write(folder.resolve("file.pt"), bytes);
    try {
      return CHECKPOINTS.index(file.toString());
    } finally {
      Files.delete(file); // writing over a file is what ext4 makes slow
    }
  }

  static List<String> names(CheckpointIndex index) {
    return index.tensors().stream().map(TensorEntry::name).toList();
  }
}
