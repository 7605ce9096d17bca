package io.qtrace.compare;

import io.qtrace.io.FormatException;
import io.qtrace.io.SafeText;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.Storage;
import io.qtrace.tensor.TensorEntry;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * CRC-32 of disjoint parts of a storage, ascending, neighbours combined. Merges in any order; once
 * one part covers the storage it can be checked.
 */
public record StorageCrc(List<Part> parts) implements Serializable {
  /** Nothing yet. */
  public static final StorageCrc NONE = new StorageCrc(List.of());

  /**
   * Some bytes of a storage.
   *
   * @param from first byte
   * @param length bytes
   * @param crc32 their CRC-32
   */
  public record Part(long from, long length, int crc32) implements Serializable {
    private Part join(Part next) {
      int joined = CombinedCrc.of(crc32, next.crc32, next.length);
      return new Part(from, length + next.length, joined);
    }
  }

  public StorageCrc {
    parts = List.copyOf(parts);
    for (int i = 1; i < parts.size(); i++) {
      Part before = parts.get(i - 1);
      if (before.from + before.length >= parts.get(i).from) {
        throw new IllegalArgumentException(
            "Invalid CRC part: from byte %d, expected more than %d"
                .formatted(parts.get(i).from, before.from + before.length));
      }
    }
  }

  public StorageCrc merge(StorageCrc other) {
    List<Part> joined = new ArrayList<>();
    Stream.concat(parts.stream(), other.parts.stream())
        .sorted(Comparator.comparingLong(Part::from))
        .forEach(part -> append(joined, part));
    return new StorageCrc(joined);
  }

  StorageCrc plus(long from, long length, int crc32) {
    StorageCrc part = new StorageCrc(List.of(new Part(from, length, crc32)));
    return parts.isEmpty() ? part : merge(part);
  }

  /** Whether every byte of the storage is covered. */
  public boolean covers(Storage storage) {
    return storage.bytes() == 0
        || (parts.size() == 1 && parts.get(0).from == 0 && parts.get(0).length == storage.bytes());
  }

  /**
   * Checks a covered storage against the CRC-32 that its file states, if it states one.
   *
   * @throws FormatException if they differ
   */
  public void verify(Storage storage) throws FormatException {
    if (!covers(storage)) {
      throw new IllegalArgumentException(
          "Invalid CRC parts: %s, expected all %d bytes".formatted(parts, storage.bytes()));
    }
    long actual = parts.isEmpty() ? 0 : Integer.toUnsignedLong(parts.get(0).crc32);
    if (storage.crc32() != Storage.UNVERIFIED && storage.crc32() != actual) {
      throw new FormatException(
          storage.file(),
          storage.position(),
          "Invalid CRC-32 of storage %s: %08x, expected %08x"
              .formatted(SafeText.quoted(storage.key()), actual, storage.crc32()));
    }
  }

  /**
   * All bytes of a storage as a tensor, to compute the CRC of a storage that no contiguous tensor
   * covers.
   */
  public static TensorEntry wholeStorage(Storage storage) {
    return TensorEntry.contiguous(storage.key(), DType.UINT8, Shape.of(storage.bytes()), storage);
  }

  private static void append(List<Part> joined, Part part) {
    int last = joined.size() - 1;
    if (last >= 0 && joined.get(last).from + joined.get(last).length == part.from) {
      joined.set(last, joined.get(last).join(part));
    } else {
      joined.add(part);
    }
  }
}
