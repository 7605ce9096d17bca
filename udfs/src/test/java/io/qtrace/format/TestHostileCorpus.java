package io.qtrace.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.format.pytorch.HostilePickles;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files that were made to do harm: each is a fault with its file, place and reason, or inert data,
 * within 5 seconds and 256 MB.
 */
class TestHostileCorpus {
  private static final long MOST_MILLIS = 5_000;

  @TempDir Path folder;

  @Test
  void everyFileIsAFaultOrInertDataWithinTimeAndMemory() throws Exception {
    Path canary = folder.resolve("canary");
    Map<String, byte[]> files = new LinkedHashMap<>(HostilePickles.files(canary.toString()));
    files.putAll(HostileJson.files());
    assertThat(files).hasSizeGreaterThan(300);
    Path corpus = Files.createDirectory(folder.resolve("corpus"));
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      Files.write(corpus.resolve(file.getKey()), file.getValue());
    }
    putDevices(corpus, files);
    List<String> lines = read(corpus);
    assertThat(lines).hasSameSizeAs(files.keySet());
    for (String line : lines) {
      String[] columns = line.split("\t", -1);
      assertThat(Long.parseLong(columns[1])).as(line).isLessThan(MOST_MILLIS);
      if (columns[2].equals("error")) {
        assertThat(columns).as(line).hasSize(6);
        long position = Long.parseLong(columns[3]);
        String at = columns[4]; // of an index a shard
        assertThat(files).as(line).containsKey(at);
        assertThat(position).as(line).isBetween(0L, (long) files.get(at).length);
        assertThat(columns[5])
            .as(line)
            .contains(at + ": at byte " + position + ": ")
            .hasSizeLessThan(2_000);
        assertThat(columns[5].codePoints()).as(line).noneMatch(TestHostileCorpus::isHidden);
      } else {
        assertThat(columns).as(line).hasSize(3).endsWith("data");
      }
    }
    assertThat(canary).doesNotExist();
    proveThatTheCanaryWorks(canary);
  }

  // No checkpoint: what opens them for reading waits forever, or reads without an end.
  private static void putDevices(Path corpus, Map<String, byte[]> files) throws Exception {
    Path pipe = corpus.resolve("pipe.safetensors");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    Files.createSymbolicLink(corpus.resolve("zeros.safetensors"), Path.of("/dev/zero"));
    files.put("pipe.safetensors", new byte[0]);
    files.put("zeros.safetensors", new byte[0]);
  }

  private static boolean isHidden(int c) {
    return Character.isISOControl(c) || Character.getType(c) == Character.FORMAT;
  }

  // Python runs what was only read here.
  private void proveThatTheCanaryWorks(Path canary) throws Exception {
    Path pickle = Files.write(folder.resolve("live.pkl"), HostilePickles.loaded(canary.toString()));
    Process python =
        new ProcessBuilder(
                "python3",
                "-c",
                "import pickle, sys; pickle.load(open(sys.argv[1], 'rb'))",
                pickle.toString())
            .start();
    assertThat(python.waitFor()).isZero();
    assertThat(canary).exists();
  }

  private List<String> read(Path corpus) throws IOException, InterruptedException {
    Path lines = folder.resolve("lines");
    File log = folder.resolve("log").toFile();
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(option -> option.startsWith("--add-") || option.startsWith("-XX:+Ignore"))
        .forEach(command::add);
    command.addAll(
        List.of(
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            CorpusReader.class.getName(),
            corpus.toString(),
            lines.toString()));
    int status =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log).start().waitFor();
    assertThat(status).as(() -> text(log.toPath())).isZero();
    return Files.readAllLines(lines, StandardCharsets.UTF_8);
  }

  private static String text(Path file) {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
