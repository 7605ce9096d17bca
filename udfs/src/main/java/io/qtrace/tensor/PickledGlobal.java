package io.qtrace.tensor;

import java.io.Serializable;
import java.util.Locale;
import java.util.Objects;

/**
 * A class or function that a pickle names: Python's {@code pickle} would import it, and mostly call
 * it.
 *
 * @param file URI of the file that has the pickle
 * @param pickle member of a zip archive that is the pickle; empty where the file itself is
 * @param position byte of the file at which the first opcode that names it lies
 * @param module empty where the pickle cannot be followed
 * @param name in the module; why it cannot be followed, where it cannot
 */
public record PickledGlobal(
    String file, String pickle, long position, String module, String name, Judgement judgement)
    implements Serializable {
  /** What is known of a name. */
  public enum Judgement {
    /** Checkpoints have it, and it only makes data. */
    SAFE,
    /** Nobody vouches for it. */
    UNKNOWN,
    /** The pickle cannot be followed from here on, so more may be named. */
    UNREADABLE,
    /** It runs code, or reaches files, networks or processes. */
    DANGEROUS;

    /** As tables and reports spell it. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** Whether a file with such a name must not be loaded with Python's pickle. */
    public boolean isViolation() {
      return this == DANGEROUS || this == UNREADABLE;
    }
  }

  public PickledGlobal {
    Objects.requireNonNull(file, "file");
    Objects.requireNonNull(pickle, "pickle");
    Objects.requireNonNull(module, "module");
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(judgement, "judgement");
  }

  /** Module and name, or why the pickle cannot be followed; the file's words. */
  public String path() {
    return module.isEmpty() ? name : module + "." + name;
  }
}
