package io.qtrace.format;

import io.qtrace.compare.Measure;
import io.qtrace.compare.TensorMeter;
import io.qtrace.io.FormatException;
import io.qtrace.io.LocalFiles;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.PickledGlobal;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Stream;

/**
 * Reads every file of a folder, the tensors of what can be indexed too, and lists what its pickles
 * name; a line for each file, with the milliseconds that it computed. It runs in a process with
 * little memory.
 */
final class CorpusReader {
  // A busy machine takes longer, but computes no more.
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private static final long MOST_BYTES = 1 << 20; // of tensors that are measured

  private CorpusReader() {}

  public static void main(String[] folder) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.list(Path.of(folder[0]))) {
      files = all.sorted().toList();
    }
    List<String> lines = new ArrayList<>();
    for (Path file : files) {
      long start = THREADS.getCurrentThreadCpuTime();
      String outcome = outcome(file);
      long millis = (THREADS.getCurrentThreadCpuTime() - start) / 1_000_000;
      lines.add("%s\t%d\t%s".formatted(file.getFileName(), millis, outcome));
    }
    Files.write(Path.of(folder[1]), lines, StandardCharsets.UTF_8);
  }

  private static String outcome(Path file) throws IOException {
    Checkpoints checkpoints = new Checkpoints(LocalFiles.STORE);
    checkpoints.scan(file.toString());
    for (PickledGlobal global : checkpoints.globals()) {
      if (global.position() < 0 || global.position() > Files.size(file)) {
        return "wrong: " + global;
      }
    }
    try {
      CheckpointIndex index = checkpoints.index(file.toString());
      measure(index, checkpoints);
      return "data";
    } catch (FormatException e) {
      return "error\t%d\t%s\t%s"
          .formatted(e.position(), Path.of(URI.create(e.file())).getFileName(), e.getMessage());
    }
  }

  private static void measure(CheckpointIndex index, Checkpoints checkpoints) throws IOException {
    long left = MOST_BYTES;
    List<TensorEntry> some = new ArrayList<>();
    for (TensorEntry tensor : index.tensors()) {
      left -= tensor.bytes();
      if (left >= 0) {
        some.add(tensor);
      }
    }
    try (TensorMeter meter = new TensorMeter(LocalFiles.STORE, checkpoints.opened())) {
      meter.measure(some, EnumSet.of(Measure.FINGERPRINT, Measure.STATS), 0);
    } catch (FormatException e) {
      throw e;
    } catch (IOException e) {
      if (!String.valueOf(e.getMessage()).contains(": at byte ")) {
        throw e; // a file's own fault names its byte
      }
    }
  }
}
