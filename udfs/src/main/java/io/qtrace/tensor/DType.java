package io.qtrace.tensor;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Element types of tensors, under PyTorch's names without the {@code torch.} prefix. */
public enum DType {
  FLOAT64("float64", 8, Kind.FLOAT),
  FLOAT32("float32", 4, Kind.FLOAT),
  FLOAT16("float16", 2, Kind.FLOAT),
  BFLOAT16("bfloat16", 2, Kind.FLOAT),
  FLOAT8_E4M3FN("float8_e4m3fn", 1, Kind.FLOAT),
  FLOAT8_E4M3FNUZ("float8_e4m3fnuz", 1, Kind.FLOAT),
  FLOAT8_E5M2("float8_e5m2", 1, Kind.FLOAT),
  FLOAT8_E5M2FNUZ("float8_e5m2fnuz", 1, Kind.FLOAT),
  FLOAT8_E8M0FNU("float8_e8m0fnu", 1, Kind.FLOAT),
  INT64("int64", 8, Kind.SIGNED),
  INT32("int32", 4, Kind.SIGNED),
  INT16("int16", 2, Kind.SIGNED),
  INT8("int8", 1, Kind.SIGNED),
  UINT64("uint64", 8, Kind.UNSIGNED),
  UINT32("uint32", 4, Kind.UNSIGNED),
  UINT16("uint16", 2, Kind.UNSIGNED),
  UINT8("uint8", 1, Kind.UNSIGNED),
  BOOL("bool", 1, Kind.UNSIGNED),
  COMPLEX128("complex128", 16, Kind.COMPLEX),
  COMPLEX64("complex64", 8, Kind.COMPLEX),
  COMPLEX32("complex32", 4, Kind.COMPLEX);

  /** What the bits of an element mean; a complex element is two floats, real part first. */
  public enum Kind {
    FLOAT,
    SIGNED,
    UNSIGNED,
    COMPLEX
  }

  private static final Map<String, DType> BY_LABEL =
      Arrays.stream(values()).collect(Collectors.toMap(DType::label, Function.identity()));

  private final String label;
  private final int bytes;
  private final Kind kind;

  DType(String label, int bytes, Kind kind) {
    this.label = label;
    this.bytes = bytes;
    this.kind = kind;
  }

  /** The dtype that PyTorch prints as {@code torch.<label>}, or empty. */
  public static Optional<DType> of(String label) {
    return Optional.ofNullable(BY_LABEL.get(label));
  }

  public String label() {
    return label;
  }

  /** Bytes of one element: 1 to 16, a power of two. */
  public int bytes() {
    return bytes;
  }

  public Kind kind() {
    return kind;
  }

  /** Whether its elements are real floating-point numbers. */
  public boolean isFloat() {
    return kind == Kind.FLOAT;
  }

  /** Whether its elements are integers, or bool. */
  public boolean isInteger() {
    return kind == Kind.SIGNED || kind == Kind.UNSIGNED;
  }
}
