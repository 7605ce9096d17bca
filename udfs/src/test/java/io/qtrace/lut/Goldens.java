package io.qtrace.lut;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;

/** Reads what PyTorch wrote: see {@code lut/README.md} among the test resources. */
public final class Goldens {
  private Goldens() {}

  public static JsonNode read(String name) {
    try (InputStream in = Goldens.class.getResourceAsStream("/lut/" + name + ".json")) {
      return new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** The members of an object node, by name. */
  static Iterable<Map.Entry<String, JsonNode>> members(JsonNode node) {
    return node.properties();
  }

  public static float[] floats(JsonNode hex) {
    FloatBuffer bits = ByteBuffer.wrap(HexFormat.of().parseHex(hex.asText())).asFloatBuffer();
    float[] values = new float[bits.remaining()];
    bits.get(values);
    return values;
  }

  static Lut lut(JsonNode hex) {
    return new Lut(floats(hex));
  }

  static LutDeltas deltas(JsonNode hex) {
    return new LutDeltas(floats(hex));
  }

  /** Indices below 16, a hex digit each. */
  static int[] indices(JsonNode digits) {
    return digits.asText().chars().map(c -> Character.digit(c, 16)).toArray();
  }

  static float[] randomFloats(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextFloat();
    }
    return values;
  }

  static ByteBuffer bytes(float[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES);
    bytes.asFloatBuffer().put(values);
    return bytes;
  }

  public static String sha256(ByteBuffer... parts) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (ByteBuffer part : parts) {
        digest.update(part.rewind());
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
