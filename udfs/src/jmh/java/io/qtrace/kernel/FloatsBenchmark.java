package io.qtrace.kernel;

import io.qtrace.arrow.Block;
import io.qtrace.arrow.BlockAllocator;
import io.qtrace.tensor.DType;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Microseconds that the numbers of 1 MiB take, for {@code diff} of each side: 1049 / t GB/s. All
 * numbers are finite and all differ.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(jvmArgsAppend = {"--add-modules=jdk.incubator.vector"})
public class FloatsBenchmark {
  private static final int BYTES = 1 << 20;

  @Param({"FLOAT32", "BFLOAT16", "FLOAT16"})
  private DType dtype;

  @Param({"scalar", "vector"})
  private String form;

  private FloatKernels kernels;
  private BlockAllocator memory;
  private Block left;
  private Block right;

  @Setup(Level.Trial)
  public void open() {
    kernels = form.equals("vector") ? new VectorKernels() : new ScalarKernels();
    memory = new BlockAllocator(4 * BYTES);
    left = numbers(1);
    right = numbers(2);
  }

  @TearDown(Level.Trial)
  public void close() {
    right.close();
    left.close();
    memory.close();
  }

  @Benchmark
  public DiffPartial diff() {
    DiffAccumulator into = new DiffAccumulator();
    int count = BYTES / dtype.bytes();
    FloatDiff.run(kernels, new Operands(dtype, left, dtype, right, count, 0), into);
    into.addElements(count);
    return into.partial();
  }

  @Benchmark
  public StatsPartial stats() {
    StatsAccumulator into = new StatsAccumulator();
    into.addFloats(kernels, dtype, left, BYTES / dtype.bytes(), 0);
    return into.partial();
  }

  private Block numbers(long seed) {
    Block block = memory.allocate(BYTES);
    Random random = new Random(seed);
    for (int i = 0; i < BYTES; i += dtype.bytes()) {
      int bits = Float.floatToIntBits((float) random.nextGaussian() + 4 * seed);
      switch (dtype) {
        case FLOAT32 -> block.bytes().putInt(i, bits);
        case BFLOAT16 -> block.bytes().putShort(i, (short) (bits >> 16));
        default -> block.bytes().putShort(i, (short) (bits >> 13 & 0x3bff));
      }
    }
    return block;
  }
}
