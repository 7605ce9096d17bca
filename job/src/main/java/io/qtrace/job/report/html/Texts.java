package io.qtrace.job.report.html;

import io.qtrace.io.SafeText;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The distinct texts of a document, safe to show; rows refer to them by position. */
final class Texts {
  private static final int LONGEST = 4_096;

  private final Map<String, Integer> positions = new HashMap<>();
  private final List<String> texts = new ArrayList<>();

  /** The position of a text, which is added if it is new. */
  int position(String text) {
    return positions.computeIfAbsent(
        text,
        added -> {
          texts.add(safe(added));
          return texts.size() - 1;
        });
  }

  /** All of them, in their order. */
  List<String> all() {
    return List.copyOf(texts);
  }

  private static String safe(String text) {
    int characters = text.codePointCount(0, text.length());
    return characters <= LONGEST
        ? SafeText.of(text)
        : "%s... (%d characters)"
            .formatted(
                SafeText.of(text.substring(0, text.offsetByCodePoints(0, LONGEST))), characters);
  }
}
