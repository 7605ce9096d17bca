package io.qtrace.format.pytorch;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The value of a pickle, as inert data: no class is resolved, nothing is called. Values may share
 * parts and contain themselves, so the containers compare by identity and nothing here recurses. A
 * value takes at most some 100 bytes, its text and items aside: what is empty takes none.
 */
sealed interface PickleValue {
  /** Python's None. */
  enum Nothing implements PickleValue {
    NONE
  }

  enum Truth implements PickleValue {
    FALSE,
    TRUE
  }

  record Whole(long value) implements PickleValue {}

  /** An integer beyond 64 bits, at most {@link PickleFormat#MAX_INTEGER} bytes. */
  record Large(BigInteger value) implements PickleValue {}

  record Real(double value) implements PickleValue {}

  record Text(String value) implements PickleValue {}

  /** Bytes whose content is not needed. */
  record Blob(long bytes) implements PickleValue {}

  /**
   * A class or function by its name, never resolved.
   *
   * @param path module and name, joined by a dot once: files may refer to it many times
   */
  record Global(String module, String name, String path) implements PickleValue {
    Global(String module, String name) {
      this(module, name, module + "." + name);
    }
  }

  /** A reference to something outside the pickle, such as a storage. */
  final class Persistent implements PickleValue {
    private final PickleValue id;
    private final long position;

    Persistent(PickleValue id, long position) {
      this.id = id;
      this.position = position;
    }

    PickleValue id() {
      return id;
    }

    /** The byte of the file that refers. */
    long position() {
      return position;
    }
  }

  /** A list, tuple or set. */
  final class Sequence implements PickleValue {
    enum Kind {
      LIST,
      TUPLE,
      SET
    }

    private final Kind kind;
    private final List<PickleValue> items;

    Sequence(Kind kind, List<PickleValue> items) {
      this.kind = kind;
      this.items = items;
    }

    Kind kind() {
      return kind;
    }

    List<PickleValue> items() {
      return items;
    }
  }

  /** A dict, in the order of its keys' first appearance. */
  final class Mapping implements PickleValue {
    record Entry(PickleValue key, PickleValue value) {}

    private static final int SEARCHED = 8; // entries that are searched without a tree

    // By order, not by hash: a malicious file may contain keys with equal hashes.
    private static final Comparator<PickleValue> ORDER =
        Comparator.<PickleValue>comparingInt(Mapping::kind).thenComparing(Mapping::compare);

    private final List<Entry> entries = new ArrayList<>(0);
    private Map<PickleValue, Entry> byKey; // null until there are more

    /** Adds an entry; false, and no change, if the dict has that key. */
    boolean add(PickleValue key, PickleValue value) {
      if (byKey == null && entries.size() >= SEARCHED && isComparable(key)) {
        byKey = new TreeMap<>(ORDER);
        entries.stream().filter(e -> isComparable(e.key())).forEach(e -> byKey.put(e.key(), e));
      }
      if (isComparable(key) && get(key) != null) {
        return false;
      }
      Entry entry = new Entry(key, value);
      entries.add(entry);
      if (byKey != null && isComparable(key)) {
        byKey.put(key, entry);
      }
      return true;
    }

    List<Entry> entries() {
      return entries;
    }

    /** The value of a key that is text. */
    Optional<PickleValue> find(String key) {
      return Optional.ofNullable(get(new Text(key))).map(Entry::value);
    }

    private Entry get(PickleValue key) {
      if (byKey != null) {
        return byKey.get(key);
      }
      for (int i = 0; i < Math.min(entries.size(), SEARCHED); i++) {
        if (entries.get(i).key().equals(key)) {
          return entries.get(i);
        }
      }
      return null;
    }

    // Other keys, such as tuples, count as different.
    private static boolean isComparable(PickleValue key) {
      return kind(key) > 0;
    }

    private static int kind(PickleValue key) {
      if (key instanceof Text) {
        return 1;
      }
      if (key instanceof Whole) {
        return 2;
      }
      if (key instanceof Large) {
        return 3;
      }
      if (key instanceof Real) {
        return 4;
      }
      return key instanceof Truth ? 5 : key instanceof Nothing ? 6 : 0;
    }

    // Compares two keys of one kind.
    private static int compare(PickleValue left, PickleValue right) {
      if (left instanceof Text one && right instanceof Text other) {
        return one.value().compareTo(other.value());
      }
      if (left instanceof Whole one && right instanceof Whole other) {
        return Long.compare(one.value(), other.value());
      }
      if (left instanceof Large one && right instanceof Large other) {
        return one.value().compareTo(other.value());
      }
      if (left instanceof Real one && right instanceof Real other) {
        return Double.compare(one.value(), other.value());
      }
      return left instanceof Truth one && right instanceof Truth other ? one.compareTo(other) : 0;
    }
  }

  /**
   * The result of a call, which is not made: the callable, its arguments, and what is then added to
   * the result.
   */
  final class Instance implements PickleValue {
    private final PickleValue callee;
    private final Sequence arguments;
    private final long position;
    private List<PickleValue> items = Collections.emptyList();
    private List<PickleValue> states = Collections.emptyList();
    private Mapping entries;

    Instance(PickleValue callee, Sequence arguments, long position) {
      this.callee = callee;
      this.arguments = arguments;
      this.position = position;
    }

    /** Module and name of the callable; empty if it came from outside the pickle. */
    String callable() {
      return callee instanceof Global global ? global.path() : "";
    }

    List<PickleValue> arguments() {
      return arguments.items();
    }

    /** The byte of the file that calls. */
    long position() {
      return position;
    }

    /** Elements appended, for subclasses of list and set. */
    List<PickleValue> items() {
      return items;
    }

    void append(List<PickleValue> more) {
      if (items.isEmpty()) {
        items = new ArrayList<>(more.size());
      }
      items.addAll(more);
    }

    /** Entries set, for subclasses of dict. */
    List<Mapping.Entry> entries() {
      return entries == null ? List.of() : entries.entries();
    }

    /** The dict that entries are added to. */
    Mapping mapping() {
      if (entries == null) {
        entries = new Mapping();
      }
      return entries;
    }

    /** Operands of BUILD: usually one dict of attributes. */
    List<PickleValue> states() {
      return states;
    }

    void build(PickleValue state) {
      if (states.isEmpty()) {
        states = new ArrayList<>(1);
      }
      states.add(state);
    }
  }
}
