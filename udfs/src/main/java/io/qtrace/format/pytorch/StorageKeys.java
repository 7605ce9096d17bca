package io.qtrace.format.pytorch;

import io.qtrace.io.ByteSource;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.StateDict;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The storages of a state dict, numbered in the order in which its tensors need them. */
final class StorageKeys {
  /**
   * How a pickle refers to a storage.
   *
   * @param key its name in the file
   * @param typed {@code FloatStorage} and the like; empty for an untyped storage
   * @param elements as the class counts them
   */
  record Key(String key, ByteSource source, Optional<String> typed, long elements) {
    boolean isTyped() {
      return typed.isPresent();
    }

    String classModule() {
      return isTyped() ? "torch" : "torch.storage";
    }

    String className() {
      return typed.orElse("UntypedStorage");
    }
  }

  private final Map<ByteSource, Key> keys = new IdentityHashMap<>();
  private final Map<String, Key> ordered = new LinkedHashMap<>();

  StorageKeys(StateDict state) {
    Map<ByteSource, Boolean> mixed = mixed(state);
    for (StateDict.Tensor tensor : state.tensors()) {
      ByteSource source = tensor.storage();
      if (!keys.containsKey(source)) {
        add(source, mixed.get(source) ? Optional.empty() : Optional.of(tensor.dtype()));
      }
    }
  }

  Key of(ByteSource source) {
    return keys.get(source);
  }

  /** In the order of their keys. */
  Collection<Key> all() {
    return ordered.values();
  }

  private void add(ByteSource source, Optional<DType> dtype) {
    Optional<DType> whole = dtype.filter(type -> source.bytes() % type.bytes() == 0);
    Optional<String> typed = whole.flatMap(ElementType::storageClass);
    long elements = typed.isPresent() ? source.bytes() / whole.get().bytes() : source.bytes();
    Key key = new Key(Integer.toString(keys.size()), source, typed, elements);
    keys.put(source, key);
    ordered.put(key.key(), key);
  }

  // Whether tensors view a storage with different dtypes, which a typed storage cannot express.
  private static Map<ByteSource, Boolean> mixed(StateDict state) {
    Map<ByteSource, DType> first = new IdentityHashMap<>();
    Map<ByteSource, Boolean> mixed = new IdentityHashMap<>();
    for (StateDict.Tensor tensor : state.tensors()) {
      first.putIfAbsent(tensor.storage(), tensor.dtype());
      boolean differs = first.get(tensor.storage()) != tensor.dtype();
      mixed.merge(tensor.storage(), differs, Boolean::logicalOr);
    }
    return mixed;
  }
}
