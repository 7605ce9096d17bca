package io.qtrace.format.pytorch;

import io.qtrace.io.FormatException;
import io.qtrace.io.RangeReader;
import io.qtrace.io.ReadBudget;
import io.qtrace.tensor.CheckpointIndex;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Pattern;

/**
 * Indexes what {@code torch.save} wrote: tensors by name, each a strided view of a storage in the
 * file. Both containers of PyTorch are read: zip archives (1.6 and later, index format {@code
 * torch-zip}) and the pickles before them ({@code torch-legacy}); of either kilobytes, whatever the
 * checkpoint's size. Storage positions follow from the file's layout; what of it an index need not
 * read is checked with the storage's data, as its {@link io.qtrace.tensor.StorageFrame} says, and
 * the storages' bytes are not verified. Pickles are followed as data: nothing is called, no class
 * is resolved, and a pickle that names what would run code is refused.
 *
 * <p>Names are paths joined by dots, as {@code model_state_dict.layers.0.weight}; a file that is
 * one tensor calls it {@code tensor}. Tensors without plain elements are listed as skipped.
 *
 * <p>Source: PyTorch 1.13 to 2.13, {@code torch/serialization.py}, {@code torch/_utils.py}.
 */
public final class TorchReader {
  private static final byte[] ZIP_MEMBER = {'P', 'K', 3, 4};
  private static final byte[] ZIP_EMPTY = {'P', 'K', 5, 6};

  /** How a pickle of protocol 0 or 1 begins when it is a call or a container. */
  private static final Pattern TEXT_PICKLE =
      Pattern.compile("c[A-Za-z_][\\w.]*\\n.*|\\([dlticISVX(].*|[\\]}][qp.(].*", Pattern.DOTALL);

  private TorchReader() {}

  /**
   * Whether a file is a zip archive.
   *
   * @param head its first bytes, 4 or more unless the file is shorter
   */
  public static boolean isZip(byte[] head) {
    return startsWith(head, ZIP_MEMBER) || startsWith(head, ZIP_EMPTY);
  }

  /**
   * Whether a file is a pickle, as legacy checkpoints are; so may a safetensors file seem.
   *
   * @param head its first bytes, 16 or more unless the file is shorter
   */
  public static boolean isLegacy(byte[] head) {
    if (head.length > 1 && (head[0] & 0xff) == PickleFormat.PROTO) {
      return head[1] >= 2 && head[1] <= PickleFormat.LAST_PROTOCOL;
    }
    return startsWith(head, TorchLegacyFormat.MAGIC_DIGITS)
        || TEXT_PICKLE.matcher(new String(head, StandardCharsets.ISO_8859_1)).matches();
  }

  /**
   * Indexes a zip archive. Only its directory, {@code data.pkl} and {@code byteorder} are read; of
   * archives that PyTorch did not lay out the members' headers too.
   *
   * @param globals collects what its pickles name, those that are no checkpoint's included
   * @throws FormatException if the file is damaged, hostile, beyond its limits, or no checkpoint of
   *     {@code torch.save}
   */
  public static CheckpointIndex indexZip(
      RangeReader reader, ReadBudget budget, PickledGlobals globals) throws IOException {
    return TorchZip.index(reader, budget, globals);
  }

  /**
   * Indexes a legacy file. Only the pickles and the storages' headers are read.
   *
   * @param globals collects what its pickles name
   * @throws FormatException if the file is damaged, hostile, beyond its limits, or no checkpoint of
   *     {@code torch.save}
   */
  public static CheckpointIndex indexLegacy(
      RangeReader reader, ReadBudget budget, PickledGlobals globals) throws IOException {
    return TorchLegacy.index(reader, budget, globals);
  }

  /**
   * Follows the pickles of a zip archive, whether or not it is a checkpoint, for what they name;
   * what cannot be followed is collected too.
   *
   * @throws IOException if the file cannot be read
   */
  public static void scanZip(RangeReader reader, ReadBudget budget, PickledGlobals globals)
      throws IOException {
    PickleScan.zip(reader, budget, globals);
  }

  /** The same of a legacy file or a plain pickle. */
  public static void scanLegacy(RangeReader reader, ReadBudget budget, PickledGlobals globals)
      throws IOException {
    PickleScan.plain(reader, budget, globals);
  }

  private static boolean startsWith(byte[] head, byte[] magic) {
    return head.length >= magic.length
        && Arrays.equals(head, 0, magic.length, magic, 0, magic.length);
  }
}
