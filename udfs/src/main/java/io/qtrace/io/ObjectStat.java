package io.qtrace.io;

import java.io.Serializable;
import java.util.Objects;

/**
 * Identity of a stored object at one moment: equal stats of one path mean equal content.
 *
 * @param uri fully qualified URI, escaped where its path needs it
 * @param bytes length
 * @param modified modification time, milliseconds since the epoch
 * @param etag the store's own content tag, or the empty string where it has none
 */
public record ObjectStat(String uri, long bytes, long modified, String etag)
    implements Serializable {
  public ObjectStat {
    Objects.requireNonNull(uri, "uri");
    Objects.requireNonNull(etag, "etag");
  }
}
