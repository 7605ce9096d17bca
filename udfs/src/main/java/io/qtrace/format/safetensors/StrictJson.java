package io.qtrace.format.safetensors;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.qtrace.io.FormatException;
import io.qtrace.io.ReadBudget;
import io.qtrace.io.SafeText;
import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A cursor over JSON (RFC 8259) that nobody vouches for: one object in strict UTF-8, no key twice,
 * bounded depth and memory. Every fault is a {@link FormatException} at its byte of the file.
 */
public final class StrictJson implements Closeable {
  private static final int KEY_BYTES = 112; // maximum bytes of memory, without its text

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(32)
                  .maxNumberLength(20)
                  .maxNameLength(1 << 20)
                  .maxStringLength(1 << 20)
                  .build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          // Jackson's table of names fails beyond some 30,000 that differ in a number alone.
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .build();

  private final String file;
  private final JsonParser parser;
  private final BytePositions positions;
  private final ReadBudget budget;

  private StrictJson(String file, JsonParser parser, BytePositions positions, ReadBudget budget) {
    this.file = file;
    this.parser = parser;
    this.positions = positions;
    this.budget = budget;
  }

  /**
   * @param file URI of the file, for messages
   * @param start byte of the file at which the text starts
   * @param text the whole text; white space may surround it
   * @param budget for its keys, which are kept to find those that repeat
   */
  public static StrictJson over(String file, long start, byte[] text, ReadBudget budget)
      throws IOException {
    requireUtf8(file, start, text);
    requireObject(file, start, text);
    Reader chars = new InputStreamReader(new ByteArrayInputStream(text), StandardCharsets.UTF_8);
    return new StrictJson(file, JSON.createParser(chars), new BytePositions(start, text), budget);
  }

  /** Enters the object that comes next. */
  public void beginObject(String what) throws FormatException {
    expect(JsonToken.START_OBJECT, what);
  }

  /** Enters the object that comes next, or passes over a null: then it is false. */
  public boolean beginObjectUnlessNull(String what) throws FormatException {
    JsonToken token = advance();
    if (token != JsonToken.START_OBJECT && token != JsonToken.VALUE_NULL) {
      throw unexpected(what, token, JsonToken.START_OBJECT);
    }
    return token == JsonToken.START_OBJECT;
  }

  /** Moves to the next key of the object, or out of the object where there is none. */
  public boolean nextKey() throws FormatException {
    return advance() == JsonToken.FIELD_NAME;
  }

  /** The key that {@link #nextKey} moved to. */
  public String key() throws FormatException {
    return text();
  }

  /** Takes the string that comes next. */
  public String string(String what) throws FormatException {
    expect(JsonToken.VALUE_STRING, what);
    return text();
  }

  /** Takes the array that comes next: at most {@code limit} whole numbers from 0 to 2^63 - 1. */
  public List<Long> counts(String what, int limit) throws FormatException {
    expect(JsonToken.START_ARRAY, what);
    List<Long> counts = new ArrayList<>();
    while (advance() != JsonToken.END_ARRAY) {
      if (counts.size() == limit) {
        throw fault("Invalid %s: expected at most %d numbers".formatted(what, limit));
      }
      counts.add(count(what));
    }
    return counts;
  }

  /** Passes over the value that comes next, whatever it is. */
  public void skip() throws FormatException {
    int depth = 0;
    do {
      JsonToken token = advance();
      if (token == null) {
        throw fault("Invalid JSON: the text ends within an object or array");
      }
      depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
    } while (depth > 0);
  }

  /** Requires that nothing but white space follows. */
  public void end() throws FormatException {
    JsonToken token = advance();
    if (token != null) {
      throw fault("Invalid JSON: " + token + " after the object, expected its end");
    }
  }

  /** Byte of the file at which the current token starts. */
  public long position() {
    return positions.ofChar(parser.currentTokenLocation().getCharOffset());
  }

  /** A fault at the current token. */
  public FormatException fault(String reason) {
    return new FormatException(file, position(), reason);
  }

  @Override
  public void close() throws IOException {
    parser.close();
  }

  private void expect(JsonToken expected, String what) throws FormatException {
    JsonToken token = advance();
    if (token != expected) {
      throw unexpected(what, token, expected);
    }
  }

  private FormatException unexpected(String what, JsonToken token, JsonToken expected) {
    return fault("Invalid %s: %s, expected %s".formatted(what, token, expected));
  }

  private long count(String what) throws FormatException {
    String digits = text();
    if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT || digits.startsWith("-")) {
      throw fault(
          "Invalid %s: %s, expected a whole number".formatted(what, SafeText.quoted(digits)));
    }
    try {
      return Long.parseLong(digits);
    } catch (NumberFormatException e) {
      throw fault("Invalid %s: %s, expected less than 2^63".formatted(what, digits));
    }
  }

  private JsonToken advance() throws FormatException {
    JsonToken token;
    int characters;
    try {
      token = parser.nextToken();
      characters = token == JsonToken.FIELD_NAME ? parser.getTextLength() : 0;
    } catch (IOException e) {
      throw fault(e);
    }
    if (token == JsonToken.FIELD_NAME) {
      budget.take(file, position(), KEY_BYTES + 2L * characters);
    }
    return token;
  }

  private String text() throws FormatException {
    String text;
    try {
      text = parser.getText();
    } catch (IOException e) {
      throw fault(e);
    }
    if (text == null) {
      throw fault("Invalid JSON: the text ends within an object or array");
    }
    // An escape can spell half a character: such a name has no UTF-8 form.
    if (text.codePoints()
        .anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE)) {
      throw fault("Invalid JSON: unpaired surrogate in " + SafeText.quoted(text));
    }
    return text;
  }

  // Without the cause: its message has the file's words unescaped.
  private FormatException fault(IOException cause) {
    JsonLocation place = parser.currentLocation();
    String reason = String.valueOf(cause.getMessage());
    if (cause instanceof JacksonException e) {
      place = e.getLocation() == null ? place : (JsonLocation) e.getLocation();
      reason = e.getOriginalMessage();
    }
    return new FormatException(
        file, positions.ofChar(place.getCharOffset()), "Invalid JSON: " + SafeText.quoted(reason));
  }

  private static void requireUtf8(String file, long start, byte[] text) throws FormatException {
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer bytes = ByteBuffer.wrap(text);
    CharBuffer chars = CharBuffer.allocate(8192);
    CoderResult result;
    do {
      result = decoder.decode(bytes, chars.clear(), true);
      if (result.isError()) {
        throw new FormatException(file, start + bytes.position(), "Invalid JSON: not UTF-8");
      }
    } while (result.isOverflow());
  }

  // Reports a byte order mark too.
  private static void requireObject(String file, long start, byte[] text) throws FormatException {
    int first = 0;
    while (first < text.length && " \t\r\n".indexOf(text[first]) >= 0) {
      first++;
    }
    if (first == text.length || text[first] != '{') {
      throw new FormatException(file, start + first, "Invalid JSON: expected '{'");
    }
  }
}
