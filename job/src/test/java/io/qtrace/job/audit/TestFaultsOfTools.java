package io.qtrace.job.audit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.qtrace.job.LocalSpark;
import io.qtrace.job.RecipeArchive;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.judge.Diff;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.Policy;
import io.qtrace.job.policy.Verdict;
import io.qtrace.lut.LayerNames;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * One element that a tool of the recipe did not write, at a random place of what it wrote: each is
 * found, by the name of its tensor or of another buffer of its layer.
 */
@Tag("archive")
class TestFaultsOfTools {
  // Numbers that follow from nothing in the parent.
  private static final Set<String> FREE =
      Set.of("lora_A", "lora_B", "scale_A", "scale_B", "rank_magnitude");

  @TempDir static Path folder;
  private static Path archive;

  @BeforeAll
  static void unpack() throws IOException {
    archive = RecipeArchive.unpack("rewrites", folder.resolve("archive"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SR-101_q4a4_init/v2_initial.pt",
        "SR-101_q4a4_init/v2_tightened.pt",
        "SR-110_q4a4_lut_plus_scales/baked_step4.pt",
        "SR-110_q4a4_lut_plus_scales/v2_q4a4_fp16_20261125_171531.pt",
        "SR-111_q4a4_scales/checkpoint_step4_magssnapped.pt",
        "SR-131_layer_qat_save/model_state_dict.pt",
        "SR-132_synced/synced_step4.pt",
        "SR-133_sync_api/synced_fp16.pt",
        "SR-134_tightened/tightened_baseline.pt",
        "SR-135_tightened_ckpt_ref/tightened.pt",
        "SR-140_lut_candidates/H_symkmeans.pt",
        "SR-141_lut_hybrid/hybrid.pt",
        "SR-150_snapped_fp16/snapped.pt",
        "SR-151_snapped_fp16_reindexed/snapped.pt",
        "SR-152_snapped_cached/snapped.pt",
        "SR-153_recovery_lora/final_recovery_lora.pt",
        "SR-153_recovery_lora/recovery_step4.pt",
        "SR-154_snapped_lora_merged/snapped.pt",
        "SR-155_resnapped/resnapped.pt",
        "SR-157_export_hf_fp32/model.safetensors",
        "SR-158_export_hf_ane/model.safetensors",
        "SR-162_v1_snapped/snapped.pt",
        "SR-164_v2_from_v1/v2_converted.pt",
        "SR-166_q2_from_q4/q2_init.pt",
        "SR-170_apple_qat_2bit/hard_quant_full_state_dict.pt",
        "SR-180_awq_scaled_model/model.safetensors"
      })
  void areFound(String child) throws IOException {
    Path file = archive.resolve("runs").resolve(child);
    Path parent = archive.resolve(parent("runs/" + child));
    assertThat(diff(parent, file).findings()).isEmpty();
    List<String> missed = new ArrayList<>();
    for (long seed = 1; seed <= 3; seed++) {
      String fault = plant(file, child, new Random(seed));
      Judged found = diff(parent, faulty(file));
      boolean named =
          found.findings().stream().anyMatch(finding -> isOfLayer(finding.example(), fault));
      if (found.verdict() != Verdict.VIOLATION || !named) {
        missed.add(fault + " " + seed + ": " + found);
      }
    }
    assertThat(missed).isEmpty();
  }

  // The state dict may be nested in the file.
  private static boolean isOfLayer(String tensor, String fault) {
    return LayerNames.moduleOf(fault).endsWith(LayerNames.moduleOf(tensor));
  }

  private static String parent(String child) throws IOException {
    for (JsonNode edge : RecipeArchive.truth("rewrites").get("edges")) {
      if (edge.get("path").asText().equals(child)) {
        return edge.get("parents").get(0).asText();
      }
    }
    throw new IllegalArgumentException("Unknown checkpoint: " + child);
  }

  private static Path faulty(Path file) {
    return folder.resolve(file.toString().endsWith(".pt") ? "faulty.pt" : "faulty.safetensors");
  }

  // Another sign of a float, another lowest bit of an integer.
  private static String plant(Path file, String child, Random random) throws IOException {
    CheckpointBytes bytes = new CheckpointBytes(file);
    List<TensorEntry> tensors =
        bytes.tensors().stream()
            .filter(tensor -> tensor.isContiguous() && tensor.elements() > 0)
            .filter(tensor -> !isFree(tensor.name(), child))
            .toList();
    TensorEntry tensor = tensors.get(random.nextInt(tensors.size()));
    boolean isFloat = tensor.dtype().isFloat();
    int last = tensor.dtype().bytes() - 1;
    int element = random.nextInt((int) tensor.elements());
    while (isFloat && isZero(bytes.at(tensor, element), tensor.dtype().bytes())) {
      element = random.nextInt((int) tensor.elements());
    }
    bytes.put(
        tensor,
        element,
        at -> {
          int place = at.position() + (isFloat ? last : 0);
          at.put(place, (byte) (at.get(place) ^ (isFloat ? 0x80 : 1)));
        });
    bytes.write(faulty(file));
    return tensor.name();
  }

  private static boolean isZero(ByteBuffer at, int bytes) {
    for (int i = 0; i < bytes; i++) {
      int bits = i == bytes - 1 ? 0x7f : 0xff;
      if ((at.get(at.position() + i) & bits) != 0) {
        return false;
      }
    }
    return true;
  }

  private static boolean isFree(String tensor, String child) {
    String leaf = tensor.substring(tensor.lastIndexOf('.') + 1);
    boolean invents =
        child.contains("final_recovery")
            ? leaf.startsWith("lora_")
            : child.matches("SR-(101_.*initial|166).*");
    return invents && FREE.contains(leaf);
  }

  private record Judged(Verdict verdict, List<Finding> findings) {}

  private static Judged diff(Path parent, Path child) throws IOException {
    Diff.Outcome outcome =
        new Diff(
                LocalSpark.context(),
                Settings.load(Optional.empty()),
                Policy.load(Optional.empty()))
            .run(parent.toString(), child.toString(), Optional.empty(), Set.of());
    return new Judged(outcome.judgement().verdict(), outcome.judgement().findings());
  }
}
