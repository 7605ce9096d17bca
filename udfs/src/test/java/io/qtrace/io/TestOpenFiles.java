package io.qtrace.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestOpenFiles {
  private static final int MANY = OpenFiles.MAX_OPEN + 8;

  private final OpenFiles files = new OpenFiles(CountingFileSystem.store());
  private final List<String> uris = new ArrayList<>();
  @TempDir private Path folder;

  @BeforeEach
  void writeFiles() throws IOException {
    for (int i = 0; i < MANY; i++) {
      uris.add(Files.write(folder.resolve("file" + i), new byte[i]).toString());
    }
  }

  @AfterEach
  void closesAll() throws IOException {
    files.close();
    assertThat(CountingFileSystem.open()).isZero();
  }

  @Test
  void closesTheLeastRecentlyUsedFirst() throws IOException {
    for (String uri : uris) {
      use(uri);
      use(uris.get(0));
    }
    assertThat(CountingFileSystem.opened()).isEqualTo(MANY);
    assertThat(CountingFileSystem.open()).isEqualTo(OpenFiles.MAX_OPEN);
    use(uris.get(1)); // closed long ago
    assertThat(CountingFileSystem.opened()).isEqualTo(MANY + 1);
    assertThat(CountingFileSystem.open()).isEqualTo(OpenFiles.MAX_OPEN);
  }

  @Test
  void readsManyFilesWithFewOpenAndCountsTheBytesOfAll() throws IOException {
    long bytes = 0;
    for (int i = 0; i < MANY; i++) {
      assertThat(files.open(uris.get(i)).read(0, i)).hasSize(i);
      assertThat(CountingFileSystem.open()).isEqualTo(Math.min(i + 1, OpenFiles.MAX_OPEN));
      bytes += i;
      assertThat(files.bytesRead()).isEqualTo(bytes);
    }
    files.close();
    assertThat(files.bytesRead()).isEqualTo(bytes);
  }

  @Test
  void doesNotAskForAKnownIdentity() throws IOException {
    ObjectStore store = CountingFileSystem.store();
    ObjectStat stat = store.stat(uris.get(7));
    assertThat(CountingFileSystem.statusRequests()).isEqualTo(1);
    try (OpenFiles knowing = new OpenFiles(store, Map.of(uris.get(7), stat))) {
      RangeReader reader = knowing.open(uris.get(7));
      assertThat(reader.stat()).isEqualTo(stat);
      assertThat(reader.read(0, 7)).hasSize(7);
      assertThat(CountingFileSystem.statusRequests()).isEqualTo(1);
      knowing.open(uris.get(8));
      assertThat(CountingFileSystem.statusRequests()).isEqualTo(2);
    }
  }

  @Test
  void keepsNothingOfAFileThatCannotBeOpened() throws IOException {
    String missing = folder.resolve("missing").toString();
    assertThatThrownBy(() -> use(missing)).isInstanceOf(FileNotFoundException.class);
    Files.write(Path.of(missing), new byte[3]);
    use(missing);
    assertThat(CountingFileSystem.opened()).isEqualTo(1);
  }

  private void use(String uri) throws IOException {
    files.open(uri);
  }
}
