package io.qtrace.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.compare.RangeTask.Member;
import io.qtrace.compare.RangeTask.Pair;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.Storage;
import io.qtrace.tensor.TensorEntry;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TestRangeTask {
  private static final long M = RangeTask.ALIGNMENT;

  @Test
  void splitsAtWholeLeavesAndEndsWithTheTensor() {
    RangeTask whole = RangeTask.whole(List.of(member(5 * M + 3)), List.of());
    assertThat(whole.split(2 * M))
        .extracting(RangeTask::from, RangeTask::to)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(0L, 2 * M),
            org.assertj.core.groups.Tuple.tuple(2 * M, 4 * M),
            org.assertj.core.groups.Tuple.tuple(4 * M, 5 * M + 3));
    assertThatThrownBy(() -> whole.split(M + 1))
        .hasMessage("Invalid split: 1048577 elements, expected a multiple of 1048576");
  }

  @Test
  void emptyTensorsAreOneTask() {
    RangeTask empty = RangeTask.whole(List.of(member(0)), List.of());
    assertThat(empty.split(M)).containsExactly(empty);
  }

  @Test
  void refusesRangesThatCutLeaves() {
    assertThatThrownBy(() -> new RangeTask(List.of(member(3 * M)), List.of(), List.of(), 5, M))
        .hasMessage(
            "Invalid range: elements 5 to 1048576 of 3145728, expected multiples of 1048576");
    assertThatThrownBy(() -> new RangeTask(List.of(member(3 * M)), List.of(), List.of(), M, M))
        .hasMessageStartingWith("Invalid range");
    assertThatThrownBy(() -> new RangeTask(List.of(member(3 * M)), List.of(), List.of(), 0, 4 * M))
        .hasMessageStartingWith("Invalid range");
  }

  @Test
  void refusesMembersOfOtherSizesAndUnknownOnes() {
    assertThatThrownBy(() -> RangeTask.whole(List.of(member(3), member(4)), List.of()))
        .hasMessage("Invalid task: 4 elements in 'm', expected 3 as the first member has");
    assertThatThrownBy(() -> RangeTask.whole(List.of(member(3)), List.of(new Pair(0, 1))))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> new RangeTask(List.of(), List.of(), List.of(), 0, 0))
        .hasMessage("Invalid task: no members, expected 1 or more");
  }

  @Test
  void md5NeedsTheWholeTensor() {
    Member member = new Member("m", member(2 * M).tensor(), Set.of(Measure.MD5));
    assertThatThrownBy(() -> new RangeTask(List.of(member), List.of(), List.of(), 0, M))
        .hasMessage("Invalid task: digest of elements 0 to 1048576, expected all 2097152");
  }

  private static Member member(long elements) {
    Storage storage = new Storage("f", "0", 0, elements, Storage.Order.LITTLE, Storage.UNVERIFIED);
    Shape shape = Shape.of(elements);
    return new Member("m", TensorEntry.contiguous("t", DType.INT8, shape, storage), Set.of());
  }
}
