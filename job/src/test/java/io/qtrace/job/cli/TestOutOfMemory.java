package io.qtrace.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.Processes;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A checkpoint whose index is larger than the heap. */
class TestOutOfMemory {
  @TempDir Path folder;

  @Test
  void exitsTwoWithOneSentence() throws Exception {
    Path file = folder.resolve("dicts.pt");
    byte[] pickle = new byte[3_000_000];
    Arrays.fill(pickle, (byte) '}');
    pickle[pickle.length - 1] = '.';
    CRC32 crc32 = new CRC32();
    crc32.update(pickle);
    ZipEntry entry = new ZipEntry("a/data.pkl");
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(pickle.length);
    entry.setCrc(crc32.getValue());
    try (OutputStream out = Files.newOutputStream(file);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.putNextEntry(entry);
      zip.write(pickle);
    }
    List<String> command = Processes.java(Main.class, "inspect", file.toString());
    command.replaceAll(word -> word.equals("-Xmx1g") ? "-Xmx64m" : word);

    Processes.Ended ended = Processes.run(new ProcessBuilder(command));

    assertThat(ended.status()).isEqualTo(2);
    assertThat(ended.out()).isEmpty();
    assertThat(ended.err().lines().filter(line -> !line.startsWith("WARNING")))
        .containsExactly("qtrace: Out of memory; increase --driver-memory");
  }
}
