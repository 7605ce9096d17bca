package io.qtrace.format.pytorch;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Pattern;

/** Text forms of pickled values; empty where the bytes are not such a form. */
final class PickleText {
  private static final Pattern INTEGER = Pattern.compile("[+-]?[0-9]{1,1000}");

  private PickleText() {}

  /** Strict UTF-8. */
  static Optional<String> utf8(byte[] bytes) {
    try {
      return Optional.of(
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }

  /** A decimal integer, with the L that Python 2 wrote after it. */
  static Optional<BigInteger> integer(byte[] line) {
    String text = new String(line, StandardCharsets.ISO_8859_1);
    String digits = text.endsWith("L") ? text.substring(0, text.length() - 1) : text;
    return INTEGER.matcher(digits).matches()
        ? Optional.of(new BigInteger(digits))
        : Optional.empty();
  }

  /** What Python's {@code repr(float)} writes. */
  static Optional<Double> real(byte[] line) {
    String text = new String(line, StandardCharsets.ISO_8859_1);
    return switch (text) {
      case "nan" -> Optional.of(Double.NaN);
      case "inf" -> Optional.of(Double.POSITIVE_INFINITY);
      case "-inf" -> Optional.of(Double.NEGATIVE_INFINITY);
      default -> {
        try {
          yield Optional.of(Double.parseDouble(text));
        } catch (NumberFormatException e) {
          yield Optional.empty();
        }
      }
    };
  }

  /** A quoted string literal of Python 2. */
  static Optional<String> literal(byte[] line) {
    String text = new String(line, StandardCharsets.ISO_8859_1);
    int last = text.length() - 1;
    if (last < 1 || text.charAt(0) != text.charAt(last) || "'\"".indexOf(text.charAt(0)) < 0) {
      return Optional.empty();
    }
    return unescape(text.substring(1, last), "\\'\"nrtx");
  }

  /** The raw-unicode-escape encoding: Latin-1 with four or eight hexadecimal digits escaped. */
  static Optional<String> rawUnicode(byte[] line) {
    return unescape(new String(line, StandardCharsets.ISO_8859_1), "uU");
  }

  // Escapes other than the known ones stay as they are, as Python leaves them.
  private static Optional<String> unescape(String text, String known) {
    StringBuilder plain = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != '\\' || i + 1 == text.length() || known.indexOf(text.charAt(i + 1)) < 0) {
        plain.append(c);
        continue;
      }
      char kind = text.charAt(++i);
      int digits = digits(kind);
      if (digits == 0) {
        plain.append(control(kind));
        continue;
      }
      int code = hexadecimal(text, i + 1, digits);
      if (!Character.isValidCodePoint(code)) {
        return Optional.empty();
      }
      plain.appendCodePoint(code);
      i += digits;
    }
    return Optional.of(plain.toString());
  }

  private static int digits(char kind) {
    return switch (kind) {
      case 'x' -> 2;
      case 'u' -> 4;
      case 'U' -> 8;
      default -> 0;
    };
  }

  private static char control(char kind) {
    return switch (kind) {
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      default -> kind;
    };
  }

  // -1 if there are fewer digits
  private static int hexadecimal(String text, int from, int digits) {
    if (from + digits > text.length()) {
      return -1;
    }
    int code = 0;
    for (int i = from; i < from + digits; i++) {
      int digit = Character.digit(text.charAt(i), 16);
      if (digit < 0 || code >>> 24 != 0) {
        return -1;
      }
      code = code << 4 | digit;
    }
    return code;
  }
}
