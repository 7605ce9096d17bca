package io.qtrace.format.pytorch;

import io.qtrace.io.FormatException;
import io.qtrace.io.RangeReader;
import io.qtrace.tensor.CheckpointIndex;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;

/** Stand-in until the real reader is merged: knows the formats, reads neither. */
public final class TorchReader {
  private static final byte[] LEGACY = HexFormat.of().parseHex("80028a0a6cfc9c46f9206aa85019");

  private TorchReader() {}

  public static boolean isZip(byte[] head) {
    return head.length >= 4 && head[0] == 'P' && head[1] == 'K';
  }

  public static boolean isLegacy(byte[] head) {
    return head.length >= LEGACY.length
        && Arrays.equals(head, 0, LEGACY.length, LEGACY, 0, LEGACY.length);
  }

  public static CheckpointIndex index(RangeReader reader) throws IOException {
    throw new FormatException(reader.uri(), 0, "Unsupported format: PyTorch");
  }
}
