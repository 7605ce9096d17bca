package io.qtrace.io;

import java.io.Serializable;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Identity of a stored object at one moment: equal stats of one path mean equal content.
 *
 * @param uri fully qualified URI, escaped where its path needs it
 * @param bytes length
 * @param modified modification time, milliseconds since the epoch
 * @param etag the store's tag of the content, or the empty string if it has none
 */
public record ObjectStat(String uri, long bytes, long modified, String etag)
    implements Serializable {
  public ObjectStat {
    Objects.requireNonNull(uri, "uri");
    Objects.requireNonNull(etag, "etag");
  }

  /**
   * Whether two stats of one path mean the same content: equal sizes, and equal tags if both have
   * one, else equal times.
   */
  public boolean sameContent(ObjectStat other) {
    boolean tagged = !etag.isEmpty() && !other.etag.isEmpty();
    return bytes == other.bytes && (tagged ? etag.equals(other.etag) : modified == other.modified);
  }

  /** The identity of this object together with others that it refers to. */
  public ObjectStat with(List<ObjectStat> parts) {
    long allBytes = bytes + parts.stream().mapToLong(ObjectStat::bytes).sum();
    long latest =
        Math.max(modified, parts.stream().mapToLong(ObjectStat::modified).max().orElse(0));
    String etags =
        Stream.concat(Stream.of(this), parts.stream())
            .map(ObjectStat::etag)
            .filter(tag -> !tag.isEmpty())
            .collect(Collectors.joining(","));
    return new ObjectStat(uri, allBytes, latest, etags);
  }
}
