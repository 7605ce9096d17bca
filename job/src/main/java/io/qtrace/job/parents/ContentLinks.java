package io.qtrace.job.parents;

import io.qtrace.job.archive.Role;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Pairs of checkpoints that share contents, a bounded number for each. Among the checkpoints that
 * share a key, each is linked to the next few in order of locality, and to two likely ancestors:
 * the one whose LUTs were trained least (among several the initial one), and the one with the
 * fewest tensors, as in base models.
 */
final class ContentLinks {
  private static final int NEXT = 4;

  private ContentLinks() {}

  /** Pairs of positions, smaller first, sorted; checkpoints in order of locality. */
  static Set<Link> of(List<MeasuredCheckpoint> checkpoints) {
    Map<Long, List<Integer>> groups = new HashMap<>();
    for (int i = 0; i < checkpoints.size(); i++) {
      for (long key : checkpoints.get(i).sketch().keys()) {
        groups.computeIfAbsent(key, k -> new ArrayList<>()).add(i);
      }
    }
    Set<Link> links = new TreeSet<>();
    groups.values().stream().distinct().forEach(group -> add(links, group, checkpoints));
    return links;
  }

  private static void add(
      Set<Link> links, List<Integer> members, List<MeasuredCheckpoint> checkpoints) {
    Set<Integer> hubs =
        Stream.of(
                Comparator.<Integer>comparingDouble(
                        member -> checkpoints.get(member).sketch().trained())
                    .thenComparing(member -> checkpoints.get(member).file().role() != Role.INITIAL),
                Comparator.<Integer>comparingInt(
                    member -> checkpoints.get(member).sketch().tensors()))
            .map(order -> members.stream().min(order).orElseThrow()) // the first of equals
            .collect(Collectors.toSet());
    for (int i = 0; i < members.size(); i++) {
      for (int next : members.subList(i + 1, Math.min(i + 1 + NEXT, members.size()))) {
        links.add(new Link(members.get(i), next));
      }
      for (int hub : hubs) {
        if (hub != members.get(i)) {
          links.add(Link.between(members.get(i), hub));
        }
      }
    }
  }
}
