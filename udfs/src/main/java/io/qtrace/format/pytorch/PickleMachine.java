package io.qtrace.format.pytorch;

import static io.qtrace.format.pytorch.PickleFormat.*;

import io.qtrace.format.pytorch.PickleValue.Blob;
import io.qtrace.format.pytorch.PickleValue.Global;
import io.qtrace.format.pytorch.PickleValue.Instance;
import io.qtrace.format.pytorch.PickleValue.Large;
import io.qtrace.format.pytorch.PickleValue.Mapping;
import io.qtrace.format.pytorch.PickleValue.Nothing;
import io.qtrace.format.pytorch.PickleValue.Persistent;
import io.qtrace.format.pytorch.PickleValue.Real;
import io.qtrace.format.pytorch.PickleValue.Sequence;
import io.qtrace.format.pytorch.PickleValue.Text;
import io.qtrace.format.pytorch.PickleValue.Truth;
import io.qtrace.format.pytorch.PickleValue.Whole;
import io.qtrace.io.FormatException;
import io.qtrace.io.ReadBudget;
import io.qtrace.io.ReadLimits;
import io.qtrace.io.SafeText;
import io.qtrace.tensor.PickledGlobal.Judgement;
import java.io.IOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * Interprets the opcodes of one pickle and builds inert values. It calls and resolves nothing;
 * memory is counted before values are made. Names are collected: reading stops at a name that would
 * run code, scanning continues to the end.
 */
final class PickleMachine {
  // Maximum bytes of memory for a value, without its text and items.
  private static final int VALUE_BYTES = 72;
  private static final int OBJECT_BYTES = 48;
  private static final int NUMBER_BYTES = 24;
  private static final int SLOT_BYTES = 8; // bytes of memory for a reference in a growing list
  private static final int ENTRY_BYTES = 96; // bytes of memory for an entry of a dict

  private static final Whole[] SMALL =
      LongStream.range(0, 256).mapToObj(Whole::new).toArray(Whole[]::new);

  private static final Sequence NO_ITEMS = new Sequence(Sequence.Kind.TUPLE, List.of());

  private final PickleInput input;
  private final PickleStack stack;
  private final PickleMemo memo;
  private final ReadBudget budget;
  private final PickledGlobals globals;
  private final String member;
  private final boolean scanning;
  private final List<Persistent> persistents = new ArrayList<>();
  private int opcodes;
  private long at; // offset of the current opcode

  /** Reads a pickle that makes up its file, or the part of a file before its storages. */
  PickleMachine(PickleInput input, ReadBudget budget, PickledGlobals globals) {
    this(input, budget, globals, "", false);
  }

  private PickleMachine(
      PickleInput input,
      ReadBudget budget,
      PickledGlobals globals,
      String member,
      boolean scanning) {
    this.input = input;
    this.stack = new PickleStack(input, budget);
    this.memo = new PickleMemo();
    this.budget = budget;
    this.globals = globals;
    this.member = member;
    this.scanning = scanning;
  }

  /** Reads the pickle that is a member of a zip archive. */
  static PickleMachine reading(
      PickleInput input, ReadBudget budget, PickledGlobals globals, String member) {
    return new PickleMachine(input, budget, globals, member, false);
  }

  /**
   * Scans a pickle for names; values that no checkpoint has are skipped.
   *
   * @param member of a zip archive, or empty
   */
  static PickleMachine scanning(
      PickleInput input, ReadBudget budget, PickledGlobals globals, String member) {
    return new PickleMachine(input, budget, globals, member, true);
  }

  /**
   * The value that the pickle describes; the input then stands behind its STOP.
   *
   * @throws FormatException if the pickle is malformed, too long, or names what would run code
   */
  PickleValue run() throws IOException {
    for (int opcode = next(); opcode != STOP; opcode = next()) {
      step(opcode);
    }
    PickleValue value = stack.pop();
    if (!stack.isEmpty()) {
      refuse("Invalid pickle: values left on the stack at its end");
    }
    return value;
  }

  /** Every reference to something outside the pickle. */
  List<Persistent> persistents() {
    return persistents;
  }

  /** How many opcodes ran: no pickle describes more values than that without sharing them. */
  int opcodes() {
    return opcodes;
  }

