package io.qtrace.format.pytorch;

import io.qtrace.format.pytorch.PickleValue.Global;
import io.qtrace.format.pytorch.PickleValue.Nothing;
import io.qtrace.format.pytorch.PickleValue.Persistent;
import io.qtrace.format.pytorch.PickleValue.Sequence;
import io.qtrace.format.pytorch.PickleValue.Text;
import io.qtrace.format.pytorch.PickleValue.Whole;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The persistent id {@code ('storage', class, key, location, numel)} with which a pickle refers to
 * a storage.
 *
 * @param storageClass such as {@code torch.FloatStorage}
 * @param key the storage's name within the file
 * @param location device the tensor lived on, such as {@code cpu} or {@code meta}
 * @param elements number of elements, as the class counts them
 */
record StorageReference(Global storageClass, String key, String location, long elements) {
  // Protocol 0 writes the tuple's repr; PyTorch itself cannot read that back.
  private static final Pattern REPR =
      Pattern.compile(
          "\\('storage', <class '([\\w.]+)\\.(\\w+)'>, '([^'\\\\]*)', '([^'\\\\]*)', "
              + "([0-9]{1,18})(?:, None)?\\)");

  // Far longer than real ones: many tensors may refer to one key.
  private static final int MAX_KEY = 4096;
  private static final int MAX_REPR = 512;

  StorageReference {
    if (key.length() > MAX_KEY) {
      throw new IllegalArgumentException(
          "Invalid storage: a key of %d characters, expected at most %d"
              .formatted(key.length(), MAX_KEY));
    }
    if (elements < 0) {
      throw new IllegalArgumentException(
          "Invalid storage: " + elements + " elements, expected 0 or more");
    }
  }

  /**
   * The storage that a persistent id names; empty if it names something else.
   *
   * @throws IllegalArgumentException if it names a storage in an unknown way
   */
  static Optional<StorageReference> of(Persistent reference) {
    if (reference.id() instanceof Text repr) {
      return ofRepr(repr.value());
    }
    if (!(reference.id() instanceof Sequence id)
        || id.items().isEmpty()
        || !(id.items().get(0) instanceof Text tag)
        || !tag.value().equals("storage")) {
      return Optional.empty();
    }
    return Optional.of(ofTuple(id.items()));
  }

  /** Elements and their size; empty for classes that are unknown here. */
  Optional<ElementType> type() {
    return ElementType.of(storageClass);
  }

  /**
   * Length of the storage.
   *
   * @throws IllegalArgumentException if it exceeds 63 bits
   */
  long bytes(ElementType type) {
    try {
      return Math.multiplyExact(elements, (long) type.bytes());
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(
          "Invalid storage: " + elements + " elements, more than 2^63 bytes", e);
    }
  }

  // The sixth item of old legacy files, a view into another storage, was last written by 0.3.
  private static StorageReference ofTuple(List<PickleValue> id) {
    boolean whole = id.size() == 5 || (id.size() == 6 && id.get(5) instanceof Nothing);
    if (whole
        && id.get(1) instanceof Global storageClass
        && id.get(2) instanceof Text key
        && id.get(3) instanceof Text location
        && id.get(4) instanceof Whole elements) {
      return new StorageReference(storageClass, key.value(), location.value(), elements.value());
    }
    throw new IllegalArgumentException(
        "Unsupported storage reference: expected ('storage', class, key, location, numel)");
  }

  private static Optional<StorageReference> ofRepr(String repr) {
    Matcher id = REPR.matcher(repr);
    if (repr.length() <= MAX_REPR && id.matches()) {
      return Optional.of(
          new StorageReference(
              new Global(id.group(1), id.group(2)),
              id.group(3),
              id.group(4),
              Long.parseLong(id.group(5))));
    }
    return Optional.empty();
  }
}
