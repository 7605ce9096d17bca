package io.qtrace.format.pytorch;

import io.qtrace.format.pytorch.PickleValue.Instance;
import io.qtrace.io.FormatException;
import io.qtrace.io.ReadBudget;
import io.qtrace.io.ReadLimits;
import io.qtrace.io.SafeText;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.CheckpointIndex.Skipped;
import io.qtrace.tensor.Storage;
import io.qtrace.tensor.TensorEntry;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Finds every tensor of an unpickled tree and names it by its path: keys of dicts, positions in
 * lists and tuples, attributes of objects, joined by dots. A module's parameters, buffers and
 * children are named as its {@code state_dict()} would name them. Where several paths read alike,
 * as {@code {"a": {"b": t}, "a.b": u}} has them, the first in the file's order has the name, and
 * the others have it with {@code #2} and so on, numbers that make no name of another tensor. Parts
 * that contain themselves are entered once; the number of values looked at is bounded, for parts
 * that are shared may be reached in more ways than there are atoms.
 */
final class StateDictWalker {
  private static final long FREE_VISITS = 100_000;
  private static final int VISITS_PER_VALUE =
      8; // shared parts, such as tied modules, count each time
  private static final int TENSOR_BYTES = 250; // maximum bytes of memory, without name and shape
  private static final int DIMENSION_BYTES = 48; // bytes of memory: size and stride

  /**
   * Storages beyond this are not inflated again for each block of a view that is not in C order.
   */
  private static final long MAX_INFLATED_AGAIN = 16L << 20;

  private static final int MAX_SECTION_DEPTH = 4; // nested dicts
  private static final int NAMED = 10; // tensors that a note lists

  private record Frame(PickleValue container, TensorPath path, Iterator<Child> children) {}

  private final String file;
  private final long position;
  private final Storages storages;
  private final List<TensorEntry> tensors = new ArrayList<>();
  private final List<Skipped> skipped = new ArrayList<>();
  private final Set<String> names = new HashSet<>();
  private final Set<String> sections = new HashSet<>();
  private final List<Integer> namesakes = new ArrayList<>(); // places of tensors, ascending
  private final List<Integer> skippedNamesakes = new ArrayList<>(); // places of skipped tensors
  private final Deque<Frame> frames = new ArrayDeque<>();
  private final Set<PickleValue> entered = Collections.newSetFromMap(new IdentityHashMap<>());
  private final ReadBudget budget;
  private long visitsLeft;

  private StateDictWalker(
      String file, long position, long visits, Storages storages, ReadBudget budget) {
    this.file = file;
    this.position = position;
    this.visitsLeft = visits;
    this.storages = storages;
    this.budget = budget;
  }

  /**
   * Indexes the tensors of a tree.
   *
   * @param position where the pickle lies, for faults that have no place of their own
   * @param values how many values the pickle made
   */
  static CheckpointIndex index(
      String file,
      String format,
      long position,
      PickleValue root,
      int values,
      Storages storages,
      ReadBudget budget)
      throws FormatException {
    long visits = FREE_VISITS + (long) VISITS_PER_VALUE * values;
    StateDictWalker walker = new StateDictWalker(file, position, visits, storages, budget);
    walker.walk(root);
    List<String> notes = walker.rename();
    SharedViews.leaveOut(walker.tensors, walker.skipped, budget.limits().viewBytes());
    return new CheckpointIndex(file, format, walker.tensors, walker.skipped, notes)
        .withSections(walker.sections);
  }

  private void walk(PickleValue root) throws FormatException {
    visit(TensorPath.ROOT, root);
    while (!frames.isEmpty()) {
      Frame frame = frames.peek();
      if (frame.children().hasNext()) {
        Child child = frame.children().next();
        look();
        visit(child.path(frame.path()), child.value());
      } else {
        frames.pop();
        entered.remove(frame.container());
      }
    }
  }

  private void visit(TensorPath path, PickleValue value) throws FormatException {
    if (value instanceof Instance instance) {
      try {
        Rebuild rebuild = Rebuild.of(instance);
        if (!(rebuild instanceof Rebuild.None)) {
          add(path, instance, rebuild);
          return;
        }
      } catch (IllegalArgumentException e) {
        throw fault(instance.position(), path, e);
      }
    }
    enter(path, value);
  }

  private void enter(TensorPath path, PickleValue value) throws FormatException {
    if (!Child.isContainer(value) || !entered.add(value)) {
      return;
    }
    look();
    if (frames.size() == budget.limits().depth()) {
      throw ReadLimits.exceeded(
          file,
          position,
          "depth",
          "containers within containers, more than %d deep".formatted(budget.limits().depth()));
    }
    frames.push(new Frame(value, path, Child.of(value)));
  }

  private void look() throws FormatException {
    if (--visitsLeft < 0) {
      throw new FormatException(
          file, position, "Unsupported pickle: its shared values can be reached in too many ways");
    }
  }

  private void add(TensorPath path, Instance tensor, Rebuild rebuild) throws FormatException {
    String name = path.name(budget.limits().nameCharacters());
    budget.take(file, tensor.position(), TENSOR_BYTES + 2L * name.length());
    if (rebuild instanceof Rebuild.View view) {
      budget.take(file, tensor.position(), (long) DIMENSION_BYTES * view.shape().rank());
    }
    int before = tensors.size();
    if (rebuild instanceof Rebuild.View view) {
      add(name, view);
    } else if (rebuild instanceof Rebuild.Other other) {
      skipped.add(new Skipped(name, other.reason()));
    }
    addSection(path);
    if (!names.add(name)) {
      if (tensors.size() > before) {
        namesakes.add(before);
      } else {
        skippedNamesakes.add(skipped.size() - 1);
      }
    }
  }

  // Name of a tensor whose key has dots, in an inner dict.
  private void addSection(TensorPath path) {
    if (frames.size() > 1
        && frames.size() <= MAX_SECTION_DEPTH
        && path.segment().indexOf('.') >= 0
        && frames.stream().allMatch(frame -> Child.isDict(frame.container()))) {
      sections.add(frames.peek().path().name(budget.limits().nameCharacters()));
    }
  }

  // Called once all names are known.
  private List<String> rename() {
    if (namesakes.isEmpty() && skippedNamesakes.isEmpty()) {
      return List.of();
    }
    Map<String, Integer> last = new HashMap<>();
    List<String> renamed = new ArrayList<>();
    for (int place : namesakes) {
      TensorEntry tensor = tensors.get(place);
      String name = free(tensor.name(), last);
      tensors.set(place, tensor.withName(name));
      renamed.add(name);
    }
    for (int place : skippedNamesakes) {
      Skipped tensor = skipped.get(place);
      String name = free(tensor.name(), last);
      skipped.set(place, new Skipped(name, tensor.reason()));
      renamed.add(name);
    }
    String examples =
        renamed.stream().limit(NAMED).map(SafeText::quoted).collect(Collectors.joining(", "));
    return List.of(
        CheckpointIndex.NUMBERED
            + "%s%s"
                .formatted(
                    examples,
                    renamed.size() > NAMED
                        ? " and %d more".formatted(renamed.size() - NAMED)
                        : ""));
  }

  // Each number is tried once for a name, so names that are made to meet cost no more than others.
  private String free(String name, Map<String, Integer> last) {
    int number = last.getOrDefault(name, 1);
    String free;
    do {
      number++;
      free = name + "#" + number;
    } while (!names.add(free));
    last.put(name, number);
    return free;
  }

  private void add(String name, Rebuild.View view) {
    Storage storage = storages.locate(view.storage(), view.storageType());
    TensorEntry entry =
        new TensorEntry(name, view.dtype(), view.shape(), view.stride(), view.offset(), storage);
    if (entry.elements() > Long.MAX_VALUE / entry.dtype().bytes()) {
      throw new IllegalArgumentException("Invalid shape: " + entry.shape() + ", beyond 2^63 bytes");
    }
    if (entry.bytes() > Math.max(storage.bytes(), budget.limits().viewBytes())) {
      skipped.add(
          new Skipped(
              name,
              "expanded from %d to %d bytes (limit view-bytes)"
                  .formatted(storage.bytes(), entry.bytes())));
    } else if (storage.isDeflated()
        && !entry.isContiguous()
        && storage.bytes() > MAX_INFLATED_AGAIN) {
      skipped.add(
          new Skipped(name, "a view of a compressed storage, with strides " + entry.stride()));
    } else {
      tensors.add(entry);
    }
  }

  private FormatException fault(long at, TensorPath path, IllegalArgumentException e) {
    String name;
    try {
      name = SafeText.quoted(path.name(budget.limits().nameCharacters()));
    } catch (IllegalArgumentException tooLong) {
      name = "of a very long name";
    }
    return new FormatException(file, at, "Invalid tensor " + name + ": " + e.getMessage(), e);
  }
}
