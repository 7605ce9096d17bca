package io.qtrace.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.Processes;
import io.qtrace.job.Processes.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.LoggerContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What scripts/lib.sh and conf/log4j2.properties keep from the terminal. */
class TestQuietStart {
  @TempDir Path folder;

  @Test
  void ignoresAnUnusableClassArchiveSilently() throws Exception {
    Path archive = folder.resolve("job/target/spark/qtrace.jsa");
    Files.createDirectories(archive.getParent());
    Files.writeString(archive, "of another Java");
    Ended ended = lib("find_java; \"$java\" \"${archive_options[@]}\" --version");
    assertThat(ended.status()).as(ended.err()).isZero();
    assertThat(ended.out()).contains("Runtime Environment").doesNotContain("archive");
    assertThat(ended.err()).isEmpty();
  }

  @Test
  void dropsOnlyJvmNotices() throws Exception {
    Ended ended =
        lib(
            "printf '%s\\n' 'WARNING: Using incubator modules: a'"
                + " 'WARNING: A terminally deprecated method in sun.misc.Unsafe has been called'"
                + " 'qtrace: first' 'WARNING: kept' | drop_notices; printf 'a\\rb' | drop_notices");
    assertThat(ended.out()).isEqualTo("qtrace: first\nWARNING: kept\na\rb");
  }

  @Test
  void refusesJavaVersionsThatSparkDoesNotSupport() throws Exception {
    Path java = Files.createDirectories(folder.resolve("bin")).resolve("java");
    Files.writeString(java, "#!/bin/sh\necho 'openjdk version \"11.0.1\" 2018' >&2\n");
    assertThat(java.toFile().setExecutable(true)).isTrue();
    Ended ended = lib("JAVA_HOME=$root; find_java");
    assertThat(ended.status()).isEqualTo(2);
    assertThat(ended.err())
        .startsWith(
            "qtrace: Unsupported Java: %s is version 11, expected a JDK 17 or later"
                .formatted(java))
        .hasLineCount(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ai.djl.util.cuda.CudaUtils", "org.apache.hadoop.util.NativeCodeLoader"})
  void warningsOfLibrariesAreNotLogged(String logger) throws IOException {
    try (LoggerContext context = new LoggerContext("quiet")) {
      context.setConfigLocation(Path.of("../conf/log4j2.properties").toUri());
      context.start();
      assertThat(context.getConfiguration().getLoggerConfig(logger).getLevel())
          .isEqualTo(Level.ERROR);
    }
  }

  // Runs commands with the functions of scripts/lib.sh.
  private Ended lib(String commands) throws Exception {
    return Processes.run(
        new ProcessBuilder(
            "bash", "-c", "root=$1; . ../scripts/lib.sh; " + commands, "bash", folder.toString()));
  }
}
