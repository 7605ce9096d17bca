package io.qtrace.format.pytorch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.io.ByteSource;
import io.qtrace.io.LocalFiles;
import io.qtrace.io.RangeReader;
import io.qtrace.io.ReadBudget;
import io.qtrace.io.ReadLimits;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.StateDict;
import io.qtrace.tensor.StateDict.Tensor;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TestZipWriter {
  private static final int TENSORS = 40;

  @TempDir private Path folder;

  // Where zip64 fields begin: nowhere, among the storages, everywhere.
  @ParameterizedTest
  @ValueSource(longs = {1L << 32, 20_000, 3_000, 1})
  void zip64FieldsSayWhatNarrowOnesCannot(long limit) throws IOException {
    Path file = folder.resolve("t.pt");
    try (OutputStream out = Files.newOutputStream(file)) {
      TorchWriter.write(new StateDict(tensors()), new ZipWriter(out, limit));
    }
    try (RangeReader reader = LocalFiles.open(file);
        ZipFile zip = new ZipFile(file.toFile())) {
      List<TensorEntry> entries =
          TorchReader.indexZip(reader, new ReadBudget(ReadLimits.DEFAULT), new PickledGlobals())
              .tensors();
      assertThat(entries).hasSize(TENSORS);
      for (TensorEntry entry : entries) {
        ZipEntry member = zip.getEntry("archive/data/" + entry.storage().key());
        byte[] expected = content(Integer.parseInt(entry.name()));
        assertThat(zip.getInputStream(member).readAllBytes()).isEqualTo(expected);
        assertThat(reader.read(entry.storage().position(), expected.length)).isEqualTo(expected);
        assertThat(entry.storage().position() % 64).isZero();
        assertThat(entry.storage().crc32()).isEqualTo(member.getCrc());
      }
    }
  }

  @Test
  void membersAreThoseOfPyTorch() throws IOException {
    Path file = folder.resolve("t.pt");
    try (OutputStream out = Files.newOutputStream(file)) {
      TorchWriter.write(new StateDict(tensors().subList(0, 2)), out);
    }
    try (ZipFile zip = new ZipFile(file.toFile())) {
      assertThat(zip.stream().map(ZipEntry::getName))
          .containsExactly(
              "archive/data.pkl",
              "archive/.format_version",
              "archive/.storage_alignment",
              "archive/byteorder",
              "archive/data/0",
              "archive/data/1",
              "archive/version",
              "archive/.data/serialization_id");
      assertThat(text(zip, "byteorder") + text(zip, "version") + text(zip, ".storage_alignment"))
          .isEqualTo("little3\n64");
      assertThat(text(zip, ".data/serialization_id")).matches("[0-9]{40}");
    }
  }

  private static String text(ZipFile zip, String name) throws IOException {
    return new String(zip.getInputStream(zip.getEntry("archive/" + name)).readAllBytes(), UTF_8);
  }

  private static List<Tensor> tensors() {
    List<Tensor> tensors = new ArrayList<>();
    for (int i = 0; i < TENSORS; i++) {
      byte[] content = content(i);
      tensors.add(
          Tensor.contiguous(
              Integer.toString(i),
              DType.UINT8,
              Shape.of(content.length),
              ByteSource.of(ByteBuffer.wrap(content))));
    }
    return tensors;
  }

  // Among them an empty one.
  private static byte[] content(int seed) {
    byte[] content = new byte[seed * 131 % 5000];
    new Random(seed).nextBytes(content);
    return content;
  }
}
