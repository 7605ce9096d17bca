package io.qtrace.job.audit.stage;

import io.qtrace.compare.TensorStats;
import io.qtrace.job.audit.policy.Category;
import io.qtrace.job.lineage.TensorRow;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What is known of one tensor once its bytes were read.
 *
 * @param fingerprint {@code x1:} and 32 hexadecimal digits
 * @param values the elements in C order when they are few, else empty
 * @param md5 first 16 hexadecimal digits of the MD5 of the bytes, where it was asked for
 */
public record TensorFacts(
    String name,
    Category category,
    DType dtype,
    Shape shape,
    String fingerprint,
    TensorStats stats,
    List<Double> values,
    Optional<String> md5) {

  public TensorFacts {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(category, "category");
    Objects.requireNonNull(dtype, "dtype");
    Objects.requireNonNull(shape, "shape");
    Objects.requireNonNull(fingerprint, "fingerprint");
    Objects.requireNonNull(stats, "stats");
    values = List.copyOf(values);
    Objects.requireNonNull(md5, "md5");
  }

  public static TensorFacts of(TensorRow row, Category category) {
    return new TensorFacts(
        row.name(),
        category,
        DType.of(row.dtype()).orElseThrow(),
        new Shape(row.shape()),
        row.fingerprint(),
        new TensorStats(row.min(), row.max(), row.sum(), row.nan(), row.inf(), row.zeros()),
        row.values(),
        Optional.empty());
  }

  public TensorRow row(String auditId, String checkpointId, String path) {
    return new TensorRow(
        auditId,
        checkpointId,
        path,
        name,
        category.label(),
        dtype.label(),
        shape.sizes(),
        shape.elements(),
        shape.elements() * dtype.bytes(),
        fingerprint,
        stats.min(),
        stats.max(),
        stats.sum(),
        stats.nan(),
        stats.inf(),
        stats.zeros(),
        values);
  }

  /** The values as float32, [n]; empty unless all elements were kept. */
  public Optional<float[]> floats() {
    if (values.size() != shape.elements() || values.isEmpty()) {
      return Optional.empty();
    }
    float[] floats = new float[values.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = values.get(i).floatValue();
    }
    return Optional.of(floats);
  }
}
