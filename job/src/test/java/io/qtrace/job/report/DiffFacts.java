package io.qtrace.job.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * A text of {@code diff} taken apart: its values by label, such as {@code Structure / q / left}
 * (section, row, column), {@code _Q buffers / unchanged} and {@code _Q buffers / NAME / md5}.
 */
final class DiffFacts {
  private static final Set<String> TABLES = Set.of("Structure", "Changes by category");
  private static final Pattern SIDE = Pattern.compile("(left|right) +(.+)");
  private static final Pattern LIST = Pattern.compile("  (only \\w+) \\(first (\\d+)\\):");
  private static final Pattern TENSOR = Pattern.compile("model\\.\\S+");
  // "14 unchanged", "2 of 14 stored .lut changed"
  private static final Pattern PHRASE =
      Pattern.compile("(?<![\\w.-])(\\d+)(?: of \\d+)? ([A-Za-z_.][A-Za-z_. ]*\\w)");
  // "shape [64, 32]", "md5 f30c42ae5effc866"
  private static final Pattern DETAIL = Pattern.compile("\\b([a-z]\\w+) (\\[[^]]*]|[^,\\[]+)");

  private final Map<String, String> facts = new LinkedHashMap<>();
  private String section = "";
  private String tensor = "";
  private List<String> columns = List.of();

  private DiffFacts() {}

  static Map<String, String> of(List<String> lines) {
    List<String> text = unwrapped(lines);
    DiffFacts facts = new DiffFacts();
    for (int i = 0; i < text.size(); i++) {
      if (i + 1 < text.size() && text.get(i + 1).matches("-+")) {
        facts.begin(text.get(i++).replaceFirst(",.*", ""));
      } else {
        facts.read(text.get(i));
      }
    }
    return facts.facts;
  }

  private void begin(String title) {
    section = title;
    tensor = "";
    columns = List.of();
  }

  private void read(String line) {
    if (section.isEmpty()) {
      all(SIDE, line).forEach(side -> put(side.group(1), side.group(2)));
    } else if (TABLES.contains(section)) {
      row(List.of(line.split(" {2,}")));
    } else if (TENSOR.matcher(line).matches()) {
      tensor = line;
    } else if (line.startsWith(" ")) {
      all(LIST, line)
          .forEach(list -> put(section + " / " + list.group(1) + ", first", list.group(2)));
      if (!tensor.isEmpty()) {
        all(DETAIL, line)
            .forEach(
                detail -> put(section + " / " + tensor + " / " + detail.group(1), detail.group(2)));
      }
    } else {
      all(PHRASE, line).forEach(phrase -> put(section + " / " + phrase.group(2), phrase.group(1)));
    }
  }

  private void row(List<String> cells) {
    if (columns.isEmpty()) {
      columns = cells;
      return;
    }
    for (int i = 1; i < Math.min(cells.size(), columns.size()); i++) {
      put(section + " / " + cells.get(0) + " / " + columns.get(i), cells.get(i));
    }
  }

  private void put(String label, String value) {
    assertThat(facts.put(label, value)).as("an earlier " + label).isNull();
  }

  private static List<MatchResult> all(Pattern pattern, String line) {
    return pattern.matcher(line).results().toList();
  }

  // Lists of numbers may take several lines.
  private static List<String> unwrapped(List<String> lines) {
    List<String> whole = new ArrayList<>();
    for (String line : lines) {
      String last = whole.isEmpty() ? "" : whole.get(whole.size() - 1);
      if (last.lastIndexOf('[') > last.lastIndexOf(']')) {
        whole.set(whole.size() - 1, last + " " + line.strip());
      } else {
        whole.add(line);
      }
    }
    return whole;
  }
}
