package io.qtrace.job.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.io.ObjectStore;
import io.qtrace.job.ReportedLines;
import io.qtrace.job.Sample;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Caches fetched in the order of the notebook's cell 5b, from archives that are not trusted. */
class TestCacheLocator {
  private static final String NAME = "two_examples_L24_K16_R8";
  private static final Path CACHE = Sample.ARCHIVE.resolve("caches").resolve(NAME);
  private static final ObjectStore STORE = new ObjectStore(new Configuration());

  @TempDir Path folder;
  private Path source;
  private Path wanted;
  private final ReportedLines reported = new ReportedLines();

  @BeforeEach
  void folders() throws IOException {
    source = Files.createDirectories(folder.resolve("drive"));
    wanted = folder.resolve("local").resolve(NAME);
  }

  @Test
  void usesAnExistingFolder() throws IOException {
    tgz(source.resolve(NAME + ".tgz"), plain());
    assertThat(locate(CACHE.toString())).isEqualTo("file:" + CACHE);
    assertThat(reported.lines())
        .containsExactly("Cache already exists: file:" + CACHE + ", 2 files total");
  }

  @Test
  void archiveComesBeforeTheFolder() throws IOException {
    Path tgz = tgz(source.resolve(NAME + ".tgz"), plain());
    Files.createDirectories(source.resolve(NAME));
    assertThat(locate(wanted.toString())).isEqualTo("file:" + wanted);
    assertThat(reported.lines())
        .containsExactly(
            "Cache not found at file:%s, copying from file:%s...".formatted(wanted, source),
            "Extracting file:" + tgz + "...",
            "Cache already exists: file:" + wanted + ", 2 files total");
    assertThat(names(wanted)).containsExactly("meta.json", "shard_00000.pt");
    assertThat(wanted.resolve("shard_00000.pt"))
        .hasSameBinaryContentAs(CACHE.resolve("shard_00000.pt"));
    assertThat(names(wanted.getParent())).containsExactly(NAME);
  }

  @Test
  void folderIsCopiedWhereThereIsNoArchive() throws IOException {
    Path from = Files.createDirectories(source.resolve(NAME));
    Files.copy(CACHE.resolve("meta.json"), from.resolve("meta.json"));
    Files.copy(CACHE.resolve("shard_00000.pt"), from.resolve("shard_00000.pt"));
    Files.writeString(from.resolve("notes.txt"), "not part of it");
    locate(wanted.toString());
    assertThat(reported.lines()).contains("Copying file:" + from + "...");
    assertThat(names(wanted)).containsExactly("meta.json", "shard_00000.pt");
  }

  @Test
  void namesEverythingThatWasTried() {
    assertThatThrownBy(() -> locate(wanted.toString()))
        .isInstanceOf(FileNotFoundException.class)
        .hasMessage(
            "Cannot find KD cache: tried file:%s; file:%s/%s.tgz; file:%s/%s; expected a folder"
                    .formatted(wanted, source, NAME, source, NAME)
                + " with meta.json and shard_*.pt");
  }

  @Test
  void acceptsTheArchiveItself() throws IOException {
    Path tgz = tgz(source.resolve(NAME + ".tar.gz"), plain());
    String unpacked = folder.resolve("run/.cache").toString();
    String found =
        new CacheLocator(STORE, reported).locate(tgz.toString(), Optional.empty(), unpacked);
    assertThat(found).isEqualTo("file:" + unpacked + "/" + NAME);
    assertThat(KdCache.open(STORE, found, new KdCache.Options(false, 0, 1 << 20)).examples())
        .isEqualTo(2);
  }

