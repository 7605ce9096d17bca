package io.qtrace.io;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;

/** An object that is being written and that nobody sees before it is complete. */
public interface AtomicOutput extends Closeable {
  /** Where its bytes go; its failures name the object. */
  OutputStream stream();

  /** Makes it visible, whole; nothing can be written any more. */
  ObjectStat commit() throws IOException;

  /** Leaves nothing of an object that was not committed. */
  @Override
  void close() throws IOException;
}
