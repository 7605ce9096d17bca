package io.qtrace.format.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.io.FormatException;
import io.qtrace.io.ReadBudget;
import io.qtrace.io.ReadLimits;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.TensorEntry;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Small files that ask for much time or memory: a typed error, or inert data. The timeouts are
 * against hangs.
 */
@Timeout(60)
class TestHostileBounds {
  @TempDir Path folder;

  @Test
  void refusesManyNamesOfOneTensorOfManyDimensions() {
    refused(sharedRank64(120_000), "takes more than 201326592 bytes of memory (limit memory)");
  }

  @Test
  void namesOneTensorOfManyDimensionsWithinBounds() throws Exception {
    assertThat(index(sharedRank64(1_000)).tensors()).hasSize(1_000);
  }

  @Test
  void readsKeysOfLongIntegersOnlyWhereTheyNameATensor() throws Exception {
    CheckpointIndex index = index(tuplesOfIntegers(512, 4));
    assertThat(TorchFiles.names(index)).containsExactly("1.(" + "?, ".repeat(15) + "?)");
  }

  @Test
  void readsDictsWhoseKeysHaveEqualHashes() throws Exception {
    byte[] pickle = equalHashes(40_000);
    assertThat(TorchFiles.names(index(pickle))).containsExactly("t");
  }

  @Test
  void readsLongNamesOfCallablesInOnePass() throws Exception {
    assertThat(TorchFiles.names(index(callables(500)))).containsExactly("t");
  }

  @Test
  void refusesModulesWithNamesBeyondALine() {
    refused(
        PickleBytes.protocol2()
            .text("a.".repeat(1_000_000))
            .text("x")
            .op(PickleFormat.STACK_GLOBAL)
            .stop(),
        "Invalid name: expected module and name as short strings");
  }

  @Test
  void refusesMillionsOfDicts() {
    refused(opcodes("}", 3_900_000), "(limit memory)");
    refused(opcodes("}", 4_000_000), "(limit memory)");
    refused(opcodes("N0", 2_000_000), "more than 4000000 opcodes (limit opcodes)");
  }

  @Test
  void boundsTheUseOfSharedStates() {
    refused(sharedStates(60_000, 1_000_000), "can be reached in too many ways");
  }

  @Test
  void refusesDeepTuples() {
    refused(
        PickleBytes.protocol2().op('N').raw("\u0085".repeat(1_000_000)).stop(),
        "containers within containers, more than 10000 deep (limit depth)");
  }

  @Test
  void refusesAMillionTensors() {
    refused(emptyTensors(1_000_000), "(limit memory)");
  }

  @Test
  void comparesExpandedTensorsWithinWhatTheirStoragesHave() throws Exception {
    CheckpointIndex index = index(expanded(1_000));
    long bytes = index.tensors().stream().mapToLong(TensorEntry::bytes).sum();
    assertThat(bytes).isBetween(255L << 20, 256L << 20);
    assertThat(index.skipped()).hasSize(996);
    assertThat(index.skipped().get(0).reason())
        .isEqualTo(
            "one of views of more than 268435520 bytes, of storages of 16 (limit view-bytes)");
  }

  @Test
  void readsAnyNumberOfNamesOfOneView() throws Exception {
    PickleBytes pickle = PickleBytes.protocol2().raw("}(");
    pickle.text("0").tensor("0", 4, 0, new long[] {1 << 26}, new long[] {0}).put(0);
    for (int i = 1; i < 100; i++) {
      pickle.integer(i).get(0);
    }
    assertThat(index(pickle.op('u').stop()).tensors()).hasSize(100);
  }

  @Test
  void largeFilesMayHaveLargeIndexes() throws Exception {
    ReadBudget budget = new ReadBudget(ReadLimits.DEFAULT);
    budget.open(8L << 30);
    budget.take("file.pt", 0, 512L << 20);
    assertThatThrownBy(() -> budget.take("file.pt", 7, 1))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining(
            "file.pt: at byte 7: Unsupported file: its index takes more than 536870912 bytes");
  }

  /** Views of 64 MiB each, of one storage of 16 bytes. */
  static byte[] expanded(int count) {
    PickleBytes pickle = PickleBytes.protocol2().raw("}(");
    for (int i = 0; i < count; i++) {
      long[] shape = {1 + i, (1L << 24) / (1 + i)};
      pickle.integer(i).tensor("0", 4, 0, shape, new long[] {0, 0});
    }
    return pickle.op('u').stop();
  }

