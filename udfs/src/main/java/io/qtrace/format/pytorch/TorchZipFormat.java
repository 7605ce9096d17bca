package io.qtrace.format.pytorch;

/**
 * A torch checkpoint as a zip archive (PyTorch 1.6 and later, {@code torch/serialization.py}): the
 * members lie below one root folder. Zip structures as of PKWARE's APPNOTE 6.3.10, little endian.
 */
final class TorchZipFormat {
  static final String NAME = "torch-zip";

  static final String PICKLE = "data.pkl";
  static final String STORAGES = "data/";
  static final String BYTE_ORDER = "byteorder";
  static final String FORMAT_VERSION = ".format_version";
  static final String STORAGE_ALIGNMENT = ".storage_alignment";
  static final String VERSION = "version";
  static final String SERIALIZATION_ID = ".data/serialization_id";

  /** The root folder that PyTorch chooses for a file without a name. */
  static final String ROOT = "archive/";

  /**
   * The data of every member start at a multiple of this, unless PyTorch is configured otherwise.
   */
  static final int ALIGNMENT = 64;

  static final int LOCAL_SIGNATURE = 0x04034b50;
  static final int LOCAL_BYTES = 30;

  static final int DESCRIPTOR_SIGNATURE = 0x08074b50;
  static final int DESCRIPTOR_BYTES = 24; // at most: signature, CRC-32, two sizes of 64 bits

  static final int CENTRAL_SIGNATURE = 0x02014b50;
  static final int CENTRAL_BYTES = 46;

  static final int END_SIGNATURE = 0x06054b50;
  static final int END_BYTES = 22;

  static final int END64_SIGNATURE = 0x06064b50;
  static final int END64_BYTES = 56;

  static final int LOCATOR_SIGNATURE = 0x07064b50;
  static final int LOCATOR_BYTES = 20;

  static final int EXTRA_ZIP64 = 0x0001;

  /** PyTorch's padding before aligned data: "FB". */
  static final int EXTRA_PADDING = 0x4246;

  static final int EXTRA_HEADER_BYTES = 4;

  static final int FLAG_ENCRYPTED = 1;
  static final int FLAG_DESCRIPTOR = 1 << 3;
  static final int FLAG_UTF8 = 1 << 11;

  static final int STORED = 0;
  static final int DEFLATED = 8;

  /** What a field of 16 or 32 bits says when its value stands in a zip64 field. */
  static final int SENTINEL16 = 0xffff;

  static final long SENTINEL32 = 0xffffffffL;

  /** Members of one archive: some 200 bytes of heap each. */
  static final int MAX_MEMBERS = 1_000_000;

  static final int MAX_DIRECTORY_BYTES = 128 << 20;

  /** Kind and length of the extra field that PyTorch pads with. */
  static final int PADDING_BYTES = 4;

  /**
   * The end of the file that is read at once: one part in this many, between the two limits below.
   * The directories of most checkpoints fit.
   */
  static final int TAIL_SHARE = 512;

  static final int MIN_TAIL_BYTES = 64 << 10;
  static final int MAX_TAIL_BYTES = 1 << 20;

  private TorchZipFormat() {}
}
