package io.qtrace.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.fasterxml.jackson.databind.JsonNode;
import io.qtrace.arrow.ReadOptions;
import io.qtrace.compare.RangeTask.Member;
import io.qtrace.format.Checkpoints;
import io.qtrace.format.FormatFixtures;
import io.qtrace.io.LocalFiles;
import io.qtrace.kernel.CountsPartial;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.Storage;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** From file to measure, by the way that an audit takes: what PyTorch wrote is what is read. */
class TestFormatFixtures {
  private final Checkpoints checkpoints = new Checkpoints(LocalFiles.STORE);

  static List<String> files() throws IOException {
    return FormatFixtures.expected().properties().stream().map(Map.Entry::getKey).toList();
  }

  @Test
  void everyFormatHasAFixture() throws IOException {
    List<String> formats = new ArrayList<>();
    for (String file : files()) {
      formats.add(index(file).format());
    }
    assertThat(formats).hasSize(13).contains("torch-zip", "torch-legacy", "safetensors");
  }

  @ParameterizedTest
  @MethodSource("files")
  void tensorsAreWhatPyTorchSays(String file) throws IOException {
    JsonNode expected = FormatFixtures.expected().get(file);
    CheckpointIndex index = index(file);
    List<TensorEntry> model = index.tensors().stream().filter(each -> isOfModel(each)).toList();
    assertThat(index.skipped()).allMatch(tensor -> tensor.reason().equals("a NumPy array"));
    assertThat(model)
        .extracting(TensorEntry::name)
        .containsExactlyInAnyOrderElementsOf(expected::fieldNames);
    for (TensorEntry tensor : model) {
      JsonNode facts = expected.get(tensor.name());
      assertThat(tensor.dtype().label()).as(tensor.name()).isEqualTo(facts.get("dtype").asText());
      assertThat(tensor.shape().sizes()).as(tensor.name()).isEqualTo(longs(facts.get("shape")));
      assertThat(tensor.stride()).as(tensor.name()).isEqualTo(longs(facts.get("stride")));
      assertThat(tensor.offset()).as(tensor.name()).isEqualTo(facts.get("offset").asLong());
      assertThat(tensor.bytes()).as(tensor.name()).isEqualTo(facts.get("nbytes").asLong());
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void elementsAreWhatPyTorchSays(String file) throws IOException {
    JsonNode expected = FormatFixtures.expected().get(file);
    try (RangeComparison comparison = comparison()) {
      for (TensorEntry tensor : index(file).tensors()) {
        MemberPartial found = measure(comparison, tensor, Measure.MD5);
        if (isOfModel(tensor)) {
          assertThat(found.md5Prefix())
              .as(tensor.name())
              .isEqualTo(expected.get(tensor.name()).get("md5_16").asText());
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void normsAndCountsAreWhatPyTorchSays(String file) throws IOException {
    JsonNode expected = FormatFixtures.content().get(file);
    try (RangeComparison comparison = comparison()) {
      for (TensorEntry tensor : index(file).tensors()) {
        JsonNode facts = expected.get(tensor.name());
        double norm = measure(comparison, tensor, Measure.NORM).norm();
        if (facts.has("norm")) {
          double torch = Double.parseDouble(facts.get("norm").asText());
          assertThat(norm).as(tensor.name()).isCloseTo(torch, withinPercentage(1e-12));
        } else {
          assertThat(norm).as(tensor.name()).isZero();
        }
        CountsPartial counts = measure(comparison, tensor, Measure.COUNTS).counts();
        assertThat(counts.counts()).as(tensor.name()).isEqualTo(longs(facts.path("counts")));
        assertThat(counts.outside())
            .as(tensor.name())
            .isEqualTo(!facts.has("counts") && tensor.elements() > 0);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void storagesHaveTheCrcThatTheirFileStates(String file) throws IOException {
    try (RangeComparison comparison = comparison()) {
      for (TensorEntry tensor : index(file).tensors()) {
        Storage storage = tensor.storage();
        measure(comparison, StorageCrc.wholeStorage(storage), Measure.CRC).crc().verify(storage);
      }
    }
  }

  private CheckpointIndex index(String file) throws IOException {
    return checkpoints.index(FormatFixtures.file(file).toString());
  }

  private static RangeComparison comparison() {
    return new RangeComparison(LocalFiles.STORE, 4 << 20, ReadOptions.LOCAL_DISK);
  }

  private static MemberPartial measure(
      RangeComparison comparison, TensorEntry tensor, Measure measure) throws IOException {
    Member member = new Member(tensor.name(), tensor, Set.of(measure));
    return comparison.run(RangeTask.whole(List.of(member), List.of())).members().get(0);
  }

  // expected.json has the model of trainer_nested.pt only.
  private static boolean isOfModel(TensorEntry tensor) {
    return !tensor.name().startsWith("optimizer_state_dict.");
  }

  private static List<Long> longs(JsonNode array) {
    List<Long> longs = new ArrayList<>();
    array.forEach(item -> longs.add(item.asLong()));
    return longs;
  }
}
