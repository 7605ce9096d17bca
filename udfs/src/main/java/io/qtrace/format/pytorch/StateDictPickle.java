package io.qtrace.format.pytorch;

import io.qtrace.tensor.StateDict;
import java.util.Map;

/**
 * The pickle of a state dict: an {@code OrderedDict} of calls that rebuild the tensors, with the
 * modules' versions as its attribute {@code _metadata}.
 */
final class StateDictPickle {
  private static final String LOCATION = "cpu";

  private final PickleWriter pickle = new PickleWriter();
  private final StorageKeys storages;

  private StateDictPickle(StorageKeys storages) {
    this.storages = storages;
  }

  static byte[] of(StateDict state, StorageKeys storages) {
    return new StateDictPickle(storages).write(state);
  }

  private byte[] write(StateDict state) {
    pickle.orderedDict();
    if (!state.tensors().isEmpty()) {
      pickle.op(PickleFormat.MARK);
      state.tensors().forEach(this::item);
      pickle.op(PickleFormat.SETITEMS);
    }
    if (!state.versions().isEmpty()) {
      metadata(state.versions());
    }
    return pickle.end();
  }

  private void item(StateDict.Tensor tensor) {
    StorageKeys.Key storage = storages.of(tensor.storage());
    pickle.text(tensor.name());
    pickle.global("torch._utils", storage.isTyped() ? "_rebuild_tensor_v2" : "_rebuild_tensor_v3");
    pickle.op(PickleFormat.MARK);
    reference(storage);
    pickle.integer(tensor.offset());
    pickle.integers(tensor.shape().sizes());
    pickle.integers(tensor.stride());
    pickle.op(PickleFormat.NEWFALSE); // requires_grad
    pickle.orderedDict(); // backward hooks
    if (!storage.isTyped()) {
      pickle.global("torch", tensor.dtype().label());
    }
    pickle.op(PickleFormat.TUPLE).op(PickleFormat.REDUCE);
  }

  // ('storage', class, key, location, numel)
  private void reference(StorageKeys.Key storage) {
    pickle.op(PickleFormat.MARK).word("storage");
    pickle.global(storage.classModule(), storage.className());
    pickle.word(storage.key()).word(LOCATION);
    pickle.integer(storage.elements());
    pickle.op(PickleFormat.TUPLE).op(PickleFormat.BINPERSID);
  }

  private void metadata(Map<String, Long> versions) {
    pickle.op(PickleFormat.EMPTY_DICT).text("_metadata").orderedDict().op(PickleFormat.MARK);
    versions.forEach(
        (module, version) ->
            pickle
                .text(module)
                .op(PickleFormat.EMPTY_DICT)
                .word("version")
                .integer(version)
                .op(PickleFormat.SETITEM));
    pickle.op(PickleFormat.SETITEMS).op(PickleFormat.SETITEM).op(PickleFormat.BUILD);
  }
}
