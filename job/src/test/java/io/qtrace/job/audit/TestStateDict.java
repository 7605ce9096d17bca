package io.qtrace.job.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.io.FormatException;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.Storage;
import io.qtrace.tensor.TensorEntry;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class TestStateDict {
  @Test
  void wrappersOfTrainersAreLeftOut() throws FormatException {
    CheckpointIndex index =
        index("model_state_dict.a._Q", "state_dict.b", "optimizer.state_dict.c", "d");
    assertThat(StateDict.unwrap(index).tensors())
        .extracting(TensorEntry::name)
        .containsExactly("a._Q", "b", "optimizer.state_dict.c", "d");
    assertThat(StateDict.unwrap(index).skipped())
        .containsExactly(new CheckpointIndex.Skipped("s", "sparse"));
  }

  @Test
  void twoTensorsOfOneNameAreRefused() {
    assertThatThrownBy(() -> StateDict.unwrap(index("state_dict.a", "a")))
        .isInstanceOf(FormatException.class)
        .hasMessage("file:/x.pt: at byte 0: Invalid names: 'a' in two state dicts");
  }

  private static CheckpointIndex index(String... names) {
    Storage storage =
        new Storage("file:/x.pt", "0", 0, 8, Storage.Order.LITTLE, Storage.UNVERIFIED);
    List<TensorEntry> tensors =
        Arrays.stream(names)
            .map(name -> TensorEntry.contiguous(name, DType.FLOAT32, Shape.of(2), storage))
            .toList();
    return new CheckpointIndex(
        "file:/x.pt",
        "torch-zip",
        tensors,
        List.of(new CheckpointIndex.Skipped("model_state_dict.s", "sparse")));
  }
}
