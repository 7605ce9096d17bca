package io.qtrace.job.operations;

import io.qtrace.job.compare.CheckpointFacts;
import io.qtrace.job.compare.TensorFacts;
import io.qtrace.job.policy.Policy;
import io.qtrace.kernel.LutCheckPartial;
import io.qtrace.kernel.Mismatches;
import io.qtrace.lut.CategoryRules;
import io.qtrace.lut.LayerNames;
import io.qtrace.tensor.DType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Named tensors in memory: a checkpoint without a file. */
public record ArrayCheckpoint(Map<String, ArrayTensor> tensors) {
  /** The policy that comes with qtrace. */
  public static final Policy POLICY = policy();

  private static final CategoryRules CATEGORIES = POLICY.categories();

  public ArrayCheckpoint {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
  }

  private static Policy policy() {
    try {
      return Policy.load(Optional.of(Path.of("../conf/policy.yaml")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public ArrayTensor tensor(String name) {
    return tensors.get(name);
  }

  /** The same with a tensor added or replaced. */
  public ArrayCheckpoint with(String name, ArrayTensor tensor) {
    Map<String, ArrayTensor> changed = new LinkedHashMap<>(tensors);
    changed.put(name, tensor);
    return new ArrayCheckpoint(changed);
  }

  /** The same with one element of a tensor replaced. */
  public ArrayCheckpoint with(String name, int index, double value) {
    return with(name, tensor(name).with(index, value));
  }

  /** The same with one element of a tensor damaged: another number that its dtype holds. */
  public ArrayCheckpoint damaged(String name, int index) {
    ArrayTensor tensor = tensor(name);
    double value = tensor.values()[index];
    double other = tensor.isFloat() ? (value > 0 ? 1.5 * value : value - 0.75) : (value + 1) % 16;
    return with(name, index, other);
  }

  /** The same with one element of a tensor moved to the next number that its dtype holds. */
  public ArrayCheckpoint nudged(String name, int index) {
    return with(name, tensor(name).nudged(index));
  }

  /** The layers with a stored LUT, in order. */
  public List<LayerNames> layers() {
    return tensors.keySet().stream().flatMap(name -> LayerNames.ofLut(name).stream()).toList();
  }

  /** Whether another holds the same tensors. */
  public boolean isSame(ArrayCheckpoint other) {
    return tensors.keySet().equals(other.tensors.keySet())
        && tensors.keySet().stream().allMatch(name -> tensor(name).isSame(other.tensor(name)));
  }

  public boolean has(String name) {
    return tensors.containsKey(name);
  }

  public ArrayCheckpoint without(String name) {
    Map<String, ArrayTensor> changed = new LinkedHashMap<>(tensors);
    changed.remove(name);
    return new ArrayCheckpoint(changed);
  }

  /** The same with every tensor replaced. */
  public ArrayCheckpoint map(UnaryOperator<ArrayTensor> change) {
    Map<String, ArrayTensor> changed = new LinkedHashMap<>(tensors);
    changed.replaceAll((name, tensor) -> change.apply(tensor));
    return new ArrayCheckpoint(changed);
  }

  /** The same with {@code _Q} of a layer set to {@code lut[_indices]}. */
  public ArrayCheckpoint synced(LayerNames layer) {
    double[] lut = tensor(layer.lut()).values();
    ArrayTensor quantized = tensor(layer.quantized());
    double[] values =
        Arrays.stream(tensor(layer.indices()).values()).map(index -> lut[(int) index]).toArray();
    return with(layer.quantized(), new ArrayTensor(quantized.dtype(), quantized.shape(), values));
  }

  /** What qtrace measures of it. */
  public CheckpointFacts facts() {
    Map<String, TensorFacts> facts = new LinkedHashMap<>();
    Map<String, LutCheckPartial> checks = new LinkedHashMap<>();
    tensors.forEach(
        (name, tensor) -> {
          facts.put(name, tensor.facts(name, CATEGORIES.of(name)));
          LayerNames.ofQuantized(name)
              .filter(this::isCheckable)
              .ifPresent(layer -> checks.put(layer.layer(), check(layer)));
        });
    return CheckpointFacts.of(facts, checks);
  }

  private boolean isCheckable(LayerNames layer) {
    ArrayTensor quantized = tensor(layer.quantized());
    ArrayTensor indices = tensor(layer.indices());
    return indices != null
        && tensors.containsKey(layer.lut())
        && indices.shape().equals(quantized.shape())
        && !indices.isFloat()
        && quantized.isFloat();
  }

  // _Q against lut[_indices], element by element.
  private LutCheckPartial check(LayerNames layer) {
    DType dtype = tensor(layer.quantized()).dtype();
    double[] quantized = tensor(layer.quantized()).values();
    double[] indices = tensor(layer.indices()).values();
    double[] lut =
        Arrays.stream(tensor(layer.lut()).values())
            .map(entry -> ArrayTensor.round(dtype, entry))
            .toArray();
    Mismatches outside = Mismatches.NONE;
    Mismatches offGrid = Mismatches.NONE;
    Mismatches stale = Mismatches.NONE;
    double maxStale = 0;
    for (int i = 0; i < quantized.length; i++) {
      double value = quantized[i];
      boolean inside = indices[i] >= 0 && indices[i] < lut.length;
      double expected = inside ? lut[(int) indices[i]] : Double.NaN;
      if (!inside) {
        outside = outside.merge(new Mismatches(1, i, indices[i], Double.NaN));
      } else if (!ArrayTensor.isSame(value, expected)) {
        stale = stale.merge(new Mismatches(1, i, value, expected));
        maxStale = Math.max(maxStale, Math.abs(value - expected));
      }
      if (!ArrayTensor.isSame(value, expected)
          && Arrays.stream(lut).noneMatch(entry -> ArrayTensor.isSame(entry, value))) {
        offGrid = offGrid.merge(new Mismatches(1, i, value, expected));
      }
    }
    return new LutCheckPartial(quantized.length, outside, offGrid, stale, maxStale);
  }
}
