package io.qtrace.arrow;

import java.io.Serializable;

/**
 * Sizes of reads: local disks work best with small reads that stay in cache, object stores, where
 * each read takes tens of milliseconds, with many in flight.
 *
 * @param rangeBytes bytes of one read, a power of two
 * @param inFlight number of concurrent reads
 */
public record ReadOptions(int rangeBytes, int inFlight) implements Serializable {
  /** 1 MiB, one at a time. */
  public static final ReadOptions LOCAL_DISK = new ReadOptions(1 << 20, 1);

  /** 2 MiB, 20 at a time. */
  public static final ReadOptions OBJECT_STORE = new ReadOptions(2 << 20, 20);

  private static final long MAX_WINDOW = 1L << 30;

  public ReadOptions {
    if (Integer.bitCount(rangeBytes) != 1 || rangeBytes < 16) {
      throw new IllegalArgumentException(
          "Invalid range: " + rangeBytes + " bytes, expected a power of two from 16");
    }
    if (inFlight < 1 || (long) rangeBytes * inFlight > MAX_WINDOW) {
      throw new IllegalArgumentException(
          "Invalid reads in flight: %d of %d bytes, expected 1 or more, at most 1 GiB in all"
              .formatted(inFlight, rangeBytes));
    }
  }

  /** Bytes of all reads that are under way at once. */
  public int windowBytes() {
    return rangeBytes * inFlight;
  }

  /** Bytes of the concurrent reads in addition to the one that is waited for. */
  public int aheadBytes() {
    return rangeBytes * (inFlight - 1);
  }
}
