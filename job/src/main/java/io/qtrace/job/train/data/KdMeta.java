package io.qtrace.job.train.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.RangeReader;
import io.qtrace.io.SafeText;
import java.io.IOException;

/**
 * {@code meta.json} of a KD cache.
 *
 * @param length tokens of an example, L
 * @param topk teacher logits of a position, K
 * @param vocabulary tokens of the teacher
 */
public record KdMeta(int length, int topk, int vocabulary) {
  private static final int MAX_BYTES = 1 << 20;
  private static final int MAX_LENGTH = 1 << 20;
  private static final int MAX_VOCABULARY = 1 << 24;

  static KdMeta read(ObjectStore store, String uri) throws IOException {
    try (RangeReader reader = store.open(uri)) {
      if (reader.length() > MAX_BYTES) {
        throw invalid(uri, reader.length() + " bytes, expected at most " + MAX_BYTES);
      }
      return of(uri, reader.read(0, (int) reader.length()));
    }
  }

  private static KdMeta of(String uri, byte[] json) throws IOException {
    JsonNode meta;
    try {
      meta = new ObjectMapper().readTree(json);
    } catch (JsonProcessingException e) {
      throw new IOException(invalid(uri, "not JSON").getMessage(), e);
    }
    String format = meta.path("format").asText();
    if (!format.startsWith("topk")) {
      throw invalid(uri, "format " + SafeText.quoted(format) + ", expected 'topk' or 'topk+rand'");
    }
    return new KdMeta(
        number(uri, meta, "max_length", 2, MAX_LENGTH),
        number(uri, meta, "topk", 1, MAX_VOCABULARY),
        number(uri, meta, "vocab_size", 1, MAX_VOCABULARY));
  }

  private static int number(String uri, JsonNode meta, String key, int least, int most)
      throws IOException {
    JsonNode value = meta.path(key);
    if (!value.isInt() || value.intValue() < least || value.intValue() > most) {
      throw invalid(
          uri,
          "%s is %s, expected a number from %d to %d"
              .formatted(
                  key,
                  value.isMissingNode() ? "missing" : SafeText.quoted(value.toString()),
                  least,
                  most));
    }
    return value.intValue();
  }

  private static IOException invalid(String uri, String why) {
    return new IOException("Invalid KD cache: " + SafeText.of(uri) + ": " + why);
  }
}
