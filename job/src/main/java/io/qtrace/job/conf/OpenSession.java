package io.qtrace.job.conf;

import java.util.Objects;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/**
 * The Spark session of a command, closed with it unless it belongs to a shell.
 *
 * @param isLent whether the session belongs to a shell, which closes it
 */
public record OpenSession(SparkSession spark, boolean isLent) implements AutoCloseable {
  public OpenSession {
    Objects.requireNonNull(spark, "spark");
  }

  public JavaSparkContext context() {
    return JavaSparkContext.fromSparkContext(spark.sparkContext());
  }

  @Override
  public void close() {
    if (!isLent) {
      spark.stop();
    }
  }
}
