package io.qtrace.job.compare;

/**
 * Texts that came before: names and fingerprints of tensors recur in every checkpoint, take the
 * memory of one, and are compared at a glance where equal ones are one object.
 */
final class RecurringTexts {
  private static final int MOST = 1 << 16; // a power of two
  private static final int LONGEST = 200; // those of hostile files may be of any length

  // Written by many threads: strings are immutable, and it does not matter which one stays.
  private static final String[] KNOWN = new String[MOST];

  private RecurringTexts() {}

  /** An equal text, where possible one that was given before. */
  static String of(String text) {
    if (text == null || text.length() > LONGEST) {
      return text;
    }
    int hash = text.hashCode();
    int place = (hash ^ (hash >>> 16)) & (MOST - 1);
    String known = KNOWN[place];
    if (text.equals(known)) {
      return known;
    }
    KNOWN[place] = text;
    return text;
  }
}
