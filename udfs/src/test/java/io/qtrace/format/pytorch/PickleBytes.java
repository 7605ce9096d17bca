package io.qtrace.format.pytorch;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Pickles written opcode by opcode, for tests. */
final class PickleBytes {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  /** A pickle of protocol 2. */
  static PickleBytes protocol2() {
    return new PickleBytes().op(PickleFormat.PROTO).op(2);
  }

  PickleBytes op(int opcode) {
    bytes.write(opcode);
    return this;
  }

  PickleBytes raw(String latin1) {
    bytes.writeBytes(latin1.getBytes(StandardCharsets.ISO_8859_1));
    return this;
  }

  PickleBytes u32(int value) {
    bytes.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
    return this;
  }

  PickleBytes u64(long value) {
    bytes.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
    return this;
  }

  PickleBytes text(String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    op(PickleFormat.BINUNICODE).u32(utf8.length);
    bytes.writeBytes(utf8);
    return this;
  }

  PickleBytes integer(long value) {
    return op(PickleFormat.LONG1).op(8).u64(value);
  }

  PickleBytes tuple(long... values) {
    op(PickleFormat.MARK);
    for (long value : values) {
      integer(value);
    }
    return op(PickleFormat.TUPLE);
  }

  PickleBytes global(String module, String name) {
    return raw("c" + module + "\n" + name + "\n");
  }

  PickleBytes put(int key) {
    return op(PickleFormat.LONG_BINPUT).u32(key);
  }

  PickleBytes get(int key) {
    return op(PickleFormat.LONG_BINGET).u32(key);
  }

  /** {@code _rebuild_tensor_v2} of a view of a float storage. */
  PickleBytes tensor(String key, long elements, long offset, long[] shape, long[] stride) {
    global("torch._utils", "_rebuild_tensor_v2").op(PickleFormat.MARK);
    storage("FloatStorage", key, elements);
    integer(offset).tuple(shape).tuple(stride);
    return op(PickleFormat.NEWFALSE)
        .op(PickleFormat.NONE)
        .op(PickleFormat.TUPLE)
        .op(PickleFormat.REDUCE);
  }

  /** A float tensor {@code [4]} that fills the storage {@code 0}. */
  PickleBytes tensor() {
    return tensor("0", 4, 0, new long[] {4}, new long[] {1});
  }

  PickleBytes storage(String storageClass, String key, long elements) {
    return op(PickleFormat.MARK)
        .text("storage")
        .global("torch", storageClass)
        .text(key)
        .text("cpu")
        .integer(elements)
        .op(PickleFormat.TUPLE)
        .op(PickleFormat.BINPERSID);
  }

  byte[] stop() {
    op(PickleFormat.STOP);
    return bytes.toByteArray();
  }

  byte[] unfinished() {
    return bytes.toByteArray();
  }
}
