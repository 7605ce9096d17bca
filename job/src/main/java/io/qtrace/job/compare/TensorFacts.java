package io.qtrace.job.compare;

import io.qtrace.compare.TensorStats;
import io.qtrace.lut.Category;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.TensorEntry;
import java.io.Serializable;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What is known about one tensor once its bytes have been read.
 *
 * @param fingerprint {@code x1:} and 32 hexadecimal digits; {@code crc32:} and 8 if the bytes were
 *     not read
 * @param values the elements in C order if there are few, else empty
 * @param norm L2 norm of the elements, if requested
 * @param indexCounts how often each index from 0 to the greatest occurs, if requested and all
 *     elements are from 0 to 255
 * @param md5 first 16 hexadecimal digits of the MD5 of the bytes, if requested
 * @param sha256 of the bytes, 64 hexadecimal digits, if requested
 */
public record TensorFacts(
    String name,
    Category category,
    DType dtype,
    Shape shape,
    String fingerprint,
    TensorStats stats,
    List<Double> values,
    Optional<Double> norm,
    Optional<List<Long>> indexCounts,
    Optional<String> md5,
    Optional<String> sha256)
    implements Serializable {

  public TensorFacts {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(category, "category");
    Objects.requireNonNull(dtype, "dtype");
    Objects.requireNonNull(shape, "shape");
    Objects.requireNonNull(fingerprint, "fingerprint");
    Objects.requireNonNull(stats, "stats");
    values = List.copyOf(values);
    Objects.requireNonNull(norm, "norm");
    indexCounts = indexCounts.map(List::copyOf);
    Objects.requireNonNull(md5, "md5");
    Objects.requireNonNull(sha256, "sha256");
  }

  /** Facts without those computed on demand. */
  public TensorFacts(
      String name,
      Category category,
      DType dtype,
      Shape shape,
      String fingerprint,
      TensorStats stats,
      List<Double> values) {
    this(
        name,
        category,
        dtype,
        shape,
        fingerprint,
        stats,
        values,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  private static final String CRC = "crc32:";

  /** Facts of an unread tensor, from the CRC-32 that its file states. */
  static TensorFacts unread(TensorEntry tensor, Category category) {
    return new TensorFacts(
        tensor.name(),
        category,
        tensor.dtype(),
        tensor.shape(),
        CRC + HexFormat.of().toHexDigits(tensor.storage().crc32(), 8),
        new TensorStats(Double.NaN, Double.NaN, Double.NaN, 0, 0, 0),
        List.of());
  }

  /** Whether its bytes were read. */
  public boolean isRead() {
    return !fingerprint.startsWith(CRC);
  }

  /** Bytes of the elements in C order. */
  public long bytes() {
    return shape.elements() * dtype.bytes();
  }

  /** Whether dtype, shape and bytes are those of another tensor. */
  public boolean isSame(TensorFacts other) {
    return dtype == other.dtype
        && fingerprint.equals(other.fingerprint)
        && shape.equals(other.shape);
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
