package io.qtrace.format.pytorch;

import io.qtrace.format.pytorch.PickleValue.Mapping;
import io.qtrace.format.pytorch.PickleValue.Persistent;
import io.qtrace.format.pytorch.PickleValue.Sequence;
import io.qtrace.format.pytorch.PickleValue.Text;
import io.qtrace.format.pytorch.PickleValue.Whole;
import io.qtrace.io.FormatException;
import io.qtrace.io.RangeReader;
import io.qtrace.io.ReadBudget;
import io.qtrace.io.SafeText;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.Storage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A checkpoint that is pickles followed by storages. */
final class TorchLegacy implements Storages {
  private static final int BATCH = 4096;

  private static final int STORAGE_BYTES = 400; // maximum bytes of memory, without its key

  private final RangeReader reader;
  private final ReadBudget budget;
  private final Map<String, Placed> placed = new HashMap<>();

  /** A storage as the pickle describes it, and its position. */
  private record Placed(StorageReference reference, Storage storage) {}

  private TorchLegacy(RangeReader reader, ReadBudget budget) {
    this.reader = reader;
    this.budget = budget;
  }

  static CheckpointIndex index(RangeReader reader, ReadBudget budget, PickledGlobals globals)
      throws IOException {
    long end = Math.min(reader.length(), PickleFormat.MAX_BYTES);
    PickleInput pickles = PickleInput.of(reader, end);
    readPreamble(pickles, budget, globals);
    long position = pickles.position();
    PickleMachine machine = new PickleMachine(pickles, budget, globals);
    PickleValue value = machine.run();
    TorchLegacy file = new TorchLegacy(reader, budget);
    file.place(pickles, machine.persistents(), globals);
    return StateDictWalker.index(
        reader.uri(), TorchLegacyFormat.NAME, position, value, machine.opcodes(), file, budget);
  }

  @Override
  public Storage locate(StorageReference reference, ElementType type) {
    return placed.get(reference.key()).storage(); // place() has seen every reference
  }

  private static void readPreamble(PickleInput pickles, ReadBudget budget, PickledGlobals globals)
      throws IOException {
    PickleValue magic = new PickleMachine(pickles, budget, globals).run();
    if (!TorchLegacyFormat.isMagic(magic)) {
      throw pickles.fault(
          0, "Unsupported file: it is a plain Python pickle; save its state_dict with torch.save");
    }
    long at = pickles.position();
    PickleValue version = new PickleMachine(pickles, budget, globals).run();
    if (!(version instanceof Whole revision
        && revision.value() == TorchLegacyFormat.PROTOCOL_VERSION)) {
      throw pickles.fault(at, "Unsupported protocol version, expected 1001");
    }
    at = pickles.position();
    if (!(new PickleMachine(pickles, budget, globals).run() instanceof Mapping)) {
      throw pickles.fault(at, "Invalid system information: expected a dict");
    }
  }

  // The sizes that the references state give every position; each storage's own header must agree.
  private void place(PickleInput pickles, List<Persistent> persistents, PickledGlobals globals)
      throws IOException {
    Map<String, StorageReference> references = references(persistents);
    long keysAt = pickles.position();
    Set<String> keys = keys(keysAt, new PickleMachine(pickles, budget, globals).run());
    if (!keys.equals(references.keySet())) {
      throw fault(keysAt, "Invalid storage keys: expected those that the object refers to");
    }
    List<Placed> ordered = new ArrayList<>();
    long position = pickles.position();
    for (String key : keys) {
      budget.take(reader.uri(), keysAt, STORAGE_BYTES + 2L * key.length());
      Placed next = placed(references.get(key), position);
      placed.put(key, next);
      ordered.add(next);
      position = next.storage().position() + next.storage().bytes();
    }
    if (position != reader.length()) {
      throw fault(
          position,
          "Invalid file: %d bytes after the last storage".formatted(reader.length() - position));
    }
    for (int from = 0; from < ordered.size(); from += BATCH) {
      checkHeaders(ordered.subList(from, Math.min(from + BATCH, ordered.size())));
    }
  }

  private Map<String, StorageReference> references(List<Persistent> persistents)
      throws FormatException {
    Map<String, StorageReference> references = new HashMap<>();
    for (Persistent persistent : persistents) {
      Optional<StorageReference> reference;
      try {
        reference = StorageReference.of(persistent);
      } catch (IllegalArgumentException e) {
        throw new FormatException(reader.uri(), persistent.position(), e.getMessage(), e);
      }
      if (reference.isEmpty()) {
        continue; // a class with its source
      }
      StorageReference other = references.putIfAbsent(reference.get().key(), reference.get());
      if (other != null && !other.equals(reference.get())) {
        throw fault(
            persistent.position(),
            "Invalid storage %s: two different references to it"
                .formatted(SafeText.quoted(other.key())));
      }
    }
    return references;
  }

  private Set<String> keys(long at, PickleValue value) throws FormatException {
    if (!(value instanceof Sequence list && list.kind() == Sequence.Kind.LIST)) {
      throw fault(at, "Invalid storage keys: expected a list");
    }
    Set<String> keys = new LinkedHashSet<>();
    for (PickleValue item : list.items()) {
      if (!(item instanceof Text key && keys.add(key.value()))) {
        throw fault(at, "Invalid storage keys: expected different strings");
      }
    }
    return keys;
  }

  private Placed placed(StorageReference reference, long at) throws FormatException {
    ElementType type =
        reference
            .type()
            .orElseThrow(
                () ->
                    fault(
                        at,
                        "Unsupported storage class "
                            + SafeText.quoted(reference.storageClass().path())));
    long data = at + TorchLegacyFormat.STORAGE_HEADER_BYTES;
    long bytes = bytes(reference, type, at);
    if (bytes > reader.length() - data) {
      throw fault(
          at,
          "Invalid storage %s: %d bytes, %d remain in the file"
              .formatted(
                  SafeText.quoted(reference.key()), bytes, Math.max(0, reader.length() - data)));
    }
    Storage storage =
        new Storage(
            reader.uri(), reference.key(), data, bytes, Storage.Order.LITTLE, Storage.UNVERIFIED);
    return new Placed(reference, storage);
  }

  private long bytes(StorageReference reference, ElementType type, long at) throws FormatException {
    try {
      return reference.bytes(type);
    } catch (IllegalArgumentException e) {
      throw new FormatException(reader.uri(), at, e.getMessage(), e);
    }
  }

  private void checkHeaders(List<Placed> storages) throws IOException {
    List<Excerpts.Span> spans = new ArrayList<>();
    for (Placed each : storages) {
      spans.add(new Excerpts.Span(headerOf(each), TorchLegacyFormat.STORAGE_HEADER_BYTES));
    }
    Excerpts excerpts = Excerpts.read(reader, spans);
    for (Placed each : storages) {
      long elements =
          excerpts.get(headerOf(each), TorchLegacyFormat.STORAGE_HEADER_BYTES).getLong();
      if (elements != each.reference().elements()) {
        throw fault(
            headerOf(each),
            "Invalid storage %s: %d elements, expected %d"
                .formatted(
                    SafeText.quoted(each.reference().key()),
                    elements,
                    each.reference().elements()));
      }
    }
  }

  private static long headerOf(Placed each) {
    return each.storage().position() - TorchLegacyFormat.STORAGE_HEADER_BYTES;
  }

  private FormatException fault(long position, String reason) {
    return new FormatException(reader.uri(), position, reason);
  }
}
