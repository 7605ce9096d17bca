package io.qtrace.job.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.io.ObjectStore;
import io.qtrace.job.PyTorch;
import io.qtrace.job.Sample;
import io.qtrace.job.train.recipe.Batch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestKdCache {
  private static final Path ALPACA =
      Sample.ARCHIVE.resolve("caches/alpaca_chat_think_both_L128_K128_R1024");
  private static final ObjectStore STORE = new ObjectStore(new Configuration());
  private static final int ROW_BYTES = 5 * 24 + 6 * 23 * 16;

  private static final String SCRIPT =
      """
      import glob, json, os, sys, zlib
      import torch

      alpaca, out = sys.argv[1:]
      shards = [torch.load(f, weights_only=True) for f in sorted(glob.glob(alpaca + "/*.pt"))]
      for name, dtype in [("input_ids", torch.int32), ("attention_mask", torch.uint8),
              ("topk_idx", torch.int32), ("topk_logits", torch.float32)]:
          data = torch.cat([s[name] for s in shards]).to(dtype).numpy().tobytes()
          print(name, zlib.crc32(data))

      first, meta = shards[0], open(alpaca + "/meta.json").read()

      def cache(kind, **changes):
          os.makedirs(f"{out}/{kind}")
          open(f"{out}/{kind}/meta.json", "w").write(meta)
          state = {k: v.clone() for k, v in first.items()} | changes
          torch.save({k: v for k, v in state.items() if v is not None}, f"{out}/{kind}/shard_00000.pt")

      def changed(name, index, value):
          tensor = first[name].clone()
          tensor[index] = value
          return {name: tensor}

      cache("token", **changed("input_ids", (3, 4), 256))
      cache("negative", **changed("topk_idx", (5, 6, 7), -1))
      cache("mask", **changed("attention_mask", (1, 2), 2))
      cache("logit", **changed("topk_logits", (7, 0, 0), float("nan")))
      cache("dtype", input_ids=first["input_ids"].long())
      cache("length", attention_mask=first["attention_mask"][:, 1:].clone())
      cache("fewer", topk_idx=first["topk_idx"][:8].clone())
      cache("missing", topk_logits=None)
      cache("views", topk_idx=torch.stack([first["topk_idx"], first["topk_idx"]], 3)[..., 0],
          input_ids=first["input_ids"].t().contiguous().t())
      """;

  private static final Map<String, String> REASONS =
      Map.of(
          "token", "'input_ids': token 256 in example 3, expected one from 0 to 255",
          "negative", "'topk_idx': token -1 in example 5, expected one from 0 to 255",
          "mask", "'attention_mask': 2 in example 1, expected 0 or 1",
          "logit", "'topk_logits': NaN in example 7, expected a finite number",
          "dtype", "'input_ids': int64 [16, 24], expected int32 [16, 24] by meta.json",
          "length", "'attention_mask': uint8 [16, 23], expected uint8 [16, 24] by meta.json",
          "fewer", "'topk_idx': int32 [8, 23, 16], expected int32 [16, 23, 16] by meta.json",
          "missing", "Invalid KD cache: no tensor 'topk_logits'");

  @TempDir static Path written;
  private static String checksums;

  @BeforeAll
  static void write() throws Exception {
    checksums = PyTorch.run(SCRIPT, ALPACA.toString(), written.toString());
  }

  @Test
  void readsWhatPyTorchReads() throws IOException {
    Batch all = open(ALPACA, false, 0, 1 << 20).batch(0, 64);
    assertThat(checksums)
        .isEqualTo(
            """
            input_ids %d
            attention_mask %d
            topk_idx %d
            topk_logits %d
            """
                .formatted(
                    crc(all.inputIds()),
                    crc(all.attentionMask()),
                    crc(all.topkIdx()),
                    crc(all.topkLogits())));
  }

  @Test
  void viewsAreReadInOrder() throws IOException {
    Batch plain = open(ALPACA, false, 0, 1 << 20).batch(0, 16);
    Batch views = open(written.resolve("views"), false, 0, 1 << 20).batch(0, 16);
    assertThat(views.topkIdx()).isEqualTo(plain.topkIdx());
    assertThat(views.inputIds()).isEqualTo(plain.inputIds());
  }

  @Test
  void epochTakesEveryExampleOnceInItsOwnOrder() throws IOException {
    KdCache cache = open(ALPACA, true, 7, 5 * ROW_BYTES); // windows of 5, 5, 5 and 1
    Set<List<Integer>> plain = new HashSet<>(rows(open(ALPACA, false, 0, 1 << 20), 0, 64));
    List<List<Integer>> first = rows(cache, 0, 64);
    List<List<Integer>> second = rows(cache, 64, 64);
    assertThat(plain).hasSize(64);
    assertThat(new HashSet<>(first)).isEqualTo(plain);
    assertThat(new HashSet<>(second)).isEqualTo(plain);
    assertThat(second).isNotEqualTo(first);
    assertThat(rows(open(ALPACA, true, 8, 5 * ROW_BYTES), 0, 64)).isNotEqualTo(first);
  }

  @Test
  void orderDoesNotDependOnWhereReadingBegins() throws IOException {
    List<List<Integer>> whole = rows(open(ALPACA, true, 7, 5 * ROW_BYTES), 0, 130);
    KdCache late = open(ALPACA, true, 7, 5 * ROW_BYTES);
    assertThat(rows(late, 61, 9)).isEqualTo(whole.subList(61, 70));
    assertThat(rows(late, 3, 2)).isEqualTo(whole.subList(3, 5));
  }

  @Test
  void refusesInvalidContentWithItsPlace() {
    REASONS.forEach(
        (kind, reason) ->
            assertThatThrownBy(
                    () -> open(written.resolve(kind), false, 0, 1 << 20).batch(0, 16), kind)
                .isInstanceOf(IOException.class)
                .hasMessageContaining(kind + "/shard_00000.pt: at byte ")
                .hasMessageContaining(reason));
  }

  @Test
  void findsAFlippedBitBeforeTraining(@TempDir Path folder) throws IOException {
    Files.copy(ALPACA.resolve("meta.json"), folder.resolve("meta.json"));
    byte[] shard = Files.readAllBytes(ALPACA.resolve("shard_00000.pt"));
    shard[shard.length / 2] ^= 1;
    Files.write(folder.resolve("shard_00000.pt"), shard);
    assertThatThrownBy(() -> open(folder, false, 0, 1 << 20).batch(0, 1))
        .hasMessageContaining("Invalid CRC-32 of storage");
  }

  @Test
  void metaIsChecked(@TempDir Path folder) throws IOException {
    Path meta = folder.resolve("meta.json");
    assertThatThrownBy(() -> open(folder, false, 0, 1))
        .hasMessageContaining("Cannot find file: file:" + meta);
    Files.writeString(meta, "{");
    assertThatThrownBy(() -> open(folder, false, 0, 1)).hasMessageEndingWith("meta.json: not JSON");
    Files.writeString(meta, "{\"format\": \"full\"}");
    assertThatThrownBy(() -> open(folder, false, 0, 1))
        .hasMessageEndingWith("format 'full', expected 'topk' or 'topk+rand'");
    Files.writeString(meta, "{\"format\": \"topk\", \"max_length\": 1e9}");
    assertThatThrownBy(() -> open(folder, false, 0, 1))
        .hasMessageEndingWith("max_length is '1.0E9', expected a number from 2 to 1048576");
    Files.writeString(
        meta, "{\"format\": \"topk\", \"max_length\": 24, \"topk\": 16, \"vocab_size\": 256}");
    assertThatThrownBy(() -> open(folder, false, 0, 1))
        .hasMessageEndingWith("expected files shard_00000.pt, ...");
  }

  private static KdCache open(Path folder, boolean shuffle, long seed, int windowBytes)
      throws IOException {
    return KdCache.open(STORE, folder.toString(), new KdCache.Options(shuffle, seed, windowBytes));
  }

  private static List<List<Integer>> rows(KdCache cache, long first, int count) throws IOException {
    List<List<Integer>> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Batch one = cache.batch(first + i, 1);
      List<Integer> row = new ArrayList<>();
      for (int token : one.inputIds()) {
        row.add(token);
      }
      for (int token : one.topkIdx()) {
        row.add(token);
      }
      rows.add(row);
    }
    return rows;
  }

  private static long crc(int[] values) {
    ByteBuffer bytes = buffer(values.length * Integer.BYTES);
    bytes.asIntBuffer().put(values);
    return crc(bytes.array());
  }

  private static long crc(float[] values) {
    ByteBuffer bytes = buffer(values.length * Float.BYTES);
    bytes.asFloatBuffer().put(values);
    return crc(bytes.array());
  }

  private static long crc(byte[] bytes) {
    CRC32 crc = new CRC32();
    crc.update(bytes);
    return crc.getValue();
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
