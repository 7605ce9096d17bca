package io.qtrace.job.policy;

import java.util.List;
import org.apache.hadoop.fs.GlobPattern;

/**
 * Globs of a policy, where {@code *} crosses folders and dots; an empty list matches everything.
 */
final class Globs {
  private final List<GlobPattern> patterns;

  /**
   * @throws IllegalArgumentException if one is not a glob
   */
  Globs(List<String> globs) {
    patterns = globs.stream().map(Globs::compile).toList();
  }

  boolean match(String text) {
    return patterns.isEmpty() || patterns.stream().anyMatch(glob -> glob.matches(text));
  }

  private static GlobPattern compile(String glob) {
    try {
      return new GlobPattern(glob);
    } catch (RuntimeException e) { // thrown by the regular expressions behind it; a relocated class
      throw new IllegalArgumentException("Invalid glob: %s, %s".formatted(glob, e.getMessage()), e);
    }
  }
}
