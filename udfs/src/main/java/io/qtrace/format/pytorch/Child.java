package io.qtrace.format.pytorch;

import io.qtrace.format.pytorch.PickleValue.Instance;
import io.qtrace.format.pytorch.PickleValue.Mapping;
import io.qtrace.format.pytorch.PickleValue.Nothing;
import io.qtrace.format.pytorch.PickleValue.Sequence;
import io.qtrace.format.pytorch.PickleValue.Text;
import io.qtrace.format.pytorch.PickleValue.Whole;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.function.IntFunction;

/**
 * A part of a container.
 *
 * @param key what the container keeps it under: a dict's key, an attribute, a position
 * @param ordinal its place there, or {@link #UNNAMED} if it adds nothing to the path
 */
record Child(PickleValue key, int ordinal, PickleValue value) {
  private static final int UNNAMED = -1;

  /** Where a module keeps what its state dict lists without a prefix. */
  private static final Set<String> MODULE_PARTS = Set.of("_parameters", "_buffers", "_modules");

  /** Callables whose arguments are dicts, or pairs, to start from. */
  private static final Set<String> DICTS =
      Set.of("collections.OrderedDict", "collections.Counter", "collections.defaultdict");

  private static final PickleValue STATE = new Text("state");

  /** Stands for a part that was searched and is not there. */
  private static final Child NONE = new Child(Nothing.NONE, UNNAMED, Nothing.NONE);

  /** Whether a value has parts. */
  static boolean isContainer(PickleValue value) {
    return value instanceof Sequence || value instanceof Mapping || value instanceof Instance;
  }

  /** Whether a value is a dict of Python's. */
  static boolean isDict(PickleValue value) {
    return value instanceof Mapping
        || (value instanceof Instance instance && DICTS.contains(instance.callable()));
  }

  /**
   * The parts in the file's order, scalars too, each made when it is asked for. To look at one
   * costs the same whatever the container.
   */
  static Iterator<Child> of(PickleValue value) {
    if (value instanceof Sequence sequence) {
      return items(sequence.items());
    }
    if (value instanceof Mapping mapping) {
      return entries(mapping.entries());
    }
    return value instanceof Instance instance
        ? new Joined(4, section -> section(instance, section))
        : List.<Child>of().iterator();
  }

  TensorPath path(TensorPath parent) {
    return ordinal == UNNAMED ? parent : parent.child(this);
  }

  private static Iterator<Child> section(Instance instance, int section) {
    return switch (section) {
      case 0 ->
          DICTS.contains(instance.callable())
              ? new Joined(instance.arguments().size(), i -> initial(instance.arguments().get(i)))
              : items(instance.arguments());
      case 1 -> items(instance.items());
      case 2 -> entries(instance.entries());
      default -> new Joined(instance.states().size(), i -> state(instance.states().get(i)));
    };
  }

  private static Iterator<Child> items(List<PickleValue> items) {
    return new Indexed(items.size(), i -> new Child(new Whole(i), i, items.get(i)));
  }

  private static Iterator<Child> entries(List<Mapping.Entry> entries) {
    return new Indexed(
        entries.size(), i -> new Child(entries.get(i).key(), i, entries.get(i).value()));
  }

  // A dict, or pairs of key and value as Python 2 wrote them.
  private static Iterator<Child> initial(PickleValue argument) {
    if (!(argument instanceof Sequence pairs)) {
      return one(new Child(Nothing.NONE, UNNAMED, argument));
    }
    if (pairs.items().isEmpty()) {
      return one(NONE);
    }
    return new Indexed(
        pairs.items().size(),
        i ->
            pairs.items().get(i) instanceof Sequence pair && pair.items().size() == 2
                ? new Child(pair.items().get(0), i, pair.items().get(1))
                : NONE);
  }

  // The operand of BUILD is a dict of attributes, or a pair of dicts where the class has slots; or
  // it is whatever the class's own __setstate__ takes.
  private static Iterator<Child> state(PickleValue state) {
    if (state instanceof Mapping dict) {
      return attributes(dict);
    }
    if (state instanceof Sequence pair
        && pair.items().size() == 2
        && pair.items().get(1) instanceof Mapping slots) {
      return pair.items().get(0) instanceof Mapping dict
          ? new Joined(2, i -> attributes(i == 0 ? dict : slots))
          : attributes(slots);
    }
    return one(new Child(STATE, 0, state));
  }

  private static Iterator<Child> attributes(Mapping attributes) {
    List<Mapping.Entry> entries = attributes.entries();
    if (entries.isEmpty()) {
      return one(NONE);
    }
    boolean module = MODULE_PARTS.stream().allMatch(part -> attributes.find(part).isPresent());
    return new Indexed(
        entries.size(),
        i -> {
          Mapping.Entry attribute = entries.get(i);
          boolean part =
              module && attribute.key() instanceof Text name && MODULE_PARTS.contains(name.value());
          return new Child(attribute.key(), part ? UNNAMED : i, attribute.value());
        });
  }

  private static Iterator<Child> one(Child child) {
    return List.of(child).iterator();
  }

  /** Parts made by their place. */
  private static final class Indexed implements Iterator<Child> {
    private final int count;
    private final IntFunction<Child> make;
    private int next;

    Indexed(int count, IntFunction<Child> make) {
      this.count = count;
      this.make = make;
    }

    @Override
    public boolean hasNext() {
      return next < count;
    }

    @Override
    public Child next() {
      return make.apply(next++);
    }
  }

  /** Parts after parts; streams would make all of one before the first is taken. */
  private static final class Joined implements Iterator<Child> {
    private final int count;
    private final IntFunction<Iterator<Child>> make;
    private Iterator<Child> current = List.<Child>of().iterator();
    private int next;

    Joined(int count, IntFunction<Iterator<Child>> make) {
      this.count = count;
      this.make = make;
    }

    @Override
    public boolean hasNext() {
      while (!current.hasNext() && next < count) {
        current = make.apply(next++);
      }
      return current.hasNext();
    }

    @Override
    public Child next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      return current.next();
    }
  }
}
