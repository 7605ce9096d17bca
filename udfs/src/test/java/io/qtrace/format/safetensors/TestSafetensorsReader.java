package io.qtrace.format.safetensors;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.format.FormatFixtures;
import io.qtrace.io.LocalFiles;
import io.qtrace.io.RangeReader;
import io.qtrace.io.ReadBudget;
import io.qtrace.io.ReadLimits;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.Storage;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class TestSafetensorsReader {
  @Test
  void tensorsFillStoragesOfTheFileThatHaveNoCrc() throws Exception {
    try (RangeReader reader = open("dtypes.safetensors")) {
      assertThat(SafetensorsReader.index(reader, new ReadBudget(ReadLimits.DEFAULT)).tensors())
          .allMatch(tensor -> tensor.storage().crc32() == Storage.UNVERIFIED)
          .allMatch(tensor -> tensor.storage().file().equals(reader.uri()))
          .allMatch(tensor -> tensor.storage().bytes() == tensor.bytes());
    }
  }

  @Test
  void ordersTensorsByTheirData() throws Exception {
    try (RangeReader reader = open("dtypes.safetensors")) {
      assertThat(SafetensorsReader.index(reader, new ReadBudget(ReadLimits.DEFAULT)).tensors())
          .extracting(tensor -> tensor.storage().position())
          .isSorted();
    }
  }

  @Test
  void readsNoTensorData() throws Exception {
    try (RangeReader reader = open("dtypes.safetensors")) {
      CheckpointIndex index = SafetensorsReader.index(reader, new ReadBudget(ReadLimits.DEFAULT));

      assertThat(reader.bytesRead()).isEqualTo(index.tensors().get(0).storage().position());
    }
  }

  @Test
  void readsAFileWithoutTensors() throws Exception {
    try (RangeReader reader = open("empty.safetensors")) {
      CheckpointIndex index = SafetensorsReader.index(reader, new ReadBudget(ReadLimits.DEFAULT));

      assertThat(index.tensors()).isEmpty();
      assertThat(index.skipped()).isEmpty();
    }
  }

  private static RangeReader open(String name) throws IOException {
    return LocalFiles.open(FormatFixtures.file(name));
  }
}
