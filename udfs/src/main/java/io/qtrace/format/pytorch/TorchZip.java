package io.qtrace.format.pytorch;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.qtrace.io.FormatException;
import io.qtrace.io.RangeReader;
import io.qtrace.io.ReadBudget;
import io.qtrace.io.SafeText;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.Storage;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A checkpoint in a zip archive: one pickle, and one member for each storage. */
final class TorchZip implements Storages {
  private static final String DEFLATED =
      "the archive is compressed, as torch.save writes none: torch.load reads it, though not by mmap";

  // Members that are neither pickle nor storage are verified too, so that the whole file is.
  private static final int MAX_OTHERS = 16;
  private static final int MAX_OTHER_BYTES = 4096;

  private final String file;
  private final String root;
  private final ZipArchive archive;
  private final Storage.Order order;

  private TorchZip(String file, String root, ZipArchive archive, Storage.Order order) {
    this.file = file;
    this.root = root;
    this.archive = archive;
    this.order = order;
  }

  static CheckpointIndex index(RangeReader reader, ReadBudget budget, PickledGlobals globals)
      throws IOException {
    List<ZipMember> members = ZipDirectory.read(reader, budget);
    String root = root(members);
    requireCheckpoint(reader, root, members);
    ZipArchive archive = ZipArchive.open(reader, members);

    String pickleName = root + TorchZipFormat.PICKLE;
    String orderName = root + TorchZipFormat.BYTE_ORDER;
    Map<String, byte[]> contents = archive.read(described(root, members), budget);
    Storage.Order order = order(archive, contents, orderName);
    TorchZip storages = new TorchZip(reader.uri(), root, archive, order);

    long position = archive.find(pickleName).orElseThrow().position();
    PickleInput pickle = PickleInput.of(reader.uri(), contents.get(pickleName), position);
    PickleMachine machine = PickleMachine.reading(pickle, budget, globals, pickleName);
    PickleValue value = machine.run();
    if (pickle.remaining() > 0) {
      throw pickle.fault("Invalid pickle: %d bytes after its end".formatted(pickle.remaining()));
    }
    for (ZipMember member : members) {
      if (PickleScan.isPickle(member.name()) && !member.name().equals(pickleName)) {
        PickleScan.member(reader.uri(), archive, member.name(), budget, globals);
      }
    }
    CheckpointIndex index =
        StateDictWalker.index(
            reader.uri(),
            TorchZipFormat.NAME,
            position,
            value,
            machine.opcodes(),
            storages,
            budget);
    return archive.hasDeflated() ? index.noted(DEFLATED) : index;
  }

  // The pickle and torch.save's records about the file are neighbours, so they are read together.
  private static List<String> described(String root, List<ZipMember> members) {
    Stream<String> others =
        members.stream()
            .filter(member -> member.content() <= MAX_OTHER_BYTES)
            .map(ZipMember::name)
            .filter(name -> !name.startsWith(root + TorchZipFormat.STORAGES))
            .limit(MAX_OTHERS);
    return Stream.concat(
            Stream.of(root + TorchZipFormat.PICKLE, root + TorchZipFormat.BYTE_ORDER), others)
        .distinct()
        .toList();
  }

  @Override
  public Storage locate(StorageReference reference, ElementType type) {
    String name = root + TorchZipFormat.STORAGES + reference.key();
    ZipArchive.Placed placed =
        archive
            .find(name)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "Invalid storage: no member " + SafeText.quoted(name)));
    ZipMember member = placed.member();
    if (reference.bytes(type) != member.content()) {
      throw new IllegalArgumentException(
          "Invalid storage: %d bytes in %s, expected %d"
              .formatted(member.content(), SafeText.quoted(name), reference.bytes(type)));
    }
    return new Storage(
        file,
        reference.key(),
        placed.position(),
        member.content(),
        order,
        archive.hasCrcs() ? member.crc32() : Storage.UNVERIFIED,
        archive.frame(placed),
        member.isDeflated() ? member.bytes() : Storage.PLAIN);
  }

  // The folder of the first member, with its slash: PyTorch looks for everything below it.
  private static String root(List<ZipMember> members) {
    String first = members.isEmpty() ? "" : members.get(0).name();
    return first.substring(0, first.indexOf('/') + 1);
  }

  private static void requireCheckpoint(RangeReader reader, String root, List<ZipMember> members)
      throws FormatException {
    Set<String> names = members.stream().map(ZipMember::name).collect(Collectors.toSet());
    Optional<String> kind = ForeignArchive.kind(root, names);
    if (kind.isPresent()) {
      throw new FormatException(
          reader.uri(),
          0,
          "Unsupported file: it is " + kind.get() + ", expected a checkpoint of torch.save");
    }
  }

  // Files without a byte order are little endian.
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
