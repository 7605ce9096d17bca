package io.qtrace.job.bake;

import io.qtrace.io.SafeText;
import io.qtrace.lut.LayerNames;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.TensorEntry;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The tensors of one quantized layer.
 *
 * @param lut [n]
 * @param indices [out, in]
 * @param quantized {@code _Q}, [out, in]
 * @param deltas [n/2]; empty if the LUT does not train
 * @throws IllegalArgumentException if their shapes or dtypes are inconsistent
 */
record LutLayer(
    String name,
    TensorEntry lut,
    TensorEntry indices,
    TensorEntry quantized,
    Optional<TensorEntry> deltas) {
  LutLayer {
    if (!indices.shape().equals(quantized.shape())) {
      throw fault(name, "_Q is %s, _indices %s", quantized.shape(), indices.shape());
    }
    if (isFraction(indices.dtype())) {
      throw fault(name, "_indices are %s, expected integers", indices.dtype().label());
    }
    if (!isFraction(lut.dtype()) || lut.shape().rank() != 1) {
      throw fault(name, "lut is %s %s, expected floats [n]", lut.dtype().label(), lut.shape());
    }
    if (deltas.isPresent() && deltas.get().elements() * 2 != lut.elements()) {
      throw fault(
          name,
          "_lut_raw_deltas are %s, expected half as many as lut %s",
          deltas.get().shape(),
          lut.shape());
    }
  }

  /**
   * The layers of a checkpoint, in its order.
   *
   * @throws IllegalArgumentException if a layer lacks a tensor or its tensors are inconsistent
   */
  static List<LutLayer> of(CheckpointIndex index) {
    Map<String, TensorEntry> tensors =
        index.tensors().stream()
            .collect(
                Collectors.toMap(
                    TensorEntry::name, Function.identity(), (a, b) -> a, LinkedHashMap::new));
    Set<LayerNames> layers = new LinkedHashSet<>();
    for (String name : tensors.keySet()) {
      LayerNames.ofQuantized(name).or(() -> LayerNames.ofDeltas(name)).ifPresent(layers::add);
    }
    return layers.stream()
        .map(
            names ->
                new LutLayer(
                    names.layer(),
                    tensor(tensors, names, names.lut()),
                    tensor(tensors, names, names.indices()),
                    tensor(tensors, names, names.quantized()),
                    Optional.ofNullable(tensors.get(names.deltas()))))
        .toList();
  }

  private static TensorEntry tensor(
      Map<String, TensorEntry> tensors, LayerNames names, String name) {
    TensorEntry tensor = tensors.get(name);
    if (tensor == null) {
      throw fault(names.layer(), "no tensor %s", name.substring(names.layer().length() + 1));
    }
    return tensor;
  }

  private static boolean isFraction(DType dtype) {
    return dtype.isFloat() || dtype.kind() == DType.Kind.COMPLEX;
  }

  private static IllegalArgumentException fault(String layer, String reason, Object... details) {
    return new IllegalArgumentException(
        "Invalid layer %s: %s, expected a complete checkpoint of a quantized model"
            .formatted(SafeText.quoted(layer), reason.formatted(details)));
  }
}
