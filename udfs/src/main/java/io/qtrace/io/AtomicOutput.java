package io.qtrace.io;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;

/** An object being written that becomes visible only when it is complete. */
public interface AtomicOutput extends Closeable {
  /** Where its bytes go; its failures name the object. */
  OutputStream stream();

  /** Makes the complete object visible; nothing can be written afterwards. */
  ObjectStat commit() throws IOException;

  /** Removes an object that was not committed. */
  @Override
  void close() throws IOException;
}
