package io.qtrace.job.compare;

import io.qtrace.io.ObjectStat;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.SafeText;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.Collection;
import java.util.Optional;

/**
 * Detects files that changed since they were indexed: by the store's tag of the content (etag),
 * else by size and time. What was read of a file between two equal stats is its content.
 */
public final class FileChanges {
  private FileChanges() {}

  /** Why the data read from some files must be ignored; empty if none of them changed. */
  static Optional<String> reason(ObjectStore store, Collection<ObjectStat> files)
      throws IOException {
    for (ObjectStat file : files) {
      if (!isUnchanged(store, file)) {
        return Optional.of(reason(file.uri()));
      }
    }
    return Optional.empty();
  }

  /** The reason for a file that is known to have changed. */
  public static String reason(String file) {
    return "Cannot read %s: it was modified while being read; the next audit retries it"
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
