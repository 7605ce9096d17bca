package io.qtrace.format.pytorch;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.format.FormatFixtures;
import io.qtrace.io.FormatException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestHostileZip {
  private static final byte[] PICKLE = PickleBytes.protocol2().tensor().stop();
  private static final byte[] DATA = new byte[16];
  private static final byte[] JUNK = {1, 2, 3};

  @TempDir Path folder;

  @Test
  void refusesJunkBeforeTheArchive() throws Exception {
    byte[] good = ZipBytes.checkpoint(PICKLE);
    byte[] prefixed = new byte[good.length + 4];
    System.arraycopy(good, 0, prefixed, 4, good.length);
    System.arraycopy(good, 0, prefixed, 0, 4);
    refused(prefixed, "expected it to end at");
    refused(
        new ZipBytes().raw(new byte[] {'P', 'K', 3, 4}).add("a/data.pkl", PICKLE).end(),
        "4 bytes before the first member");
  }

  @Test
  void refusesJunkAfterTheArchive() throws Exception {
    byte[] good = ZipBytes.checkpoint(PICKLE);
    refused(Arrays.copyOf(good, good.length + 1), "no end record in its last bytes");
    byte[] commented = Arrays.copyOf(good, good.length + 22);
    System.arraycopy(good, good.length - 22, commented, good.length, 22);
    refused(commented, "expected it to end at");
  }

  @Test
  void refusesAComment() throws Exception {
    byte[] commented = ZipBytes.checkpoint(PICKLE);
    commented[commented.length - 2] = 1;
    refused(commented, "a comment after its end record");
  }

  @Test
  void refusesJunkBetweenMembers() throws Exception {
    refused(
        new ZipBytes().add("a/data.pkl", PICKLE).raw(JUNK).add("a/data/0", DATA).end(),
        "3 bytes between its data and what follows");
    refused(
        new ZipBytes().add("a/data.pkl", PICKLE).add("a/data/0", DATA).raw(JUNK).end(),
        "3 bytes between its data and what follows");
  }

  @Test
  void refusesDuplicateMembers() throws Exception {
    refused(
        new ZipBytes().add("a/data.pkl", PICKLE).add("a/data.pkl", PICKLE).end(),
        "duplicate member 'a/data.pkl'");
  }

  @Test
  void refusesOverlappingMembers() throws Exception {
    refused(
        new ZipBytes()
            .add("a/data.pkl", PICKLE)
            .add("a/data/0", DATA)
            .list("a/data/1", 0, DATA, 0, 16)
            .end(),
        "'a/data/0': 16 bytes of data overlap what begins at 0");
    refused(
        new ZipBytes().add("a/data.pkl", PICKLE).add("a/data/0", "a/data/0", DATA, 0, 17).end(),
        "overlap");
  }

  @Test
  void refusesAnotherLocalName() throws Exception {
    refused(
        new ZipBytes()
            .add("a/data.pkl", PICKLE)
            .add("a/data/0", "a/data/1", DATA, 0, DATA.length)
            .end(),
        "its local header states another name");
    refused(
        new ZipBytes()
            .add("a/data.pkl", PICKLE)
            .add("a/data/0", "a/data/00", DATA, 0, DATA.length)
            .end(),
        "its local header states another name");
  }

  @Test
  void refusesAWrongCount() throws Exception {
    refused(new ZipBytes().add("a/data.pkl", PICKLE).miscount(1).end(), "2 members in a dir");
    refused(new ZipBytes().add("a/data.pkl", PICKLE).miscount(9).end(), "10 members");
    refused(
        new ZipBytes().add("a/data.pkl", PICKLE).add("a/data/0", DATA).miscount(-1).end(),
        "1 members counted");
  }

  @Test
  void refusesMembersThatAreCompressedInOtherWays() throws Exception {
    refused(
        new ZipBytes().add("a/data.pkl", "a/data.pkl", PICKLE, 12, PICKLE.length).end(),
        "compressed by method 12, expected stored or deflated");
  }

  @Test
  void refusesALocalHeaderOfAnotherMethod() throws Exception {
    refused(
        new ZipBytes().add("a/data.pkl", "a/data.pkl", PICKLE, 8, PICKLE.length).end(),
        "its local header states other flags or another method");
  }

  @Test
  void refusesAFailedCrc() throws Exception {
    byte[] file = ZipBytes.checkpoint(PICKLE);
    file[30 + "a/data.pkl".length() + 5] ^= 1;
    refused(file, "'a/data.pkl': CRC-32");
  }

  @Test
  void refusesANameThatIsNoUtf8() throws Exception {
    byte[] file = ZipBytes.checkpoint(PICKLE);
    file[file.length - 22 - 1] = (byte) 0xff;
    refused(file, "not UTF-8");
  }

  @Test
  void refusesStorageOfAnotherSize() throws Exception {
    refused(
        new ZipBytes().add("a/data.pkl", PICKLE).add("a/data/0", new byte[12]).end(),
        "Invalid tensor 'tensor': Invalid storage: 12 bytes in 'a/data/0', expected 16");
    refused(new ZipBytes().add("a/data.pkl", PICKLE).end(), "no member 'a/data/0'");
  }

  @Test
  void refusesEndRecordsThatDiffer() throws Exception {
    byte[] file = Files.readAllBytes(FormatFixtures.file("list.pt"));
    file[file.length - 22 + 8]++; // members on this volume
    file[file.length - 22 + 10]++; // members
    refused(file, "its two end records differ");
  }

  @Test
  void refusesDescriptorsThatDiffer() throws Exception {
    byte[] file = Files.readAllBytes(FormatFixtures.file("list.pt"));
    String text = new String(file, StandardCharsets.ISO_8859_1);
    file[text.indexOf("PK\u0007\u0008") + 8]++;
    refused(file, "its descriptor states another size or CRC");
  }

  private void refused(byte[] bytes, String reason) {
    assertThatThrownBy(() -> TorchFiles.index(folder, bytes))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("file.pt")
        .hasMessageContaining(reason);
  }
}
