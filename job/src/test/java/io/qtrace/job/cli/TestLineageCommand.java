package io.qtrace.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qtrace.job.Sample;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("archive")
class TestLineageCommand {
  private static final String SR_LUT = "runs/srLUT-004_all_alpaca_M2p0_lr1e5_from_best/";

  @TempDir Path folder;

  @Test
  void showsWhatWasMadeFromWhatAndWhatATensorHasBeen() throws IOException {
    CommandRun tree = lineage("--archive", Sample.ARCHIVE.toString(), "--quiet");
    assertThat(tree.status()).isZero();
    assertThat(tree.err()).isEmpty();
    assertThat(tree.out())
        .containsPattern("\\Aaudit [0-9a-f]{16} of file:.*\n")
        .contains(
            "\nbase-model/model.safetensors\n└─ quantize CLEAN:"
                + " runs/sr011-q4a4-FP4-init/v2_initial.pt (",
            "\n      └─ train CLEAN: "
                + SR_LUT
                + "checkpoint_step200.pt (81 identical, 56 changed; _Q unchanged in 14 layers; LUT"
                + " trained in 14 of 14)\n         ├─ bake CLEAN: "
                + SR_LUT
                + "baked_step200.pt (95 identical, 28 changed, 14 removed; _Q changed in 14 of 14"
                + " layers)\n");
    assertThat(lineage().out()).as("from the tables").isEqualTo(tree.out());
    assertThat(lineage("--dot").out())
        .startsWith("digraph lineage {\n")
        .contains("label=\"bake CLEAN, 28 changed, _Q 14 of 14\"");

    JsonNode trees = json("--format", "json");
    assertThat(trees).hasSize(1);
    List<String> lines = new ArrayList<>();
    trees
        .get(0)
        .get("checkpoints")
        .forEach(
            node ->
                lines.add(
                    "%s %s %s"
                        .formatted(
                            node.get("depth"),
                            node.path("edge").path("kind").asText("root"),
                            node.get("path").asText())));
    assertThat(lines)
        .hasSize(17)
        .contains(
            "0 root base-model/model.safetensors",
            "1 quantize runs/sr011-q4a4-FP4-init/v2_initial.pt",
            "3 train " + SR_LUT + "checkpoint_step200.pt",
            "4 bake " + SR_LUT + "baked_step200.pt");

    assertParts();
    assertBlame();
    assertUnknown();
    assertBisection();
  }

  // Each way from the start ends where a _Q first has another content, and says why.
  private void assertBisection() throws IOException {
    String[] words = {"bisect", "--q", "--since", "v2_initial.pt", "--format", "json"};
    List<String> edges = new ArrayList<>();
    new ObjectMapper()
        .readTree(qtrace(words).out())
        .get(0)
        .get("edges")
        .forEach(
            edge ->
                edges.add(
                    "%s %s %s %s"
                        .formatted(
                            edge.get("kind").asText(),
                            edge.at("/causes/0/cause").asText(),
                            edge.get("tensors"),
                            edge.get("child").asText())));
    assertThat(edges)
        .containsExactlyInAnyOrder(
            "bake BAKED 14 " + SR_LUT + "baked_step200.pt",
            "sync SYNCED 14 runs/srLUT-004s_synced/synced_step200.pt",
            "cast CAST 14 " + SR_LUT + "v2_q4_r32_fp16_20261123_204152.pt",
            "unknown UNEXPLAINED 2 runs/bug_q_drift/checkpoint_step20.pt");
  }

  private void assertParts() {
    assertThat(lineage("--run", "srLUT-004s_synced", "--depth", "3").out().lines())
        .hasSize(6)
        .contains(
            "base-model/model.safetensors",
            "13 more checkpoints not shown because of --run or --depth")
        .anyMatch(line -> line.contains("train CLEAN: " + SR_LUT + "checkpoint_step200.pt"));
    CommandRun unknown = lineage("--run", "none");
    assertThat(unknown.status()).isEqualTo(2);
    assertThat(unknown.err()).startsWith("qtrace: Cannot find run: ").hasLineCount(1);
  }

  private void assertBlame() throws IOException {
    String quantized = "model.layers.0.self_attn.q_proj._Q";
    JsonNode histories = json("--tensor", quantized, "--format", "json");
    assertThat(histories).hasSize(1);
    List<String> contents = new ArrayList<>();
    histories
        .get(0)
        .get("contents")
        .forEach(c -> contents.add(c.get("fingerprint").asText() + " " + c.get("checkpoints")));
    assertThat(contents)
        .containsExactlyInAnyOrder(
            "x1:8e5376a1deda480f851d14398fa81278 9",
            "x1:02f5a4d7e5db7b16cd8fcbb208f6f9ad 4",
            "x1:5838d1d4580b39baec07e26f5d0f1e29 1",
            "x1:a34d77158a1006378ee2b5ca2773fb47 1",
            "x1:600e3565027adddd053fbcd962a93146 1");
    List<String> events = new ArrayList<>();
    histories
        .get(0)
        .get("events")
        .forEach(
            event ->
                events.add(event.get("event").asText() + " " + event.path("cause").asText("root")));
    assertThat(events)
        .startsWith("new QUANTIZED")
        .containsExactlyInAnyOrder(
            "new QUANTIZED", "new BAKED", "new CAST", "new REQUANTIZED", "new SYNCED");
    assertThat(lineage("--tensor", quantized).out()).contains("bake, BAKED");
  }

  private void assertUnknown() {
    CommandRun run = lineage("--tensor", "none\u001b[2J");
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err())
        .isEqualTo(
            "qtrace: Cannot find tensor: no checkpoint in the tables has a tensor of that name\n");
  }

  private JsonNode json(String... options) throws IOException {
    return new ObjectMapper().readTree(lineage(options).out());
  }

  private CommandRun lineage(String... options) {
    String[] args = new String[options.length + 1];
    args[0] = "lineage";
    System.arraycopy(options, 0, args, 1, options.length);
    return qtrace(args);
  }

  private CommandRun qtrace(String... words) {
    String[] args = Arrays.copyOf(words, words.length + 2);
    args[words.length] = "--warehouse";
    args[words.length + 1] = folder.resolve("w").toString();
    return CommandRun.of(args);
  }
}
