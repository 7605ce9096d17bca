package io.qtrace.format.safetensors;

import io.qtrace.io.FormatException;
import io.qtrace.io.ReadBudget;
import io.qtrace.io.SafeText;
import io.qtrace.tensor.Shape;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Parses the JSON header: {@code {name: {dtype, shape, data_offsets}, ...}}. */
final class SafetensorsHeader {
  private static final long TENSOR_BYTES = 320; // maximum bytes of memory, without name and shape
  private static final long DIMENSION_BYTES = 64; // bytes of memory: size and stride

  private final String file;
  private final StrictJson json;
  private final ReadBudget budget;
  private boolean hasNullMetadata;

  private SafetensorsHeader(String file, StrictJson json, ReadBudget budget) {
    this.file = file;
    this.json = json;
    this.budget = budget;
  }

  /**
   * What a header says.
   *
   * @param tensors in the header's order
   * @param hasNullMetadata whether {@code __metadata__} is null, which the safetensors library
   *     reads as if it were not there
   */
  record Parsed(List<DeclaredTensor> tensors, boolean hasNullMetadata) {}

  static Parsed parse(String file, byte[] header, ReadBudget budget) throws IOException {
    try (StrictJson json = StrictJson.over(file, SafetensorsFormat.LENGTH_BYTES, header, budget)) {
      SafetensorsHeader parser = new SafetensorsHeader(file, json, budget);
      List<DeclaredTensor> tensors = parser.tensors();
      return new Parsed(tensors, parser.hasNullMetadata);
    }
  }

  private List<DeclaredTensor> tensors() throws FormatException {
    List<DeclaredTensor> tensors = new ArrayList<>();
    json.beginObject("header");
    while (json.nextKey()) {
      String name = json.key();
      if (name.equals(SafetensorsFormat.METADATA)) {
        metadata();
      } else {
        tensors.add(tensor(name, json.position()));
      }
    }
    json.end();
    return tensors;
  }

  private void metadata() throws FormatException {
    if (!json.beginObjectUnlessNull(SafetensorsFormat.METADATA)) {
      hasNullMetadata = true;
      return;
    }
    while (json.nextKey()) {
      json.string("value of " + SafetensorsFormat.METADATA);
    }
  }

  private DeclaredTensor tensor(String name, long position) throws FormatException {
    String dtype = null;
    List<Long> shape = null;
    List<Long> offsets = null;
    json.beginObject("tensor");
    while (json.nextKey()) {
      String key = json.key();
      switch (key) {
        case "dtype" -> dtype = json.string("dtype");
        case "shape" -> shape = json.counts("shape", Shape.MAX_RANK);
        case "data_offsets" -> offsets = json.counts("data_offsets", 2);
        // It may state that the bytes have another meaning.
        default -> throw json.fault("Unsupported key of a tensor: " + SafeText.quoted(key));
      }
    }
    if (dtype == null || shape == null || offsets == null || offsets.size() != 2) {
      throw json.fault(
          "Invalid tensor %s: expected dtype, shape and two data_offsets"
              .formatted(SafeText.quoted(name)));
    }
    budget.take(file, position, TENSOR_BYTES + 4L * name.length() + DIMENSION_BYTES * shape.size());
    DeclaredTensor tensor =
        new DeclaredTensor(
            name, dtype, shape(shape, position), offsets.get(0), offsets.get(1), position);
    tensor.requireLength(file);
    return tensor;
  }

  private Shape shape(List<Long> sizes, long position) throws FormatException {
    try {
      return new Shape(sizes);
    } catch (IllegalArgumentException e) {
      throw new FormatException(file, position, e.getMessage(), e);
    }
  }
}