  // Memory of what an opcode creates, without text, items and the stack.
  private static int memory(int opcode) {
    return switch (opcode) {
      case APPEND, APPENDS, ADDITEMS, SETITEM, SETITEMS, BUILD -> VALUE_BYTES;
      case REDUCE, NEWOBJ, EMPTY_LIST, EMPTY_SET, EMPTY_DICT, BINPERSID -> OBJECT_BYTES;
      case BININT, BININT2, BINFLOAT -> NUMBER_BYTES;
      case PROTO, FRAME, MARK, POP, POP_MARK, DUP, NONE, NEWTRUE, NEWFALSE, BININT1 -> 0;
      case EMPTY_TUPLE, PUT, BINPUT, LONG_BINPUT, MEMOIZE, GET, BINGET, LONG_BINGET -> 0;
      default -> VALUE_BYTES;
    };
  }

  private void take(long bytes) throws FormatException {
    budget.take(input.file(), at, bytes);
  }

  private int next() throws IOException {
    at = input.position();
    if (++opcodes > budget.limits().opcodes()) {
      throw ReadLimits.exceeded(
          input.file(), at, "opcodes", "more than %d opcodes".formatted(budget.limits().opcodes()));
    }
    return input.u8();
  }

  private void step(int opcode) throws IOException {
    take(memory(opcode));
    switch (opcode) {
      case PROTO -> protocol();
      case FRAME -> frame(input.u64());

      case MARK -> stack.mark();
      case POP -> stack.drop();
      case POP_MARK -> stack.popToMark();
      case DUP -> stack.push(stack.top());

      case NONE -> stack.push(Nothing.NONE);
      case NEWTRUE -> stack.push(Truth.TRUE);
      case NEWFALSE -> stack.push(Truth.FALSE);
      case INT -> stack.push(integerOrTruth(input.line(MAX_LINE)));
      case LONG -> stack.push(integer(input.line(MAX_LINE)));
      case BININT -> stack.push(new Whole(input.i32()));
      case BININT1 -> stack.push(SMALL[input.u8()]);
      case BININT2 -> stack.push(new Whole(input.u16()));
      case LONG1 -> stack.push(integer(input.u8()));
      case LONG4 -> stack.push(integer(input.u32()));
      case FLOAT -> stack.push(new Real(some(PickleText.real(input.line(MAX_LINE)), "float")));
      case BINFLOAT -> stack.push(new Real(input.bigEndianDouble()));

      case STRING -> stack.push(text(PickleText.literal(line())));
      case UNICODE -> stack.push(text(PickleText.rawUnicode(line())));
      case BINSTRING -> stack.push(textOrBlob(input.bytes(input.u32())));
      case SHORT_BINSTRING -> stack.push(textOrBlob(input.bytes(input.u8())));
      case SHORT_BINUNICODE -> stack.push(text(PickleText.utf8(input.bytes(input.u8()))));
      case BINUNICODE -> stack.push(text(PickleText.utf8(input.bytes(input.u32()))));
      case BINUNICODE8 -> stack.push(text(PickleText.utf8(input.bytes(input.u64()))));
      case SHORT_BINBYTES -> stack.push(blob(input.u8()));
      case BINBYTES -> stack.push(blob(input.u32()));
      case BINBYTES8, BYTEARRAY8 -> stack.push(blob(input.u64()));

      case EMPTY_TUPLE -> stack.push(NO_ITEMS);
      case TUPLE1 -> stack.push(new Sequence(Sequence.Kind.TUPLE, stack.pop(1)));
      case TUPLE2 -> stack.push(new Sequence(Sequence.Kind.TUPLE, stack.pop(2)));
      case TUPLE3 -> stack.push(new Sequence(Sequence.Kind.TUPLE, stack.pop(3)));
      case TUPLE -> stack.push(new Sequence(Sequence.Kind.TUPLE, stack.popToMark()));
      case EMPTY_LIST -> stack.push(new Sequence(Sequence.Kind.LIST, new ArrayList<>(0)));
      case LIST -> stack.push(new Sequence(Sequence.Kind.LIST, stack.popToMark()));
      case EMPTY_SET -> stack.push(new Sequence(Sequence.Kind.SET, new ArrayList<>(0)));
      case FROZENSET -> stack.push(new Sequence(Sequence.Kind.SET, stack.popToMark()));
      case EMPTY_DICT -> stack.push(new Mapping());
      case DICT -> stack.push(dict(stack.popToMark()));
      case APPEND -> append(stack.pop(1));
      case APPENDS, ADDITEMS -> append(stack.popToMark());
      case SETITEM -> setItems(stack.pop(2));
      case SETITEMS -> setItems(stack.popToMark());

      case GET -> get(memoKey(input.line(MAX_LINE)));
      case BINGET -> get(input.u8());
      case LONG_BINGET -> get(input.u32());
      case PUT -> put(memoKey(input.line(MAX_LINE)));
      case BINPUT -> put(input.u8());
      case LONG_BINPUT -> put(input.u32());
      case MEMOIZE -> put(memo.size());

      case PERSID -> persistent(text(PickleText.utf8(input.line(MAX_LINE))));
      case BINPERSID -> persistent(stack.pop());

      case GLOBAL -> stack.push(global(globalLine(), globalLine()));
      case STACK_GLOBAL -> stackGlobal(stack.pop(2));
      case REDUCE, NEWOBJ -> call(stack.pop(2));
      case NEWOBJ_EX -> callWithKeywords(stack.pop(3));
      case INST -> callOn(global(globalLine(), globalLine()), stack.popToMark());
      case OBJ -> callFirst(stack.popToMark());
      case BUILD -> build(stack.pop());
      case EXT1 -> extension(opcode, input.u8());
      case EXT2 -> extension(opcode, input.u16());
      case EXT4 -> extension(opcode, input.u32());

      default -> throw unsupported(opcode);
    }
  }

