package io.qtrace.job.parents;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Pairs of checkpoints that share contents, a bounded number for each. Within the checkpoints that
 * share a key, each is linked to the next few in order of locality, and to the one whose LUTs were
 * trained the least, from which many runs may have started.
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
    int hub = members.get(0);
    for (int member : members) {
      hub =
          checkpoints.get(member).sketch().trained() < checkpoints.get(hub).sketch().trained()
              ? member
              : hub;
    }
    for (int i = 0; i < members.size(); i++) {
      for (int next : members.subList(i + 1, Math.min(i + 1 + NEXT, members.size()))) {
        links.add(new Link(members.get(i), next));
      }
      if (members.get(i) != hub) {
        links.add(Link.between(members.get(i), hub));
      }
    }
  }
}
