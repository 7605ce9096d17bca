package io.qtrace.format.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;

import io.qtrace.io.FormatException;
import io.qtrace.io.LocalFiles;
import io.qtrace.io.RangeReader;
import io.qtrace.io.ReadBudget;
import io.qtrace.io.ReadLimits;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.CheckpointIndex.Skipped;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TestHostileSafetensors {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'a':T[2,0,8],'b':T[1,12,16]}|16|a hole, expected 8",
        "{'a':T[2,0,8],'b':T[2,4,12]}|12|an overlap, expected 8",
        "{'a':T[2,0,8],'b':T[2,0,8]}|8|an overlap, expected 8",
        "{'a':T[1,4,8]}|8|a hole, expected 0",
        "{'a':T[2,0,8]}|9|9 bytes of data, expected the tensors' 8",
        "{'a':T[2,0,8]}|7|7 bytes of data, expected the tensors' 8",
        "{}|1|1 bytes of data, expected the tensors' 0",
        "{'a':T[2,0,8],'b':T[0,4,4]}|8|an overlap",
        "{'a':T[2,0,4]}|4|4 bytes, expected 32 bits for each of the 2 elements of [2]",
        "{'a':T[1,8,4]}|8|data_offsets [8, 4], expected a rising pair",
        "{'a':T[1,-4,0]}|4|Invalid data_offsets: '-4', expected a whole number",
        "{'a':T[-1,0,4]}|4|Invalid shape: '-1', expected a whole number",
        "{'a':T[-0,0,0]}|0|Invalid shape: '-0', expected a whole number",
        "{'a':T[1.0,0,4]}|4|Invalid shape: '1.0', expected a whole number",
        "{'a':T[1e0,0,4]}|4|Invalid shape: '1e0', expected a whole number",
        "{'a':T['1',0,4]}|4|Invalid shape: '1', expected a whole number",
        "{'a':T[null,0,4]}|4|Invalid shape: 'null', expected a whole number",
        "{'a':T[[1],0,4]}|4|Invalid shape",
        "{'a':T[9223372036854775808,0,4]}|4|expected less than 2^63",
        "{'a':T[99999999999999999999999,0,4]}|4|Invalid JSON",
        "{'a':T[4611686018427387904,0,4]}|4|elements of [4611686018427387904]",
        "{'a':T[0,0,9223372036854775807]}|0|9223372036854775807 bytes, expected 32 bits",
        "{'a':{'dtype':'F32','shape':[4294967296,4294967296],'data_offsets':[0,0]}}|0|2^63 elements",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0]}}|4|two data_offsets",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4,8]}}|4|expected at most 2 numbers",
        "{'a':{'dtype':'F32','shape':[1]}}|4|expected dtype, shape and two data_offsets",
        "{'a':{}}|0|expected dtype, shape and two data_offsets",
        "{'a':{'dtype':'F31','shape':[1],'data_offsets':[0,4]}}|4|unsupported dtype 'F31'",
        "{'a':{'dtype':7,'shape':[1],'data_offsets':[0,4]}}|4|Invalid dtype",
        "{'a':{'dtype':'F4','shape':[3],'data_offsets':[0,2]}}|2|expected 4 bits for each of the 3",
        "{'a':{'packed':1}}|0|Unsupported key of a tensor: 'packed'",
        "{'a':T[2,0,8],'a':T[2,8,16]}|16|Duplicate",
        "{'a':{'dtype':'F32','dtype':'F32'}}|4|Duplicate",
        "{'__metadata__':{'k':'1','k':'2'}}|0|Duplicate",
        "{'__metadata__':{},'__metadata__':{}}|0|Duplicate",
        "{'__metadata__':{'k':1}}|0|Invalid value of __metadata__",
        "{'__metadata__':[]}|0|Invalid __metadata__",
        "{'__metadata__':1}|0|Invalid __metadata__",
        "{'__metadata__':{'k':null}}|0|Invalid value of __metadata__",
        "{'a':null}|0|Invalid tensor",
        "{'__metadata__':null,'__metadata__':null}|0|Duplicate",
        "{'a':null}|0|Invalid tensor: VALUE_NULL, expected START_OBJECT",
        "{}{}|0|after the object, expected its end",
        "{} x|0|Invalid JSON",
        "[]|0|Invalid JSON: expected '{'",
        "{'a'|0|Invalid JSON",
        "{'a':T[2,0,8],}|8|Invalid JSON",
        "{'\\ud800':T[1,0,4]}|4|surrogate",
        "{'\\udc00\\ud800':T[1,0,4]}|4|surrogate",
        "{'__metadata__':{'k':'\\ud800'}}|0|surrogate",
        "{'\\x':T[1,0,4]}|4|Invalid JSON",
      })
  void refuses(String header, int dataBytes, String reason) {
    assertThatThrownBy(() -> index(header(header), dataBytes))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining(reason);
  }

  @ParameterizedTest
  @ValueSource(strings = {"fffffffffffffff", "7fffffffffffffff", "5f5e101", "80000000", "11"})
  void refusesHeaderLengthsBeyondTheFileOrTheFormat(String length) {
    byte[] file = new byte[24];
    ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putLong(Long.parseLong(length, 16));
    assertThatThrownBy(() -> index(file))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("at byte 0: Invalid header length")
        .hasMessageContaining("expected at most 16");
  }

  @Test
  void refusesAHeaderOfMoreThanAHundredMillionBytes() throws Exception {
    Path file = folder.resolve("sparse.safetensors");
    try (var channel = new RandomAccessFile(file.toFile(), "rw")) {
      channel.setLength(100_000_100); // a hole: takes no disk
      channel.write(new byte[] {0x01, (byte) 0xe1, (byte) 0xf5, 0x05});
    }
    try (RangeReader reader = LocalFiles.open(file)) {
      assertThatThrownBy(() -> SafetensorsReader.index(reader, new ReadBudget(ReadLimits.DEFAULT)))
          .hasMessageContaining("Invalid header length: 100000001, expected at most 100000000");
    }
  }

  @Test
  void refusesAMillionEmptyTensors() {
    StringBuilder header = new StringBuilder("{");
    for (int i = 0; i < 1_000_000; i++) {
      header.append(i == 0 ? "\"" : ",\"").append(i);
      header.append("\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}");
    }
    byte[] text = header.append('}').toString().getBytes(StandardCharsets.ISO_8859_1);
    assertThatThrownBy(() -> index(text, 0))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("takes more than 201326592 bytes of memory (limit memory)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"ff", "c080", "eda080", "f4908080", "e282", "00"})
  void refusesWhatIsNotUtf8AtItsByte(String hex) {
    String bad = new String(HexFormat.of().parseHex(hex), StandardCharsets.ISO_8859_1);
    byte[] header = ("{\"" + bad + "\":").getBytes(StandardCharsets.ISO_8859_1);
    var fault = catchThrowableOfType(FormatException.class, () -> index(header, 0));
    assertThat(fault.position()).isEqualTo(10);
    assertThat(fault).hasMessageContaining("Invalid JSON");
  }

  @Test
  void refusesOtherEncodingsAndByteOrderMarks() {
    for (byte[] header :
        new byte[][] {
          "{}".getBytes(StandardCharsets.UTF_16LE),
          "{}".getBytes(StandardCharsets.UTF_16BE),
          "\ufeff{}".getBytes(StandardCharsets.UTF_8)
        }) {
      assertThatThrownBy(() -> index(header, 0)).isInstanceOf(FormatException.class);
    }
  }

  @Test
  void refusesDeepJson() {
    for (String open : new String[] {"[", "{\"a\":"}) {
      String header = "{\"a\":" + open.repeat(1_000_000);
      assertThatThrownBy(() -> index(header(header), 0)).isInstanceOf(FormatException.class);
    }
  }

  @Test
  void refusesMoreDimensionsThanPyTorchHas() {
    String sizes = "1,".repeat(1_000_000);
    assertThatThrownBy(() -> index(header("{'a':{'shape':[" + sizes), 0))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("Invalid shape: expected at most 64 numbers");
  }

  @Test
  void namesThePlaceOfAFault() {
    byte[] header = header("{'a':T[2,0,8],'b':T[1,12,16]}");
    var fault = catchThrowableOfType(FormatException.class, () -> index(header, 16));
    String text = new String(header, StandardCharsets.UTF_8);
    assertThat(fault.position()).isEqualTo(8 + text.indexOf("\"b\""));
  }

  @Test
  void namesThePlaceOfAFaultInALongHeaderOfAnyLanguage() {
    String many =
        IntStream.range(0, 20_000)
            .mapToObj(i -> "'é層\ud83d\ude00.%d':T[0,0,0]".formatted(i))
            .collect(Collectors.joining(",", "{", ",'b':T[1,4,8]}"));
    byte[] header = header(many);
    var fault = catchThrowableOfType(FormatException.class, () -> index(header, 8));
    int at = new String(header, StandardCharsets.ISO_8859_1).indexOf("\"b\"");
    assertThat(fault.position()).isEqualTo(8L + at);
  }

  @Test
  void escapesNamesInMessages() {
    assertThatThrownBy(() -> index(header("{'\\n\\u001b[31m\\u202e':T[1,0,8]}"), 8))
        .hasMessageContaining("Invalid tensor '\\n\\u001b[31m\\u202e':");
  }

  @Test
  void acceptsWhiteSpaceAroundTheHeader() throws Exception {
    assertThat(index(header(" \n\t{'a':T[2,0,8]}\r\n   "), 8).tensors())
        .extracting(TensorEntry::name)
        .containsExactly("a");
  }

  @Test
  void acceptsTensorsWithoutElementsAnywhere() throws Exception {
    String header =
        "{'z':T[0,8,8],'a':T[2,0,8],'y':{'dtype':'I64','shape':[3,0],'data_offsets':[0,0]}}";
    assertThat(index(header(header), 8).tensors())
        .extracting(TensorEntry::name, TensorEntry::bytes, TensorEntry::shape)
        .containsExactly(
            tuple("y", 0L, Shape.of(3, 0)),
            tuple("a", 8L, Shape.of(2)),
            tuple("z", 0L, Shape.of(0)));
  }

  @Test
  void skipsElementsOfLessThanAByte() throws Exception {
    String header = "{'a':{'dtype':'F4','shape':[4],'data_offsets':[0,2]},'b':T[1,2,6]}";
    CheckpointIndex index = index(header(header), 6);
    assertThat(index.tensors()).extracting(TensorEntry::name).containsExactly("b");
    assertThat(index.skipped())
        .containsExactly(new Skipped("a", "elements of less than a byte: F4"));
  }

  // As the safetensors library does.
  @Test
  void readsMetadataThatAreNull() throws Exception {
    CheckpointIndex index = index(header("{'__metadata__':null,'a':T[1,0,4]}"), 4);
    assertThat(index.tensors()).extracting(TensorEntry::name).containsExactly("a");
    assertThat(index.notes()).containsExactly("__metadata__ is null, read as if it were not there");
    assertThat(index(header("{'__metadata__':{},'a':T[1,0,4]}"), 4).notes()).isEmpty();
  }

  @Test
  void acceptsManyTensors() throws Exception {
    String header =
        IntStream.range(0, 40_000)
            .mapToObj(i -> "'model.layers.%d':T[1,%d,%d]".formatted(i, 4 * i, 4 * i + 4))
            .collect(Collectors.joining(",", "{", "}"));
    assertThat(index(header(header), 160_000).tensors()).hasSize(40_000);
  }

  // Single quotes for double ones; T[n,begin,end] for a float32 tensor of n elements.
  private static byte[] header(String brief) {
    return brief
        .replace('\'', '"')
        .replaceAll(
            "T\\[([^,]*),([^,]*),([^,]*)\\]",
            "{\"dtype\":\"F32\",\"shape\":[$1],\"data_offsets\":[$2,$3]}")
        .getBytes(StandardCharsets.UTF_8);
  }

  private CheckpointIndex index(byte[] header, int dataBytes) throws IOException {
    return index(
        ByteBuffer.allocate(8 + header.length + dataBytes)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(header.length)
            .put(header)
            .array());
  }

  private CheckpointIndex index(byte[] bytes) throws IOException {
    Path file = Files.write(folder.resolve("file.safetensors"), bytes);
    try (RangeReader reader = LocalFiles.open(file)) {
      return SafetensorsReader.index(reader, new ReadBudget(ReadLimits.DEFAULT));
    }
  }
}
