package io.qtrace.job.operations;

import io.qtrace.arrow.ReadOptions;
import io.qtrace.io.ObjectStore;
import io.qtrace.job.compare.Recomputation;
import io.qtrace.job.compare.Recomputed;
import io.qtrace.kernel.Mismatches;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Float16;
import io.qtrace.tensor.Storage;
import io.qtrace.tensor.TensorEntry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;

/**
 * Steps between checkpoints in memory of which the operations recompute what they ask for, from
 * files of bare elements.
 */
public record ArrayFiles(Path folder) {
  private static final long MEMORY_BYTES = 1 << 26;
  private static final ObjectStore STORE = new ObjectStore(new Configuration());

  /** All elements compared, and all recomputed that an operation needs. */
  public Step step(ArrayCheckpoint parent, ArrayCheckpoint child) throws IOException {
    return step(List.of(parent), child);
  }

  /**
   * The same of a child of several parents.
   *
   * @param parents the one that the child is compared with, then the others
   */
  public Step step(List<ArrayCheckpoint> parents, ArrayCheckpoint child) throws IOException {
    List<Step.Other> others = new ArrayList<>();
    for (ArrayCheckpoint other : parents.subList(1, parents.size())) {
      others.add(
          new Step.Other("member%d.pt".formatted(others.size() + 1), new Side(other.facts())));
    }
    Step compared = StepOfArrays.of(parents.get(0), child, Map.of()).with(others);
    if (Operations.KNOWN.recomputations(compared, Ends.NONE).isEmpty()) {
      return compared;
    }
    List<Ends.Member> members = new ArrayList<>();
    for (ArrayCheckpoint parent : parents) {
      members.add(new Ends.Member(write("parent" + members.size(), parent), Map.of()));
    }
    Ends ends = new Ends(members.get(0).model(), write("child", child), members);
    Map<String, Recomputed> recomputed = new TreeMap<>();
    for (Map.Entry<String, Recomputation> wanted :
        Operations.KNOWN.recomputations(compared, ends).entrySet()) {
      recomputed.put(wanted.getKey(), run(wanted.getValue()));
    }
    return new Step(compared.parent(), compared.child(), compared.pair(), recomputed).with(others);
  }

  private static Recomputed run(Recomputation wanted) throws IOException {
    if (wanted.obstacle().isPresent()) {
      return new Recomputed(wanted.obstacle(), Mismatches.NONE);
    }
    Recomputation.Result result =
        wanted.run(STORE, MEMORY_BYTES, ReadOptions.LOCAL_DISK, 0, wanted.rows());
    return new Recomputed(Optional.empty(), result.others(), result.rounded());
  }

  private Map<String, TensorEntry> write(String name, ArrayCheckpoint checkpoint)
      throws IOException {
    Path file = folder.resolve(name);
    Map<String, TensorEntry> entries = new LinkedHashMap<>();
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (Map.Entry<String, ArrayTensor> one : checkpoint.tensors().entrySet()) {
      ArrayTensor tensor = one.getValue();
      byte[] bytes = bytes(tensor);
      Storage storage =
          new Storage(
              file.toString(),
              one.getKey(),
              all.size(),
              bytes.length,
              Storage.Order.LITTLE,
              Storage.UNVERIFIED);
      entries.put(
          one.getKey(),
          TensorEntry.contiguous(one.getKey(), tensor.dtype(), tensor.shape(), storage));
      all.write(bytes);
    }
    Files.write(file, all.toByteArray());
    return entries;
  }

  private static byte[] bytes(ArrayTensor tensor) {
    DType dtype = tensor.dtype();
    ByteBuffer bytes =
        ByteBuffer.allocate(tensor.values().length * dtype.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (double value : tensor.values()) {
      switch (dtype) {
        case FLOAT32 -> bytes.putFloat((float) value);
        case FLOAT16 -> bytes.putShort(Float16.bits((float) value));
        case BFLOAT16 -> bytes.putShort((short) (Float.floatToRawIntBits((float) value) >>> 16));
        case INT64 -> bytes.putLong((long) value);
        case INT16 -> bytes.putShort((short) value);
        case INT8, UINT8 -> bytes.put((byte) (long) value);
        default -> throw new IllegalArgumentException("Unsupported dtype: " + dtype.label());
      }
    }
    return bytes.array();
  }
}
