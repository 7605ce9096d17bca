package io.qtrace.kernel;

import io.qtrace.arrow.Block;
import io.qtrace.kernel.FloatKernels.ChunkDiff;
import io.qtrace.tensor.DType;

/** Elements of two dtypes that float32 holds exactly: all arithmetic in float32. */
final class FloatDiff {
  private FloatDiff() {}

  static void run(FloatKernels form, Operands operands, DiffAccumulator into) {
    for (Chunk chunk : Chunk.of(operands.firstIndex(), operands.count())) {
      float[] left = floats(form, operands.leftType(), operands.left(), chunk);
      float[] right = floats(form, operands.rightType(), operands.right(), chunk);
      ChunkDiff found = form.diff(left, right, chunk.pad(), chunk.end(), into.lanes(chunk.index()));
      if (found.changed() > 0) {
        if (into.wantsEach()) {
          tellEach(left, right, chunk, into);
        }
        into.addChanged(found.changed(), found.max());
      }
    }
  }

  static float[] floats(FloatKernels form, DType dtype, Block block, Chunk chunk) {
    float[] out = new float[chunk.end()];
    Elements.toFloats(form, dtype, block.bytes(), chunk.first(), chunk.count(), out, chunk.pad());
    return out;
  }

  private static void tellEach(float[] left, float[] right, Chunk chunk, DiffAccumulator into) {
    for (int i = chunk.pad(); i < chunk.end(); i++) {
      float a = left[i];
      float b = right[i];
      if (a != b && !(Float.isNaN(a) && Float.isNaN(b))) {
        into.each(chunk.index() + i - chunk.pad(), a - b);
      }
    }
  }
}
