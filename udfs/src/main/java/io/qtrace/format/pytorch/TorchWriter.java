package io.qtrace.format.pytorch;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.qtrace.tensor.StateDict;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.zip.CRC32;

/**
 * Writes a state dict as {@code torch.save} of PyTorch 2 does: an {@code OrderedDict} of tensors,
 * each storage once. Storages are streamed, so memory is bounded whatever their size. PyTorch loads
 * it with {@code weights_only=True} and {@code mmap=True}.
 *
 * <p>Source: PyTorch 2.13, {@code torch/serialization.py}, {@code
 * caffe2/serialize/inline_container.cc}.
 */
public final class TorchWriter {
  private TorchWriter() {}

  /** Writes a whole file; equal content gives equal bytes. */
  public static void write(StateDict state, OutputStream out) throws IOException {
    write(state, new ZipWriter(out));
  }

  static void write(StateDict state, ZipWriter zip) throws IOException {
    StorageKeys storages = new StorageKeys(state);
    add(zip, TorchZipFormat.PICKLE, StateDictPickle.of(state, storages));
    add(zip, TorchZipFormat.FORMAT_VERSION, "1");
    add(zip, TorchZipFormat.STORAGE_ALIGNMENT, Integer.toString(TorchZipFormat.ALIGNMENT));
    add(zip, TorchZipFormat.BYTE_ORDER, "little");
    for (StorageKeys.Key storage : storages.all()) {
      zip.add(TorchZipFormat.ROOT + TorchZipFormat.STORAGES + storage.key(), storage.source());
    }
    add(zip, TorchZipFormat.VERSION, "3\n");
    add(zip, TorchZipFormat.SERIALIZATION_ID, serializationId(zip.members()));
    zip.finish();
  }

  private static void add(ZipWriter zip, String name, String text) throws IOException {
    add(zip, name, text.getBytes(US_ASCII));
  }

  private static void add(ZipWriter zip, String name, byte[] content) throws IOException {
    zip.add(TorchZipFormat.ROOT + name, content);
  }

  // 40 digits that distinguish contents, as PyTorch's do: 20 of the names, 20 of the CRCs.
  private static String serializationId(List<ZipWriter.Written> members) {
    long names = 0;
    long crcs = 0;
    for (ZipWriter.Written member : members) {
      CRC32 name = new CRC32();
      name.update(member.name().getBytes(US_ASCII));
      names = combine(names, name.getValue());
      crcs = combine(crcs, member.crc32());
    }
    return digits(names) + digits(crcs);
  }

  private static long combine(long seed, long hash) {
    return seed ^ (hash + 0x9e3779b97f4a7c15L + (seed << 6) + (seed >>> 2));
  }

  private static String digits(long hash) {
    String digits = Long.toUnsignedString(hash);
    return "0".repeat(20 - digits.length()) + digits;
  }
}
