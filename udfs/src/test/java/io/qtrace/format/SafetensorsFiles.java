package io.qtrace.format;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Writes small safetensors files. */
public final class SafetensorsFiles {
  private SafetensorsFiles() {}

  /** A file of float32 tensors [1], all zero. */
  public static Path write(Path file, String... names) throws IOException {
    List<String> tensors = new ArrayList<>();
    for (int i = 0; i < names.length; i++) {
      tensors.add(
          "\"%s\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[%d,%d]}"
              .formatted(names[i], 4 * i, 4 * i + 4));
    }
    byte[] header = ("{" + String.join(",", tensors) + "}").getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes =
        ByteBuffer.allocate(8 + header.length + 4 * names.length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(header.length)
            .put(header);
    return Files.write(file, bytes.array());
  }

  /**
   * A file of zeros: float32 tensors {@code t0}, {@code t1}, ... of about one size; the file system
   * keeps no bytes of them.
   *
   * @param bytes of all tensors together
   */
  public static Path writeZeros(Path file, int tensors, int bytes) throws IOException {
    StringBuilder header = new StringBuilder("{");
    int each = bytes / tensors / 4 * 4;
    for (int i = 0; i < tensors; i++) {
      int end = i == tensors - 1 ? bytes : (i + 1) * each;
      header.append(
          "%s\"t%d\":{\"dtype\":\"F32\",\"shape\":[%d],\"data_offsets\":[%d,%d]}"
              .formatted(i == 0 ? "" : ",", i, (end - i * each) / 4, i * each, end));
    }
    byte[] text = header.append('}').toString().getBytes(StandardCharsets.UTF_8);
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(text.length).array());
      out.write(text);
      out.setLength(8L + text.length + bytes);
    }
    return file;
  }
}
