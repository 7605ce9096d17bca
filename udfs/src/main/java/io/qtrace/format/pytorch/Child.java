package io.qtrace.format.pytorch;

import io.qtrace.format.pytorch.PickleValue.Instance;
import io.qtrace.format.pytorch.PickleValue.Mapping;
import io.qtrace.format.pytorch.PickleValue.Nothing;
import io.qtrace.format.pytorch.PickleValue.Sequence;
import io.qtrace.format.pytorch.PickleValue.Text;
import io.qtrace.format.pytorch.PickleValue.Whole;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/**
 * A container within another.
 *
 * @param key what the outer one keeps it under: a dict's key, an attribute, a position
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

  /** Whether a value has parts. */
  static boolean isContainer(PickleValue value) {
    return value instanceof Sequence || value instanceof Mapping || value instanceof Instance;
  }

  /** Whether a value is a dict of Python's. */
  static boolean isDict(PickleValue value) {
    return value instanceof Mapping
        || (value instanceof Instance instance && DICTS.contains(instance.callable()));
  }

  /** How many parts a value has, scalars included: what it costs to look at them. */
  static long count(PickleValue value) {
    if (value instanceof Sequence sequence) {
      return 1L + sequence.items().size();
    }
    if (value instanceof Mapping mapping) {
      return 1L + mapping.entries().size();
    }
    long parts = 1;
    if (value instanceof Instance instance) {
      parts += instance.arguments().size();
      parts += instance.items().size();
      parts += instance.entries().entries().size();
      for (PickleValue state : instance.states()) {
        for (Mapping attributes : attributes(state)) {
          parts += attributes.entries().size();
        }
      }
    }
    return parts;
  }

  /** The parts, those without parts of their own left out, in the file's order. */
  static List<Child> of(PickleValue value) {
    List<Child> children = new ArrayList<>(0);
    if (value instanceof Sequence sequence) {
      addItems(children, sequence.items());
    } else if (value instanceof Mapping mapping) {
      addEntries(children, mapping.entries());
    } else if (value instanceof Instance instance) {
      addParts(children, instance);
    }
    return children;
  }

  TensorPath path(TensorPath parent) {
    return ordinal == UNNAMED ? parent : parent.child(PathSegment.of(key, ordinal));
  }

  private static void add(List<Child> children, PickleValue key, int ordinal, PickleValue value) {
    if (isContainer(value)) {
      children.add(new Child(key, ordinal, value));
    }
  }

  private static void addItems(List<Child> children, List<PickleValue> items) {
    for (int i = 0; i < items.size(); i++) {
      add(children, new Whole(i), i, items.get(i));
    }
  }

  private static void addEntries(List<Child> children, Collection<Mapping.Entry> entries) {
    int ordinal = 0;
    for (Mapping.Entry entry : entries) {
      add(children, entry.key(), ordinal++, entry.value());
    }
  }

  private static void addParts(List<Child> children, Instance instance) {
    if (DICTS.contains(instance.callable())) {
      instance.arguments().forEach(argument -> addInitial(children, argument));
    } else {
      addItems(children, instance.arguments());
    }
    addItems(children, instance.items());
    addEntries(children, instance.entries().entries());
    for (PickleValue state : instance.states()) {
      List<Mapping> attributes = attributes(state);
      if (attributes.isEmpty()) {
        add(children, STATE, 0, state);
      }
      attributes.forEach(dict -> addAttributes(children, dict));
    }
  }

  // A dict, or pairs of key and value as Python 2 wrote them.
  private static void addInitial(List<Child> children, PickleValue argument) {
    if (!(argument instanceof Sequence pairs)) {
      add(children, Nothing.NONE, UNNAMED, argument);
      return;
    }
    for (int i = 0; i < pairs.items().size(); i++) {
      if (pairs.items().get(i) instanceof Sequence pair && pair.items().size() == 2) {
        add(children, pair.items().get(0), i, pair.items().get(1));
      }
    }
  }

  private static void addAttributes(List<Child> children, Mapping attributes) {
    boolean module = MODULE_PARTS.stream().allMatch(part -> attributes.find(part).isPresent());
    int ordinal = 0;
    for (Mapping.Entry attribute : attributes.entries()) {
      boolean part =
          module && attribute.key() instanceof Text name && MODULE_PARTS.contains(name.value());
      add(children, attribute.key(), part ? UNNAMED : ordinal, attribute.value());
      ordinal++;
    }
  }

  // The operand of BUILD is a dict of attributes, or a pair of dicts where the class has slots;
  // none, if it is whatever the class's own __setstate__ takes.
  private static List<Mapping> attributes(PickleValue state) {
    if (state instanceof Mapping dict) {
      return List.of(dict);
    }
    if (state instanceof Sequence pair
        && pair.items().size() == 2
        && pair.items().get(1) instanceof Mapping slots) {
      return pair.items().get(0) instanceof Mapping dict ? List.of(dict, slots) : List.of(slots);
    }
    return List.of();
  }
}
