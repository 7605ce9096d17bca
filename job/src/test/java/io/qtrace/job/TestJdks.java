package io.qtrace.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.Processes.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The command on each JDK of this machine that it says it runs on: driver and executors. */
@Tag("system")
class TestJdks {
  private static final Path INSTALLED = Path.of("/usr/lib/jvm"); // as Debian and Temurin do

  @TempDir Path folder;

  static Stream<Path> jdks() throws IOException {
    Path own = Path.of(System.getProperty("java.home")).toRealPath();
    if (!Files.isDirectory(INSTALLED)) {
      return Stream.of(own);
    }
    try (Stream<Path> all = Files.list(INSTALLED)) {
      List<Path> others =
          all.filter(home -> Files.isExecutable(home.resolve("bin/java")))
              .map(TestJdks::real)
              .filter(home -> feature(home) >= 17)
              .toList();
      return Stream.concat(Stream.of(own), others.stream()).distinct().toList().stream();
    }
  }

  // Executors log each checkpoint and edge on a line; the name of the run would break it.
  @ParameterizedTest
  @MethodSource("jdks")
  void auditsQuietlyOnALocalClusterWhoseExecutorsLog(Path home) throws Exception {
    Path archive = Sample.copyRuns(folder.resolve("archive"), "debug_lut_training");
    Path run = archive.resolve("runs/debug_lut_training");
    Files.move(run, run.resolveSibling("debug\nrun"));
    Installation installation = Installation.in(Files.createDirectory(folder.resolve("qtrace")));
    Ended ended =
        installation.qtrace(
            Map.of(),
            List.of(
                "--master",
                "local-cluster[1,1,1024]",
                "audit",
                "--archive",
                archive.toString(),
                "--warehouse",
                folder.resolve("tables").toString()),
            Map.of("JAVA_HOME", home.toString()));
    assertThat(ended.status()).as(ended.err()).isZero();
    assertThat(ended.out()).contains("CLEAN");
    assertThat(ended.err().lines()).allMatch(line -> line.startsWith("qtrace: "));
    assertThat(logged(folder.resolve("qtrace/spark/work")))
        .anyMatch(
            line -> line.matches(".*INFO IndexStage: checkpoint .*: torch-zip, 137 tensors.*"))
        .anyMatch(
            line ->
                line.endsWith(
                    "INFO JudgeStage: edge runs/debug\\nrun/checkpoint_step20.pt to"
                        + " runs/debug\\nrun/best_state_dict.pt: copy, CLEAN, because of weights;"
                        + " findings []"))
        .noneMatch(line -> line.startsWith("run/"));
  }

  private static List<String> logged(Path work) throws IOException {
    try (Stream<Path> files = Files.walk(work)) {
      List<String> lines = new ArrayList<>();
      for (Path file : files.filter(one -> one.endsWith("stderr")).toList()) {
        lines.addAll(Files.readAllLines(file));
      }
      return lines;
    }
  }

  private static Path real(Path path) {
    try {
      return path.toRealPath();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  // Of its file "release": JAVA_VERSION="17.0.15".
  private static int feature(Path home) {
    try (Stream<String> lines = Files.lines(home.resolve("release"))) {
      return lines
          .filter(line -> line.startsWith("JAVA_VERSION="))
          .map(line -> line.replaceAll("[^0-9.]", "").split("\\.", 2)[0])
          .mapToInt(Integer::parseInt)
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      return 0; // a JRE without one is not run on
    }
  }
}