  /** Names of a tensor {@code [1, 1, ...]}. */
  static byte[] sharedRank64(int names) {
    long[] ones = new long[64];
    long[] strides = new long[64];
    Arrays.fill(ones, 1);
    for (int i = 0; i < strides.length; i++) {
      strides[i] = 1_000L + i;
    }
    PickleBytes pickle = PickleBytes.protocol2().raw("}(");
    pickle.text("0").tensor("0", 4, 0, ones, strides).put(0);
    for (int i = 1; i < names; i++) {
      pickle.integer(i).get(0);
    }
    return pickle.op('u').stop();
  }

  /** Dicts within dicts, shared, under tuples of 16 integers; one holds a tensor. */
  static byte[] tuplesOfIntegers(int bytes, int levels) {
    PickleBytes pickle = PickleBytes.protocol2().op('(');
    for (int i = 0; i < 16; i++) {
      pickle.op(PickleFormat.LONG4).u32(bytes).raw("\u0011".repeat(bytes));
    }
    pickle.op('t').put(100).op('0').op(']').put(0).op('0');
    for (int level = 1; level <= levels; level++) {
      pickle.raw("](");
      for (int i = 0; i < 8; i++) {
        pickle.raw("}").get(100).get(level - 1).op('s');
      }
      pickle.op('e').put(level).op('0');
    }
    return pickle.raw("](").get(levels).raw("}").get(100).tensor().raw("se").stop();
  }

  /** A dict with keys of two kinds, all of one hash in Java's tables. */
  static byte[] equalHashes(int keys) {
    PickleBytes pickle = PickleBytes.protocol2().raw("}(").text("t").tensor();
    int hash = "AaAaAaAaAaAaAaAa".hashCode();
    for (int i = 0; i < keys; i++) {
      StringBuilder text = new StringBuilder();
      for (int bit = 0; bit < 16; bit++) {
        text.append((i >> bit & 1) == 0 ? "Aa" : "BB");
      }
      pickle.text(text.toString()).op('N');
      // Long.hashCode: the halves' exclusive or
      long high = i + 1L;
      pickle.integer(high << 32 | ((hash ^ high) & 0xffffffffL)).op('N');
    }
    return pickle.op('u').stop();
  }

  /** Classes with names of thousands of parts, each called many times. */
  static byte[] callables(int names) {
    PickleBytes pickle = PickleBytes.protocol2().raw("}(").text("t").tensor();
    for (int i = 0; i < names; i++) {
      pickle.integer(i).global("a.".repeat(2_000) + i, "b.".repeat(2_000) + "C").put(0).op('0');
      pickle.op(']').op('(');
      for (int call = 0; call < 100; call++) {
        pickle.get(0).raw(")R");
      }
      pickle.op('e');
    }
    return pickle.op('u').stop();
  }

  static byte[] opcodes(String opcodes, int times) {
    return PickleBytes.protocol2().raw(opcodes.repeat(times)).stop();
  }

  /** Objects whose state is one dict, again and again. */
  static byte[] sharedStates(int entries, int states) {
    PickleBytes pickle = PickleBytes.protocol2().raw("}(");
    for (int i = 0; i < entries; i++) {
      pickle.integer(i).op('N');
    }
    pickle.op('u').put(0).op('0').global("mine", "Model").raw(")R");
    for (int i = 0; i < states; i++) {
      pickle.get(0).op('b');
    }
    return pickle.stop();
  }

  /** A list of empty tensors, each of its own. */
  static byte[] emptyTensors(int count) {
    PickleBytes pickle = PickleBytes.protocol2();
    pickle.global("torch._utils", "_rebuild_tensor_v2").put(0).op('0');
    pickle.op('(').storage("FloatStorage", "0", 4).integer(0).tuple(0).tuple(1);
    pickle.raw("\u0089Nt").put(1).op('0').raw("](");
    for (int i = 0; i < count; i++) {
      pickle.raw("h\u0000h\u0001R");
    }
    return pickle.op('e').stop();
  }

  private CheckpointIndex index(byte[] pickle) throws Exception {
    return TorchFiles.index(folder, ZipBytes.checkpoint(pickle));
  }

  private void refused(byte[] pickle, String reason) {
    assertThatThrownBy(() -> index(pickle))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("file.pt: at byte")
        .hasMessageContaining(reason);
  }
}
