package io.qtrace.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Processes that tests start. */
public final class Processes {
  /** Exit status of a process that was killed with SIGKILL. */
  public static final int SIGKILL = 128 + 9;

  static final List<String> OPTIONS =
      List.of(
          "-Xmx1g",
          "-XX:TieredStopAtLevel=1",
          "-XX:ReservedCodeCacheSize=240m", // else full after 50 audits
          "-XX:+DisplayVMOutputToStderr",
          "-XX:+UseSerialGC",
          "-Dlog4j2.configurationFile=" + Path.of("../conf/log4j2.properties").toAbsolutePath());

  private Processes() {}

  /** What a process printed, and its exit status. */
  public record Ended(int status, String out, String err) {}

  public static Ended run(ProcessBuilder process) throws IOException, InterruptedException {
    Path out = Files.createTempFile("process", ".out");
    Path err = Files.createTempFile("process", ".err");
    try {
      int status =
          process.redirectOutput(out.toFile()).redirectError(err.toFile()).start().waitFor();
      return new Ended(status, read(out), read(err));
    } finally {
      Files.delete(out);
      Files.delete(err);
    }
  }

  /** The same of a command that must succeed; its standard output. */
  public static String output(String... command) throws IOException, InterruptedException {
    Ended ended = run(new ProcessBuilder(command));
    assertThat(ended.status()).as(() -> List.of(command) + "\n" + ended.err()).isZero();
    return ended.out();
  }

  /** The words that run a class with this JVM's class path and what Spark needs opened. */
  public static List<String> java(Class<?> main, String... args) {
    return java(List.of(), System.getProperty("java.class.path"), main, args);
  }

  /** The same for a class that starts Spark, which takes the JVM long without an archive. */
  public static List<String> spark(Class<?> main, String... args) {
    ClassArchive archive = ClassArchive.get();
    return java(archive.options(), archive.classPath(), main, args);
  }

  private static List<String> java(
      List<String> options, String classPath, Class<?> main, String... args) {
    List<String> command = java();
    command.addAll(OPTIONS);
    command.addAll(options);
    command.addAll(List.of("-cp", classPath, main.getName()));
    command.addAll(List.of(args));
    return command;
  }

  /**
   * This JVM's command with the modules that Spark needs opened; options and a class may follow.
   */
  public static List<String> java() {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(option -> option.startsWith("--add-") || option.startsWith("-XX:+Ignore"))
        .forEach(command::add);
    return command;
  }

  private static String read(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
  }
}
