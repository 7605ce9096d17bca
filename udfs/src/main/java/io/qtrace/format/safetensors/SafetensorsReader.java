package io.qtrace.format.safetensors;

import io.qtrace.io.FormatException;
import io.qtrace.io.RangeReader;
import io.qtrace.io.ReadBudget;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.CheckpointIndex.Skipped;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Indexes <a href="https://github.com/huggingface/safetensors">safetensors</a> files from their
 * header alone.
 */
public final class SafetensorsReader {
  private SafetensorsReader() {}

  /**
   * Tensors in the order of their data. The format states no CRC; tensors of 4 and 6 bit elements
   * are checked and skipped.
   *
   * @throws FormatException if the header is damaged, or the tensors do not cover the rest of the
   *     file without holes or overlaps
   */
  public static CheckpointIndex index(RangeReader reader, ReadBudget budget) throws IOException {
    int headerBytes = headerBytes(reader);
    budget.take(reader.uri(), SafetensorsFormat.LENGTH_BYTES, headerBytes);
    byte[] header = reader.read(SafetensorsFormat.LENGTH_BYTES, headerBytes);
    SafetensorsHeader.Parsed parsed = SafetensorsHeader.parse(reader.uri(), header, budget);
    List<DeclaredTensor> tensors = new ArrayList<>(parsed.tensors());
    tensors.sort(DeclaredTensor.DATA_ORDER);
    long dataStart = (long) SafetensorsFormat.LENGTH_BYTES + headerBytes;
    requireCover(reader, tensors, dataStart);

    List<TensorEntry> entries = new ArrayList<>();
    List<Skipped> skipped = new ArrayList<>();
    for (DeclaredTensor tensor : tensors) {
      if (tensor.isSubByte()) {
        skipped.add(new Skipped(tensor.name(), "elements of less than a byte: " + tensor.dtype()));
      } else {
        entries.add(tensor.entry(reader.uri(), dataStart));
      }
    }
    CheckpointIndex index =
        new CheckpointIndex(reader.uri(), SafetensorsFormat.NAME, entries, skipped);
    return parsed.hasNullMetadata()
        ? index.noted(SafetensorsFormat.METADATA + " is null, read as if it were not there")
        : index;
  }

  private static int headerBytes(RangeReader reader) throws IOException {
    if (reader.length() < SafetensorsFormat.LENGTH_BYTES) {
      throw new FormatException(
          reader.uri(), 0, "Invalid file: %d bytes, expected 8 or more".formatted(reader.length()));
    }
    byte[] prefix = reader.read(0, SafetensorsFormat.LENGTH_BYTES);
    long length = ByteBuffer.wrap(prefix).order(ByteOrder.LITTLE_ENDIAN).getLong();
    long bound =
        Math.min(
            SafetensorsFormat.MAX_HEADER_BYTES, reader.length() - SafetensorsFormat.LENGTH_BYTES);
    if (length < 0 || length > bound) {
      throw new FormatException(
          reader.uri(),
          0,
          "Invalid header length: %s, expected at most %d"
              .formatted(Long.toUnsignedString(length), bound));
    }
    return (int) length;
  }

  private static void requireCover(RangeReader reader, List<DeclaredTensor> tensors, long dataStart)
      throws FormatException {
    long covered = 0;
    for (DeclaredTensor tensor : tensors) {
      if (tensor.begin() != covered) {
        String gap = tensor.begin() < covered ? "an overlap" : "a hole";
        throw tensor.fault(
            reader.uri(),
            "starts at byte %d of the data, %s, expected %d"
                .formatted(tensor.begin(), gap, covered));
      }
      covered = tensor.end();
    }
    long data = reader.length() - dataStart;
    if (covered != data) {
      throw new FormatException(
          reader.uri(),
          dataStart + Math.min(covered, data),
          "Invalid file: %d bytes of data, expected the tensors' %d".formatted(data, covered));
    }
  }
}
