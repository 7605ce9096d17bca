package io.qtrace.format.safetensors;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.qtrace.io.ByteCopy;
import io.qtrace.io.SafeText;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.StateDict;
import io.qtrace.tensor.StateDict.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Writes a state dict as the safetensors library for PyTorch does, byte for byte: the widest dtypes
 * first, names in order, the header padded with spaces to a multiple of 8. The format knows no
 * shared storages: tied tensors are written once each.
 */
public final class SafetensorsWriter {
  /** As safetensors 0.8.0 lays out the data, last one first. */
  private static final List<String> DATA_ORDER =
      List.of(
          "BOOL",
          "U8",
          "I8",
          "F8_E5M2",
          "F8_E4M3",
          "F8_E8M0",
          "F8_E4M3FNUZ",
          "F8_E5M2FNUZ",
          "I16",
          "U16",
          "F16",
          "BF16",
          "I32",
          "U32",
          "F32",
          "C64",
          "F64",
          "I64",
          "U64");

  private static final Comparator<Tensor> ORDER =
      Comparator.comparing(
              (Tensor tensor) -> DATA_ORDER.indexOf(dtype(tensor)), Comparator.reverseOrder())
          .thenComparing(tensor -> tensor.name().getBytes(UTF_8), Arrays::compareUnsigned);

  private static final int HEADER_UNIT = 8;

  private SafetensorsWriter() {}

  /**
   * Writes a whole file; equal content gives equal bytes.
   *
   * @throws IllegalArgumentException if a tensor has a dtype that the format lacks, or does not lie
   *     in C order
   */
  public static void write(StateDict state, OutputStream out) throws IOException {
    state.tensors().forEach(SafetensorsWriter::requireWritable);
    List<Tensor> tensors = state.tensors().stream().sorted(ORDER).toList();
    byte[] header = header(tensors);
    out.write(
        ByteBuffer.allocate(SafetensorsFormat.LENGTH_BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(header.length)
            .array());
    out.write(header);
    ByteCopy copy = new ByteCopy(out);
    for (Tensor tensor : tensors) {
      copy.copy(tensor.storage(), tensor.offset() * tensor.dtype().bytes(), tensor.bytes());
    }
  }

  private static byte[] header(List<Tensor> tensors) throws IOException {
    ByteArrayOutputStream header = new ByteArrayOutputStream();
    try (JsonGenerator json = new JsonFactory().createGenerator(header)) {
      json.writeStartObject();
      json.writeObjectFieldStart(SafetensorsFormat.METADATA);
      json.writeStringField("format", "pt");
      json.writeEndObject();
      long begin = 0;
      for (Tensor tensor : tensors) {
        long end = Math.addExact(begin, tensor.bytes());
        declare(json, tensor, begin, end);
        begin = end;
      }
      json.writeEndObject();
    }
    while (header.size() % HEADER_UNIT != 0) {
      header.write(' ');
    }
    if (header.size() > SafetensorsFormat.MAX_HEADER_BYTES) {
      throw new IllegalArgumentException(
          "Unsupported state dict: a safetensors header of %d bytes, expected at most %d"
              .formatted(header.size(), SafetensorsFormat.MAX_HEADER_BYTES));
    }
    return header.toByteArray();
  }

  private static void declare(JsonGenerator json, Tensor tensor, long begin, long end)
      throws IOException {
    json.writeObjectFieldStart(tensor.name());
    json.writeStringField("dtype", dtype(tensor));
    writeLongs(json, "shape", tensor.shape().sizes());
    writeLongs(json, "data_offsets", List.of(begin, end));
    json.writeEndObject();
  }

  private static void writeLongs(JsonGenerator json, String name, List<Long> values)
      throws IOException {
    json.writeArrayFieldStart(name);
    for (long value : values) {
      json.writeNumber(value);
    }
    json.writeEndArray();
  }

  private static void requireWritable(Tensor tensor) {
    if (!SafetensorsFormat.DTYPES.containsValue(tensor.dtype())) {
      throw new IllegalArgumentException(
          "Unsupported tensor %s: %s, which safetensors lacks; write a .pt file"
              .formatted(SafeText.quoted(tensor.name()), tensor.dtype().label()));
    }
    if (!tensor.isContiguous()) {
      throw new IllegalArgumentException(
          "Unsupported tensor %s: strides %s, expected C order"
              .formatted(SafeText.quoted(tensor.name()), tensor.stride()));
    }
    if (tensor.name().equals(SafetensorsFormat.METADATA)) {
      throw new IllegalArgumentException(
          "Unsupported tensor '__metadata__': safetensors reserves the name; write a .pt file");
    }
  }

  private static String dtype(Tensor tensor) {
    return name(tensor.dtype());
  }

  private static String name(DType dtype) {
    return SafetensorsFormat.DTYPES.entrySet().stream()
        .filter(entry -> entry.getValue() == dtype)
        .findFirst()
        .orElseThrow()
        .getKey();
  }
}
