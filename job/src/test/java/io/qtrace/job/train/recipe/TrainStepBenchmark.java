package io.qtrace.job.train.recipe;

import ai.djl.engine.Engine;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Float16;
import io.qtrace.tensor.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Seconds that training steps take, on the model and batch that {@code scripts/bench/train_step.py
 * make} wrote; that script runs this class beside PyTorch and compares. Prints JSON: the loss of
 * every step, and the seconds of those after the warm-up.
 */
@Command(name = "train-step")
public final class TrainStepBenchmark implements Runnable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Map<String, DType> DTYPES =
      Map.of("F32", DType.FLOAT32, "F16", DType.FLOAT16, "I32", DType.INT32, "U8", DType.UINT8);

  @Parameters(description = "Folder of config.json, model.safetensors and batch.safetensors.")
  private Path folder;

  @Option(names = "--steps", description = "Measured steps.")
  private int steps = 10;

  @Option(names = "--warm-up", description = "Steps before them.")
  private int warmUp = 3;

  @Option(names = "--precision", description = "float32 or mixed.")
  private String precision = "float32";

  @Option(names = "--forward", description = "materialized or factored.")
  private String forward = "materialized";

  @Option(names = "--wait", description = "Keep the device's memory until the input ends.")
  private boolean waits;

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new TrainStepBenchmark()).execute(arguments));
  }

  @Override
  public void run() {
    try {
      measure();
    } catch (IOException e) {
      throw new IllegalStateException("Cannot measure steps of " + folder + ": " + e, e);
    }
  }

  private void measure() throws IOException {
    ModelConfig config = ModelConfig.read(Files.readString(folder.resolve("config.json")));
    Batch batch = batch(new Safetensors(folder.resolve("batch.safetensors")));
    String device = Engine.getEngine("PyTorch").getGpuCount() > 0 ? "cuda:0" : "cpu";
    List<Double> losses = new ArrayList<>();
    List<Double> seconds = new ArrayList<>();
    Tensors model = new Safetensors(folder.resolve("model.safetensors"));
    try (Replica replica = Replica.load(config, model, recipe(), device)) {
      for (int step = 0; step < warmUp + steps; step++) {
        long started = System.nanoTime();
        losses.add(replica.step(List.of(batch)).loss());
        if (step >= warmUp) {
          seconds.add((System.nanoTime() - started) / 1e9);
        }
      }
      System.out.println(
          JSON.writeValueAsString(Map.of("losses", losses, "seconds", seconds, "device", device)));
      if (waits) {
        System.in.readAllBytes();
      }
    }
  }

  /** The settings of train_step.py. */
  private Recipe recipe() {
    return new Recipe(
        new TrainableParameters(true, LutScope.ALL, 2.0),
        new LrSchedule(2e-5, 1e-5, 0.0, 2, 1000, 0.1, 1.0),
        new DistillationLossConfig(2.0, 0.0, 0.0),
        Forward.valueOf(forward.toUpperCase(Locale.ROOT)),
        Precision.valueOf(precision.toUpperCase(Locale.ROOT)));
  }

  private static Batch batch(Tensors tensors) throws IOException {
    HostTensor ids = tensors.find("input_ids").orElseThrow();
    HostTensor mask = tensors.find("attention_mask").orElseThrow();
    HostTensor topk = tensors.find("topk_idx").orElseThrow();
    HostTensor logits = tensors.find("topk_logits").orElseThrow();
    byte[] maskBytes = new byte[mask.bytes().remaining()];
    mask.bytes().get(maskBytes);
    float[] widened = new float[Math.toIntExact(logits.shape().elements())];
    for (int i = 0; i < widened.length; i++) {
      widened[i] = Float16.value(logits.bytes().getShort(2 * i));
    }
    return new Batch(
        size(ids, 0), size(ids, 1), size(topk, 2), ints(ids), maskBytes, ints(topk), widened);
  }

  private static int size(HostTensor tensor, int dimension) {
    return Math.toIntExact(tensor.shape().sizes().get(dimension));
  }

  private static int[] ints(HostTensor tensor) {
    int[] values = new int[Math.toIntExact(tensor.shape().elements())];
    tensor.bytes().asIntBuffer().get(values);
    return values;
  }

  /** A file that the script wrote, mapped; the project's own reader needs Hadoop, this does not. */
  private record Safetensors(Path file, JsonNode header, long dataStart) implements Tensors {
    Safetensors(Path file) throws IOException {
      this(file, header(file));
    }

    private Safetensors(Path file, byte[] header) throws IOException {
      this(file, JSON.readTree(header), Long.BYTES + header.length);
    }

    private static byte[] header(Path file) throws IOException {
      try (FileChannel channel = FileChannel.open(file)) {
        ByteBuffer start = channel.map(MapMode.READ_ONLY, 0, Long.BYTES);
        long bytes = start.order(ByteOrder.LITTLE_ENDIAN).getLong();
        byte[] json = new byte[Math.toIntExact(bytes)];
        channel.map(MapMode.READ_ONLY, Long.BYTES, bytes).get(json);
        return json;
      }
    }

    @Override
    public Optional<HostTensor> find(String name) throws IOException {
      JsonNode entry = header.get(name);
      if (entry == null) {
        return Optional.empty();
      }
      long from = entry.get("data_offsets").get(0).asLong();
      long to = entry.get("data_offsets").get(1).asLong();
      List<Long> sizes = new ArrayList<>();
      entry.get("shape").forEach(size -> sizes.add(size.asLong()));
      try (FileChannel channel = FileChannel.open(file)) {
        ByteBuffer bytes = channel.map(MapMode.READ_ONLY, dataStart + from, to - from);
        DType dtype = DTYPES.get(entry.get("dtype").asText());
        return Optional.of(new HostTensor(dtype, new Shape(sizes), bytes));
      }
    }
  }
}
