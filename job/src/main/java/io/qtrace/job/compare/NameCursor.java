package io.qtrace.job.compare;

import java.util.Iterator;
import java.util.Map;
import java.util.Optional;

/**
 * Finds the names of one map in another, without looking them up as long as both have the same ones
 * in the same order, as checkpoints of one model do.
 */
public final class NameCursor<V> {
  private final Map<String, V> map;
  private final Iterator<Map.Entry<String, V>> entries;
  private Map.Entry<String, V> next;

  /**
   * @param map without null values
   */
  public NameCursor(Map<String, V> map) {
    this.map = map;
    this.entries = map.entrySet().iterator();
    advance();
  }

  /** The value of a name, each of which is asked for once. */
  public Optional<V> find(String name) {
    if (next == null || !next.getKey().equals(name)) {
      return Optional.ofNullable(map.get(name));
    }
    V found = next.getValue();
    advance();
    return Optional.of(found);
  }

  private void advance() {
    next = entries.hasNext() ? entries.next() : null;
  }
}
