package io.qtrace.format;

import java.io.IOException;
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
}
