package io.qtrace.format.pytorch;

import java.util.Optional;
import java.util.Set;

/** Names zip archives with the extensions of checkpoints that {@code torch.save} did not write. */
final class ForeignArchive {
  private ForeignArchive() {}

  /**
   * The kind of an archive with these members; empty if it is a checkpoint of {@code torch.save}.
   *
   * @param root folder of its first member, with the slash
   */
  static Optional<String> kind(String root, Set<String> members) {
    if (members.contains(root + "constants.pkl")
        || members.stream().anyMatch(name -> name.startsWith(root + "code/"))) {
      return Optional.of("a TorchScript archive");
    }
    if (members.contains(root + ".data/extern_modules")) {
      return Optional.of("a torch.package archive");
    }
    if (members.contains(root + TorchZipFormat.PICKLE)) {
      return Optional.empty();
    }
    if (members.contains("MAR-INF/MANIFEST.json")) {
      return Optional.of("a TorchServe model archive (.mar)");
    }
    if (members.contains(root + "archive_format")
        || members.contains("serialized_exported_program.json")) {
      return Optional.of("a torch.export archive (.pt2)");
    }
    if (!members.isEmpty() && members.stream().allMatch(name -> name.endsWith(".npy"))) {
      return Optional.of("a NumPy archive (.npz)");
    }
    return Optional.of("a zip archive without data.pkl");
  }
}
