package io.qtrace.io;

/** What becomes of an object that is already where another is to be written. */
public enum WriteMode {
  /** It stays, and writing fails. */
  FAIL_IF_EXISTS,
  /** It is replaced at once, when the new one is complete. */
  OVERWRITE
}
