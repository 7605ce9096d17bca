package io.qtrace.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.Processes;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints that the heap is too small for. The timeout is for hangs. */
@Timeout(300)
class TestOutOfMemory {
  private static final String TOO_LARGE =
      ": at byte \\d+: Cannot index file: its index takes more than \\d+ bytes of memory, half of the"
          + " heap; increase --driver-memory, on a cluster --executor-memory";

  private static final int TAKEN = 300 << 20;

  @TempDir Path folder;

  /** The command in a process of whose heap a part is taken: Spark starts with no small heap. */
  public static final class HalfTaken {
    @SuppressWarnings("unused")
    private static byte[] taken;

    private HalfTaken() {}

    public static void main(String[] args) {
      taken = new byte[TAKEN];
      Main.main(args);
    }
  }

  @Test
  void namesTheFileThatDoesNotFit() throws Exception {
    Path file = dicts(folder.resolve("dicts.pt"), 3_000_000);

    Processes.Ended ended = run("64m", Processes.java(Main.class, "inspect", file.toString()));

    assertThat(ended.status()).isEqualTo(2);
    assertThat(ended.out()).isEmpty();
    assertThat(messages(ended))
        .singleElement()
        .asString()
        .matches("qtrace: file:.*/dicts.pt" + TOO_LARGE);
  }

  @Test
  @Tag("archive")
  void auditsTheOtherCheckpointsOfAnArchive() throws Exception {
    Path run = Files.createDirectories(folder.resolve("archive/run"));
    tensors(run.resolve("checkpoint_step1.safetensors"), 10, "w");
    tensors(run.resolve("checkpoint_step2.safetensors"), 10, "w");
    dicts(run.resolve("checkpoint_step3.pt"), 9_000_000);
    String settings =
        Files.readString(Path.of("../conf/qtrace.yaml"))
            .replace("memory: 192m", "memory: 2g")
            .replace("opcodes: 4000000", "opcodes: 20000000");
    Path file = Files.writeString(folder.resolve("qtrace.yaml"), settings);

    Processes.Ended ended = audit(Main.class, "--settings", file.toString(), "--all");

    assertThat(ended.status()).as(ended.err()).isEqualTo(1);
    assertThat(messages(ended)).isEmpty();
    assertThat(ended.out().replaceAll("\\s+", " "))
        .containsPattern("unreadable: file:.*/checkpoint_step3.pt" + TOO_LARGE)
        .contains("VIOLATION: 0 of 1 edge violates the policy, 1 finding")
        .contains("checkpoint_step2.safetensors");
  }

  @Test
  @Tag("archive")
  void endsAnAuditThatDoesNotFitWithOneSentence() throws Exception {
    Path run = Files.createDirectories(folder.resolve("archive/run"));
    for (int step = 1; step <= 3; step++) {
      tensors(
          run.resolve("checkpoint_step%d.safetensors".formatted(step)), 500, "w".repeat(30_000));
    }

    Processes.Ended ended = audit(HalfTaken.class);

    assertThat(ended.status()).isEqualTo(2);
    assertThat(ended.out()).isEmpty();
    assertThat(messages(ended)).containsExactly("qtrace: Out of memory; increase --driver-memory");
  }

  private Processes.Ended audit(Class<?> main, String... options) throws Exception {
    List<String> words =
        List.of(
            "audit",
            "--quiet",
            "--archive",
            folder.resolve("archive").toString(),
            "--warehouse",
            folder.resolve("tables").toString());
    String[] all = Stream.concat(words.stream(), Arrays.stream(options)).toArray(String[]::new);
    return run("480m", Processes.spark(main, all));
  }

  private static Processes.Ended run(String heap, List<String> command) throws Exception {
    command.replaceAll(word -> word.equals("-Xmx1g") ? "-Xmx" + heap : word);
    return Processes.run(new ProcessBuilder(command));
  }

  private static List<String> messages(Processes.Ended ended) {
    return ended.err().lines().filter(line -> !line.startsWith("WARNING")).toList();
  }

  // A pickle of empty dicts, each of which the reader keeps to its end.
  private static Path dicts(Path file, int count) throws IOException {
    byte[] pickle = new byte[count];
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
    return file;
  }

  // Tensors of one element, all of one value that depends on the file.
  private static void tensors(Path file, int count, String name) throws IOException {
    String header =
        IntStream.range(0, count)
            .mapToObj(
                i ->
                    "\"%d.%s\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[%d,%d]}"
                        .formatted(i, name, 4 * i, 4 * i + 4))
            .collect(Collectors.joining(",", "{", "}"));
    byte[] text = header.getBytes(StandardCharsets.US_ASCII);
    ByteBuffer bytes =
        ByteBuffer.allocate(8 + text.length + 4 * count).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(text.length).put(text);
    for (int i = 0; i < count; i++) {
      bytes.putFloat(file.hashCode());
    }
    Files.write(file, bytes.array());
  }
}
