package io.qtrace.compare;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.arrow.ReadOptions;
import io.qtrace.compare.RangeTask.Member;
import io.qtrace.compare.RangeTask.Pair;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.Storage;
import io.qtrace.tensor.TensorEntry;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TestRangeSchedule {
  private static final long ELEMENTS = 1L << 30;

  @Test
  void aChainNeedsTwoBlocksAndAStarTwoAndBothThree() {
    List<Pair> star = new ArrayList<>();
    List<Pair> chain = new ArrayList<>();
    for (int i = 1; i < 1000; i++) {
      star.add(new Pair(0, i));
      chain.add(new Pair(i, i - 1));
    }
    List<Pair> both = new ArrayList<>(star);
    both.addAll(chain);
    assertThat(schedule(1000, star).peakMembers()).isEqualTo(2);
    assertThat(schedule(1000, chain).peakMembers()).isEqualTo(2);
    assertThat(schedule(1000, both).peakMembers()).isEqualTo(3);
    assertThat(schedule(1000, List.of()).peakMembers()).isEqualTo(1);
    assertThat(schedule(1000, both).peakWidth()).isEqualTo(12);
  }

  @Test
  void pairsAreDueWithTheLaterMemberAndReleaseBoth() {
    RangeSchedule schedule = schedule(4, List.of(new Pair(3, 0), new Pair(0, 1), new Pair(2, 2)));
    assertThat(items(schedule.pairs(), 4))
        .containsExactly(List.of(), List.of(1), List.of(2), List.of(0));
    assertThat(items(schedule.released(), 4))
        .containsExactly(List.of(), List.of(1), List.of(2), List.of(0, 3));
  }

  @Test
  void windowsAreAsLargeAsTheBlocksThatAreAliveAtOnceAllow() {
    List<Pair> star = new ArrayList<>();
    for (int i = 1; i < 1000; i++) {
      star.add(new Pair(0, i));
    }
    RangeSchedule schedule = schedule(1000, star);
    ReadOptions read = ReadOptions.OBJECT_STORE;
    assertThat(RangePlan.of(schedule, 64 << 20, read))
        .isEqualTo(new RangePlan(1 << 19, 1 << 18, 0, 38 << 20));
    assertThat(RangePlan.of(schedule, 5 << 20, read))
        .isEqualTo(new RangePlan(1 << 19, 1 << 18, 0, 1 << 20));
    assertThat(RangePlan.of(schedule, (2 << 20) - 1, read))
        .isEqualTo(new RangePlan(1 << 17, 1 << 17, 0, (1 << 20) - 1));
    assertThat(RangePlan.of(schedule, 128 << 10, read))
        .isEqualTo(new RangePlan(1 << 14, 1 << 14, 0, 0));
  }

  private static RangeSchedule schedule(int count, List<Pair> pairs) {
    Storage storage =
        new Storage("f", "0", 0, 4 * ELEMENTS, Storage.Order.LITTLE, Storage.UNVERIFIED);
    Member member =
        new Member(
            "m", TensorEntry.contiguous("t", DType.FLOAT32, Shape.of(ELEMENTS), storage), Set.of());
    return RangeSchedule.of(RangeTask.whole(Collections.nCopies(count, member), pairs));
  }

  private static List<List<Integer>> items(RangeSchedule.Groups groups, int count) {
    List<List<Integer>> items = new ArrayList<>();
    for (int group = 0; group < count; group++) {
      List<Integer> each = new ArrayList<>();
      for (int at = groups.from(group); at < groups.to(group); at++) {
        each.add(groups.item(at));
      }
      items.add(each);
    }
    return items;
  }
}
