package io.qtrace.job.progress;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.LocalSpark;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;
import scala.Tuple2;

class TestPhase {
  private final SparkContext spark = LocalSpark.session().sparkContext();

  @Test
  void jobsHaveItsNameUntilItIsClosed() {
    try (Phase outer = Phase.begin(spark, "outer", "do the whole")) {
      try (Phase inner = Phase.begin(spark, "inner", "do a part")) {
        assertThat(names()).containsExactly("inner", "do a part");
      }
      assertThat(names()).containsExactly("outer", "do the whole");
    }
    assertThat(names()).containsOnlyNulls();
  }

  @Test
  void reportsEachTaskOfTheNamedRddOnce() throws InterruptedException {
    ConcurrentLinkedQueue<Integer> finished = new ConcurrentLinkedQueue<>();
    CountDownLatch all = new CountDownLatch(5);
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark);
    try (Phase phase = Phase.begin(spark, "counted", "count")) {
      phase.onTask(
          "counted numbers",
          task -> {
            finished.add(task);
            all.countDown();
          });
      context
          .parallelize(List.of(1, 2, 3, 4, 5), 5)
          .mapToPair(i -> new Tuple2<>(i % 2, i))
          .setName("counted numbers")
          .reduceByKey(Integer::sum, 3)
          .collect();
      assertThat(all.await(1, TimeUnit.MINUTES)).isTrue();
    }
    context.parallelize(List.of(1, 2), 2).count();
    assertThat(finished).containsExactlyInAnyOrder(0, 1, 2, 3, 4);
  }

  private List<String> names() {
    return Arrays.asList(
        spark.getLocalProperty("spark.jobGroup.id"),
        spark.getLocalProperty("spark.job.description"));
  }
}
