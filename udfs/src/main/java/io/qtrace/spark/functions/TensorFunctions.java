package io.qtrace.spark.functions;

import io.qtrace.compare.DiffStats;
import io.qtrace.compare.ElementStream;
import io.qtrace.compare.Histogram;
import io.qtrace.compare.Measure;
import io.qtrace.compare.MemberPartial;
import io.qtrace.compare.RangeTask;
import io.qtrace.compare.TensorDiff;
import io.qtrace.compare.TensorSummary;
import io.qtrace.format.NamedTensors;
import io.qtrace.io.SafeText;
import io.qtrace.kernel.DiffPartial;
import io.qtrace.kernel.LutCheckPartial;
import io.qtrace.lut.LayerNames;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/** The functions that read checkpoints; each throws an IOException that names the file. */
final class TensorFunctions {
  private static final int MAX_VALUES = (int) RangeTask.ALIGNMENT;

  private TensorFunctions() {}

  static String fingerprint(String path, String name) throws IOException {
    TensorEntry tensor = TensorFiles.get().checkpoint(path).tensor(name);
    return measure(path, tensor, Measure.FINGERPRINT).fingerprint(tensor).toString();
  }

  static String md5(String path, String name) throws IOException {
    return measure(path, TensorFiles.get().checkpoint(path).tensor(name), Measure.MD5).md5();
  }

  static List<Double> values(String path, String name) throws IOException {
    TensorEntry tensor = TensorFiles.get().checkpoint(path).tensor(name);
    if (tensor.elements() > MAX_VALUES) {
      throw new IOException(
          "%s: tensor %s has %d elements, expected at most %d"
              .formatted(SafeText.of(path), SafeText.quoted(name), tensor.elements(), MAX_VALUES));
    }
    return measure(path, tensor, Measure.VALUES).values();
  }

  static List<Double> slice(String path, String name, long from, int count) throws IOException {
    if (from < 0 || count < 0 || count > MAX_VALUES) {
      throw new IllegalArgumentException(
          "Invalid slice: %d elements from %d, expected 0 to %d elements from 0 or more"
              .formatted(count, from, MAX_VALUES));
    }
    TensorFiles files = TensorFiles.get();
    TensorEntry tensor = files.checkpoint(path).tensor(name);
    long first = Math.min(from, tensor.elements());
    long end = Math.min(first + count, tensor.elements());
    List<Double> values = new ArrayList<>();
    double[] numbers = new double[ElementStream.READ_ELEMENTS];
    try (ElementStream elements = files.elements(path, tensor, first, end)) {
      for (int read = elements.read(numbers); read > 0; read = elements.read(numbers)) {
        Arrays.stream(numbers, 0, read).forEach(values::add);
      }
    }
    return values;
  }

  /** Rows of {@link SqlTypes#BUCKETS}. */
  static List<Row> histogram(String path, String name, int buckets) throws IOException {
    if (buckets < 1 || buckets > MAX_VALUES) {
      throw new IllegalArgumentException(
          "Invalid number of buckets: %d, expected 1 to %d".formatted(buckets, MAX_VALUES));
    }
    TensorFiles files = TensorFiles.get();
    TensorEntry tensor = files.checkpoint(path).tensor(name);
    return Histogram.of(() -> files.elements(path, tensor, 0, tensor.elements()), buckets).stream()
        .map(bucket -> RowFactory.create(bucket.lower(), bucket.upper(), bucket.count()))
        .toList();
  }

  /** A row of {@link SqlTypes#STATS}. */
  static Row stats(String path, String name) throws IOException {
    TensorEntry tensor = TensorFiles.get().checkpoint(path).tensor(name);
    TensorSummary summary = TensorSummary.of(measure(path, tensor, Measure.STATS, Measure.SPREAD));
    return RowFactory.create(
        tensor.elements(),
        summary.min().orElse(null),
        summary.max().orElse(null),
        summary.mean().orElse(null),
        summary.std().orElse(null),
        summary.nan(),
        summary.inf(),
        summary.zeros());
  }

  /** A row of {@link SqlTypes#DIFF}. */
  static Row diff(String leftPath, String rightPath, String name) throws IOException {
    TensorFiles files = TensorFiles.get();
    Optional<TensorEntry> left = files.checkpoint(leftPath).find(name);
    NamedTensors others = files.checkpoint(rightPath);
    Optional<TensorEntry> right =
        left.isPresent() ? others.find(name) : Optional.of(others.tensor(name));
    if (left.isEmpty() || right.isEmpty()) {
      return diff(left.isEmpty() ? TensorDiff.added(name) : TensorDiff.removed(name));
    }
    return diff(files.read(meter -> meter.compare(left.get(), right.get()), leftPath, rightPath));
  }

  private static Row diff(TensorDiff diff) {
    String status = diff.status().name();
    DiffStats stats = diff.stats();
    return switch (diff.status()) {
      case ADDED, REMOVED, RESHAPED -> RowFactory.create(status, null, null, null, null, null);
      case IDENTICAL, EQUAL, CHANGED ->
          RowFactory.create(
              status,
              stats.elements(),
              stats.changedElements(),
              stats.maxAbs(),
              stats.meanAbs(),
              stats.firstChangedIndex() == DiffPartial.NONE ? null : stats.firstChangedIndex());
    };
  }

  static long residual(String path, String layer) throws IOException {
    TensorFiles files = TensorFiles.get();
    LayerNames names = new LayerNames(layer);
    NamedTensors tensors = files.checkpoint(path);
    TensorEntry quantized = tensors.tensor(names.quantized());
    TensorEntry indices = tensors.tensor(names.indices());
    TensorEntry lut = tensors.tensor(names.lut());
    try {
      LutCheckPartial check = files.read(meter -> meter.check(quantized, indices, lut), path);
      return check.stale().count() + check.outside().count();
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "%s: layer %s: %s".formatted(SafeText.of(path), SafeText.quoted(layer), e.getMessage()),
          e);
    }
  }

  private static MemberPartial measure(String path, TensorEntry tensor, Measure... measures)
      throws IOException {
    return TensorFiles.get()
        .read(meter -> meter.measure(List.of(tensor), Set.of(measures), MAX_VALUES), path)
        .get(0);
  }
}