  private void protocol() throws IOException {
    int protocol = input.u8();
    if (protocol > LAST_PROTOCOL) {
      throw fault("Unsupported pickle protocol: %d, expected 0 to 5".formatted(protocol));
    }
  }

  private void frame(long length) throws FormatException {
    if (length > input.remaining()) {
      throw fault(
          "Invalid frame: %d bytes, %d remain in the pickle".formatted(length, input.remaining()));
    }
  }

  // Scalars.

  private PickleValue integerOrTruth(byte[] line) throws FormatException {
    if (line.length == 2 && line[0] == '0' && (line[1] == '0' || line[1] == '1')) {
      return line[1] == '1' ? Truth.TRUE : Truth.FALSE;
    }
    return integer(line);
  }

  private PickleValue integer(byte[] line) throws FormatException {
    return integer(some(PickleText.integer(line), "integer"));
  }

  private PickleValue integer(long bytes) throws IOException {
    if (bytes > MAX_INTEGER) {
      return blob(bytes);
    }
    byte[] littleEndian = input.bytes(bytes);
    byte[] bigEndian = new byte[littleEndian.length];
    for (int i = 0; i < bigEndian.length; i++) {
      bigEndian[i] = littleEndian[bigEndian.length - 1 - i];
    }
    return integer(bigEndian.length == 0 ? BigInteger.ZERO : new BigInteger(bigEndian));
  }

  private static PickleValue integer(BigInteger value) {
    int bytes = value.bitLength() / Byte.SIZE + 1;
    if (bytes <= Long.BYTES) {
      return new Whole(value.longValue());
    }
    return bytes <= MAX_INTEGER ? new Large(value) : new Blob(bytes);
  }

  private byte[] line() throws IOException {
    return input.line(input.remaining());
  }

  private Text text(Optional<String> decoded) throws FormatException {
    Text text = new Text(some(decoded, "string"));
    boolean wide = text.value().chars().anyMatch(c -> c > 0xff);
    take((wide ? 2L : 1L) * text.value().length());
    return text;
  }

  // Python 2 wrote bytes and text alike.
  private PickleValue textOrBlob(byte[] bytes) throws FormatException {
    take(2L * bytes.length);
    return PickleText.utf8(bytes).<PickleValue>map(Text::new).orElse(new Blob(bytes.length));
  }

  private Blob blob(long bytes) throws IOException {
    input.skip(bytes);
    return new Blob(bytes);
  }

  private <T> T some(Optional<T> parsed, String what) throws FormatException {
    return parsed.orElseThrow(() -> fault("Invalid " + what + ": not in its pickled form"));
  }

  // Containers.

  private Mapping dict(List<PickleValue> pairs) throws FormatException {
    Mapping dict = new Mapping();
    addAll(dict, pairs);
    return dict;
  }

  private void setItems(List<PickleValue> pairs) throws FormatException {
    PickleValue target = stack.top();
    if (target instanceof Mapping dict) {
      addAll(dict, pairs);
    } else if (target instanceof Instance instance) {
      addAll(instance.mapping(), pairs);
    } else {
      refuse("Invalid pickle: sets items of an object that is not a dict");
    }
  }

  private void addAll(Mapping dict, List<PickleValue> pairs) throws FormatException {
    if (pairs.size() % 2 != 0) {
      throw fault("Invalid dict: a key without a value");
    }
    take((long) ENTRY_BYTES * pairs.size() / 2);
    for (int i = 0; i < pairs.size(); i += 2) {
      if (!dict.add(pairs.get(i), pairs.get(i + 1))) {
        refuse("Invalid dict: duplicate keys " + SafeText.quoted(PathSegment.of(pairs.get(i), i)));
      }
    }
  }

