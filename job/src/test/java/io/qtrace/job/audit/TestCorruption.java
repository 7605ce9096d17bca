package io.qtrace.job.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.format.Checkpoints;
import io.qtrace.io.ObjectStore;
import io.qtrace.job.LocalSpark;
import io.qtrace.job.Sample;
import io.qtrace.job.audit.policy.Policy;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.lineage.FindingRow;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.zip.CRC32;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One element of a checkpoint is another one: exactly that element is reported. */
class TestCorruption {
  private static final Path GOOD =
      Path.of(Sample.run("srLUT-004_all_alpaca_M2p0_lr1e5_from_best/baked_step200.pt"));

  @TempDir static Path folder;
  private static List<TensorEntry> tensors;

  @BeforeAll
  static void index() throws IOException {
    tensors =
        new Checkpoints(new ObjectStore(new Configuration())).index(GOOD.toString()).tensors();
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13, 14})
  void ofAQuantizedBuffer(long seed) throws IOException {
    Change change = new Change("._Q", seed);
    float value = change.bytes().getFloat(change.at());
    change.bytes().putFloat(change.at(), seed % 2 == 0 ? -value : value * 1.5f + 0.001f);
    FindingRow finding = onlyFinding(change);
    assertThat(finding.rule()).isEqualTo(seed % 2 == 0 ? "q-stale" : "q-off-grid");
    assertElement(finding, change);
  }

  @ParameterizedTest
  @ValueSource(longs = {21, 22, 23, 24})
  void ofIndices(long seed) throws IOException {
    Change change = new Change("._indices", seed);
    short index = change.bytes().getShort(change.at());
    change.bytes().putShort(change.at(), (short) (seed % 2 == 0 ? 15 - index : 16 + index));
    FindingRow finding = onlyFinding(change);
    assertThat(finding.rule()).isEqualTo("indices-alone");
    assertElement(finding, change);
  }

  @ParameterizedTest
  @ValueSource(longs = {31, 32, 33})
  void ofALut(long seed) throws IOException {
    Change change = new Change(".lut", seed);
    change.bytes().putFloat(change.at(), change.bytes().getFloat(change.at()) * 0.9f);
    FindingRow finding = onlyFinding(change);
    assertThat(finding.rule()).isEqualTo("lut-unexplained");
    assertThat(finding.tensors()).isEqualTo(1);
    assertThat(finding.example()).isEqualTo(change.tensor().name());
    assertThat(finding.message())
        .endsWith(": 1 of 16 entries, the first at element " + change.element());
  }

  @Test
  void ofNothingIsNothing() throws IOException {
    assertThat(diff(GOOD).judgement().findings()).isEmpty();
  }

  private static void assertElement(FindingRow finding, Change change) {
    assertThat(finding.tensors()).isEqualTo(1);
    assertThat(finding.example()).isEqualTo(change.tensor().name());
    assertThat(finding.message())
        .contains(
            ": 1 of %d elements, the first at element %d"
                .formatted(change.tensor().elements(), change.element()));
  }

  // Of the pair only that element differs; of the findings there is one.
  private static FindingRow onlyFinding(Change change) throws IOException {
    Diff.Outcome outcome = diff(change.write());
    List<TensorComparison> changed =
        outcome.pair().tensors().stream().filter(TensorComparison::isChanged).toList();
    assertThat(changed).extracting(TensorComparison::name).containsExactly(change.tensor().name());
    assertThat(changed.get(0).diff().stats().changedElements()).isEqualTo(1);
    assertThat(changed.get(0).diff().stats().firstChangedIndex()).isEqualTo(change.element());
    assertThat(outcome.judgement().findings()).hasSize(1);
    return outcome.judgement().findings().get(0);
  }

  private static Diff.Outcome diff(Path child) throws IOException {
    return new Diff(
            LocalSpark.session(), Settings.load(Optional.empty()), Policy.load(Optional.empty()))
        .run(GOOD.toString(), child.toString(), Optional.empty(), Set.of());
  }

  /** One element of one tensor, both drawn with a seed, in a copy of the file. */
  private static final class Change {
    private final ByteBuffer bytes =
        ByteBuffer.wrap(Files.readAllBytes(GOOD)).order(ByteOrder.LITTLE_ENDIAN);
    private final TensorEntry tensor;
    private final int element;

    Change(String suffix, long seed) throws IOException {
      Random random = new Random(seed);
      List<TensorEntry> all = tensors.stream().filter(t -> t.name().endsWith(suffix)).toList();
      tensor = all.get(random.nextInt(all.size()));
      element = random.nextInt((int) tensor.elements());
      DType expected = suffix.equals("._indices") ? DType.INT16 : DType.FLOAT32;
      assertThat(tensor.dtype()).isEqualTo(expected);
    }

    TensorEntry tensor() {
      return tensor;
    }

    int element() {
      return element;
    }

    ByteBuffer bytes() {
      return bytes;
    }

    int at() {
      long first = tensor.storage().position() + tensor.offset() * tensor.dtype().bytes();
      return (int) first + element * tensor.dtype().bytes();
    }

    /** Writes the file, with the CRC-32 of the storage wherever the zip states it. */
    Path write() throws IOException {
      CRC32 crc = new CRC32();
      int start = (int) tensor.storage().position();
      int end = start + (int) tensor.storage().bytes();
      crc.update(bytes.array(), start, end - start);
      int stated = 0;
      for (int i = end; i <= bytes.limit() - Integer.BYTES; i++) {
        if (bytes.getInt(i) == (int) tensor.storage().crc32()) {
          bytes.putInt(i, (int) crc.getValue());
          stated++;
        }
      }
      assertThat(stated).isPositive();
      return Files.write(folder.resolve("corrupt.pt"), bytes.array());
    }
  }
}
