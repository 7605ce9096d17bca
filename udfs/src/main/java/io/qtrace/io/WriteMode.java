package io.qtrace.io;

/** What happens to an existing object that is to be written. */
public enum WriteMode {
  /** It is kept, and writing fails. */
  FAIL_IF_EXISTS,
  /** It is replaced atomically once the new one is complete. */
  OVERWRITE
}
