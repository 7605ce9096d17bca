package io.qtrace.compare;

import io.qtrace.lut.Lut;
import io.qtrace.lut.Requantize;
import io.qtrace.lut.Scales;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Checks a layer's indices, or its {@code _Q}, against those that its weight and scales give, in
 * rows, any of them anywhere. The scales are held whole, weight and indices pass through bounded
 * memory.
 */
public record IndicesCheck(QuantizedLayer layer) implements RowCheck {
  private static final long NO_ENTRY = -1;
  private static final long SAMPLED =
      1 << 16; // elements from which an adapter's ratio is estimated
  private static final long LEAST_ROWS = 16;

  @Override
  public TensorEntry target() {
    return layer.target();
  }

  @Override
  public Stream<TensorEntry> tensors() {
    return layer.tensors();
  }

  @Override
  public Optional<String> obstacle() {
    return layer.obstacle();
  }

  /**
   * Indices that no order of float32 sums gives: the index and the one that PyTorch gives on the
   * CPU; of a {@code _Q} the values. Those that another order of sums gives than the CPU's are
   * rounded.
   */
  @Override
  public CheckResult run(LayerRows reader, long from, long to) throws IOException {
    Lut lut = new Lut(reader.whole(layer.lut()));
    Scales scales = layer.factors().scales(reader);
    Requantize requantize = requantize(scales, lut);
    Optional<Adapter> adapter = Optional.empty();
    if (layer.source().lora().isPresent()) {
      adapter = Optional.of(adapter(layer.source().lora().get(), scales, lut, reader));
    }
    boolean values = layer.target().dtype().isFloat();
    int in = (int) layer.in();
    long[] indices = new long[in];
    float[] weights = new float[in];
    Map<Float, Integer> entries = entries(lut);
    CheckAccumulator found = new CheckAccumulator();
    try (LayerRows.Rows source = reader.rows(layer.source().rows(), from, to);
        LayerRows.Rows target = reader.rows(layer.target(), from, to)) {
      for (long row = from; row < to; row++) {
        System.arraycopy(source.next(), 0, weights, 0, in);
        if (layer.source().scaled()) {
          multiply(weights, scales.row((int) row));
        }
        if (adapter.isPresent()) {
          adapter.get().add((int) row, weights);
        }
        if (values) {
          float[] stored = target.next();
          lookUp(stored, entries, indices);
          check(requantize.row((int) row, weights), indices, row * in, stored, lut, found);
        } else {
          target.next(indices);
          check(requantize.row((int) row, weights), indices, row * in, null, lut, found);
        }
      }
    }
    return found.result();
  }

  private Requantize requantize(Scales scales, Lut lut) {
    if (layer.float16()) {
      return Requantize.inFloat16(scales, lut);
    }
    return layer.isRoundedWeight()
        ? Requantize.ofBfloat16(scales, lut)
        : new Requantize(scales, lut);
  }

  private static void multiply(float[] row, float[] scales) {
    for (int i = 0; i < row.length; i++) {
      row[i] *= scales[i];
    }
  }

  // The first of several equal ones.
  private static Map<Float, Integer> entries(Lut lut) {
    Map<Float, Integer> entries = new HashMap<>();
    for (int i = 0; i < lut.size(); i++) {
      entries.putIfAbsent(lut.value(i) + 0.0f, i);
    }
    return entries;
  }

  private static void lookUp(float[] stored, Map<Float, Integer> entries, long[] indices) {
    for (int i = 0; i < indices.length; i++) {
      indices[i] = entries.getOrDefault(stored[i] + 0.0f, (int) NO_ENTRY);
    }
  }

  private Adapter adapter(QuantizedLayer.Lora lora, Scales scales, Lut lut, LayerRows reader)
      throws IOException {
    int rank = Math.toIntExact(lora.a().shape().sizes().get(0));
    Adapter adapter = new Adapter(reader.whole(lora.a()), reader.whole(lora.b()), rank, 1);
    AdapterRatio ratio = new AdapterRatio(lut);
    long rows = Math.min(layer.out(), Math.max(LEAST_ROWS, SAMPLED / layer.in()));
    for (long sample = 0; sample < rows; sample++) {
      addRow(sample * layer.out() / rows, adapter, scales, lut, reader, ratio);
    }
    return new Adapter(adapter.a, adapter.b, rank, ratio.estimate(rank));
  }

  private void addRow(
      long row, Adapter adapter, Scales scales, Lut lut, LayerRows reader, AdapterRatio ratio)
      throws IOException {
    int in = (int) layer.in();
    long[] indices = new long[in];
    float[] scale = scales.row((int) row);
    float[] product = new float[in];
    adapter.add((int) row, product);
    try (LayerRows.Rows source = reader.rows(layer.source().rows(), row, row + 1);
        LayerRows.Rows target = reader.rows(layer.target(), row, row + 1)) {
      float[] weights = source.next();
      if (layer.target().dtype().isFloat()) {
        lookUp(target.next(), entries(lut), indices);
      } else {
        target.next(indices);
      }
      for (int i = 0; i < in; i++) {
        if (lut.hasIndex(indices[i]) && product[i] != 0) {
          double quotient = layer.source().scaled() ? weights[i] : (double) weights[i] / scale[i];
          ratio.add(quotient, (double) product[i] / scale[i], (int) indices[i]);
        }
      }
    }
  }

  // For a row whose first element has this index in C order; stored: values of _Q, or null for
  // indices.
  private static void check(
      Requantize.Row row,
      long[] indices,
      long first,
      float[] stored,
      Lut lut,
      CheckAccumulator found) {
    for (int i = 0; i < indices.length; i++) {
      if (row.gives(i, indices[i])) {
        continue;
      }
      if (row.allows(i, indices[i])) {
        found.neighbour(row.distance(i, indices[i]));
      } else if (stored == null) {
        found.other(first + i, (double) indices[i], row.index(i));
      } else {
        found.other(first + i, stored[i], lut.value(row.index(i)));
      }
    }
  }

  /** An adapter's factors, [r, in] and [out, r]. */
  private record Adapter(float[] a, float[] b, int rank, float ratio) {
    void add(int row, float[] weights) {
      int in = weights.length;
      float[] product = new float[in];
      for (int k = 0; k < rank; k++) {
        float factor = b[row * rank + k];
        for (int i = 0; i < in; i++) {
          product[i] = Math.fma(factor, a[k * in + i], product[i]);
        }
      }
      for (int i = 0; i < in; i++) {
        weights[i] += product[i] * ratio;
      }
    }
  }
}
