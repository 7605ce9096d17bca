package io.qtrace.io;

/** What becomes of an object that is already where another is to be written. */
public enum Existing {
  /** It stays, and writing fails. */
  REFUSE,
  /** It is replaced at once, when the new one is complete. */
  REPLACE
}
