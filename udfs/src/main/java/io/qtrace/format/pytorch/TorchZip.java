package io.qtrace.format.pytorch;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.qtrace.io.FormatException;
import io.qtrace.io.RangeReader;
import io.qtrace.io.SafeText;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.Storage;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** A checkpoint in a zip archive: one pickle, and one member for each storage. */
final class TorchZip implements Storages {
  private final String file;
  private final ZipArchive archive;
  private final Storage.Order order;

  private TorchZip(String file, ZipArchive archive, Storage.Order order) {
    this.file = file;
    this.archive = archive;
    this.order = order;
  }

  static CheckpointIndex index(RangeReader reader) throws IOException {
    ZipArchive archive = ZipArchive.open(reader);
    String pickleName = archive.root() + TorchZipFormat.PICKLE;
    String orderName = archive.root() + TorchZipFormat.BYTE_ORDER;
    ZipArchive.Placed placed = pickle(reader, archive);
    Map<String, byte[]> contents = archive.read(List.of(pickleName, orderName));
    TorchZip storages = new TorchZip(reader.uri(), archive, order(archive, contents, orderName));

    PickleInput pickle = PickleInput.of(reader.uri(), contents.get(pickleName), placed.position());
    PickleMachine machine = new PickleMachine(pickle);
    PickleValue value = machine.run();
    if (pickle.remaining() > 0) {
      throw pickle.fault("Invalid pickle: %d bytes after its end".formatted(pickle.remaining()));
    }
    return StateDictWalker.index(
        reader.uri(), TorchZipFormat.NAME, placed.position(), value, machine.opcodes(), storages);
  }

  @Override
  public Storage locate(StorageReference reference, ElementType type) {
    String name = archive.root() + TorchZipFormat.STORAGES + reference.key();
    ZipArchive.Placed placed =
        archive
            .find(name)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "Invalid storage: no member " + SafeText.quoted(name)));
    ZipMember member = placed.member();
    if (reference.bytes(type) != member.bytes()) {
      throw new IllegalArgumentException(
          "Invalid storage: %d bytes in %s, expected %d"
              .formatted(member.bytes(), SafeText.quoted(name), reference.bytes(type)));
    }
    return new Storage(
        file,
        reference.key(),
        placed.position(),
        member.bytes(),
        order,
        archive.hasCrcs() ? member.crc32() : Storage.UNVERIFIED);
  }

  private static ZipArchive.Placed pickle(RangeReader reader, ZipArchive archive)
      throws FormatException {
    String kind = ForeignArchive.kind(archive.root(), archive.names());
    return archive
        .find(archive.root() + TorchZipFormat.PICKLE)
        .filter(placed -> kind.isEmpty())
        .orElseThrow(
            () ->
                new FormatException(
                    reader.uri(),
                    0,
                    "Unsupported file: it is " + kind + ", expected a checkpoint of torch.save"));
  }

  // Files that do not say are little endian.
  private static Storage.Order order(ZipArchive archive, Map<String, byte[]> contents, String name)
      throws FormatException {
    byte[] stated = contents.getOrDefault(name, "little".getBytes(ISO_8859_1));
    return switch (new String(stated, ISO_8859_1)) {
      case "little" -> Storage.Order.LITTLE;
      case "big" -> Storage.Order.BIG;
      default ->
          throw archive.fault(
              archive.find(name).orElseThrow(), "expected the word little or the word big");
    };
  }
}
