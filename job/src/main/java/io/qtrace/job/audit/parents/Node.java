package io.qtrace.job.audit.parents;

import com.dynatrace.hash4j.hashing.HashStream128;
import com.dynatrace.hash4j.hashing.HashValue128;
import com.dynatrace.hash4j.hashing.Hashing;
import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.audit.cause.LayerLut;
import io.qtrace.job.lineage.TensorRow;
import io.qtrace.lut.LutDeltas;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** A checkpoint with what the search needs of it, computed once. */
final class Node {
  static final String LUT = ".lut";
  private static final String DELTAS = "._lut_raw_deltas";

  private final CheckpointFile file;
  private final Map<String, TensorRow> tensors;
  private final Set<String> stale;
  private final Map<String, LayerLut> luts = new TreeMap<>();
  private final Sketch sketch;
  private final double trained;

  Node(MeasuredCheckpoint checkpoint) {
    file = checkpoint.file();
    tensors = checkpoint.tensors();
    stale = checkpoint.stale();
    for (String name : tensors.keySet()) {
      if (name.endsWith(LUT)) {
        String layer = name.substring(0, name.length() - LUT.length());
        LayerLut.of(floats(name), floats(layer + DELTAS)).ifPresent(lut -> luts.put(layer, lut));
      }
    }
    sketch = new Sketch(tensors, luts);
    trained = Sketch.LUT_WEIGHT * luts.values().stream().mapToDouble(Node::trained).sum();
  }

  // Empty unless all values were kept.
  private Optional<float[]> floats(String name) {
    TensorRow row = tensors.get(name);
    if (row == null || row.values().isEmpty() || row.values().size() != row.elements()) {
      return Optional.empty();
    }
    float[] floats = new float[row.values().size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = row.values().get(i).floatValue();
    }
    return Optional.of(floats);
  }

  // How far training took a layer's LUT from the stored one: 0 where it does not train.
  private static double trained(LayerLut lut) {
    return lut.deltas()
        .map(
            deltas ->
                distance(
                    deltas.positive(lut.training()),
                    LutDeltas.initial(lut.lut(), lut.training()).positive(lut.training())))
        .orElse(0.0);
  }

  private static double distance(float[] one, float[] other) {
    double sum = 0;
    for (int i = 0; i < one.length; i++) {
      double difference = (double) one[i] - other[i];
      sum += difference * difference;
    }
    return Math.sqrt(sum);
  }

  CheckpointFile file() {
    return file;
  }

  Map<String, TensorRow> tensors() {
    return tensors;
  }

  /** Whether a layer's {@code _Q} is known not to be {@code lut[_indices]}. */
  boolean isStale(String layer) {
    return stale.contains(layer);
  }

  Map<String, LayerLut> luts() {
    return luts;
  }

  Sketch sketch() {
    return sketch;
  }

  /** How far the LUTs in use are from the stored ones, in the unit of sketches. */
  double trained() {
    return trained;
  }

  /** Equal for checkpoints with equal tensors. */
  HashValue128 content() {
    HashStream128 hash = Hashing.xxh3_128().hashStream();
    tensors.values().forEach(tensor -> put(hash, tensor));
    return hash.get();
  }

  /** A key for each tensor, equal for equal names and contents. */
  long[] contents() {
    return tensors.values().stream()
        .mapToLong(tensor -> put(Hashing.xxh3_128().hashStream(), tensor).get().getAsLong())
        .toArray();
  }

  private static HashStream128 put(HashStream128 hash, TensorRow tensor) {
    hash.putString(tensor.name()).putString(tensor.dtype()).putString(tensor.fingerprint());
    tensor.shape().forEach(hash::putLong);
    return hash;
  }
}