  @Test
  void hostileArchivesLeaveNothing() throws IOException {
    refused(entry("../" + NAME + "/meta.json"), "'../" + NAME + "/meta.json' leads out");
    refused(entry("/etc/shard_00000.pt"), "'/etc/shard_00000.pt' leads out");
    refused(entry("a/../../shard_00000.pt"), "leads out of its folder");
    refused(entry("a\\..\\shard_00000.pt"), "leads out of its folder");
    refused(
        link("c/shard_00001.pt", TarConstants.LF_SYMLINK),
        "'c/shard_00001.pt' is not a regular file");
    refused(link("c/shard_00001.pt", TarConstants.LF_LINK), "is not a regular file");
    refused(link("c/shard_00001.pt", TarConstants.LF_FIFO), "is not a regular file");
    refused(entry("c/shard_00000.pt", "c/shard_00000.pt"), "two entries 'c/shard_00000.pt'");
    refused(
        entry("c/meta.json", "d/shard_00000.pt"), "files in 'c/' and 'd/', expected one folder");
    refused(entry("c/readme.txt"), "no meta.json and no shards");
  }

  @Test
  void archivesAreBounded() throws IOException {
    Path tgz = tgz(source.resolve(NAME + ".tgz"), plain());
    org.apache.hadoop.fs.Path from = ObjectStore.path(tgz.toString());
    org.apache.hadoop.fs.Path to = ObjectStore.path(folder.resolve("x").toString());
    assertThatThrownBy(() -> new CacheArchive(1, 1 << 30).extract(STORE, from, to))
        .hasMessageEndingWith(NAME + ".tgz: more than 1 entries");
    assertThatThrownBy(() -> new CacheArchive(9, 200).extract(STORE, from, to))
        .hasMessageEndingWith(NAME + ".tgz: more than 200 bytes unpacked");
  }

  @Test
  void damagedArchiveLeavesNothing() throws IOException {
    Path tgz = tgz(source.resolve(NAME + ".tgz"), plain());
    byte[] bytes = Files.readAllBytes(tgz);
    Files.write(tgz, Arrays.copyOf(bytes, bytes.length / 2));
    assertThatThrownBy(() -> locate(wanted.toString())).isInstanceOf(IOException.class);
    assertThat(wanted).doesNotExist();
    assertThat(names(wanted.getParent())).isEmpty();
  }

  private interface Content {
    void add(TarArchiveOutputStream tar) throws IOException;
  }

  private void refused(Content content, String reason) throws IOException {
    Path tgz = tgz(source.resolve(NAME + ".tgz"), content);
    assertThatThrownBy(() -> locate(wanted.toString()), reason)
        .hasMessageStartingWith("Invalid KD cache: file:" + tgz + ": ")
        .hasMessageContaining(reason);
    assertThat(wanted).doesNotExist();
    assertThat(names(wanted.getParent())).isEmpty();
  }

  private String locate(String cache) throws IOException {
    return new CacheLocator(STORE, reported)
        .locate(cache, Optional.of(source.toString()), folder.resolve("none").toString());
  }

  private static Content plain() {
    return tar -> {
      tar.putArchiveEntry(new TarArchiveEntry("./" + NAME + "/"));
      tar.closeArchiveEntry();
      for (String name : List.of("meta.json", "shard_00000.pt")) {
        put(tar, "./" + NAME + "/" + name, Files.readAllBytes(CACHE.resolve(name)));
      }
      put(tar, "./" + NAME + "/README", new byte[10]);
    };
  }

  private static Content entry(String... names) {
    return tar -> {
      for (String name : names) {
        put(tar, name, new byte[3]);
      }
    };
  }

  private static Content link(String name, byte kind) {
    return tar -> {
      TarArchiveEntry entry = new TarArchiveEntry(name, kind);
      entry.setLinkName("/etc/passwd");
      tar.putArchiveEntry(entry);
      tar.closeArchiveEntry();
    };
  }

  private static void put(TarArchiveOutputStream tar, String name, byte[] bytes)
      throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name, true); // keeps a leading slash
    entry.setSize(bytes.length);
    tar.putArchiveEntry(entry);
    tar.write(bytes);
    tar.closeArchiveEntry();
  }

  private static Path tgz(Path file, Content content) throws IOException {
    try (OutputStream out = Files.newOutputStream(file);
        TarArchiveOutputStream tar = new TarArchiveOutputStream(new GZIPOutputStream(out))) {
      content.add(tar);
    }
    return file;
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
