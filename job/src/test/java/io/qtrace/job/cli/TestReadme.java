package io.qtrace.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.Sample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The sample outputs of the READMEs are what the demo and the queries print. */
@Tag("archive")
class TestReadme {
  private static final Pattern BLOCK = Pattern.compile("(?ms)^```\\w*\n(.*?)\n```$");
  private static final Pattern QUERY =
      Pattern.compile("\\$ scripts/qtrace sql -e \"(.*)\"\n(?s)(.*)");

  @TempDir static Path folder;
  private static String warehouse;
  private static CommandRun demo;

  @BeforeAll
  static void runTheDemo() {
    warehouse = folder.resolve("tables").toString();
    demo = demo();
  }

  @Test
  void demoPrintsWhatTheReadmeShows() throws IOException {
    String sample =
        blocks("../README.md").stream()
            .filter(block -> block.startsWith("==="))
            .findFirst()
            .orElseThrow();
    String out = comparable(demo.out());
    for (String part : sample.split("\n+\\.\\.\\.\n+")) {
      assertThat(out).contains(comparable(part));
    }
  }

  @Test
  void demoPrintsOnePageThatEndsWithWhatToDoNext() {
    assertThat(demo.status()).as(demo.err()).isZero();
    assertThat(demo.out().lines())
        .hasSizeLessThan(90)
        .containsSubsequence(
            "Verdict: CLEAN",
            "VIOLATION: 2 of 25 edges violate the policy, 4 findings",
            "Conclusion",
            "Next",
            "  Look at the first violation layer by layer:",
            "  Query the tables:",
            "  Look at the audit in a browser:",
            "    " + folder.resolve("demo/report.html"));
    assertThat(folder.resolve("demo/report.html")).content().contains("2 of 25 edges violate");
    assertThat(demo.out()).doesNotContain("=== Training ===");
    CommandRun all = demo("--all");
    assertThat(all.out().lines())
        .contains("=== Training ===", "    CLEAN      train      from checkpoint_step100.pt")
        .hasSizeGreaterThan(250);
  }

  @Test
  void queriesAnswerWhatTheReadmeShows() throws IOException {
    List<MatchResult> samples =
        blocks("README.md").stream().flatMap(block -> QUERY.matcher(block).results()).toList();
    assertThat(samples).extracting(sample -> sample.group(1)).isEqualTo(SampleQueries.ALL);
    for (MatchResult sample : samples) {
      assertThat(CommandRun.of("sql", "--warehouse", warehouse, "-e", sample.group(1)).out())
          .isEqualTo(sample.group(2) + "\n");
    }
  }

  private static CommandRun demo(String... options) {
    String[] args = new String[options.length + 8];
    String[] all = {
      "demo",
      "--quiet",
      "--archive",
      Sample.ARCHIVE.toString(),
      "--work",
      folder.resolve("demo").toString(),
      "--warehouse",
      warehouse
    };
    System.arraycopy(all, 0, args, 0, all.length);
    System.arraycopy(options, 0, args, all.length, options.length);
    return CommandRun.of(args);
  }

  private static List<String> blocks(String readme) throws IOException {
    return BLOCK
        .matcher(Files.readString(Path.of(readme)))
        .results()
        .map(block -> block.group(1))
        .toList();
  }

  // Without what depends on the place, the time and the machine: paths, identifiers, bytes read.
  private static String comparable(String text) {
    return text.replace(folder.resolve("demo").toString(), "/.../job/target/demo")
        .replace("scripts/qtrace", "qtrace")
        .replace(" --warehouse " + warehouse, "")
        .replaceAll("Audit [0-9a-f]{16}", "Audit ID")
        .replaceAll("[0-9.]+ MB read", "MB read");
  }
}
