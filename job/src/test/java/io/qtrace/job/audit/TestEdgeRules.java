package io.qtrace.job.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.io.ObjectStore;
import io.qtrace.job.Sample;
import io.qtrace.job.archive.Archive;
import io.qtrace.job.archive.ArchiveScan;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.policy.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestEdgeRules {
  private static final String INITIAL = "sr011-q4a4-FP4-init/v2_initial.pt";
  private static final String LONG_RUN = "srLUT-004_all_alpaca_M2p0_lr1e5_from_best/";
  private static final String NEXT_RUN = "srLUT-004c_all_alpaca_from_baked200_lut_plus_scales/";

  @TempDir Path folder;

  private void create(String... names) throws IOException {
    for (String name : names) {
      Files.createFile(folder.resolve(name));
    }
  }

  @Test
  void declaredSourcesAndTheOrderOfARunGiveEdges() throws IOException {
    EdgeRules.Found found = EdgeRules.of(scan(Sample.RUNS));
    assertThat(found.findings()).isEmpty();
    assertThat(found.edges())
        .extracting(edge -> edge.parent().path() + " -> " + edge.child().path())
        .containsExactlyInAnyOrder(
            INITIAL + " -> bug_q_drift/checkpoint_step20.pt",
            INITIAL + " -> debug_lut_training/checkpoint_step20.pt",
            INITIAL + " -> debug_lut_training/best_state_dict.pt",
            INITIAL + " -> " + LONG_RUN + "checkpoint_step100.pt",
            INITIAL + " -> " + LONG_RUN + "checkpoint_step200.pt",
            INITIAL + " -> " + LONG_RUN + "best_state_dict.pt",
            LONG_RUN + "checkpoint_step100.pt -> " + LONG_RUN + "checkpoint_step200.pt",
            LONG_RUN + "checkpoint_step200.pt -> " + LONG_RUN + "baked_step200.pt",
            LONG_RUN + "checkpoint_step200.pt -> " + LONG_RUN + "v2_q4_r32_fp16_20261123_204152.pt",
            LONG_RUN + "checkpoint_step200.pt -> " + LONG_RUN + "v2_q4_r32_fp32_20261123_204152.pt",
            LONG_RUN + "baked_step200.pt -> " + NEXT_RUN + "checkpoint_step20.pt",
            LONG_RUN + "baked_step200.pt -> " + NEXT_RUN + "checkpoint_step40.pt",
            LONG_RUN + "baked_step200.pt -> " + NEXT_RUN + "best_state_dict.pt",
            NEXT_RUN + "checkpoint_step20.pt -> " + NEXT_RUN + "checkpoint_step40.pt",
            LONG_RUN + "checkpoint_step200.pt -> srLUT-004s_synced/lut_refreshed_step200.pt",
            LONG_RUN + "checkpoint_step200.pt -> srLUT-004s_synced/synced_step200.pt",
            LONG_RUN + "baked_step200.pt -> srLUT-004t_tightened/tightened.pt");
  }

  @Test
  void aLongSourceIsCutInItsFinding() throws IOException {
    Files.createFile(folder.resolve("checkpoint_step1.pt"));
    Files.writeString(
        folder.resolve("config.json"),
        "{\"source_checkpoint\": \"%s\"}".formatted("a/".repeat(200_000)));
    assertThat(EdgeRules.of(scan(folder)).findings())
        .extracting(Finding::message)
        .containsExactly(
            "Cannot find the declared source %s... (400000 characters) of run  in this archive"
                .formatted("a/".repeat(100)));
  }

  @Test
  void anInitialStateWithinTheRunLeadsToWhatWasTrained() throws IOException {
    create("v2_initial.pt", "checkpoint_step9.pt", "checkpoint_step10.pt");
    assertThat(EdgeRules.of(scan(folder)).edges())
        .extracting(edge -> edge.parent().path() + " -> " + edge.child().path())
        .containsExactly(
            "v2_initial.pt -> checkpoint_step9.pt",
            "v2_initial.pt -> checkpoint_step10.pt",
            "checkpoint_step9.pt -> checkpoint_step10.pt");
  }

  @Test
  void aBestStateThatNothingLeadsToHasItsPlaceAfterTheFirstStep() throws IOException {
    create("best_state_dict.pt", "checkpoint_step9.pt", "checkpoint_step10.pt");
    assertThat(EdgeRules.of(scan(folder)).places())
        .extracting(edge -> edge.parent().path() + " -> " + edge.child().path())
        .containsExactly("checkpoint_step9.pt -> best_state_dict.pt");
    Files.createFile(folder.resolve("v2_initial.pt"));
    assertThat(EdgeRules.of(scan(folder)).places()).isEmpty();
  }

  @Test
  void whatToolsMadeOfAnInitialStateLeadsToNothing() throws IOException {
    create("v2_initial_fp16.pt", "v2_initial.pt", "v2_initial_snapped.pt", "step1.pt");
    assertThat(EdgeRules.of(scan(folder)).edges())
        .extracting(edge -> edge.parent().path() + " -> " + edge.child().path())
        .containsExactly("v2_initial.pt -> step1.pt");
  }

  @Test
  void aMovingAverageIsOfTheLastStepAndOfTheStateNextToIt() throws IOException {
    create(
        "checkpoint_step2.pt",
        "checkpoint_step2_ema.pt",
        "checkpoint_step4.pt",
        "final.pt",
        "final_ema.pt");
    assertThat(EdgeRules.of(scan(folder)).edges())
        .extracting(edge -> edge.parent().path() + " -> " + edge.child().path())
        .containsExactlyInAnyOrder(
            "checkpoint_step2.pt -> checkpoint_step4.pt",
            "checkpoint_step2.pt -> checkpoint_step2_ema.pt",
            "checkpoint_step4.pt -> final_ema.pt",
            "final.pt -> final_ema.pt");
  }

  @Test
  void aSourceThatTheArchiveLacksIsAFinding() throws IOException {
    Files.createFile(folder.resolve("checkpoint_step1.pt"));
    Files.writeString(
        folder.resolve("config.json"), "{\"source_checkpoint\": \"gone/v2_\\u001b[2Jinitial.pt\"}");
    assertThat(EdgeRules.of(scan(folder)).findings())
        .extracting(Finding::message)
        .containsExactly(
            "Cannot find the declared source gone/v2_\\u001b[2Jinitial.pt of run  in this archive");
  }

  private static Archive scan(Path root) throws IOException {
    return new ArchiveScan(
            new ObjectStore(new Configuration()), Settings.load(Optional.empty()).archive())
        .scan(root.toString());
  }
}
