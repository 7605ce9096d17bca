package io.qtrace.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Safetensors files and indexes of shards that were made to do harm, by name. */
final class HostileJson {
  // Values where JSON of another kind or size is expected.
  private static final List<String> VALUES =
      List.of(
          "null",
          "true",
          "0",
          "-1",
          "1e999",
          "9".repeat(1_000),
          "\"\"",
          "\"\\u0000\\u001b[2J\\u202e\"",
          "\"" + "x".repeat(2_000_000) + "\"",
          "[]",
          "[[]]",
          "{}",
          "{\"a\":{\"a\":{}}}",
          "[".repeat(100_000),
          "{\"a\":".repeat(100_000),
          "\"\\ud800\"",
          "NaN",
          "");

  private HostileJson() {}

  static Map<String, byte[]> files() {
    Map<String, byte[]> files = new LinkedHashMap<>();
    safetensors(files);
    headers(files);
    indexes(files);
    return files;
  }

  private static void safetensors(Map<String, byte[]> files) {
    String tensor = "{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";
    for (String value : VALUES) {
      for (String header :
          List.of(
              value,
              "{\"w\":" + value + "}",
              "{\"__metadata__\":" + value + "}",
              tensor.replace("\"F32\"", value),
              tensor.replace("[1]", value),
              tensor.replace("[1]", "[" + value + "]"),
              tensor.replace("[0,4]", value),
              tensor.replace("[0,4]", "[0," + value + "]"))) {
        files.put(
            "header%d.safetensors".formatted(files.size()), safetensors(header.length(), header));
      }
    }
    for (long length :
        new long[] {0, 1, 8, -1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 32, 99_999_999}) {
      files.put("length%d.safetensors".formatted(files.size()), safetensors(length, tensor));
    }
    for (String name :
        List.of("\\u001b[2J\\r\\n", "'\\\"<b>", "", "__metadata__", "x".repeat(70_000))) {
      files.put(
          "name%d.safetensors".formatted(files.size()),
          safetensors(tensor.length(), tensor.replace("\"w\"", "\"" + name + "\"")));
    }
  }

  // Headers that are long, say a thing twice or in a way that JSON forbids, or tensors that
  // overlap.
  private static void headers(Map<String, byte[]> files) {
    String tensor = "\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]";
    String empty = "\"t%d\":{\"dtype\":\"F32\",\"shape\":[%2$d,0,%2$d],\"data_offsets\":[0,0]}";
    for (String header :
        List.of(
            "{\"w\":{" + tensor + "}}" + " ".repeat(40_000_000),
            "{" + repeated(50_000, i -> empty.formatted(i, 1L << 62)) + "}",
            "{" + repeated(50_000, i -> empty.formatted(i, 1)) + "}",
            "{\"__metadata__\":{"
                + repeated(300_000, i -> "\"k" + i + "\":\"\\u001b[2J\"")
                + "},\"w\":{"
                + tensor
                + "}}",
            "{\"w\":{" + tensor.replace("[1]", "[" + "1,".repeat(100_000) + "1]") + "}}",
            "{\"w\":{" + tensor + "},\"v\":{" + tensor + "}}",
            "{\"w\":{" + tensor + "},\"\\u0077\":{" + tensor + "}}",
            "{\"w\":{" + tensor + ",\"dtype\":\"F64\"}}",
            "{\"w\":{" + tensor + ",\"x\":" + "[".repeat(5_000) + "]".repeat(5_000) + "}}",
            "{\"w\":{" + tensor.replace("[1]", "[-0,1]") + "}}",
            "{\"w\":{" + tensor.replace("[0,4]", "[0,0.4e1]") + "}}",
            "/*c*/{\"w\":{" + tensor + "}}",
            "\ufeff{\"w\":{" + tensor + "}}")) {
      files.put(
          "header%d.safetensors".formatted(files.size()), safetensors(header.length(), header));
    }
    files.put(
        "nodata.safetensors",
        Arrays.copyOf(
            safetensors(tensor.length() + 8, "{\"w\":{" + tensor + "}}"), tensor.length() + 16));
  }

  private static String repeated(int times, IntFunction<String> item) {
    return IntStream.range(0, times).mapToObj(item).collect(Collectors.joining(","));
  }

  private static byte[] safetensors(long stated, String header) {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    long length = stated == header.length() ? text.length : stated;
    return ByteBuffer.allocate(8 + text.length + 4)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(length)
        .put(text)
        .array();
  }

  private static void indexes(Map<String, byte[]> files) {
    for (String value : VALUES) {
      for (String index :
          List.of(
              "{\"weight_map\":" + value + "}",
              "{\"metadata\":" + value + ",\"weight_map\":{}}",
              "{\"weight_map\":{\"w\":" + value + "}}")) {
        files.put("index%d.safetensors.index.json".formatted(files.size()), utf8(index));
      }
    }
    for (String shard :
        List.of(
            "../x.safetensors",
            "/etc/passwd",
            "a/../../x",
            "a\\\\..\\\\x",
            "file:///etc/passwd",
            "s3a://bucket/x",
            "missing.safetensors",
            "%2e%2e/x",
            "x\\u0000",
            "x\\n",
            "~/x",
            "loop.safetensors.index.json",
            ".",
            "..",
            "pipe.safetensors",
            "zeros.safetensors",
            "s\u0301\u202e.safetensors",
            "a/".repeat(30_000) + "x.safetensors",
            "loop.safetensors.index.json/x")) {
      files.put(
          "shard%d.safetensors.index.json".formatted(files.size()),
          utf8("{\"weight_map\":{\"w\":\"" + shard + "\"}}"));
    }
    files.put(
        "shards.safetensors.index.json",
        utf8(
            "{\"weight_map\":{"
                + repeated(200_000, i -> "\"t%1$d\":\"missing%1$d.safetensors\"".formatted(i))
                + "}}"));
    files.put(
        "twice.safetensors.index.json",
        utf8("{\"weight_map\":{\"w\":\"a.safetensors\",\"w\":\"b.safetensors\"}}"));
    files.put("bom.safetensors.index.json", utf8("\ufeff{\"weight_map\":{}}"));
    files.put(
        "loop.safetensors.index.json",
        utf8("{\"weight_map\":{\"w\":\"loop.safetensors.index.json\"}}"));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
