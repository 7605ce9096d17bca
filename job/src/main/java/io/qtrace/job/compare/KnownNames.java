package io.qtrace.job.compare;

/**
 * Names that were read before: those of a model's tensors come back in each of its checkpoints, are
 * held once, and found equal without a look at their characters.
 */
final class KnownNames {
  private static final int SLOTS = 1 << 14;

  // Any instance of a name will do, whichever thread put it here.
  private static final String[] KNOWN = new String[SLOTS];

  private KnownNames() {}

  /** The last name of the same characters that was read, else this one; null as it is. */
  static String of(String read) {
    if (read == null) {
      return null;
    }
    int hash = read.hashCode();
    int slot = (hash ^ hash >>> 16) & SLOTS - 1;
    String known = KNOWN[slot];
    if (read.equals(known)) {
      return known;
    }
    KNOWN[slot] = read;
    return read;
  }
}