  private void append(List<PickleValue> items) throws FormatException {
    PickleValue target = stack.top();
    take((long) SLOT_BYTES * items.size());
    if (target instanceof Sequence list && list.kind() != Sequence.Kind.TUPLE) {
      list.items().addAll(items);
    } else if (target instanceof Instance instance) {
      instance.append(items);
    } else {
      refuse("Invalid pickle: appends to an object that is not a list");
    }
  }

  // Memo.

  private void put(long key) throws FormatException {
    take(memo.isNext(key) ? SLOT_BYTES : VALUE_BYTES);
    memo.put(key, stack.top());
  }

  private void get(long key) throws FormatException {
    PickleValue value = memo.get(key);
    if (value == null) {
      throw fault("Invalid pickle: memo " + key + " was never put");
    }
    stack.push(value);
  }

  private long memoKey(byte[] line) throws FormatException {
    if (integer(line) instanceof Whole key && key.value() >= 0) {
      return key.value();
    }
    throw fault("Invalid memo key: expected an integer of 0 or more");
  }

  // Names and what would be called.

  private void persistent(PickleValue id) throws FormatException {
    Persistent reference = new Persistent(id, at);
    persistents.add(reference);
    stack.push(reference);
  }

  private String globalLine() throws IOException {
    return some(PickleText.utf8(input.line(MAX_LINE)), "name");
  }

  private Global global(String module, String name) throws FormatException {
    take(4L * (module.length() + name.length()) + 7 * OBJECT_BYTES); // and its entry in globals
    Global global = new Global(module, name);
    if (globals.add(input.file(), member, at, global) == Judgement.DANGEROUS) {
      refuse(
          "Cannot trust pickle: it would call %s, expected data only"
              .formatted(SafeText.quoted(global.path())));
    }
    return global;
  }

  private void stackGlobal(List<PickleValue> names) throws FormatException {
    if (names.get(0) instanceof Text module
        && names.get(1) instanceof Text name
        && module.value().length() <= MAX_LINE
        && name.value().length() <= MAX_LINE) {
      stack.push(global(module.value(), name.value()));
    } else {
      throw fault("Invalid name: expected module and name as short strings");
    }
  }

  private void call(List<PickleValue> operands) throws FormatException {
    if (operands.get(1) instanceof Sequence arguments && arguments.kind() == Sequence.Kind.TUPLE) {
      callOn(operands.get(0), arguments);
    } else {
      throw fault("Invalid call: expected its arguments in a tuple");
    }
  }

  private void callWithKeywords(List<PickleValue> operands) throws FormatException {
    call(operands.subList(0, 2));
    build(operands.get(2));
  }

  private void callFirst(List<PickleValue> operands) throws FormatException {
    if (operands.isEmpty()) {
      throw fault("Invalid pickle: stack underflow");
    }
    callOn(operands.get(0), operands.subList(1, operands.size()));
  }

  private void callOn(PickleValue callee, List<PickleValue> arguments) throws FormatException {
    take(VALUE_BYTES);
    callOn(callee, new Sequence(Sequence.Kind.TUPLE, arguments));
  }

  // PyTorch's legacy files refer to classes by persistent ids.
  private void callOn(PickleValue callee, Sequence arguments) throws FormatException {
    if (!(callee instanceof Global || callee instanceof Persistent)) {
      refuse("Cannot trust pickle: it would call what is neither a class nor a function");
    }
    stack.push(new Instance(callee, arguments, at));
  }

  private void build(PickleValue state) throws FormatException {
    if (stack.top() instanceof Instance instance) {
      instance.build(state);
    } else {
      refuse("Invalid pickle: sets the state of a value that is not an object");
    }
  }

  // A name by its number in a table of the process that loads the pickle.
  private void extension(int opcode, long code) throws FormatException {
    if (!scanning) {
      throw unsupported(opcode);
    }
    stack.push(global("copyreg", "extension " + code));
  }

  private FormatException unsupported(int opcode) {
    return fault("Unsupported opcode: 0x%02x".formatted(opcode));
  }

  // Python may execute the pickle all the same, so a scan follows it too.
  private void refuse(String reason) throws FormatException {
    if (!scanning) {
      throw fault(reason);
    }
  }

  private FormatException fault(String reason) {
    return input.fault(at, reason);
  }
}
