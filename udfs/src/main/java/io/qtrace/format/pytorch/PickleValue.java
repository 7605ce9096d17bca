package io.qtrace.format.pytorch;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a pickle describes, as inert data: no class is resolved, nothing is called. Values may share
 * parts and contain themselves, so the containers compare by identity and nothing here recurses.
 */
sealed interface PickleValue {
  /** Python's None. */
  enum Nothing implements PickleValue {
    NONE
  }

  record Truth(boolean value) implements PickleValue {}

  record Whole(long value) implements PickleValue {}

  /** An integer beyond 64 bits, at most {@link PickleFormat#MAX_INTEGER} bytes. */
  record Large(BigInteger value) implements PickleValue {}

  record Real(double value) implements PickleValue {}

  record Text(String value) implements PickleValue {}

  /** Bytes that nobody here looks at. */
  record Blob(long bytes) implements PickleValue {}

  /** A class or function by its name, never resolved. */
  record Global(String module, String name) implements PickleValue {
    String path() {
      return module + "." + name;
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

    private final Map<Object, Entry> entries = new LinkedHashMap<>();

    /** Adds an entry; false, and no change, if the dict has that key. */
    boolean add(PickleValue key, PickleValue value) {
      return entries.putIfAbsent(identity(key), new Entry(key, value)) == null;
    }

    Collection<Entry> entries() {
      return entries.values();
    }

    /** The value of a key that is text. */
    Optional<PickleValue> find(String key) {
      return Optional.ofNullable(entries.get(key)).map(Entry::value);
    }

    // What two equal keys share: comparable where a file could make the hashes collide.
    private static Object identity(PickleValue key) {
      if (key instanceof Text text) {
        return text.value();
      }
      if (key instanceof Whole whole) {
        return whole.value();
      }
      if (key instanceof Large large) {
        return large.value();
      }
      if (key instanceof Real real) {
        return real.value();
      }
      return key instanceof Truth || key instanceof Nothing ? key : new Object();
    }
  }

  /** What some callable would make of its arguments, and what was then put into the result. */
  final class Instance implements PickleValue {
    private final PickleValue callee;
    private final Sequence arguments;
    private final long position;
    private final List<PickleValue> items = new ArrayList<>(0);
    private final List<PickleValue> states = new ArrayList<>(0);
    private final Mapping entries = new Mapping();

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

    /** Entries set, for subclasses of dict. */
    Mapping entries() {
      return entries;
    }

    /** Operands of BUILD: usually one dict of attributes. */
    List<PickleValue> states() {
      return states;
    }
  }
}
