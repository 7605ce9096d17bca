package io.qtrace.job.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.format.Checkpoints;
import io.qtrace.io.ObjectStore;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.CRC32;
import org.apache.hadoop.conf.Configuration;

/** The bytes of a checkpoint file, of which elements are changed in place. */
final class CheckpointBytes {
  private static final int DESCRIPTOR = 0x08074b50;
  private static final int ENTRY = 0x02014b50;
  private static final int ENTRY_BYTES = 46;
  private static final int CRC_OF_ENTRY = 16;
  private static final int HEADER_OF_ENTRY = 42;

  private final ByteBuffer bytes;
  private final List<TensorEntry> tensors;
  private final boolean zipped;

  CheckpointBytes(Path file) throws IOException {
    bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    tensors =
        new Checkpoints(new ObjectStore(new Configuration())).index(file.toString()).tensors();
    zipped = file.toString().endsWith(".pt");
  }

  List<TensorEntry> tensors() {
    return tensors;
  }

  TensorEntry tensor(String name) {
    return tensors.stream().filter(entry -> entry.name().equals(name)).findFirst().orElseThrow();
  }

  /** The bytes from an element on, in C order of a contiguous tensor. */
  ByteBuffer at(TensorEntry tensor, int element) {
    long first = tensor.storage().position() + tensor.offset() * tensor.dtype().bytes();
    return bytes
        .duplicate()
        .order(ByteOrder.LITTLE_ENDIAN)
        .position((int) first + element * tensor.dtype().bytes());
  }

  /** Writes over an element, and the CRC-32 of its storage where the zip states it. */
  void put(TensorEntry tensor, int element, Consumer<ByteBuffer> write) {
    write.accept(at(tensor, element));
    if (zipped) {
      CRC32 crc = new CRC32();
      int start = (int) tensor.storage().position();
      int end = start + (int) tensor.storage().bytes();
      crc.update(bytes.array(), start, end - start);
      assertThat(bytes.getInt(end)).isEqualTo(DESCRIPTOR);
      bytes.putInt(end + Integer.BYTES, (int) crc.getValue());
      bytes.putInt(entry(start) + CRC_OF_ENTRY, (int) crc.getValue());
    }
  }

  // The directory's entry of the member that holds a position: the last one that begins before it.
  private int entry(int position) {
    int found = -1;
    int header = -1;
    for (int i = position; i <= bytes.limit() - ENTRY_BYTES; i++) {
      if (bytes.getInt(i) == ENTRY) {
        int begins = bytes.getInt(i + HEADER_OF_ENTRY);
        if (begins > header && begins < position) {
          header = begins;
          found = i;
        }
      }
    }
    return found;
  }

  void write(Path file) throws IOException {
    Files.write(file, bytes.array());
  }
}
