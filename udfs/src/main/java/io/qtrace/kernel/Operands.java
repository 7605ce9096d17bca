package io.qtrace.kernel;

import io.qtrace.arrow.Block;
import io.qtrace.tensor.DType;

/**
 * Two blocks of as many elements.
 *
 * @param firstIndex index of the first element in the tensors
 */
record Operands(
    DType leftType, Block left, DType rightType, Block right, int count, long firstIndex) {
  boolean either(java.util.function.Predicate<DType> property) {
    return property.test(leftType) || property.test(rightType);
  }

  boolean both(java.util.function.Predicate<DType> property) {
    return property.test(leftType) && property.test(rightType);
  }
}
