package io.qtrace.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qtrace.job.Sample;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What pickles would have called, as inspect and audits report it. */
class TestSecurity {
  private static final String INITIAL = "sr011-q4a4-FP4-init/v2_initial.pt";

  @TempDir Path folder;

  @Test
  void inspectReportsThatACheckpointIsSafe() {
    CommandRun run = CommandRun.of("inspect", Sample.run(INITIAL), "--security");
    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("SAFE: it names only classes and functions that torch.save and NumPy use.")
        .contains("torch._utils._rebuild_tensor_v2")
        .doesNotContain("unknown", "dangerous");
  }

  @Test
  void inspectListsWhatAPickleWouldCall() throws IOException {
    Path file = folder.resolve("bad.pt");
    String pickle = "cmine\nModel\n0cos\nsystem\n(S'touch canary'\ntR0cpip\nma\u001b[2Jin\n.";
    Files.write(file, pickle.getBytes(StandardCharsets.ISO_8859_1));
    CommandRun run = CommandRun.of("inspect", file.toString(), "--security");
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .contains("DANGEROUS: loading it with Python's pickle runs code. Nothing was run here.")
        .containsPattern("dangerous +os\\.system +13")
        .containsPattern("dangerous +pip\\.ma\\\\u001b\\[2Jin")
        .containsPattern("unknown +mine\\.Model +0");
    JsonNode json =
        new ObjectMapper()
            .readTree(
                CommandRun.of("inspect", file.toString(), "--security", "--format", "json").out());
    assertThat(json.get("names").asInt()).isEqualTo(3);
    assertThat(json.get("globals").get(0).get("judgement").asText()).isEqualTo("dangerous");
    assertThat(json.get("globals").get(0).get("module").asText()).isEqualTo("os");
  }

  @Test
  @Tag("archive")
  void auditsReportPicklesAsFindingsAndKeepTheirNames() throws IOException {
    Path run = Files.createDirectories(folder.resolve("archive/run"));
    copyWith(run.resolve("initial.pt"), "extra.pkl", "cos\nsystem\n0cmine\nModel\n.");
    Files.writeString(run.resolve("plain.pt"), "cposix\nsystem\n(S'id'\ntR.");
    CommandRun audit = run("audit", "--archive", run.getParent().toString(), "--quiet");
    assertThat(audit.status()).as(audit.err()).isEqualTo(1);
    String page = audit.out().replaceAll("\\s+", " ");
    assertThat(page)
        .contains("pickle-dangerous: Cannot trust pickle")
        .contains("it would call 'os.system'; do not load it, see table globals")
        .contains("it would call 'posix.system'")
        .contains(
            "pickles name classes or functions that are neither known to be safe nor dangerous:"
                + " mine.Model (checkpoints: 1, the first run/initial.pt; table globals)");

    // Known checkpoints are not read again: what their pickles name comes from the table.
    Files.copy(Path.of(Sample.run(INITIAL)), run.resolve("best.pt"));
    CommandRun again = run("audit", "--archive", run.getParent().toString(), "--quiet");
    assertThat(again.out().replaceAll("\\s+", " "))
        .contains("it would call 'os.system'; do not load it, see table globals")
        .contains("nor dangerous: mine.Model");

    CommandRun rows =
        run(
            "sql",
            "-e",
            "SELECT path, pickle != '' AS nested, module, name, judgement FROM globals"
                + " WHERE judgement <> 'safe' ORDER BY ALL");
    assertThat(rows.out().lines().skip(1).map(line -> line.replaceAll(" +", " ")))
        .containsExactly(
            "run/initial.pt true mine Model unknown",
            "run/initial.pt true os system dangerous",
            "run/plain.pt false posix system dangerous");
  }

  private CommandRun run(String command, String... options) {
    String[] args = new String[options.length + 3];
    args[0] = command;
    args[1] = "--warehouse";
    args[2] = folder.resolve("w").toString();
    System.arraycopy(options, 0, args, 3, options.length);
    return CommandRun.of(args);
  }

  // The sample's checkpoint with one more member.
  private static void copyWith(Path file, String member, String content) throws IOException {
    try (ZipFile from = new ZipFile(Sample.run(INITIAL));
        OutputStream out = Files.newOutputStream(file);
        ZipOutputStream to = new ZipOutputStream(out)) {
      String root = "";
      for (ZipEntry entry : from.stream().toList()) {
        root = entry.getName().substring(0, entry.getName().indexOf('/') + 1);
        to.putNextEntry(new ZipEntry(entry.getName()));
        from.getInputStream(entry).transferTo(to);
        to.closeEntry();
      }
      to.putNextEntry(new ZipEntry(root + member));
      to.write(content.getBytes(StandardCharsets.ISO_8859_1));
      to.closeEntry();
    }
  }
}
