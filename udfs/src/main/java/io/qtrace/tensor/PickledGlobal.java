package io.qtrace.tensor;

import java.io.Serializable;
import java.util.Locale;
import java.util.Objects;

/**
 * A class or function that a pickle names: Python's {@code pickle} would import it, and mostly call
 * it.
 *
 * @param file URI of the file that has the pickle
 * @param pickle member of a zip archive that is the pickle; empty if the file itself is
 * @param position byte position in the file of the first opcode that names it
 * @param module empty if the pickle cannot be parsed
 * @param name in the module; the reason if the pickle cannot be parsed
 */
public record PickledGlobal(
    String file, String pickle, long position, String module, String name, Judgement judgement)
    implements Serializable {
  /** What is known about a name. */
  public enum Judgement {
    /** It occurs in checkpoints, and only makes data. */
    SAFE,
    /** It is neither known to be safe nor dangerous. */
    UNKNOWN,
    /** The pickle cannot be parsed beyond this point, so it may contain more names. */
    UNREADABLE,
    /** It runs code, or accesses files, networks or processes. */
    DANGEROUS;

    /** Its name in tables and reports. */
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

  /** Module and name, or why the pickle cannot be parsed; text from the file. */
  public String path() {
    return module.isEmpty() ? name : module + "." + name;
  }
}
