package io.qtrace.format.safetensors;

import io.qtrace.tensor.DType;
import java.util.Map;

/**
 * Constants of the safetensors format: a header length (unsigned 64 bits, little endian), a JSON
 * header of that many bytes, then the tensors' bytes without gaps. Dtype names are those of
 * safetensors 0.8.0.
 */
final class SafetensorsFormat {
  static final String NAME = "safetensors";

  /** Bytes of the header's length. */
  static final int LENGTH_BYTES = 8;

  /** The format's own bound on a header. */
  static final int MAX_HEADER_BYTES = 100_000_000;

  /** The one key of the header that names no tensor. */
  static final String METADATA = "__metadata__";

  static final Map<String, DType> DTYPES =
      Map.ofEntries(
          Map.entry("F64", DType.FLOAT64),
          Map.entry("F32", DType.FLOAT32),
          Map.entry("F16", DType.FLOAT16),
          Map.entry("BF16", DType.BFLOAT16),
          Map.entry("F8_E4M3", DType.FLOAT8_E4M3FN),
          Map.entry("F8_E4M3FNUZ", DType.FLOAT8_E4M3FNUZ),
          Map.entry("F8_E5M2", DType.FLOAT8_E5M2),
          Map.entry("F8_E5M2FNUZ", DType.FLOAT8_E5M2FNUZ),
          Map.entry("F8_E8M0", DType.FLOAT8_E8M0FNU),
          Map.entry("I64", DType.INT64),
          Map.entry("I32", DType.INT32),
          Map.entry("I16", DType.INT16),
          Map.entry("I8", DType.INT8),
          Map.entry("U64", DType.UINT64),
          Map.entry("U32", DType.UINT32),
          Map.entry("U16", DType.UINT16),
          Map.entry("U8", DType.UINT8),
          Map.entry("BOOL", DType.BOOL),
          Map.entry("C64", DType.COMPLEX64));

  /** Bits of the dtypes whose elements are not whole bytes. */
  static final Map<String, Integer> SUB_BYTE_BITS = Map.of("F4", 4, "F6_E2M3", 6, "F6_E3M2", 6);

  private SafetensorsFormat() {}
}
