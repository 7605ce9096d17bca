package io.qtrace.job.audit.stage;

import io.qtrace.io.ObjectStat;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.SafeText;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.Serializable;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Tells which files are no longer as they were when they were indexed: by the store's tag of the
 * content, else by size and time. What was read of a file between two equal stats is its content.
 *
 * @param expected by the file's URI
 */
public record Unchanged(SerializableConfiguration hadoop, Map<String, ObjectStat> expected)
    implements Serializable {
  static Unchanged of(SerializableConfiguration hadoop, List<List<ObjectStat>> files) {
    return new Unchanged(
        hadoop,
        files.stream()
            .flatMap(Collection::stream)
            .collect(
                Collectors.toMap(
                    ObjectStat::uri, stat -> stat, (first, second) -> first, TreeMap::new)));
  }

  /** Why files changed, by their URIs; files that did not are left out. */
  Map<String, String> reasons(Collection<String> files) throws IOException {
    ObjectStore store = new ObjectStore(hadoop.value());
    Map<String, String> reasons = new TreeMap<>();
    for (String file : files) {
      ObjectStat before = expected.get(file);
      if (before != null && !isUnchanged(store, before)) {
        reasons.put(file, reason(file));
      }
    }
    return reasons;
  }

  public static String reason(String file) {
    return "Cannot read %s: it was written while it was read; the next audit takes it again"
        .formatted(SafeText.of(file));
  }

  private static boolean isUnchanged(ObjectStore store, ObjectStat before) throws IOException {
    try {
      return store.stat(before.uri()).sameContent(before);
    } catch (FileNotFoundException e) {
      return false;
    }
  }
}
