package io.qtrace.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qtrace.job.Sample;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TestExplainCommand {
  private static final String SR_LUT = "srLUT-004_all_alpaca_M2p0_lr1e5_from_best/";

  @Test
  void explainsABakeLayerByLayer() throws IOException {
    CommandRun run =
        CommandRun.of(
            "explain",
            Sample.run(SR_LUT + "checkpoint_step200.pt"),
            Sample.run(SR_LUT + "baked_step200.pt"),
            "--format",
            "json");
    assertThat(run.status()).isZero();
    JsonNode pair = new ObjectMapper().readTree(run.out());
    assertThat(pair.get("kind").asText()).isEqualTo("bake");
    assertThat(pair.get("kind_reason").asText()).isEqualTo("inferred from the changes");
    assertThat(pair.get("verdict").asText()).isEqualTo("CLEAN");
    List<String> kinds = new ArrayList<>();
    pair.get("kinds")
        .forEach(kind -> kinds.add(kind.get("kind").asText() + " " + kind.get("unexplained")));
    assertThat(kinds)
        .containsExactly(
            "copy 42",
            "graft 42",
            "average 42",
            "requantize 42",
            "snap 42",
            "cast 42",
            "bake 0",
            "refresh 42",
            "sync 28",
            "replace_lut 42",
            "adapter 42",
            "merge_lora 42",
            "quantize 42",
            "convert 42",
            "dequantize 42",
            "hard_quantize 42",
            "rescale 42",
            "train 28");
    assertThat(pair.get("layers")).hasSize(14);
    double drift = 0;
    for (JsonNode layer : pair.get("layers")) {
      JsonNode quantized = layer.get("quantized");
      assertThat(quantized.get("cause").asText()).isEqualTo("BAKED");
      assertThat(quantized.get("residual").asLong()).isZero();
      drift = Math.max(drift, quantized.get("drift").asDouble());
      assertThat(layer.get("lut_before").get("deltas")).hasSize(8);
      assertThat(layer.get("lut_before").get("effective")).hasSize(16);
      assertThat(layer.get("lut_after").get("stored"))
          .hasSize(16)
          .isNotEqualTo(layer.get("lut_before").get("stored"))
          .isEqualTo(layer.get("lut_after").get("effective"));
      assertThat(layer.get("indices").asText()).isEqualTo("IDENTICAL");
      assertThat(layer.get("scales")).hasSize(3);
      assertThat(layer.get("invariants").get("stale").asLong()).isZero();
    }
    assertThat(drift).isEqualTo(0.00634765625);
  }

  @Test
  void showsWhatNothingExplains() {
    CommandRun run =
        CommandRun.of(
            "explain",
            Sample.run("debug_lut_training/checkpoint_step20.pt"),
            Sample.run("bug_q_drift/checkpoint_step20.pt"));
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.out())
        .contains(
            "Kind: unknown, inferred from the changes",
            "model.layers.0.self_attn.k_proj\n"
                + "  _Q               CHANGED: 1024 of 1024 elements, the first at element 0, max",
            "UNEXPLAINED, residual 1024, the first at element 0\n",
            "  invariants       1024 elements of _Q off the LUT grid, the first at element 0, 1024",
            "model.layers.0.mlp.up_proj\n",
            "  _indices         CHANGED: 1 of 2560 elements, the first at element 0",
            "\n11 of 14 layers did not change\n",
            "VIOLATION: 2 of 14 _Q buffers changed and no single operation explains it");
  }

  @Test
  void notesTrainingOfTheLutThoughTheStoredOneStays() {
    CommandRun run =
        CommandRun.of(
            "explain",
            Sample.run("sr011-q4a4-FP4-init/v2_initial.pt"),
            Sample.run("debug_lut_training/checkpoint_step20.pt"));
    assertThat(run.status()).isZero();
    assertThat(run.out().lines().skip(3)).startsWith("CLEAN: all 14 _Q buffers are unchanged");
    assertThat(run.out())
        .contains(
            "  _Q               IDENTICAL\n",
            "  _lut_raw_deltas  ADDED\n",
            "  moved            the LUT used in training by up to 5.972385e-05 (0 of its 8 values on the",
            "  cast             _indices int64 -> int16, same numbers\n",
            "and 4 more changed layers (--all shows all)\n0 of 14 layers did not change");
  }

  @Test
  void exitsTwoWhenAFileIsMissing() {
    CommandRun run = CommandRun.of("explain", "none.pt", "none.pt");
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err()).startsWith("qtrace: Cannot find file: ").hasLineCount(1);
  }
}
