package io.qtrace.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What torch wrote for the tests of kernels: lines of words, comments behind {@code #}. */
final class TorchLines {
  private TorchLines() {}

  static List<String[]> read(String name) throws IOException {
    try (InputStream in = TorchLines.class.getResourceAsStream("/kernels/" + name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#"))
          .map(line -> line.split(" "))
          .toList();
    }
  }
}
