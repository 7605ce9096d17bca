package io.qtrace.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.io.ByteSource;
import io.qtrace.io.LocalFiles;
import io.qtrace.io.WriteMode;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.StateDict;
import io.qtrace.tensor.StateDict.Tensor;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TestCheckpointWriter {
  private static final CheckpointWriter WRITER = new CheckpointWriter(LocalFiles.STORE);
  private static final String UNICODE =
      "\u0000 \u001b[31m \n\"\\/ \u00e9 \u2028\u202e \ud83d\ude00 __.";

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"t.pt", "t.safetensors"})
  void tensorsOfEveryDtypeComeBack(String name) throws IOException {
    WriteFormat format = WriteFormat.of(name);
    StateDict state = new StateDict(tensors(format), Map.of("", 1L));
    Path file = folder.resolve("new/folder").resolve(name);
    long bytes = WRITER.write(file.toString(), state, WriteOptions.replacing(name)).bytes();
    assertThat(Files.size(file)).isEqualTo(bytes);
    assertThat(entries(file))
        .allSatisfy((tensor, entry) -> assertThat(tensor).isEqualTo(entry.name()))
        .hasSameSizeAs(state.tensors());
    for (Tensor tensor : state.tensors()) {
      TensorEntry entry = entries(file).get(tensor.name());
      assertThat(List.of(entry.dtype(), entry.shape(), entry.stride(), entry.offset()))
          .isEqualTo(List.of(tensor.dtype(), tensor.shape(), tensor.stride(), tensor.offset()));
      assertThat(storedBytes(entry)).isEqualTo(bytes(tensor.storage()));
    }
  }

  @ParameterizedTest
  @EnumSource(WriteFormat.class)
  void equalContentGivesEqualBytes(WriteFormat format) throws IOException {
    WriteOptions options = new WriteOptions(format, WriteMode.FAIL_IF_EXISTS);
    Path one = folder.resolve("one");
    Path other = folder.resolve("other.x");
    WRITER.write(one.toString(), new StateDict(tensors(format)), options);
    WRITER.write(other.toString(), new StateDict(tensors(format)), options);
    assertThat(one).hasSameBinaryContentAs(other);
  }

  @Test
  void viewsShareTheirStorage() throws IOException {
    ByteSource storage = random(48);
    Tensor whole = Tensor.contiguous("whole", DType.FLOAT32, Shape.of(3, 4), storage);
    Tensor part = new Tensor("part", DType.FLOAT32, Shape.of(4, 2), List.of(1L, 4L), 4, storage);
    Tensor bits = Tensor.contiguous("bits", DType.INT32, Shape.of(12), storage);
    Path file = write("views.pt", whole, part, bits);
    Map<String, TensorEntry> read = entries(file);
    assertThat(read.get("part").storage())
        .isEqualTo(read.get("whole").storage())
        .isEqualTo(read.get("bits").storage());
    assertThat(read.get("part").stride()).containsExactly(1L, 4L);
    assertThat(read.get("part").offset()).isEqualTo(4);
    assertThat(read.get("part").dtype()).isEqualTo(DType.FLOAT32);
    assertThat(read.get("bits").dtype()).isEqualTo(DType.INT32);

    assertThatThrownBy(() -> write("views.safetensors", whole, part))
        .hasMessage("Unsupported tensor 'part': strides [1, 4], expected C order");
  }

  @ParameterizedTest
  @EnumSource(WriteFormat.class)
  void failingSourceLeavesNothing(WriteFormat format) throws IOException {
    ByteSource failing =
        new ByteSource() {
          @Override
          public long bytes() {
            return 10 << 20;
          }

          @Override
          public void read(long position, ByteBuffer target) throws IOException {
            if (position > 0) {
              throw new IOException("source is gone");
            }
            target.position(target.limit());
          }
        };
    StateDict state =
        new StateDict(List.of(Tensor.contiguous("t", DType.INT8, Shape.of(10 << 20), failing)));
    Path file = folder.resolve("t.pt");
    assertThatThrownBy(
            () ->
                WRITER.write(file.toString(), state, new WriteOptions(format, WriteMode.OVERWRITE)))
        .hasMessage("source is gone");
    assertThat(folder).isEmptyDirectory();

    Files.writeString(file, "before");
    assertThatThrownBy(
            () ->
                WRITER.write(file.toString(), state, new WriteOptions(format, WriteMode.OVERWRITE)))
        .hasMessage("source is gone");
    assertThat(file).hasContent("before");
    assertThat(folder.toFile().list()).containsExactly("t.pt");
  }

  @Test
  void fullDiskIsNamed() {
    assertThatThrownBy(() -> write("/dev/full/t.pt", tensors(WriteFormat.TORCH_ZIP).get(0)))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("Cannot write file:/dev/full/t.pt: ");
  }

  @Test
  void existingFileStaysUnlessItMayBeReplaced() throws IOException {
    Path file = Files.writeString(folder.resolve("t.pt"), "before");
    StateDict state = new StateDict(tensors(WriteFormat.TORCH_ZIP));
    WriteOptions refusing = new WriteOptions(WriteFormat.TORCH_ZIP, WriteMode.FAIL_IF_EXISTS);
    assertThatThrownBy(() -> WRITER.write(file.toString(), state, refusing))
        .hasMessage(
            "Cannot write " + file.toUri().toString().replace("///", "/") + ": it exists already");
    assertThat(file).hasContent("before");
    WRITER.write(file.toString(), state, WriteOptions.replacing("t.pt"));
    assertThat(entries(file)).hasSameSizeAs(state.tensors());
    assertThatThrownBy(() -> WRITER.write(folder.toString(), state, WriteOptions.replacing("t.pt")))
        .hasMessageEndingWith(": it is a folder");
  }

  @Test
  void emptyStateDictIsAFileToo() throws IOException {
    assertThat(entries(write("none.pt"))).isEmpty();
    assertThat(entries(write("none.safetensors"))).isEmpty();
  }

  @Test
  void namesAreUnicode() {
    assertThatThrownBy(() -> Tensor.contiguous("a\ud800", DType.INT8, Shape.of(0), random(0)))
        .hasMessage("Invalid name 'a\\ud800': unpaired surrogates, expected Unicode");
    Tensor tensor = Tensor.contiguous("a", DType.INT8, Shape.of(1), random(1));
    assertThatThrownBy(() -> new StateDict(List.of(tensor, tensor)))
        .hasMessage("Invalid state dict: two tensors named 'a'");
    assertThatThrownBy(() -> write("t.safetensors", tensor.withName("__metadata__")))
        .hasMessageStartingWith("Unsupported tensor '__metadata__'");
    assertThatThrownBy(() -> WriteFormat.of("runs/model.gguf"))
        .hasMessageStartingWith("Unsupported file name: 'runs/model.gguf', expected");
  }

  @Test
  void storagesAreAlignedInTheFile() throws IOException {
    Path file = write("t.pt", tensors(WriteFormat.TORCH_ZIP).toArray(Tensor[]::new));
    assertThat(entries(file).values())
        .allSatisfy(entry -> assertThat(entry.storage().position() % 64).isZero());
  }

  private Path write(String name, Tensor... tensors) throws IOException {
    Path file = folder.resolve(name);
    WRITER.write(file.toString(), new StateDict(List.of(tensors)), WriteOptions.replacing(name));
    return file;
  }

  // Every dtype the format has in several shapes, an odd name, tied tensors.
  private static List<Tensor> tensors(WriteFormat format) {
    List<Tensor> tensors = new ArrayList<>();
    for (DType dtype : DType.values()) {
      boolean fits = dtype != DType.COMPLEX32 && dtype != DType.COMPLEX128;
      if (fits || format == WriteFormat.TORCH_ZIP) {
        Stream.of(Shape.of(), Shape.of(0, 3), Shape.of(3, 5, 7), Shape.of(1, 2, 1, 2, 1))
            .map(shape -> tensor(dtype.label() + shape, dtype, shape))
            .forEach(tensors::add);
      }
    }
    tensors.add(tensor(UNICODE, DType.BFLOAT16, Shape.of(1, 207)));
    tensors.add(tensors.get(0).withName(""));
    return tensors;
  }

  private static Tensor tensor(String name, DType dtype, Shape shape) {
    return Tensor.contiguous(name, dtype, shape, random(shape.elements() * dtype.bytes()));
  }

  private static ByteSource random(long count) {
    byte[] bytes = new byte[(int) count];
    new Random(count).nextBytes(bytes);
    return ByteSource.of(ByteBuffer.wrap(bytes));
  }

  private static byte[] bytes(ByteSource source) throws IOException {
    byte[] bytes = new byte[(int) source.bytes()];
    source.read(0, ByteBuffer.wrap(bytes));
    return bytes;
  }

  private static byte[] storedBytes(TensorEntry entry) throws IOException {
    try (StoredTensors stored = new StoredTensors(LocalFiles.STORE)) {
      return bytes(stored.view(entry).storage()); // checks the CRC too
    }
  }

  private static Map<String, TensorEntry> entries(Path file) throws IOException {
    CheckpointIndex index = new Checkpoints(LocalFiles.STORE).index(file.toString());
    assertThat(index.skipped()).isEmpty();
    return index.tensors().stream()
        .collect(java.util.stream.Collectors.toMap(TensorEntry::name, entry -> entry));
  }
}
