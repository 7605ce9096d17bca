package io.qtrace.io;

/** Counts with their nouns, for messages: {@code 1 finding}, {@code 2 findings}. */
public final class Amount {
  private Amount() {}

  /**
   * The count and the noun, in the plural unless the count is 1.
   *
   * @param noun in the singular; its plural ends in s, or in ies for a noun in y
   */
  public static String of(long count, String noun) {
    if (count == 1) {
      return count + " " + noun;
    }
    return noun.endsWith("y")
        ? "%d %sies".formatted(count, noun.substring(0, noun.length() - 1))
        : "%d %ss".formatted(count, noun);
  }

  /** A part of a number of things: {@code 3 of 14 layers}. */
  public static String of(long part, long whole, String noun) {
    return part + " of " + of(whole, noun);
  }
}
