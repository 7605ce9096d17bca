package io.qtrace.job.compare;

/**
 * Strings that were read first, so that the names of a model's tensors, which come back in each of
 * its checkpoints, are held once and are equal at a glance.
 */
final class KnownStrings {
  private static final int SLOTS = 1 << 14;

  // Each string is as good as another of its characters, whichever thread put it here.
  private static final String[] KNOWN = new String[SLOTS];

  private KnownStrings() {}

  /** The known string of the same characters, else this one; null as it is. */
  static String of(String read) {
    if (read == null) {
      return null;
    }
    int hash = read.hashCode();
    int slot = (hash ^ hash >>> 16) & SLOTS - 1;
    String known = KNOWN[slot];
    if (known == null) {
      KNOWN[slot] = read;
    }
    return read.equals(known) ? known : read;
  }
}
