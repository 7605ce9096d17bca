package io.qtrace.format.pytorch;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Names files that come under the names of checkpoints and are none that this package reads. */
final class ForeignFile {
  /** First bytes that tell any of the formats below. */
  static final int HEAD_BYTES = 512;

  private static final int TAR_MAGIC_AT = 257;

  // Signatures in Latin-1.
  private static final Map<String, String> SIGNATURES =
      Map.of(
          hex("377abcaf271c"),
          "a 7z archive",
          hex("1f8b"),
          "a gzip stream",
          hex("28b52ffd"),
          "a zstd stream",
          hex("894844460d0a1a0a"),
          "an HDF5 file",
          hex("934e554d5059"),
          "a NumPy array",
          "GGUF",
          "a GGUF file",
          "version https://git-lfs",
          "a Git LFS pointer");

  private ForeignFile() {}

  /** What a file with these first bytes is, for a message. */
  static String kind(byte[] head) {
    String text = new String(head, StandardCharsets.ISO_8859_1);
    if (text.isEmpty()) {
      return "an empty file";
    }
    if (text.startsWith("ustar", TAR_MAGIC_AT)) {
      return "a tar archive";
    }
    return SIGNATURES.entrySet().stream()
        .filter(signature -> text.startsWith(signature.getKey()))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse("neither a zip archive nor a pickle");
  }

  /**
   * What an archive with these members is; empty if it is a checkpoint of {@code torch.save}.
   *
   * @param root folder of its first member, with the slash
   */
  static Optional<String> kindOfZip(String root, Set<String> members) {
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

  private static String hex(String digits) {
    return new String(HexFormat.of().parseHex(digits), StandardCharsets.ISO_8859_1);
  }
}
