package io.qtrace.job.judge;

import io.qtrace.io.Amount;
import io.qtrace.io.SafeText;
import io.qtrace.job.policy.FindingList;
import io.qtrace.lut.Category;
import io.qtrace.lut.CategoryRules;
import io.qtrace.tensor.CheckpointIndex.Skipped;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The content of either checkpoint of an edge that cannot be compared, with a few names.
 *
 * @param groups by the reason
 * @param quantized names of those that are a {@code _Q}, a LUT or indices
 */
public record NotCompared(List<Group> groups, List<String> quantized) implements Serializable {
  /** Everything was compared. */
  public static final NotCompared NOTHING = new NotCompared(List.of(), List.of());

  private static final int NAMED = 10;
  private static final Set<Category> QUANTIZED = Set.of(Category.Q, Category.LUT, Category.INDICES);

  /**
   * Content that is not compared for one reason.
   *
   * @param names the first of them, sorted
   */
  public record Group(String reason, int count, List<String> names) implements Serializable {
    public Group {
      names = List.copyOf(names);
    }

    private static Group of(String reason, Set<String> names) {
      return new Group(reason, names.size(), names.stream().limit(NAMED).toList());
    }

    private String sentence() {
      List<String> safe = names.stream().map(SafeText::of).toList();
      return "%d not compared, %s: %s%s"
          .formatted(
              count,
              reason,
              String.join(", ", safe),
              count > names.size() ? " and %d more".formatted(count - names.size()) : "");
    }
  }

  public NotCompared {
    groups = List.copyOf(groups);
    quantized = List.copyOf(quantized);
  }

  /** From both ends, each tensor once for each reason. */
  public static NotCompared of(List<Skipped> parent, List<Skipped> child, CategoryRules rules) {
    if (parent.isEmpty() && child.isEmpty()) {
      return NOTHING;
    }
    List<Skipped> all = new ArrayList<>(parent);
    all.addAll(child);
    Map<String, Set<String>> byReason = new TreeMap<>();
    Set<String> quantized = new TreeSet<>();
    for (Skipped one : all) {
      byReason.computeIfAbsent(one.reason(), reason -> new TreeSet<>()).add(one.name());
      if (QUANTIZED.contains(rules.of(one.name()))) {
        quantized.add(one.name());
      }
    }
    List<Group> groups = new ArrayList<>();
    byReason.forEach((reason, names) -> groups.add(Group.of(reason, names)));
    return new NotCompared(groups, List.copyOf(quantized));
  }

  /** Notes naming what is not compared, by reason. */
  List<String> notes() {
    return groups.stream().map(Group::sentence).toList();
  }

  /**
   * Adds findings for what may hide a change of a {@code _Q}.
   *
   * @param nothingElse whether nothing was compared
   */
  void addFindings(FindingList findings, boolean nothingElse) {
    List<String> broken =
        quantized.isEmpty() && nothingElse
            ? groups.stream().flatMap(group -> group.names().stream()).toList()
            : quantized;
    findings.add(
        "not-compared",
        broken,
        name -> name,
        those ->
            "cannot compare %s: %s, such as %s"
                .formatted(
                    quantized.isEmpty() ? "any tensor" : "_Q, LUT or indices",
                    Amount.of(those.size(), "tensor"),
                    SafeText.of(those.get(0))));
  }
}
