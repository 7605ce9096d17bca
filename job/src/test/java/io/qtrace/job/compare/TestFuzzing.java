package io.qtrace.job.compare;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.Processes;
import io.qtrace.job.compare.FuzzTarget.Format;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Coverage-guided fuzzing of the readers, the pairing of tensors, and the parsers of policies and
 * settings: for a minute, or as many inputs of one format as {@code -Dqtrace.fuzz=PICKLE
 * -Dqtrace.fuzz.runs=10000000} say. Inputs that crash are left in {@code target/fuzz}.
 */
@Tag("system")
class TestFuzzing {
  private static final int SECONDS = 60;
  private static final Path FORMATS = Path.of("../udfs/src/test/resources/formats");

  // The fuzzer looks at every class of the class path, which of all that Spark needs takes minutes.
  private static final Pattern NEEDED =
      Pattern.compile(
          "(qtrace-udfs|jazzer|hadoop-client-(api|runtime)|slf4j-api|jackson|snakeyaml|hash4j|commons-(codec|logging|lang3)"
              + "|spark-(common-utils|core|sql|sql-api|network-common)|scala-library|log4j-(api|core)"
              + "|kryo-shaded|minlog|objenesis|arrow)[-_.].*");

  // They look for expressions that an input supplies, and take longer than most inputs.
  private static final String REGEX_HOOKS =
      Stream.of("RegexInjection", "RegexRoadblocks")
          .map("com.code_intelligence.jazzer.sanitizers."::concat)
          .collect(Collectors.joining(":"));

  @TempDir Path folder;

  @Test
  void findsNoCrash() throws Exception {
    String format = System.getProperty("qtrace.fuzz", "");
    Path crashes = Files.createDirectories(Path.of("target/fuzz").toAbsolutePath());
    Path corpus = Files.createDirectory(folder.resolve("corpus"));
    for (Map.Entry<Format, List<byte[]>> seeds : seeds().entrySet()) {
      for (byte[] seed : seeds.getValue()) {
        Path file = corpus.resolve("seed" + corpus.toFile().list().length);
        if (format.isEmpty()) {
          Files.write(file, prefixed(seeds.getKey().ordinal(), seed));
        } else if (seeds.getKey() == Format.valueOf(format)) {
          Files.write(file, seed);
        }
      }
    }
    Path log = folder.resolve("log");
    int status =
        new ProcessBuilder(command(format, crashes, corpus))
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start()
            .waitFor();
    String end = end(log);
    assertThat(status).as(end).isZero();
    assertThat(end).containsPattern("Done \\d+ runs in \\d+ second");
    end.lines().filter(line -> line.matches("(Done |stat::).*")).forEach(System.out::println);
  }

  private static Map<Format, List<byte[]>> seeds() throws IOException {
    return Map.ofEntries(
        entry(
            Format.ZIP,
            List.of(fixture("bare_tensor.pt"), fixture("protocol4.pt"), fixture("views.pt"))),
        entry(
            Format.PICKLE,
            List.of(
                latin1(
                    "\u0080\u0002}X\u0001\0\0\0wctorch._utils\n_rebuild_tensor_v2\n"
                        + "((U\u0007storagectorch\nFloatStorage\nU\u00010U\u0003cpuK\u0004tQK\0K\u0004\u0085K\u0001\u0085\u0089NtRs."))),
        entry(Format.LEGACY, List.of(latin1("\u0080\u0002}.\u0080\u0002]."))),
        entry(
            Format.SAFETENSORS,
            List.of(fixture("dtypes.safetensors"), fixture("empty.safetensors"))),
        entry(
            Format.HEADER,
            List.of(latin1("{\"w\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}}"))),
        entry(
            Format.INDEX,
            List.of(latin1("{\"metadata\":{},\"weight_map\":{\"w\":\"x.safetensors\"}}"))),
        entry(
            Format.CONFIG,
            List.of(
                sample("runs/debug_lut_training/config.json"),
                sample("base-model/config.json"),
                latin1(
                    "{\"train_lut\":false,\"train_scales\":false,\"lut_scope\":\"mlp\",\"lut_only\":true,"
                        + "\"lut_max_abs\":1.5,\"source_checkpoint\":\"runs/a/b.pt\"}"),
                latin1("{\"a\":4,\"b\":\"x\",\"c\":NaN}\n\n{a: [4.0, 2], b: [x, true], c: .nan}"))),
        entry(
            Format.CACHE,
            List.of(
                sample("caches/two_examples_L24_K16_R8/meta.json"),
                latin1("{\"format\":\"topk\",\"max_length\":8,\"topk\":4,\"vocab_size\":9}"))),
        entry(
            Format.PAIRING,
            List.of(latin1("model.a._Q\nmodel.a.lut\n\nmodule.a._Q\n_orig_mod.a.lut"))),
        entry(
            Format.POLICY,
            List.of(
                Files.readAllBytes(Path.of("../conf/policy.yaml")),
                latin1(
                    "version: 1\ncategories: [{category: q, contains: [a], without: [b]}]\n"
                        + "edges: {}\nwaivers: [{rule: a, reason: b, expires: 2027-01-31,"
                        + " runs: ['a*'], tensors: ['?']}]"))),
        entry(Format.SETTINGS, List.of(Files.readAllBytes(Path.of("../conf/qtrace.yaml")))));
  }

  private static List<String> command(String format, Path crashes, Path corpus) {
    List<String> command = Processes.java();
    command.addAll(
        List.of(
            "-Xmx1g",
            format.isEmpty() ? "-XX:TieredStopAtLevel=1" : "-XX:TieredStopAtLevel=4",
            "-Dqtrace.fuzz=" + format,
            "-cp",
            Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(path -> isNeeded(Path.of(path).toAbsolutePath()))
                .collect(Collectors.joining(File.pathSeparator)),
            "com.code_intelligence.jazzer.Jazzer",
            "--target_class=" + FuzzTarget.class.getName(),
            "--instrumentation_includes=io.qtrace.**",
            "--custom_hook_excludes=**",
            "--disabled_hooks=" + REGEX_HOOKS,
            format.isEmpty()
                ? "-max_total_time=" + SECONDS
                : "-runs=" + Integer.getInteger("qtrace.fuzz.runs", 10_000_000),
            "-seed=" + Integer.getInteger("qtrace.fuzz.seed", 1),
            "-print_final_stats=1",
            "-timeout=60", // seconds of one input: a hang
            "-max_len=8192",
            "-rss_limit_mb=0", // the heap is bounded
            "-artifact_prefix=" + crashes + "/",
            corpus.toString()));
    return command;
  }

  private static boolean isNeeded(Path path) {
    return Files.isDirectory(path) || NEEDED.matcher(path.getFileName().toString()).matches();
  }

  private static String end(Path log) throws IOException {
    try (Stream<String> lines = Files.lines(log, StandardCharsets.ISO_8859_1)) {
      return lines
          .filter(line -> !line.startsWith("INFO: ") && !line.startsWith("#"))
          .limit(10_000)
          .collect(Collectors.joining("\n"));
    }
  }

  private static byte[] prefixed(int first, byte[] rest) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(first);
    bytes.writeBytes(rest);
    return bytes.toByteArray();
  }

  private static byte[] sample(String name) throws IOException {
    return Files.readAllBytes(Path.of("src/sample/archive", name));
  }

  private static byte[] fixture(String name) throws IOException {
    return Files.readAllBytes(FORMATS.resolve(name));
  }

  private static byte[] latin1(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
