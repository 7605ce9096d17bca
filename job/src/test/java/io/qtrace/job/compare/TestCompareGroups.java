package io.qtrace.job.compare;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.compare.Measure;
import io.qtrace.job.compare.CompareGroups.Group;
import io.qtrace.job.compare.CompareRequest.Pair;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TestCompareGroups {
  private static final int TENSORS = 10_000; // of each checkpoint

  @Test
  void whatIsComparedIsInOneGroup() {
    List<String> checkpoints = IntStream.range(0, 18).mapToObj("c%02d"::formatted).toList();
    List<Pair> pairs = // two chains, of the even ones and of the odd ones
        IntStream.range(2, 18)
            .mapToObj(i -> new Pair(checkpoints.get(i - 2), checkpoints.get(i)))
            .toList();
    assertThat(groups(checkpoints, pairs))
        .extracting(Group::checkpoints)
        .containsExactly(everySecond(checkpoints, 0), everySecond(checkpoints, 1));
  }

  private static List<String> everySecond(List<String> checkpoints, int first) {
    return IntStream.range(0, checkpoints.size())
        .filter(i -> i % 2 == first)
        .mapToObj(checkpoints::get)
        .toList();
  }

  @Test
  void fewCheckpointsShareAGroupInTheRequestsOrder() {
    List<String> checkpoints = List.of("d", "a", "c", "b");
    List<Pair> pairs = List.of(new Pair("d", "b"));
    List<Group> groups = groups(checkpoints, pairs);
    assertThat(groups).containsExactly(new Group(0, checkpoints, Set.copyOf(checkpoints), pairs));
  }

  @Test
  void manyCheckpointsTakeSeveralGroupsAndAreMeasuredOnce() {
    List<String> checkpoints = IntStream.range(0, 60).mapToObj("c%02d"::formatted).toList();
    List<Pair> pairs = checkpoints.stream().skip(1).map(child -> new Pair("c00", child)).toList();
    List<Group> groups = groups(checkpoints, pairs);
    assertThat(groups)
        .hasSizeGreaterThan(1)
        .allSatisfy(
            group -> {
              assertThat(group.checkpoints().size() * TENSORS)
                  .isLessThanOrEqualTo(CompareGroups.MOST_TENSORS);
              assertThat(group.checkpoints()).containsAll(group.measured());
              assertThat(group.pairs())
                  .allSatisfy(
                      pair -> assertThat(group.checkpoints()).contains(pair.left(), pair.right()));
            });
    assertThat(groups).extracting(Group::number).isEqualTo(numbers(groups.size()));
    assertThat(groups.stream().flatMap(group -> group.measured().stream()))
        .containsExactlyInAnyOrderElementsOf(checkpoints);
    assertThat(groups.stream().flatMap(group -> group.pairs().stream()))
        .containsExactlyInAnyOrderElementsOf(pairs);
  }

  @Test
  void aCheckpointOfMoreTensorsThanAGroupTakesIsAGroupOfItsOwn() {
    List<Group> groups =
        CompareGroups.of(
            request(List.of("a", "b"), List.of()),
            key -> readable(CompareGroups.MOST_TENSORS + 1),
            CompareGroups.MOST_TENSORS);
    assertThat(groups).extracting(Group::checkpoints).containsExactly(List.of("a"), List.of("b"));
  }

  private static List<Integer> numbers(int count) {
    return IntStream.range(0, count).boxed().toList();
  }

  private static List<Group> groups(List<String> checkpoints, List<Pair> pairs) {
    return CompareGroups.of(
        request(checkpoints, pairs), key -> readable(TENSORS), CompareGroups.MOST_TENSORS);
  }

  private static CompareRequest request(List<String> checkpoints, List<Pair> pairs) {
    return new CompareRequest(
        checkpoints, new HashSet<>(checkpoints), pairs, Set.of(Measure.FINGERPRINT));
  }

  private static IndexedCheckpoint.Readable readable(int tensors) {
    return new IndexedCheckpoint.Readable(
        "torch-zip", tensors, List.of(), List.of(), List.of(), List.of());
  }
}
