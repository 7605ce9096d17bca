package io.qtrace.job.parents;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.archive.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TestContentLinks {
  private static final int COUNT = 40;
  private static final long KEY = 7;

  @Test
  void allAreLinkedToTheInitialOneAndToTheOneWithTheFewestTensors() {
    int initial = 17;
    int base = 33;
    List<MeasuredCheckpoint> nodes = new ArrayList<>();
    for (int i = 0; i < COUNT; i++) {
      Role role = i == initial ? Role.INITIAL : Role.OTHER;
      nodes.add(node("%02d.pt".formatted(i), role, i == base ? 10 : 50));
    }
    assertThat(ContentLinks.of(nodes))
        .containsAll(links(initial))
        .containsAll(links(base))
        .hasSizeLessThan(7 * COUNT);
  }

  private static List<Link> links(int hub) {
    return IntStream.range(0, COUNT)
        .filter(node -> node != hub)
        .mapToObj(node -> Link.between(node, hub))
        .toList();
  }

  private static MeasuredCheckpoint node(String path, Role role, int tensors) {
    return new MeasuredCheckpoint(
        HandMade.file(path, role, 0),
        new Sketch(
            "content of " + path, List.of(KEY), new float[Sketch.DIMENSIONS], 0, tensors, false));
  }
}
