package io.qtrace.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qtrace.compare.DiffStats;
import io.qtrace.compare.Measure;
import io.qtrace.compare.TensorStatus;
import io.qtrace.job.LocalSpark;
import io.qtrace.job.audit.AuditReport;
import io.qtrace.job.audit.DefaultAudit;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.judge.Diff;
import io.qtrace.job.policy.Policy;
import io.qtrace.job.report.DiffDocument;
import io.qtrace.job.text.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that are read as their own loaders do, though not all is as it should be. */
class TestNotes {
  private static final Path CASES = Path.of("src/test/resources/cases");
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "odd_names/collide.pt, a.b a.b#2, numbered: 'a.b#2'",
    "odd_names/collide_int.pt, 1 1#2, numbered: '1#2'",
    "hf_index/subfolder/model.safetensors.index.json, model.a, in subfolders",
    "hf_index/unlisted_tensor/model.safetensors.index.json, model.a model.b model.c, : 'model.b'",
  })
  void inspectTellsWhatItReadOtherwise(String file, String names, String note) throws IOException {
    String path = CASES.resolve(file).toString();
    CommandRun text = CommandRun.of("inspect", path);
    assertThat(text.status()).as(text.err()).isEqualTo(ExitStatus.CLEAN);
    assertThat(text.out()).contains("\nnote: ").contains(note);
    JsonNode json = JSON.readTree(CommandRun.of("inspect", path, "--format", "json").out());
    assertThat(json.get("tensors").findValuesAsText("name")).containsExactly(names.split(" "));
    assertThat(json.get("notes")).hasSize(1);
    assertThat(json.get("notes").get(0).asText()).contains(note);
  }

  @Test
  void inspectHasNoNotesOnOrdinaryFiles() throws IOException {
    String path = CASES.resolve("hf_index/good/model.safetensors.index.json").toString();
    assertThat(CommandRun.of("inspect", path).out()).doesNotContain("note");
    assertThat(JSON.readTree(CommandRun.of("inspect", path, "--format", "json").out()).has("notes"))
        .isFalse();
  }

  @Test
  void diffNotesTheSideThatWasReadDifferently() throws IOException {
    String left = CASES.resolve("hf_index/good/model.safetensors.index.json").toString();
    String right =
        CASES.resolve("hf_index/unlisted_tensor/model.safetensors.index.json").toString();
    String note = "the index does not list 1 tensor of its shards, read nevertheless: 'model.b'";
    assertThat(notes(left, right)).contains("right: " + note);
    assertThat(notes(right, right)).contains("left and right: " + note);
  }

  // Also of a file that an earlier audit read.
  @Test
  void auditNotesItForBothEnds() throws IOException {
    Path run = Files.createDirectories(folder.resolve("archive/run"));
    Files.copy(CASES.resolve("odd_names/collide.pt"), run.resolve("checkpoint_step1.pt"));
    assertThat(audit().edges()).isEmpty();
    Files.copy(CASES.resolve("odd_names/collide.pt"), run.resolve("checkpoint_step2.pt"));
    assertThat(audit().edges().get(0).edge().notes())
        .anySatisfy(note -> assertThat(note).startsWith("parent and child: ").contains("a.b#2"));
  }

  private AuditReport audit() throws IOException {
    return DefaultAudit.of(LocalSpark.session(folder.resolve("tables")))
        .run(folder.resolve("archive").toString());
  }

  // 1 under one name, 0 under the other.
  @Test
  void tensorsOfOneNameAreComparedWithTheirOwn() throws IOException {
    String file = CASES.resolve("odd_names/collide.pt").toString();
    Diff.Outcome same = diff(file, file);
    assertThat(same.pair().tensors()).hasSize(2).noneMatch(tensor -> tensor.isChanged());
  }

  @ParameterizedTest
  @ValueSource(strings = {"deflated.pt", "zip_command.pt"})
  void compressedArchivesHaveTheSameTensors(String compressed) throws IOException {
    String stored = CASES.resolve("compressed/stored.pt").toString();
    Diff.Outcome outcome = diff(stored, CASES.resolve("compressed").resolve(compressed).toString());
    assertThat(outcome.pair().tensors())
        .hasSize(2)
        .allMatch(tensor -> tensor.status() == TensorStatus.IDENTICAL);
    assertThat(outcome.judgement().notes())
        .contains(
            "right: the archive is compressed, as torch.save writes none: torch.load reads it,"
                + " though not by mmap");
  }

  @Test
  void distinguishesIntegersBeyondFloat64() throws IOException {
    Diff.Outcome outcome =
        diff(
            CASES.resolve("int64_exact/a.pt").toString(),
            CASES.resolve("int64_exact/b.pt").toString());
    DiffStats found = outcome.pair().tensors().get(0).compared().orElseThrow();
    assertThat(found.changedElements()).isEqualTo(1);
    assertThat(found.maxAbs()).isEqualTo(1);
    assertThat(found.sumAbs()).isEqualTo(1);
  }

  private static List<String> notes(String left, String right) throws IOException {
    JsonNode json = JSON.readTree(Json.of(DiffDocument.of(left, right, diff(left, right))));
    List<String> notes = new ArrayList<>();
    json.get("notes").forEach(note -> notes.add(note.asText()));
    return notes;
  }

  private static Diff.Outcome diff(String left, String right) throws IOException {
    return new Diff(
            LocalSpark.context(), Settings.load(Optional.empty()), Policy.load(Optional.empty()))
        .run(left, right, Optional.empty(), EnumSet.noneOf(Measure.class));
  }
}
