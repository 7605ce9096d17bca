package io.qtrace.job.train;

import io.qtrace.io.ByteSource;
import io.qtrace.job.text.Json;
import io.qtrace.job.train.recipe.HostTensor;
import io.qtrace.job.train.recipe.ReplicaState;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.StateDict;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A replica's state and the run's progress as one file, so that both are of the same step: tensors
 * {@code parameters.NAME}, {@code first_moments.NAME}, {@code second_moments.NAME}, and {@code
 * progress}, JSON in bytes.
 */
record RunState(ReplicaState replica, TrainProgress progress) {
  private static final String PARAMETERS = "parameters.";
  private static final String FIRST_MOMENTS = "first_moments.";
  private static final String SECOND_MOMENTS = "second_moments.";
  private static final String PROGRESS = "progress";

  StateDict tensors() {
    List<StateDict.Tensor> tensors = new ArrayList<>();
    add(tensors, PARAMETERS, replica.parameters());
    add(tensors, FIRST_MOMENTS, replica.firstMoments());
    add(tensors, SECOND_MOMENTS, replica.secondMoments());
    byte[] json = Json.line(progress).getBytes(StandardCharsets.UTF_8);
    tensors.add(
        StateDict.Tensor.contiguous(
            PROGRESS, DType.UINT8, Shape.of(json.length), ByteSource.of(ByteBuffer.wrap(json))));
    return new StateDict(tensors);
  }

  static RunState read(CheckpointTensors file, int steps) throws IOException {
    Map<String, Map<String, HostTensor>> maps = new HashMap<>();
    for (TensorEntry entry : file.index().tensors()) {
      for (String kind : List.of(PARAMETERS, FIRST_MOMENTS, SECOND_MOMENTS)) {
        if (entry.name().startsWith(kind)) {
          maps.computeIfAbsent(kind, key -> new HashMap<>())
              .put(entry.name().substring(kind.length()), file.find(entry.name()).orElseThrow());
        }
      }
    }
    HostTensor json =
        file.find(PROGRESS)
            .orElseThrow(
                () -> new IOException("Invalid state: " + file.index().path() + ": no progress"));
    TrainProgress progress =
        Json.read(StandardCharsets.UTF_8.decode(json.bytes()).toString(), TrainProgress.class);
    ReplicaState replica =
        new ReplicaState(
            steps,
            maps.getOrDefault(PARAMETERS, Map.of()),
            maps.getOrDefault(FIRST_MOMENTS, Map.of()),
            maps.getOrDefault(SECOND_MOMENTS, Map.of()));
    return new RunState(replica, progress);
  }

  private static void add(
      List<StateDict.Tensor> tensors, String kind, Map<String, HostTensor> values) {
    new TreeMap<>(values).forEach((name, value) -> tensors.add(tensor(kind + name, value)));
  }

  static StateDict.Tensor tensor(String name, HostTensor value) {
    return StateDict.Tensor.contiguous(
        name, value.dtype(), value.shape(), ByteSource.of(value.bytes()));
  }
}
