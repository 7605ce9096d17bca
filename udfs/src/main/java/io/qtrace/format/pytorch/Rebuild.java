package io.qtrace.format.pytorch;

import io.qtrace.format.pytorch.PickleValue.Global;
import io.qtrace.format.pytorch.PickleValue.Instance;
import io.qtrace.format.pytorch.PickleValue.Mapping;
import io.qtrace.format.pytorch.PickleValue.Persistent;
import io.qtrace.format.pytorch.PickleValue.Sequence;
import io.qtrace.format.pytorch.PickleValue.Truth;
import io.qtrace.format.pytorch.PickleValue.Whole;
import io.qtrace.io.SafeText;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a call in a pickle would rebuild: PyTorch reduces every tensor to a call of one of its
 * {@code _rebuild_*} functions (PyTorch, {@code torch/_utils.py}, {@code torch/_tensor.py}).
 */
sealed interface Rebuild {
  /** A strided view of plain elements. */
  record View(
      DType dtype,
      Shape shape,
      List<Long> stride,
      long offset,
      StorageReference storage,
      ElementType storageType)
      implements Rebuild {}

  /** A tensor without plain elements. */
  record Other(String reason) implements Rebuild {}

  /** No tensor at all. */
  enum None implements Rebuild {
    NONE
  }

  /** Calls within calls: a parameter of a subclass is two. */
  int MAX_WRAPPERS = 8;

  /**
   * The tensor that a call makes, wrappers taken off.
   *
   * @throws IllegalArgumentException if the call is of a known function with arguments that no
   *     PyTorch wrote
   */
  static Rebuild of(Instance call) {
    Instance tensor = call;
    for (int wrappers = 0; wrappers <= MAX_WRAPPERS; wrappers++) {
      switch (tensor.callable()) {
        case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state" -> {
          if (!(argument(tensor, 0) instanceof Instance data)) {
            return new Other("parameter without a tensor");
          }
          tensor = data;
        }
        case "torch._tensor._rebuild_from_type_v2",
            "torch._tensor._rebuild_from_type",
            "torch.tensor._rebuild_from_type_v2",
            "torch.tensor._rebuild_from_type" -> {
          Sequence arguments = sequence(argument(tensor, 2));
          tensor = new Instance(argument(tensor, 0), arguments, tensor.position());
        }
        case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2" -> {
          return typed(tensor);
        }
        case "torch._utils._rebuild_tensor_v3" -> {
          return untyped(tensor);
        }
        case "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct" -> {
          return new Other("a NumPy array");
        }
        default -> {
          boolean unknown = tensor == call && !isTorchRebuild(tensor.callable());
          return unknown ? None.NONE : new Other(reason(tensor.callable()));
        }
      }
    }
    throw new IllegalArgumentException(
        "Invalid tensor: wrapped more than %d times".formatted(MAX_WRAPPERS));
  }

  // (storage, offset, size, stride, requires_grad, hooks, metadata)
  private static Rebuild typed(Instance call) {
    return view(call, 6, Optional.empty());
  }

  // (storage, offset, size, stride, requires_grad, hooks, dtype, metadata)
  private static Rebuild untyped(Instance call) {
    if (!(argument(call, 6) instanceof Global dtype)) {
      throw new IllegalArgumentException("Invalid dtype: expected a name such as torch.uint16");
    }
    Optional<DType> known =
        dtype.module().equals("torch") ? DType.of(dtype.name()) : Optional.empty();
    return known.isPresent()
        ? view(call, 7, known)
        : new Other("unsupported dtype " + SafeText.quoted(dtype.path()));
  }

  private static Rebuild view(Instance call, int metadataAt, Optional<DType> given) {
    if (!(argument(call, 0) instanceof Persistent persistent)) {
      return new Other("storage kept elsewhere than in this file");
    }
    StorageReference storage =
        StorageReference.of(persistent)
            .orElseThrow(
                () -> new IllegalArgumentException("Invalid storage: no reference to a storage"));
    if (storage.location().equals("meta")) {
      return new Other("meta tensor without elements");
    }
    Optional<ElementType> type = storage.type();
    Optional<DType> dtype = given.or(() -> type.flatMap(ElementType::dtype));
    if (type.isEmpty() || dtype.isEmpty()) {
      return new Other(
          "unsupported storage class " + SafeText.quoted(storage.storageClass().path()));
    }
    Optional<String> lazy = lazyOperation(call, metadataAt);
    if (lazy.isPresent()) {
      return new Other("elements stored before their " + lazy.get());
    }
    return new View(
        dtype.get(),
        new Shape(integers(argument(call, 2))),
        integers(argument(call, 3)),
        integer(argument(call, 1)),
        storage,
        type.get());
  }

  // A conjugate or negated view keeps the bytes of its base and says so in its metadata.
  private static Optional<String> lazyOperation(Instance call, int metadataAt) {
    if (call.arguments().size() <= metadataAt
        || !(call.arguments().get(metadataAt) instanceof Mapping metadata)) {
      return Optional.empty();
    }
    if (isTrue(metadata.find("conj"))) {
      return Optional.of("conjugation");
    }
    return isTrue(metadata.find("neg")) ? Optional.of("negation") : Optional.empty();
  }

  private static boolean isTrue(Optional<PickleValue> value) {
    return value.isPresent() && value.get() == Truth.TRUE;
  }

  private static boolean isTorchRebuild(String callable) {
    return callable.startsWith("torch.") && callable.contains("._rebuild_");
  }

  private static String reason(String callable) {
    return switch (callable) {
      case "torch._utils._rebuild_sparse_tensor" -> "sparse tensor";
      case "torch._utils._rebuild_sparse_csr_tensor" -> "sparse tensor";
      case "torch._utils._rebuild_qtensor" -> "quantized tensor";
      case "torch._utils._rebuild_nested_tensor" -> "nested tensor";
      case "torch._utils._rebuild_meta_tensor_no_storage" -> "meta tensor without elements";
      default -> "unsupported tensor of " + SafeText.quoted(callable);
    };
  }

  private static PickleValue argument(Instance call, int index) {
    if (index >= call.arguments().size()) {
      throw new IllegalArgumentException(
          "Invalid tensor: %d arguments, expected more".formatted(call.arguments().size()));
    }
    return call.arguments().get(index);
  }

  private static Sequence sequence(PickleValue value) {
    if (value instanceof Sequence sequence) {
      return sequence;
    }
    throw new IllegalArgumentException("Invalid tensor: expected a tuple");
  }

  private static long integer(PickleValue value) {
    if (value instanceof Whole whole) {
      return whole.value();
    }
    throw new IllegalArgumentException("Invalid tensor: expected an integer of 64 bits");
  }

  // torch.Size is a call with the tuple as its argument.
  private static List<Long> integers(PickleValue value) {
    PickleValue tuple =
        value instanceof Instance size && size.callable().equals("torch.Size")
            ? argument(size, 0)
            : value;
    List<PickleValue> items = sequence(tuple).items();
    if (items.size() > Shape.MAX_RANK) {
      throw new IllegalArgumentException(
          "Unsupported rank: %d, expected at most %d".formatted(items.size(), Shape.MAX_RANK));
    }
    List<Long> integers = new ArrayList<>();
    for (PickleValue item : items) {
      integers.add(integer(item));
    }
    return integers;
  }
}
