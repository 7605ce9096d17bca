package io.qtrace.format.pytorch;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Writes one pickle of protocol 2, as {@code torch.save} does. Repeated names are memoized. */
final class PickleWriter {
  private static final int PROTOCOL = 2;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final Map<String, Integer> memo = new HashMap<>();

  PickleWriter() {
    op(PickleFormat.PROTO).op(PROTOCOL);
  }

  /** An opcode without an argument, or the byte of one. */
  PickleWriter op(int opcode) {
    out.write(opcode);
    return this;
  }

  /** A class or function. */
  PickleWriter global(String module, String name) {
    String line = module + "\n" + name + "\n";
    if (!recall("c" + line)) {
      op(PickleFormat.GLOBAL).bytes(line.getBytes(StandardCharsets.US_ASCII));
      memoize("c" + line);
    }
    return this;
  }

  /** A string of which there is one. */
  PickleWriter text(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    return op(PickleFormat.BINUNICODE).int32(utf8.length).bytes(utf8);
  }

  /** A string that comes again and again. */
  PickleWriter word(String word) {
    if (!recall("X" + word)) {
      text(word).memoize("X" + word);
    }
    return this;
  }

  PickleWriter integer(long value) {
    if (value >= 0 && value < 1 << 8) {
      return op(PickleFormat.BININT1).op((int) value);
    }
    if (value >= 0 && value < 1 << 16) {
      return op(PickleFormat.BININT2).op((int) value & 0xff).op((int) value >>> 8);
    }
    if (value == (int) value) {
      return op(PickleFormat.BININT).int32((int) value);
    }
    int length = (Long.SIZE - Long.numberOfLeadingZeros(Math.max(value, ~value))) / 8 + 1;
    op(PickleFormat.LONG1).op(length);
    for (int i = 0; i < length; i++) {
      op((int) (value >>> (8 * i)) & 0xff);
    }
    return this;
  }

  /** A tuple of integers. */
  PickleWriter integers(List<Long> values) {
    switch (values.size()) {
      case 0 -> op(PickleFormat.EMPTY_TUPLE);
      case 1, 2, 3 -> {
        values.forEach(this::integer);
        op(PickleFormat.TUPLE1 + values.size() - 1);
      }
      default -> {
        op(PickleFormat.MARK);
        values.forEach(this::integer);
        op(PickleFormat.TUPLE);
      }
    }
    return this;
  }

  /** An empty {@code collections.OrderedDict}. */
  PickleWriter orderedDict() {
    return global("collections", "OrderedDict")
        .op(PickleFormat.EMPTY_TUPLE)
        .op(PickleFormat.REDUCE);
  }

  /** The pickle's bytes, ended. */
  byte[] end() {
    op(PickleFormat.STOP);
    return out.toByteArray();
  }

  private boolean recall(String value) {
    Integer index = memo.get(value);
    if (index != null && index < 1 << 8) {
      op(PickleFormat.BINGET).op(index);
    } else if (index != null) {
      op(PickleFormat.LONG_BINGET).int32(index);
    }
    return index != null;
  }

  private void memoize(String value) {
    int index = memo.size();
    memo.put(value, index);
    if (index < 1 << 8) {
      op(PickleFormat.BINPUT).op(index);
    } else {
      op(PickleFormat.LONG_BINPUT).int32(index);
    }
  }

  private PickleWriter int32(int value) {
    for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
      op(value >>> shift & 0xff);
    }
    return this;
  }

  private PickleWriter bytes(byte[] bytes) {
    out.writeBytes(bytes);
    return this;
  }
}
