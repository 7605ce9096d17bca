package io.qtrace.job.train.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qtrace.arrow.Block;
import io.qtrace.arrow.BlockAllocator;
import io.qtrace.arrow.ReadOptions;
import io.qtrace.arrow.TensorBlocks;
import io.qtrace.format.Checkpoints;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.RangeReader;
import io.qtrace.job.Sample;
import io.qtrace.tensor.Float16;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;

/** What real PyTorch did with the sample model: see README.md among the training resources. */
final class Goldens {
  private static final Path TRAINING = Path.of("src/test/resources/training").toAbsolutePath();
  private static final ObjectStore STORE = new ObjectStore(new Configuration());

  private Goldens() {}

  static Path file(String name) {
    return TRAINING.resolve(name);
  }

  static ModelConfig config() throws IOException {
    return ModelConfig.read(Files.readString(Sample.ARCHIVE.resolve("base-model/config.json")));
  }

  /** The checkpoint that all runs start from. */
  static Tensors initial() throws IOException {
    return source(read(Path.of(Sample.run("sr011-q4a4-FP4-init/v2_initial.pt"))));
  }

  static Tensors teacher() throws IOException {
    return source(read(Sample.ARCHIVE.resolve("base-model/model.safetensors")));
  }

  static Tensors source(Map<String, HostTensor> tensors) {
    return name -> Optional.ofNullable(tensors.get(name));
  }

  /** Losses, gradient norms and rates of a run. */
  static JsonNode run(String name) throws IOException {
    return new ObjectMapper().readTree(file(name + ".json").toFile());
  }

  /** Examples [from, to) of a sample cache. */
  static Batch batch(String cache, int from, int to) throws IOException {
    Map<String, HostTensor> shard =
        read(Sample.ARCHIVE.resolve("caches").resolve(cache).resolve("shard_00000.pt"));
    HostTensor ids = shard.get("input_ids");
    HostTensor candidates = shard.get("topk_idx");
    int length = ids.shape().sizes().get(1).intValue();
    int topK = candidates.shape().sizes().get(2).intValue();
    int targets = (length - 1) * topK;
    int[] inputIds = new int[ids.bytes().remaining() / Integer.BYTES];
    ids.bytes().asIntBuffer().get(inputIds);
    int[] topkIdx = new int[candidates.bytes().remaining() / Integer.BYTES];
    candidates.bytes().asIntBuffer().get(topkIdx);
    byte[] mask = new byte[inputIds.length];
    shard.get("attention_mask").bytes().get(mask);
    ByteBuffer logits = shard.get("topk_logits").bytes();
    float[] topkLogits = new float[topkIdx.length];
    for (int i = 0; i < topkLogits.length; i++) {
      topkLogits[i] = Float16.value(logits.getShort(i * Short.BYTES));
    }
    return new Batch(
        to - from,
        length,
        topK,
        Arrays.copyOfRange(inputIds, from * length, to * length),
        Arrays.copyOfRange(mask, from * length, to * length),
        Arrays.copyOfRange(topkIdx, from * targets, to * targets),
        Arrays.copyOfRange(topkLogits, from * targets, to * targets));
  }

  /** All tensors of a file. */
  static Map<String, HostTensor> read(Path file) throws IOException {
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    for (TensorEntry entry : new Checkpoints(STORE).index(file.toString()).tensors()) {
      tensors.put(entry.name(), read(entry));
    }
    return tensors;
  }

  private static HostTensor read(TensorEntry entry) throws IOException {
    try (BlockAllocator memory = new BlockAllocator(8 << 20);
        Block scratch = memory.allocate(TensorBlocks.MIN_SCRATCH_BYTES);
        Block block = memory.allocate(Math.max(1, (int) entry.bytes()));
        RangeReader reader = STORE.open(entry.storage().file())) {
      TensorBlocks.strided(entry, reader, ReadOptions.LOCAL_DISK, scratch).read(0, block);
      ByteBuffer copy = ByteBuffer.allocateDirect(block.length());
      copy.put(block.bytes().duplicate()).flip();
      return new HostTensor(entry.dtype(), entry.shape(), copy);
    }
  }

  /** max |a - b| of two float32 tensors. */
  static double maxDifference(HostTensor a, HostTensor b) {
    float[] left = a.floats();
    float[] right = b.floats();
    double max = 0;
    for (int i = 0; i < left.length; i++) {
      max = Math.max(max, Math.abs((double) left[i] - right[i]));
    }
    return left.length == right.length ? max : Double.NaN;
  }

  /** |a - expected| / |expected|, Euclidean norms. */
  static double relativeDistance(HostTensor a, HostTensor expected) {
    float[] left = a.floats();
    float[] right = expected.floats();
    double distance = 0;
    double norm = 0;
    for (int i = 0; i < left.length; i++) {
      distance += Math.pow((double) left[i] - right[i], 2);
      norm += Math.pow(right[i], 2);
    }
    return left.length == right.length ? Math.sqrt(distance / norm) : Double.NaN;
  }
}
