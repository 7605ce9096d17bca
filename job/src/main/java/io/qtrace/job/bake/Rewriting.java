package io.qtrace.job.bake;

import io.qtrace.format.StoredTensors;
import io.qtrace.format.WriteFormat;
import io.qtrace.io.ByteSource;
import io.qtrace.io.SafeText;
import io.qtrace.kernel.Kernels;
import io.qtrace.kernel.LutTable;
import io.qtrace.lut.Lut;
import io.qtrace.lut.LutDeltas;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.StateDict;
import io.qtrace.tensor.StateDict.Tensor;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Plans the rewriting of one checkpoint: which tensors stay, which are replaced. */
final class Rewriting {
  private static final int MAX_LUT_BYTES = Lut.MAX_SIZE * Double.BYTES;

  private final StoredTensors stored;
  private final LutChange change;
  private final WriteFormat format;
  private final Map<String, Optional<Tensor>> replaced = new HashMap<>(); // empty: left out
  private final Map<Content, QuantizedSource> sources = new HashMap<>();
  private final List<Changed> changed = new ArrayList<>();

  /** What a {@code _Q} is computed from; equal ones share their storage, as in tied layers. */
  private record Content(Lut lut, TensorEntry indices, TensorEntry before) {}

  private record Changed(LutLayer layer, Lut before, LutChange.Outcome after, QuantizedSource q) {}

  Rewriting(StoredTensors stored, LutChange change, WriteFormat format) {
    this.stored = stored;
    this.change = change;
    this.format = format;
  }

  /**
   * The new state dict, in the order of the old one.
   *
   * @throws IllegalArgumentException if a layer cannot be changed
   */
  StateDict plan(CheckpointIndex model, List<LutLayer> layers) throws IOException {
    for (LutLayer layer : layers) {
      if (layer.deltas().isPresent() || !change.isBake()) {
        plan(layer);
      }
    }
    List<Tensor> tensors = new ArrayList<>();
    for (TensorEntry tensor : model.tensors()) {
      Optional<Tensor> made = replaced.get(tensor.name());
      if (made == null) {
        tensors.add(copy(tensor));
      } else {
        made.ifPresent(tensors::add);
      }
    }
    return new StateDict(tensors);
  }

  /** The rewritten layers; known once the new file is written. */
  List<Rewrite.Layer> layers() {
    return changed.stream()
        .map(
            done ->
                new Rewrite.Layer(
                    done.layer.name(),
                    done.before.maxDifference(done.after.lut()),
                    done.layer.quantized().elements(),
                    done.q.changed(),
                    done.after.drift().orElse(null)))
        .toList();
  }

  private void plan(LutLayer layer) throws IOException {
    Lut before = new Lut(floats(layer.lut()));
    LutChange.Outcome after = outcome(layer, before);
    if (after.lut().firstNotRising().isPresent() && !after.lut().equals(before)) {
      throw new IllegalArgumentException(
          "Invalid LUT of layer %s: %s, expected rising values; check its deltas and --lut-max-abs"
              .formatted(SafeText.quoted(layer.name()), after.lut()));
    }
    QuantizedSource source = source(layer, after.lut());
    changed.add(new Changed(layer, before, after, source));
    put(
        Tensor.contiguous(
            layer.quantized().name(),
            layer.quantized().dtype(),
            layer.quantized().shape(),
            source));
    if (!after.lut().equals(before)) {
      put(lut(layer.lut(), after.lut()));
    }
    if (change.isBake()) {
      replaced.put(layer.deltas().orElseThrow().name(), Optional.empty());
    }
  }

  private LutChange.Outcome outcome(LutLayer layer, Lut before) throws IOException {
    if (layer.deltas().isEmpty()) {
      return new LutChange.Outcome(before, Optional.empty());
    }
    return change.of(before, new LutDeltas(floats(layer.deltas().get())));
  }

  private QuantizedSource source(LutLayer layer, Lut lut) throws IOException {
    TensorEntry indices = layer.indices();
    TensorEntry before = layer.quantized();
    Content content = new Content(lut, indices.withName(""), before.withName(""));
    QuantizedSource source = sources.get(content);
    if (source == null) {
      LutTable table = LutTable.of(before.dtype(), lut.values());
      source = new QuantizedSource(layer, table, stored.elements(indices), stored.elements(before));
      sources.put(content, source);
    }
    return source;
  }

  // A bake stores float32, as the recipe's tool does; otherwise the dtype is kept.
  private Tensor lut(TensorEntry before, Lut lut) {
    DType dtype = change.isBake() ? DType.FLOAT32 : before.dtype();
    byte[] bytes = LutTable.of(dtype, lut.values()).bytes();
    return Tensor.contiguous(
        before.name(), dtype, before.shape(), ByteSource.of(ByteBuffer.wrap(bytes)));
  }

  private Tensor copy(TensorEntry tensor) throws IOException {
    return switch (format) {
      case TORCH_ZIP -> stored.view(tensor);
      case SAFETENSORS -> stored.compact(tensor);
    };
  }

  private void put(Tensor tensor) {
    replaced.put(tensor.name(), Optional.of(tensor));
  }

  private float[] floats(TensorEntry tensor) throws IOException {
    if (tensor.bytes() > MAX_LUT_BYTES) {
      throw new IllegalArgumentException(
          "Unsupported tensor %s: %s, expected at most %d entries"
              .formatted(SafeText.quoted(tensor.name()), tensor.shape(), Lut.MAX_SIZE));
    }
    ByteSource elements = stored.elements(tensor);
    ByteBuffer bytes = ByteBuffer.allocate((int) elements.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    elements.read(0, bytes);
    List<Double> values = Kernels.values(tensor.dtype(), bytes);
    float[] floats = new float[values.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = values.get(i).floatValue();
    }
    return floats;
  }
}
