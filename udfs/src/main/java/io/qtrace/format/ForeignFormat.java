package io.qtrace.format;

import java.util.Arrays;
import java.util.Optional;

/** Formats that are mistaken for checkpoints, recognised so that the error can say what to do. */
enum ForeignFormat {
  GIT_LFS(
      0,
      ascii("version https://git-lfs"),
      "a git-lfs pointer, not the file itself",
      "run 'git lfs pull' or 'git lfs fetch'"),
  TAR(257, ascii("ustar"), "a tar archive", "unpack it, or load it in PyTorch and save it again"),
  SEVEN_ZIP(0, hex("377abcaf271c"), "a 7z archive", "unpack it"),
  RAR(0, ascii("Rar!"), "a RAR archive", "unpack it"),
  GZIP(0, hex("1f8b"), "gzip data", "decompress it"),
  ZSTD(0, hex("28b52ffd"), "zstd data", "decompress it"),
  XZ(0, hex("fd377a585a00"), "xz data", "decompress it"),
  BZIP2(0, ascii("BZh"), "bzip2 data", "decompress it"),
  HDF5(0, hex("894844460d0a1a0a"), "an HDF5 file", "convert it to safetensors"),
  GGUF(0, ascii("GGUF"), "a GGUF file", "use the checkpoint that it was made from"),
  NUMPY(0, hex("934e554d5059"), "a NumPy array", "convert it to safetensors"),
  PARQUET(0, ascii("PAR1"), "a Parquet file", "read it with Spark itself"),
  ONNX(0, hex("08??12"), "an ONNX model", "use the checkpoint that it was exported from"),
  WEB_PAGE(0, ascii("<"), "a web page or XML", "download it again: this is an answer, not a file"),
  JSON(0, ascii("{"), "JSON text", "give the index of a sharded checkpoint, named *.json");

  private static final int ANY = -1;

  private final int offset;
  private final int[] magic;
  private final String label;
  private final String remedy;

  ForeignFormat(int offset, int[] magic, String label, String remedy) {
    this.offset = offset;
    this.magic = magic;
    this.label = label;
    this.remedy = remedy;
  }

  /** The format that the first bytes of a file show, or empty. */
  static Optional<ForeignFormat> of(byte[] head) {
    return Arrays.stream(values()).filter(format -> format.matches(head)).findFirst();
  }

  String label() {
    return label;
  }

  String remedy() {
    return remedy;
  }

  private boolean matches(byte[] head) {
    if (head.length < offset + magic.length) {
      return false;
    }
    for (int i = 0; i < magic.length; i++) {
      if (magic[i] != ANY && magic[i] != (head[offset + i] & 0xff)) {
        return false;
      }
    }
    return true;
  }

  private static int[] ascii(String text) {
    return text.chars().toArray();
  }

  // Two digits a byte; "??" stands for any byte.
  private static int[] hex(String digits) {
    int[] bytes = new int[digits.length() / 2];
    for (int i = 0; i < bytes.length; i++) {
      String pair = digits.substring(2 * i, 2 * i + 2);
      bytes[i] = pair.equals("??") ? ANY : Integer.parseInt(pair, 16);
    }
    return bytes;
  }
}
