package io.qtrace.io;

import java.io.IOException;
import java.util.Objects;

/**
 * Thrown if a file is not what it claims to be. The message names the file, the byte position and
 * the reason, and is safe to show.
 */
public final class FormatException extends IOException {
  private static final long serialVersionUID = 1L;

  private final String file;
  private final long position;
  private final String reason;

  /**
   * @param file URI of the file; the message contains it as {@link SafeText}
   * @param position byte position in the file at which the error was detected
   * @param reason what is wrong and what was expected, the file's own words {@linkplain
   *     SafeText#quoted quoted}
   */
  public FormatException(String file, long position, String reason) {
    super("%s: at byte %d: %s".formatted(SafeText.of(file), position, reason));
    this.file = Objects.requireNonNull(file, "file");
    this.position = position;
    this.reason = Objects.requireNonNull(reason, "reason");
  }

  public FormatException(String file, long position, String reason, Throwable cause) {
    this(file, position, reason);
    initCause(cause);
  }

  public String file() {
    return file;
  }

  public long position() {
    return position;
  }

  public String reason() {
    return reason;
  }
}
