package io.qtrace.compare;

import io.qtrace.compare.RangeTask.Member;
import io.qtrace.kernel.LutCheckAccumulator;
import io.qtrace.lut.Lut;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.TensorEntry;
import java.io.Serializable;
import java.util.List;
import java.util.Objects;

/**
 * A layer of one checkpoint, whose {@code _Q} should be {@code lut[_indices]}.
 *
 * @param quantized position of {@code _Q} among the task's members
 * @param indices position of {@code _indices} among them
 * @param lut the stored table, read by the task itself
 */
public record LutCheck(int quantized, int indices, TensorEntry lut) implements Serializable {
  public LutCheck {
    if (!isTable(lut)) {
      throw new IllegalArgumentException(
          "Invalid LUT: %s %s, expected 2 to %d floats"
              .formatted(lut.dtype().label(), lut.shape(), Lut.MAX_SIZE));
    }
  }

  /** Whether a tensor can be a LUT: one dimension, 2 to {@link Lut#MAX_SIZE} floats. */
  public static boolean isTable(TensorEntry tensor) {
    return isFloat(tensor.dtype())
        && tensor.shape().rank() == 1
        && tensor.elements() >= 2
        && tensor.elements() <= Lut.MAX_SIZE;
  }

  /** Whether {@code _Q} of one dtype and {@code _indices} of the other can be checked. */
  public static boolean fits(DType quantized, DType indices) {
    return isFloat(quantized) && indices.isInteger();
  }

  LutCheckAccumulator accumulator(List<Member> members, List<Double> table) {
    return new LutCheckAccumulator(
        members.get(quantized).tensor().dtype(), members.get(indices).tensor().dtype(), table);
  }

  void require(List<Member> members) {
    Objects.checkIndex(quantized, members.size());
    Objects.checkIndex(indices, members.size());
    DType quantizedType = members.get(quantized).tensor().dtype();
    DType indexType = members.get(indices).tensor().dtype();
    if (!fits(quantizedType, indexType)) {
      throw new IllegalArgumentException(
          "Invalid LUT check: _Q %s and _indices %s, expected floats and integers"
              .formatted(quantizedType.label(), indexType.label()));
    }
  }

  private static boolean isFloat(DType dtype) {
    return switch (dtype) {
      case FLOAT64, FLOAT32, FLOAT16, BFLOAT16 -> true;
      default -> false;
    };
  }
}
