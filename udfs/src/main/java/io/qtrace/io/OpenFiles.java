package io.qtrace.io;

import java.io.Closeable;
import java.io.IOException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Files that stay open from one range to the next, since each open is a request to an object store.
 * The least recently used are closed first. Not thread safe.
 */
public final class OpenFiles implements Closeable {
  /** Maximum number of open files. */
  public static final int MAX_OPEN = 32;

  private final ObjectStore store;
  private final Map<String, ObjectStat> known;
  private final Map<String, RangeReader> readers =
      new LinkedHashMap<>(16, 0.75f, true); // least recently used first
  private long bytesRead; // bytes read from files that were closed

  public OpenFiles(ObjectStore store) {
    this(store, Map.of());
  }

  /**
   * @param known identities of files by the names under which they are opened; each saves a request
   *     to the object store, others are requested
   */
  public OpenFiles(ObjectStore store, Map<String, ObjectStat> known) {
    this.store = store;
    this.known = known;
  }

  /** The file's reader, valid until {@link #MAX_OPEN} other files have been opened. */
  public RangeReader open(String uri) throws IOException {
    RangeReader reader = readers.get(uri);
    if (reader == null) {
      closeOldest(readers.size() - MAX_OPEN + 1);
      ObjectStat stat = known.get(uri);
      reader = stat == null ? store.open(uri) : store.open(stat);
      readers.put(uri, reader);
    }
    return reader;
  }

  /** Bytes requested from all files, including closed ones. */
  public long bytesRead() {
    return bytesRead + readers.values().stream().mapToLong(RangeReader::bytesRead).sum();
  }

  @Override
  public void close() throws IOException {
    closeOldest(readers.size());
  }

  private void closeOldest(int count) throws IOException {
    try (CloseStack closing = new CloseStack()) {
      Iterator<RangeReader> oldest = readers.values().iterator();
      for (int i = 0; i < count; i++) {
        RangeReader reader = closing.add(oldest.next());
        bytesRead += reader.bytesRead();
        oldest.remove();
      }
    }
  }
}
