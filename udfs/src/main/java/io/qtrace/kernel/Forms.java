package io.qtrace.kernel;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;

/**
 * Chooses the form of the loops. The vector form is twice as fast as the plain one, but a hundred
 * times slower until C2 has compiled it, which takes seconds. So the plain form handles the first
 * gigabytes; then a thread calls the vector form until it is compiled, and all threads switch to
 * it.
 */
final class Forms {
  // As many as the plain form processes in the time that compiling the vector form takes.
  private static final long ELEMENTS_BEFORE_VECTORS = 1L << 33;

  private static final int MIN_VECTOR_ELEMENTS = 1 << 16;

  // A call that is compiled takes a few microseconds, one that is not milliseconds.
  private static final long COMPILED_NANOS = 20_000;
  private static final int MAX_CALLS = 10_000;

  private static final FloatKernels SCALAR = new ScalarKernels();
  private static final FloatKernels FASTEST = available();
  private static final LongAdder ELEMENTS = new LongAdder();
  private static final AtomicBoolean WARMING = new AtomicBoolean(FASTEST == SCALAR);
  private static volatile FloatKernels form = SCALAR;

  private Forms() {}

  /** The form for so many elements. */
  static FloatKernels of(int count) {
    if (count < MIN_VECTOR_ELEMENTS) {
      return SCALAR;
    }
    if (!WARMING.get()) {
      ELEMENTS.add(count);
      if (ELEMENTS.sum() > ELEMENTS_BEFORE_VECTORS && WARMING.compareAndSet(false, true)) {
        Thread warming = new Thread(Forms::change, "qtrace-vectors");
        warming.setDaemon(true);
        warming.start();
      }
    }
    return form;
  }

  /** The form that long work changes to. */
  static FloatKernels fastest() {
    return FASTEST;
  }

  // Names VectorKernels only where its module is there, so that it is never loaded without.
  private static FloatKernels available() {
    boolean present = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
    return present && VectorKernels.isFast() ? new VectorKernels() : SCALAR;
  }

  private static void change() {
    warmUp(FASTEST);
    form = FASTEST;
  }

  private static void warmUp(FloatKernels vectors) {
    int count = Chunk.ELEMENTS;
    short[] patterns = new short[count];
    float[] left = new float[count];
    float[] right = new float[count];
    double[] lanes = new double[LaneSum.LANES];
    List<Runnable> loops =
        List.of(
            () -> vectors.widenBfloat16(patterns, left, 0, count),
            () -> vectors.widenFloat16(patterns, right, 0, count),
            () -> vectors.diff(left, right, 0, count, lanes),
            () -> vectors.stats(left, 0, count, lanes));
    for (Runnable loop : loops) {
      long nanos = Long.MAX_VALUE;
      for (int call = 0; call < MAX_CALLS && nanos > COMPILED_NANOS; call++) {
        long start = System.nanoTime();
        loop.run();
        nanos = System.nanoTime() - start;
      }
    }
  }
}
