package io.qtrace.format;

import io.qtrace.format.pytorch.TorchReader;
import io.qtrace.io.FormatException;
import io.qtrace.io.RangeReader;
import java.io.IOException;
import java.util.Locale;

/** The formats that can be indexed, recognised by a file's first bytes. */
enum FileFormat {
  TORCH_ZIP,
  TORCH_LEGACY,
  SAFETENSORS,
  SHARDED_INDEX;

  // Enough for tar's magic at byte 257.
  private static final int HEAD_BYTES = 512;

  // Larger checkpoints have larger headers; a five-hundredth of a file costs nothing.
  private static final int HEADER_SHARE = 512;
  private static final int MIN_KEPT = 64 << 10;
  private static final int MAX_KEPT = 1 << 20;

  /**
   * @throws FormatException naming what the file is, and the remedy, if it has none of these
   *     formats
   */
  static FileFormat of(RangeReader reader) throws IOException {
    long share = Math.max(MIN_KEPT, Math.min(MAX_KEPT, reader.length() / HEADER_SHARE));
    reader.keep(0, (int) Math.min(share, reader.length()));
    byte[] head = reader.read(0, (int) Math.min(HEAD_BYTES, reader.length()));
    String name = reader.uri().toLowerCase(Locale.ROOT);
    if (TorchReader.isZip(head)) {
      return TORCH_ZIP;
    }
    if (startsAsSafetensors(head)) {
      return SAFETENSORS; // a header of 640 bytes, say, begins as a pickle does
    }
    if (TorchReader.isLegacy(head)) {
      return TORCH_LEGACY;
    }
    if (name.endsWith(".json") && startsAsObject(head, 0)) {
      return SHARDED_INDEX;
    }
    if (head.length == 0) {
      throw unsupported(reader, "an empty file", "copy it again: its writer did not finish");
    }
    var foreign = ForeignFormat.of(head);
    if (foreign.isPresent()) {
      throw unsupported(reader, foreign.get().label(), foreign.get().remedy());
    }
    if (name.endsWith(".safetensors")) {
      return SAFETENSORS; // damaged: its reader says how
    }
    throw unsupported(
        reader,
        "of no known format",
        "expected a torch.save file, safetensors or an index of shards");
  }

  // A header length below 2^32, then JSON.
  private static boolean startsAsSafetensors(byte[] head) {
    return head.length > 8
        && head[4] == 0
        && head[5] == 0
        && head[6] == 0
        && head[7] == 0
        && startsAsObject(head, 8);
  }

  // White space may continue beyond the head.
  private static boolean startsAsObject(byte[] head, int from) {
    for (int i = from; i < head.length; i++) {
      if (" \t\r\n".indexOf(head[i]) < 0) {
        return head[i] == '{';
      }
    }
    return from < head.length;
  }

  private static FormatException unsupported(RangeReader reader, String what, String remedy) {
    return new FormatException(
        reader.uri(), 0, "Unsupported file: it is %s; %s".formatted(what, remedy));
  }
}
