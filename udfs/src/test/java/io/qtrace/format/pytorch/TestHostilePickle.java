package io.qtrace.format.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.io.FormatException;
import io.qtrace.tensor.CheckpointIndex;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class TestHostilePickle {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "os,system",
    "posix,system",
    "nt,system",
    "subprocess,Popen",
    "builtins,eval",
    "__builtin__,exec",
    "builtins,getattr",
    "importlib,import_module",
    "runpy,run_path",
    "os.path,os.system",
    "torch.serialization,os.system",
    "torch,builtins.eval",
    "collections,OrderedDict.__init__.__globals__",
    "code,InteractiveInterpreter",
    "operator,attrgetter"
  })
  void refusesWhatWouldRunCode(String module, String name) {
    PickleBytes call =
        PickleBytes.protocol2().text(module).text(name).op(PickleFormat.STACK_GLOBAL);
    refused(
        call.text("id").op(PickleFormat.TUPLE1).op(PickleFormat.REDUCE).stop(),
        "Cannot trust pickle: it would call '" + module + "." + name + "'");
  }

  @Test
  void refusesPlainPicklesThatWouldRunCode() {
    for (String pickle :
        new String[] {
          "cos\nsystem\n(S'id'\ntR.",
          "(S'id'\nios\nsystem\n.",
          "\u0080\u0002cposix\nsystem\nX\u0002\u0000\u0000\u0000id\u0085R.",
          "\u0080\u0004\u0095\u0015\u0000\u0000\u0000\u0000\u0000\u0000\u0000"
              + "\u008c\u0005posix\u008c\u0006system\u0093\u008c\u0002id\u0085R."
        }) {
      assertThatThrownBy(
              () -> TorchFiles.index(folder, pickle.getBytes(StandardCharsets.ISO_8859_1)))
          .isInstanceOf(FormatException.class)
          .hasMessageContaining("Cannot trust pickle: it would call")
          .hasMessageContaining(".system'");
    }
  }

  @Test
  void refusesPlainPickles() {
    assertThatThrownBy(() -> TorchFiles.index(folder, PickleBytes.protocol2().op('}').stop()))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("Unsupported file: it is a plain Python pickle");
  }

  @Test
  void unknownClassesAreOpaque() throws Exception {
    PickleBytes pickle =
        PickleBytes.protocol2()
            .global("mine", "Model")
            .op(')')
            .op(PickleFormat.NEWOBJ)
            .op('}')
            .text("weight")
            .tensor()
            .op(PickleFormat.SETITEM)
            .op(PickleFormat.BUILD);
    assertThat(TorchFiles.names(index(pickle.stop()))).containsExactly("weight");
  }

  @Test
  void namesKeysAsPythonPrintsThem() throws Exception {
    PickleBytes pickle = PickleBytes.protocol2().raw("}(");
    for (String key :
        new String[] {"K\u0003", "\u0088", "N", "I-7\n", "F2.5\n", "(K\u0001Nt", "]"}) {
      pickle.raw(key).tensor();
    }
    assertThat(TorchFiles.names(index(pickle.raw("u").stop())))
        .containsExactly("3", "True", "None", "-7", "2.5", "(1, None)", "<key 6>");
  }

  @Test
  void readsReferencesThatProtocol0WritesAsText() throws Exception {
    String pickle =
        """
        ctorch._utils
        _rebuild_tensor_v2
        (P('storage', <class 'torch.FloatStorage'>, '0', 'cpu', 4)
        I0
        (I4
        t(I1
        tI00
        NtR.""";
    byte[] bytes = pickle.getBytes(StandardCharsets.ISO_8859_1);
    assertThat(TorchFiles.names(index(bytes))).containsExactly("tensor");
  }

  @Test
  void refusesBytesAfterStop() {
    refused(PickleBytes.protocol2().tensor().op('.').op('N').stop(), "2 bytes after its end");
  }

  @Test
  void refusesDuplicateKeys() {
    refused(
        PickleBytes.protocol2()
            .raw("}(")
            .text("w")
            .tensor()
            .text("w")
            .tensor()
            .op(PickleFormat.SETITEMS)
            .stop(),
        "duplicate keys 'w'");
    refused(
        PickleBytes.protocol2()
            .global("collections", "OrderedDict")
            .raw(")R(")
            .integer(1)
            .tensor()
            .raw("K\u0001")
            .tensor()
            .op(PickleFormat.SETITEMS)
            .stop(),
        "duplicate keys '1'");
  }

  @Test
  void numbersTensorsWhosePathsMeet() throws Exception {
    CheckpointIndex index =
        index(
            PickleBytes.protocol2()
                .raw("}(")
                .text("a.b")
                .tensor()
                .text("a")
                .raw("}")
                .text("b")
                .tensor()
                .raw("s")
                .text("a.b#2")
                .tensor()
                .raw("u")
                .stop());
    assertThat(TorchFiles.names(index)).containsExactly("a.b", "a.b#3", "a.b#2");
    assertThat(index.notes())
        .containsExactly("keys with the same dotted name are numbered: 'a.b#3'");
  }

  @Test
  void numbersKeysThatReadAlike() throws Exception {
    PickleBytes pickle = PickleBytes.protocol2().raw("}(").integer(1).tensor().text("1").tensor();
    CheckpointIndex index = index(pickle.op(PickleFormat.SETITEMS).stop());
    assertThat(TorchFiles.names(index)).containsExactly("1", "1#2");
  }

  @Test
  void numbersManyTensorsWhosePathsMeetInOnePass() throws Exception {
    int count = 20_000;
    PickleBytes pickle = PickleBytes.protocol2().raw("}(").text("w").tensor().put(0);
    for (int i = 0; i < count; i++) {
      pickle.integer(i).raw("}").text("").get(0).raw("s");
      pickle.text(i + ".").get(0);
    }
    CheckpointIndex index = index(pickle.op(PickleFormat.SETITEMS).stop());
    assertThat(index.tensors()).hasSize(1 + 2 * count);
    assertThat(index.notes().get(0)).endsWith("'9.#2' and 19990 more");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "R",
        "b",
        "s",
        "t",
        "u",
        "a",
        "e",
        "Q",
        "\u0085",
        "\u0087",
        "0",
        "1",
        "o",
        "2",
        "(R",
        "N(0\u0086",
        "K\u0001(\u0085",
        "q\u0001",
        "\u0093",
        "\u0081",
        "\u0092"
      })
  void refusesStackUnderflow(String opcodes) {
    refusedOpcodes(opcodes, "Invalid pickle: ");
  }

  @Test
  void refusesMalformedPickles() {
    refusedOpcodes("NN", "values left on the stack");
    refusedOpcodes("(N", "values left on the stack");
    refusedOpcodes("h\u0007", "memo 7 was never put");
    refusedOpcodes("NNb", "sets the state of a value that is not an object");
    refusedOpcodes("NNa", "appends to an object that is not a list");
    refusedOpcodes(")Na", "appends to an object that is not a list");
    refusedOpcodes("NNNs", "sets items of an object that is not a dict");
    refusedOpcodes("}(Nu", "a key without a value");
    refusedOpcodes("NN\u0085R", "neither a class nor a function");
    refusedOpcodes("NNR", "arguments in a tuple");
    refusedOpcodes("NN\u0093", "module and name as short strings");
    refusedOpcodes("\u0082\u0001", "Unsupported opcode: 0x82");
    refusedOpcodes("\u0097", "Unsupported opcode: 0x97");
    refusedOpcodes("\u00ff", "Unsupported opcode: 0xff");
    refusedOpcodes("\u0080\u0006", "Unsupported pickle protocol: 6");
    refusedOpcodes("Ix\n", "Invalid integer");
    refusedOpcodes("Fx\n", "Invalid float");
    refusedOpcodes("Sx\n", "Invalid string");
    refusedOpcodes("V\\uZZZZ\n", "Invalid string");
    refusedOpcodes("X\u0001\u0000\u0000\u0000\u00ff", "Invalid string");
    refusedOpcodes("Np-1\n", "Invalid memo key");
    refusedOpcodes("I" + "1".repeat(5000) + "\n", "more than 4096 bytes");
  }

  @Test
  void refusesLengthsBeyondTheFile() {
    refused(PickleBytes.protocol2().op(PickleFormat.LONG4).u32(-1).stop(), "bytes wanted");
    refused(PickleBytes.protocol2().op(PickleFormat.LONG4).u32(300).stop(), "bytes wanted");
    refused(PickleBytes.protocol2().op(PickleFormat.BINUNICODE).u32(-1).stop(), "bytes wanted");
    refused(PickleBytes.protocol2().op(PickleFormat.BINSTRING).u32(-1).stop(), "bytes wanted");
    refused(
        PickleBytes.protocol2().op(PickleFormat.BINUNICODE8).u64(Long.MAX_VALUE).stop(),
        "bytes wanted");
    refused(PickleBytes.protocol2().op(PickleFormat.BINBYTES8).u64(-1).stop(), "beyond 63 bits");
    refused(PickleBytes.protocol2().op(PickleFormat.BYTEARRAY8).u64(1L << 40).stop(), "wanted");
    refused(PickleBytes.protocol2().op(PickleFormat.FRAME).u64(1L << 40).stop(), "Invalid frame");
  }

  @Test
  void refusesPicklesThatNeverStop() {
    refused(PickleBytes.protocol2().tensor().unfinished(), "1 bytes wanted, 0 remain");
  }

  @Test
  void boundsDepth() throws Exception {
    PickleBytes lists = PickleBytes.protocol2().raw("]".repeat(10_000)).raw("a".repeat(9_999));
    assertThat(index(lists.stop()).tensors()).isEmpty();
    PickleBytes tuples = PickleBytes.protocol2().op('N').raw("\u0085".repeat(100_000));
    refused(tuples.stop(), "more than 10000 deep (limit depth)");
  }

  @Test
  void boundsNames() {
    PickleBytes dicts = PickleBytes.protocol2();
    for (int i = 0; i < 100; i++) {
      dicts.raw("}").text("x".repeat(1000));
    }
    refused(
        dicts.tensor().raw("s".repeat(100)).stop(),
        "Unsupported name: more than 65536 characters (limit name-characters)");
  }

  @Test
  void refusesNestedWrappers() {
    PickleBytes wrapped = PickleBytes.protocol2();
    wrapped.raw("ctorch._utils\n_rebuild_parameter\n".repeat(1000)).tensor();
    refused(wrapped.raw("\u0085R".repeat(1000)).stop(), "wrapped more than 8 times");
  }

  @Test
  void refusesPicklesOfTooManyOpcodes() {
    refusedOpcodes("]0".repeat(2_000_000), "more than 4000000 opcodes (limit opcodes)");
  }

  @Test
  void keepsNoMoreMemoThanIsPut() throws Exception {
    PickleBytes pickle = PickleBytes.protocol2().tensor().put(-1).op('0').get(-1);
    assertThat(TorchFiles.names(index(pickle.stop()))).containsExactly("tensor");
  }

  @Test
  void entersAListThatContainsItselfOnce() throws Exception {
    PickleBytes list = PickleBytes.protocol2().op(']').put(0).get(0).op('a').tensor().op('a');
    assertThat(TorchFiles.names(index(list.stop()))).containsExactly("1");
    PickleBytes mine = PickleBytes.protocol2().global("mine", "Model").raw(")R").put(0).get(0);
    assertThat(index(mine.op('b').stop()).tensors()).isEmpty();
  }

  @Test
  void boundsSharedValues() throws Exception {
    refused(laughs(30, false), "its shared values can be reached in too many ways");
    refused(laughs(30, true), "Unsupported");
    assertThat(index(laughs(4, true)).tensors()).hasSize(10_000);
  }

  @Test
  void refusesMoreTensorsThanMemoryHolds() {
    refused(laughs(6, true), "Unsupported");
  }

  @Test
  void boundsTheSizeOfExpandedTensors() throws Exception {
    CheckpointIndex index =
        index(
            PickleBytes.protocol2()
                .tensor("0", 4, 0, new long[] {1L << 40}, new long[] {0})
                .stop());
    assertThat(index.tensors()).isEmpty();
    assertThat(index.skipped().get(0).reason())
        .isEqualTo("expanded from 16 to 4398046511104 bytes (limit view-bytes)");
  }

  @ParameterizedTest
  @CsvSource({
    "-1, 4, 1, Invalid offset: -1",
    "1, 4, 1, Invalid view: element 4 of a storage of 16 bytes",
    "0, -4, 1, Invalid size: -4",
    "0, 4, -1, Invalid stride: -1",
    "0, 5, 1, Invalid view",
    "0, 3, 2, Invalid view",
    "0, 4, 9223372036854775807, overflows",
    "9223372036854775807, 2, 1, overflows",
    "0, 9223372036854775807, 1, Invalid view",
    "0, 9223372036854775807, 0, beyond 2^63 bytes"
  })
  void refusesViewsBeyondTheirStorage(long offset, long size, long stride, String reason) {
    refused(
        PickleBytes.protocol2()
            .tensor("0", 4, offset, new long[] {size}, new long[] {stride})
            .stop(),
        reason);
  }

  @Test
  void refusesShapesThatOverflow() {
    long[] shape = {1L << 32, 1L << 32, 1};
    refused(
        PickleBytes.protocol2().tensor("0", 4, 0, shape, new long[] {0, 0, 0}).stop(),
        "more than 2^63 elements");
    refused(
        PickleBytes.protocol2().tensor("0", 4, 0, new long[65], new long[65]).stop(),
        "Unsupported rank: 65");
    refused(
        PickleBytes.protocol2().tensor("0", 4, 0, new long[] {1, 1}, new long[] {1}).stop(),
        "Invalid stride: [1], expected one for each of the sizes [1, 1]");
    refused(
        PickleBytes.protocol2().tensor("0", -4, 0, new long[] {4}, new long[] {1}).stop(),
        "-4 elements, expected 0 or more");
    refused(
        PickleBytes.protocol2()
            .tensor("0", Long.MAX_VALUE, 0, new long[] {4}, new long[] {1})
            .stop(),
        "more than 2^63 bytes");
  }

  @Test
  void escapesNamesInMessages() {
    refused(
        PickleBytes.protocol2()
            .op('}')
            .text("a\u001b[31m\n'" + "x".repeat(1000))
            .tensor("7", 4, 0, new long[] {4}, new long[] {1})
            .op('s')
            .stop(),
        "Invalid tensor 'a\\u001b[31m\\n\\'xxx");
  }

  // Lists of ten times the list before; the innermost holds a tensor or nothing.
  private static byte[] laughs(int levels, boolean tensor) {
    PickleBytes pickle = PickleBytes.protocol2();
    if (tensor) {
      pickle.tensor();
    } else {
      pickle.op(']');
    }
    pickle.put(0).op('0');
    for (int level = 1; level <= levels; level++) {
      pickle.raw("](");
      for (int i = 0; i < 10; i++) {
        pickle.get(level - 1);
      }
      pickle.op('e').put(level).op('0');
    }
    return pickle.get(levels).stop();
  }

  private CheckpointIndex index(byte[] pickle) throws Exception {
    return TorchFiles.index(folder, ZipBytes.checkpoint(pickle));
  }

  private void refusedOpcodes(String opcodes, String reason) {
    refused(PickleBytes.protocol2().raw(opcodes).stop(), reason);
  }

  private void refused(byte[] pickle, String reason) {
    assertThatThrownBy(() -> index(pickle))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("file.pt: at byte")
        .hasMessageContaining(reason);
  }
}
