package io.qtrace.job.attest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.qtrace.io.SafeText;
import io.qtrace.job.text.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Where a statement differs from one that was recomputed, field by field. */
final class StatementDifferences {
  private static final int MOST = 20;

  private final List<String> found = new ArrayList<>();

  private StatementDifferences() {}

  /** A sentence for each field, the first 20. */
  static List<String> of(Statement stated, Statement recomputed) {
    StatementDifferences differences = new StatementDifferences();
    differences.compare("", tree(stated), tree(recomputed));
    return List.copyOf(differences.found);
  }

  private static JsonNode tree(Statement statement) {
    try {
      return Json.read(Json.line(statement), JsonNode.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void compare(String place, JsonNode stated, JsonNode recomputed) {
    if (found.size() == MOST || stated.equals(recomputed)) {
      return;
    }
    if (stated.isObject() && recomputed.isObject()) {
      Set<String> names = new TreeSet<>();
      stated.fieldNames().forEachRemaining(names::add);
      recomputed.fieldNames().forEachRemaining(names::add);
      names.forEach(
          name ->
              compare(
                  place.isEmpty() ? name : place + "." + name,
                  stated.path(name),
                  recomputed.path(name)));
    } else if (stated.isArray() && recomputed.isArray()) {
      for (int i = 0; i < Math.max(stated.size(), recomputed.size()); i++) {
        compare("%s[%d]".formatted(place, i), stated.path(i), recomputed.path(i));
      }
    } else {
      found.add("%s is %s, the statement says %s".formatted(place, text(recomputed), text(stated)));
    }
  }

  private static String text(JsonNode value) {
    return value instanceof MissingNode ? "absent" : SafeText.cut(value.toString());
  }
}
