package io.qtrace.format.safetensors;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.RangeReader;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.Storage;
import io.qtrace.tensor.TensorEntry;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.StreamSupport;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;

class TestSafetensorsReader {
  private static final Path FORMATS = Path.of("src/test/resources/formats");

  @Test
  void readsEveryDtypeAsWrittenByPyTorch() throws Exception {
    JsonNode expected =
        new ObjectMapper()
            .readTree(FORMATS.resolve("expected.json").toFile())
            .get("dtypes.safetensors");
    try (RangeReader reader = open("dtypes.safetensors")) {
      CheckpointIndex index = SafetensorsReader.index(reader);

      assertThat(index.format()).isEqualTo("safetensors");
      assertThat(index.skipped()).isEmpty();
      assertThat(index.tensors())
          .extracting(TensorEntry::name)
          .containsExactlyInAnyOrderElementsOf(expected::fieldNames);
      for (TensorEntry tensor : index.tensors()) {
        JsonNode truth = expected.get(tensor.name());
        assertThat(tensor.dtype().label()).isEqualTo(truth.get("dtype").asText());
        assertThat(tensor.shape().sizes()).isEqualTo(longs(truth.get("shape")));
        assertThat(tensor.stride()).isEqualTo(longs(truth.get("stride")));
        assertThat(tensor.offset()).isEqualTo(truth.get("offset").asLong());
        assertThat(tensor.bytes()).isEqualTo(truth.get("nbytes").asLong());
        assertThat(md5(reader, tensor)).isEqualTo(truth.get("md5_16").asText());
        assertThat(tensor.storage().crc32()).isEqualTo(Storage.UNVERIFIED);
        assertThat(tensor.storage().file()).isEqualTo(index.path());
      }
    }
  }

  @Test
  void ordersTensorsByTheirData() throws Exception {
    try (RangeReader reader = open("dtypes.safetensors")) {
      assertThat(SafetensorsReader.index(reader).tensors())
          .extracting(tensor -> tensor.storage().position())
          .isSorted();
    }
  }

  @Test
  void readsNoTensorData() throws Exception {
    try (RangeReader reader = open("dtypes.safetensors")) {
      CheckpointIndex index = SafetensorsReader.index(reader);

      assertThat(reader.bytesRead()).isEqualTo(index.tensors().get(0).storage().position());
    }
  }

  @Test
  void readsAFileWithoutTensors() throws Exception {
    try (RangeReader reader = open("empty.safetensors")) {
      CheckpointIndex index = SafetensorsReader.index(reader);

      assertThat(index.tensors()).isEmpty();
      assertThat(index.skipped()).isEmpty();
    }
  }

  private static RangeReader open(String name) throws Exception {
    return new ObjectStore(new Configuration()).open(FORMATS.resolve(name).toString());
  }

  private static List<Long> longs(JsonNode array) {
    return new ArrayList<>(
        StreamSupport.stream(array.spliterator(), false).map(JsonNode::asLong).toList());
  }

  private static String md5(RangeReader reader, TensorEntry tensor) throws Exception {
    byte[] bytes = reader.read(tensor.storage().position(), (int) tensor.storage().bytes());
    return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(bytes), 0, 8);
  }
}
