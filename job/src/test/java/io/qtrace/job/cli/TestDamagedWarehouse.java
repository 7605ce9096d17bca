package io.qtrace.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tables and catalogs with missing files, garbage in place of files, and files of later versions:
 * one sentence that names the file and the remedy, and nothing is changed. The timeout is for
 * hangs.
 */
@Tag("archive")
@Timeout(300)
class TestDamagedWarehouse {
  private static final String RESTORE = "; restore the warehouse from a backup or use another one";

  @TempDir Path folder;

  @Test
  void reportsAFileThatIsNotACatalog() throws IOException {
    Path garbage = Files.createDirectories(folder.resolve("garbage")).resolve("catalog.mv.db");
    Files.writeString(garbage, "\u001b[2J garbage ".repeat(500));
    Path directory = Files.createDirectories(folder.resolve("directory/catalog.mv.db"));
    for (Path catalog : List.of(garbage, directory)) {
      for (List<String> command : commands()) {
        assertThat(refused(catalog.getParent(), command))
            .isEqualTo(
                "qtrace: Cannot open warehouse: %s is damaged or not a catalog%s\n"
                    .formatted(catalog, RESTORE));
      }
    }
    assertThat(garbage).hasContent("\u001b[2J garbage ".repeat(500));
  }

  @Test
  void refusesACatalogThatLostItsTables() throws IOException {
    Path tables = audited().resolve("warehouse");
    Path warehouse = Files.createDirectory(folder.resolve("without-catalog"));
    Files.move(tables, warehouse.resolve("warehouse"));
    assertThat(refused(warehouse, commands().get(0)))
        .matches(
            "qtrace: Cannot open warehouse: its catalog has lost table (\\w+) of file:%s/\\1%s\n"
                .formatted(warehouse.resolve("warehouse/qtrace"), RESTORE));
  }

  @Test
  void namesADamagedTableFile() throws IOException {
    Path warehouse = audited();
    Path audits = warehouse.resolve("warehouse/qtrace/audits");
    Path metadata = last(audits.resolve("metadata"), ".metadata.json");
    String json = Files.readString(metadata);

    assertNamed(warehouse, metadata, null, "it is missing" + RESTORE);
    assertNamed(warehouse, metadata, "{\"format-version\": 2,", "it is damaged" + RESTORE);
    assertNamed(warehouse, metadata, json + "x", "it is damaged" + RESTORE);
    assertNamed(
        warehouse,
        metadata,
        json.replaceFirst("(\"format-version\" *: *)2", "$19"),
        "its format is newer, 9; use a newer qtrace");
    for (Path file :
        List.of(
            last(audits.resolve("data"), ".parquet"),
            last(audits.resolve("metadata"), "-m0.avro"),
            last(audits.resolve("metadata"), ".avro"))) {
      assertNamed(warehouse, file, null, "it is missing" + RESTORE);
      assertNamed(warehouse, file, "\u001b[2J garbage", "");
    }
    assertThat(run(warehouse, List.of("lineage")).out()).contains("checkpoint_step40.safetensors");
  }

  // Tables of an archive of two checkpoints.
  private Path audited() throws IOException {
    Path warehouse = folder.resolve("w");
    Path archive = Files.createDirectories(folder.resolve("archive/run"));
    write(archive.resolve("checkpoint_step20.safetensors"), 1);
    write(archive.resolve("checkpoint_step40.safetensors"), 2);
    CommandRun audit = run(warehouse, List.of("audit", "--quiet", "--archive", archive.toString()));
    assertThat(audit.status()).as(audit.err()).isLessThan(2);
    return warehouse;
  }

  // The file with another content, or none; it is as it was after that.
  private void assertNamed(Path warehouse, Path file, String content, String why)
      throws IOException {
    byte[] before = Files.readAllBytes(file);
    Path crc = file.resolveSibling("." + file.getFileName() + ".crc");
    Path aside = folder.resolve("crc");
    Files.move(crc, aside);
    if (content == null) {
      Files.delete(file);
    } else {
      Files.writeString(file, content);
    }
    List<String> command =
        content == null ? List.of("sql", "-e", "SELECT archive FROM audits") : List.of("lineage");
    assertThat(refused(warehouse, command))
        .as("%s %s", file.getFileName(), content)
        .contains("Cannot read table file file:" + file + ": " + why)
        .endsWith(why.contains("newer") ? "qtrace\n" : RESTORE.substring(2) + "\n");
    Files.write(file, before);
    Files.move(aside, crc);
  }

  private List<List<String>> commands() throws IOException {
    Path run = Files.createDirectories(folder.resolve("archive/run"));
    write(run.resolve("checkpoint_step20.safetensors"), 1);
    return List.of(
        List.of("audit", "--quiet", "--archive", run.getParent().toString()),
        List.of("sql", "-e", "SELECT 1 FROM edges"),
        List.of("lineage"),
        List.of("report", "--out", folder.resolve("report.html").toString()),
        List.of("bisect", "--q", "--since", "checkpoint_step20.pt"),
        List.of("maintain"));
  }

  // A checkpoint of one tensor.
  private static void write(Path file, float value) throws IOException {
    String header = "{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";
    Files.write(
        file,
        ByteBuffer.allocate(8 + header.length() + 4)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(header.length())
            .put(header.getBytes(StandardCharsets.US_ASCII))
            .putFloat(value)
            .array());
  }

  private static String refused(Path warehouse, List<String> command) {
    CommandRun run = run(warehouse, command);
    assertThat(run.status()).as(run.out() + run.err()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).startsWith("qtrace: ").hasLineCount(1);
    assertThat(run.err().strip().codePoints()).noneMatch(Character::isISOControl);
    return run.err();
  }

  private static CommandRun run(Path warehouse, List<String> command) {
    return CommandRun.of(
        Stream.concat(command.stream(), Stream.of("--warehouse", warehouse.toString()))
            .toArray(String[]::new));
  }

  private static Path last(Path folder, String ending) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(file -> file.toString().endsWith(ending))
          .filter(file -> !file.getFileName().toString().startsWith("."))
          .max(Path::compareTo)
          .orElseThrow();
    }
  }
}
