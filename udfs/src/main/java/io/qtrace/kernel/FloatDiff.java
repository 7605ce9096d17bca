package io.qtrace.kernel;

import io.qtrace.kernel.FloatKernels.ChunkDiff;

/** Elements of two dtypes that float32 holds exactly: all arithmetic in float32. */
final class FloatDiff {
  private FloatDiff() {}

  static void run(FloatKernels form, Operands operands, DiffAccumulator into) {
    Widener leftWidener = new Widener(form, operands.leftType(), operands.count());
    Widener rightWidener = new Widener(form, operands.rightType(), operands.count());
    for (Chunk chunk : Chunk.of(operands.firstIndex(), operands.count())) {
      float[] left = leftWidener.widen(operands.left(), chunk);
      float[] right = rightWidener.widen(operands.right(), chunk);
      ChunkDiff found = form.diff(left, right, chunk.pad(), chunk.end(), into.lanes(chunk.index()));
      if (found.changed() > 0) {
        if (into.wantsEach()) {
          addEach(left, right, chunk, into);
        }
        into.addChanged(found.changed(), found.max());
      }
    }
  }

  private static void addEach(float[] left, float[] right, Chunk chunk, DiffAccumulator into) {
    for (int i = chunk.pad(); i < chunk.end(); i++) {
      float a = left[i];
      float b = right[i];
      if (a != b && !(Float.isNaN(a) && Float.isNaN(b))) {
        into.each(chunk.index() + i - chunk.pad(), a - b);
      }
    }
  }
}
