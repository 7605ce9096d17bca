package io.qtrace.kernel;

import com.dynatrace.hash4j.hashing.ByteAccess;
import com.dynatrace.hash4j.hashing.Hashing;
import io.qtrace.arrow.Block;
import io.qtrace.arrow.BlockAllocator;
import io.qtrace.tensor.DType;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Microseconds that one block of 1 MiB takes: 1049 / t GB/s. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(jvmArgsAppend = {"--add-modules=jdk.incubator.vector"})
public class KernelsBenchmark {
  private static final int BYTES = 1 << 20;
  private static final List<Double> LUT =
      IntStream.range(0, 16).mapToObj(i -> (i - 7.5) / 8).toList();

  private BlockAllocator memory;
  private Block block;
  private Block equal;
  private Block quantized; // lut[indices]
  private Block drifted; // the same, a little off
  private Block indices; // int16

  @Setup(Level.Trial)
  public void open() {
    memory = new BlockAllocator(8 * BYTES);
    block = memory.allocate(BYTES);
    equal = memory.allocate(BYTES);
    byte[] bytes = new byte[BYTES];
    new Random(1).nextBytes(bytes);
    block.bytes().put(0, bytes);
    equal.bytes().put(0, bytes);
    quantized = memory.allocate(BYTES);
    drifted = memory.allocate(BYTES);
    indices = memory.allocate(BYTES / 2);
    for (int i = 0; i < BYTES / 4; i++) {
      int place = bytes[i] & 15;
      indices.bytes().putShort(2 * i, (short) place);
      quantized.bytes().putFloat(4 * i, LUT.get(place).floatValue());
      drifted.bytes().putFloat(4 * i, LUT.get(place).floatValue() * 1.001f);
    }
  }

  @TearDown(Level.Trial)
  public void close() {
    indices.close();
    drifted.close();
    quantized.close();
    equal.close();
    block.close();
    memory.close();
  }

  @Benchmark
  public int mismatch() {
    return Kernels.mismatch(block, equal);
  }

  @Benchmark
  public int crc32() {
    return Kernels.crc32(block);
  }

  @Benchmark
  public Digest128 xxh3ByAddress() {
    return Kernels.xxh3(block);
  }

  @Benchmark
  public Digest128 xxh3Streamed() {
    BlockHasher hasher = new BlockHasher();
    hasher.update(block);
    return hasher.digest();
  }

  @Benchmark
  public Digest128 xxh3ByByteBuffer() {
    return Kernels.digest(
        Hashing.xxh3_128()
            .hashBytesTo128Bits(
                block.bytes(), 0, BYTES, ByteAccess.forByteBuffer(ByteOrder.LITTLE_ENDIAN)));
  }

  @Benchmark
  public DiffPartial diffInt64() {
    DiffAccumulator into = new DiffAccumulator();
    Kernels.diff(DType.INT64, block, DType.INT64, equal, BYTES / 8, 0, into);
    return into.partial();
  }

  @Benchmark
  public LutCheckPartial checkLut() {
    return check(quantized);
  }

  @Benchmark
  public LutCheckPartial checkDriftedLut() {
    return check(drifted);
  }

  @Benchmark
  public StatsPartial statsInt16() {
    StatsAccumulator into = new StatsAccumulator();
    Kernels.stats(DType.INT16, block, BYTES / 2, 0, into);
    return into.partial();
  }

  private LutCheckPartial check(Block values) {
    LutCheckAccumulator into = new LutCheckAccumulator(DType.FLOAT32, DType.INT16, LUT);
    Kernels.checkLut(values, indices, BYTES / 4, 0, into);
    return into.partial();
  }
}
