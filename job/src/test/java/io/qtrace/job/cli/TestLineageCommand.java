package io.qtrace.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.Sample;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestLineageCommand {
  @TempDir Path folder;

  @Test
  void showsWhatWasMadeFromWhatAndWhatATensorHasBeen() {
    CommandRun tree = lineage("--archive", Sample.ARCHIVE.toString(), "--quiet");
    assertThat(tree.status()).isZero();
    assertThat(tree.err()).isEmpty();
    assertThat(tree.out())
        .startsWith("runs/sr011-q4a4-FP4-init/v2_initial.pt\n")
        .contains(
            "train CLEAN: runs/srLUT-004_all_alpaca_M2p0_lr1e5_from_best/checkpoint_step100.pt\n"
                + "   └─ train CLEAN:"
                + " runs/srLUT-004_all_alpaca_M2p0_lr1e5_from_best/checkpoint_step200.pt\n"
                + "      ├─ bake CLEAN:"
                + " runs/srLUT-004_all_alpaca_M2p0_lr1e5_from_best/baked_step200.pt\n");
    assertThat(lineage("--dot").out())
        .startsWith("digraph lineage {\n")
        .contains("label=\"bake, 28 changed, _Q 14 of 14\"");

    CommandRun history =
        lineage("--tensor", "model.layers.0.self_attn.q_proj._Q", "--format", "json");
    assertThat(history.out())
        .contains("\"fingerprint\" : \"x1:8e5376a1deda480f851d14398fa81278\"")
        .contains("\"kind\" : \"requantize\"");
  }

  @Test
  void saysThatATensorIsUnknown() {
    CommandRun run = lineage("--tensor", "none");
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err())
        .isEqualTo(
            "qtrace: Cannot find tensor: no checkpoint in the tables has one of that name\n");
  }

  private CommandRun lineage(String... options) {
    String[] args = new String[options.length + 3];
    args[0] = "lineage";
    args[1] = "--warehouse";
    args[2] = folder.resolve("w").toString();
    System.arraycopy(options, 0, args, 3, options.length);
    return CommandRun.of(args);
  }
}
