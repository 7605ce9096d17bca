package io.qtrace.format.pytorch;

import static io.qtrace.format.pytorch.TorchZipFormat.*;
import static io.qtrace.format.pytorch.ZipFields.u16;
import static io.qtrace.format.pytorch.ZipFields.u32;

import io.qtrace.io.FormatException;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The content of the end records of an archive. They must be the last bytes of the file: nothing
 * may follow them, a comment neither, and the central directory must end where they begin.
 *
 * @param members how many the directory lists
 * @param directory first byte of the central directory
 * @param directoryBytes its length
 */
record ZipEnd(long members, long directory, long directoryBytes) {
  static ZipEnd read(ZipTail tail) throws IOException {
    long at = tail.end() - END_BYTES;
    if (!tail.holds(at) || tail.get(at, 4).getInt() != END_SIGNATURE) {
      throw tail.fault(
          Math.max(0, at),
          "Invalid zip: no end record in its last bytes: truncated, or followed by more");
    }
    ZipEnd end = readNarrow(tail, at);
    long locator = at - LOCATOR_BYTES;
    boolean zip64 = tail.holds(locator) && tail.get(locator, 4).getInt() == LOCATOR_SIGNATURE;
    if (!zip64) {
      return end.checked(tail, at);
    }
    long wideAt = locator - END64_BYTES;
    checkLocator(tail, locator, wideAt);
    ZipEnd wide = readWide(tail, wideAt);
    if (!agrees(end.members, wide.members, SENTINEL16)
        || !agrees(end.directory, wide.directory, SENTINEL32)
        || !agrees(end.directoryBytes, wide.directoryBytes, SENTINEL32)) {
      throw tail.fault(wideAt, "Invalid zip: its two end records differ");
    }
    return wide.checked(tail, wideAt);
  }

  private static ZipEnd readNarrow(ZipTail tail, long at) throws IOException {
    ByteBuffer record = tail.get(at, END_BYTES).position(4);
    int disk = u16(record);
    int directoryDisk = u16(record);
    int membersHere = u16(record);
    int members = u16(record);
    long directoryBytes = u32(record);
    long directory = u32(record);
    if (u16(record) != 0) {
      throw tail.fault(at, "Invalid zip: a comment after its end record");
    }
    boolean oneVolume = disk == directoryDisk && (disk == 0 || disk == SENTINEL16);
    if (!oneVolume || membersHere != members) {
      throw tail.fault(at, "Unsupported zip: several volumes");
    }
    return new ZipEnd(members, directory, directoryBytes);
  }

  private static void checkLocator(ZipTail tail, long at, long expected) throws IOException {
    ByteBuffer record = tail.get(at, LOCATOR_BYTES).position(4);
    long disk = u32(record);
    long target = record.getLong();
    long disks = u32(record);
    if (!tail.holds(expected) || target != expected || disk != 0 || disks > 1) {
      throw tail.fault(at, "Invalid zip64 locator: %d, expected %d".formatted(target, expected));
    }
  }

  private static ZipEnd readWide(ZipTail tail, long at) throws IOException {
    ByteBuffer record = tail.get(at, END64_BYTES);
    if (record.getInt() != END64_SIGNATURE || record.getLong() != END64_BYTES - 12) {
      throw tail.fault(at, "Invalid zip64 end record");
    }
    record.position(16); // past the versions
    long disks = record.getLong(); // this one, and the directory's
    long membersHere = record.getLong();
    long members = record.getLong();
    long directoryBytes = record.getLong();
    long directory = record.getLong();
    if (disks != 0 || membersHere != members) {
      throw tail.fault(at, "Unsupported zip: several volumes");
    }
    return new ZipEnd(members, directory, directoryBytes);
  }

  private ZipEnd checked(ZipTail tail, long records) throws FormatException {
    if (directory < 0 || directory > records || directoryBytes != records - directory) {
      throw tail.fault(
          records,
          "Invalid zip: a directory of %d bytes at %d, expected it to end at %d"
              .formatted(directoryBytes, directory, records));
    }
    if (directoryBytes > MAX_DIRECTORY_BYTES) {
      throw tail.fault(
          directory, "Unsupported zip: a directory of %d bytes".formatted(directoryBytes));
    }
    if (members < 0 || members > Math.min(MAX_MEMBERS, directoryBytes / CENTRAL_BYTES)) {
      throw tail.fault(
          records,
          "Invalid zip: %s members in a directory of %d bytes"
              .formatted(Long.toUnsignedString(members), directoryBytes));
    }
    return this;
  }

  private static boolean agrees(long narrow, long wide, long sentinel) {
    return narrow == wide || narrow == sentinel;
  }
}
