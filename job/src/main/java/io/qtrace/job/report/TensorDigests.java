package io.qtrace.job.report;

import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.util.Map;
import java.util.Set;

/** Digests of tensors' bytes in C order, each tensor read once for all of its digests. */
public interface TensorDigests {
  /** The digests that can be requested. */
  enum Kind {
    /** MD5, the first 16 hexadecimal digits. */
    MD5_16,
    /** The versioned fingerprint, {@code x1:...}. */
    FINGERPRINT
  }

  /**
   * Reads a tensor.
   *
   * @throws io.qtrace.io.FormatException if its bytes are damaged
   */
  Map<Kind, String> of(TensorEntry tensor, Set<Kind> kinds) throws IOException;
}
