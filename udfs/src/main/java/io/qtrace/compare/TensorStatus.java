package io.qtrace.compare;

/** How one tensor of a child checkpoint relates to the parent's tensor of that name. */
public enum TensorStatus {
  /** Same shape, dtype and bytes in C order. */
  IDENTICAL,
  /** Same shape and numbers in another dtype or bit pattern; NaN equals NaN, -0 equals 0. */
  EQUAL,
  /** Same shape, other numbers. */
  CHANGED,
  /** Another shape. */
  RESHAPED,
  /** Only the child has it. */
  ADDED,
  /** Only the parent has it. */
  REMOVED
}
