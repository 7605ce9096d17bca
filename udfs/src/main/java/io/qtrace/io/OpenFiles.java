package io.qtrace.io;

import java.io.Closeable;
import java.io.IOException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Files that stay open from one range to the next: each open is a request to an object store. The
 * least recently used are closed first.
 */
public final class OpenFiles implements Closeable {
  /** Files that are open at once, unless one range needs more. */
  static final int MAX_OPEN = 32;

  private final ObjectStore store;
  private final Map<String, RangeReader> readers =
      new LinkedHashMap<>(16, 0.75f, true); // least recently used first

  public OpenFiles(ObjectStore store) {
    this.store = store;
  }

  /** Makes room for the files of a range; those of earlier ones may be closed. */
  public void expect(Set<String> uris) throws IOException {
    long open = uris.stream().filter(uri -> readers.get(uri) != null).count(); // now used last
    long excess = readers.size() - open + uris.size() - MAX_OPEN;
    close(Math.min(excess, readers.size() - open));
  }

  /** The reader of an expected file. */
  public RangeReader open(String uri) throws IOException {
    RangeReader reader = readers.get(uri);
    if (reader == null) {
      reader = store.open(uri);
      readers.put(uri, reader);
    }
    return reader;
  }

  @Override
  public void close() throws IOException {
    close(readers.size());
  }

  private void close(long count) throws IOException {
    try (CloseStack closing = new CloseStack()) {
      Iterator<RangeReader> oldest = readers.values().iterator();
      for (long i = 0; i < count; i++) {
        closing.add(oldest.next());
        oldest.remove();
      }
    }
  }
}
