package io.qtrace.job.operations;

import io.qtrace.arrow.ReadOptions;
import io.qtrace.io.ObjectStore;
import io.qtrace.job.compare.Recomputation;
import io.qtrace.job.compare.Recomputed;
import io.qtrace.kernel.Deviations;
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
import java.util.LinkedHashMap;
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
    Step compared = StepOfArrays.of(parent, child, Map.of());
    if (Operations.KNOWN.recomputations(compared, Ends.NONE).isEmpty()) {
      return compared;
    }
    Ends ends = new Ends(write("parent", parent), write("child", child));
    Map<String, Recomputed> recomputed = new TreeMap<>();
    for (Map.Entry<String, Recomputation> wanted :
        Operations.KNOWN.recomputations(compared, ends).entrySet()) {
      recomputed.put(wanted.getKey(), run(wanted.getValue()));
    }
    return new Step(compared.parent(), compared.child(), compared.pair(), recomputed);
  }

  private static Recomputed run(Recomputation wanted) throws IOException {
    if (wanted.obstacle().isPresent()) {
      return new Recomputed(wanted.obstacle(), Deviations.NONE);
    }
    Recomputation.Result result =
        wanted.run(STORE, MEMORY_BYTES, ReadOptions.LOCAL_DISK, 0, wanted.rows());
    return new Recomputed(Optional.empty(), result.others());
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
