package io.qtrace.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.arrow.BlockFixtures;
import io.qtrace.io.FormatException;
import io.qtrace.tensor.Storage;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

class TestStorageCrc {
  private static final byte[] BYTES = BlockFixtures.pattern(702);
  private static final long CRC32_OF_BYTES = 0xc9906523L; // zlib

  @Test
  void partsInAnyOrderCombineToTheWhole() throws FormatException {
    StorageCrc whole = part(207, 702).merge(part(0, 13)).merge(part(13, 207));
    assertThat(whole).isEqualTo(part(0, 702)).isEqualTo(part(0, 13).merge(part(13, 702)));
    assertThat(whole.covers(storage(702, CRC32_OF_BYTES))).isTrue();
    whole.verify(storage(702, CRC32_OF_BYTES));
  }

  @Test
  void anotherCrcThanTheFileStatesIsAFaultOfTheFile() {
    assertThatThrownBy(() -> part(0, 702).verify(storage(702, 0xc9906524L)))
        .isInstanceOf(FormatException.class)
        .hasMessage(
            "f.pt: at byte 64: Invalid CRC-32 of storage 'data/0': c9906523, expected c9906524");
  }

  @Test
  void aFileThatStatesNoCrcIsNotFaulty() {
    assertThatCode(() -> part(0, 702).verify(storage(702, Storage.UNVERIFIED)))
        .doesNotThrowAnyException();
    assertThatCode(() -> StorageCrc.NONE.verify(storage(0, 0))).doesNotThrowAnyException();
  }

  @Test
  void cannotVerifyWhatIsNotCovered() {
    StorageCrc holed = part(0, 13).merge(part(207, 702));
    assertThat(holed.covers(storage(702, 0))).isFalse();
    assertThatThrownBy(() -> holed.verify(storage(702, 0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith("expected all 702 bytes");
    assertThatThrownBy(() -> part(0, 207).merge(part(13, 702)))
        .hasMessage("Invalid CRC part: from byte 13, expected more than 207");
  }

  private static StorageCrc part(int from, int to) {
    CRC32 crc = new CRC32();
    crc.update(BYTES, from, to - from);
    return StorageCrc.NONE.plus(from, to - from, (int) crc.getValue());
  }

  private static Storage storage(long bytes, long crc32) {
    return new Storage("f.pt", "data/0", 64, bytes, Storage.Order.LITTLE, crc32);
  }
}
