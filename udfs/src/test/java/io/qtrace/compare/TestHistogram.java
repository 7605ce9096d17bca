package io.qtrace.compare;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.compare.Histogram.Bucket;
import io.qtrace.io.LocalFiles;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where buckets begin and end; {@code TestTorchContent} compares with NumPy. */
class TestHistogram {
  private static final double NAN = Double.NaN;
  private static final double INF = Double.POSITIVE_INFINITY;

  @TempDir private Path folder;

  @Test
  void onlyTheLastBucketIncludesItsUpperEdge() throws IOException {
    assertThat(histogram(2, 0, 1, 2, 3, 4, 2))
        .containsExactly(new Bucket(0, 2, 2), new Bucket(2, 4, 4));
    assertThat(histogram(1, 3, -1)).containsExactly(new Bucket(-1, 3, 2));
  }

  @Test
  void ignoresNonFiniteNumbers() throws IOException {
    assertThat(histogram(2, NAN, 1, INF, 2, -INF, NAN))
        .containsExactly(new Bucket(1, 1.5, 1), new Bucket(1.5, 2, 1));
    assertThat(histogram(2, NAN, INF))
        .containsExactly(new Bucket(0, 0.5, 0), new Bucket(0.5, 1, 0));
    assertThat(histogram(1)).containsExactly(new Bucket(0, 1, 0));
  }

  @Test
  void widensTheRangeOfEqualNumbers() throws IOException {
    assertThat(histogram(2, 7, 7, 7)).containsExactly(new Bucket(6.5, 7, 0), new Bucket(7, 7.5, 3));
  }

  @Test
  void countsEachNumberOnceWhereFloat64HasTooFewForTheEdges() throws IOException {
    double huge = 1e300;
    List<Bucket> narrow = histogram(10, huge, Math.nextUp(huge), huge);
    List<Bucket> equal = histogram(10, huge, huge);

    assertThat(narrow.stream().mapToLong(Bucket::count).sum()).isEqualTo(3);
    assertThat(equal.stream().mapToLong(Bucket::count).sum()).isEqualTo(2);
  }

  @Test
  void spansAllFiniteNumbers() throws IOException {
    double most = Double.MAX_VALUE;

    assertThat(histogram(2, -most, most, 0, 1))
        .containsExactly(new Bucket(-most, 0, 1), new Bucket(0, most, 3));
  }

  @Test
  void readsTensorsOfManyWindows() throws IOException {
    double[] numbers = DoubleStream.iterate(0, i -> i + 1).limit(300_000).toArray();

    assertThat(histogram(3, numbers)).extracting(Bucket::count).containsOnly(100_000L);
  }

  private List<Bucket> histogram(int buckets, double... numbers) throws IOException {
    TensorEntry tensor =
        RawTensors.write(
            folder.resolve("tensor"), DType.FLOAT64, Shape.of(numbers.length), numbers);
    return Histogram.of(
        () ->
            new ElementStream(
                LocalFiles.STORE,
                LocalFiles.STORE.stat(tensor.storage().file()),
                tensor,
                0,
                tensor.elements()),
        buckets);
  }
}
