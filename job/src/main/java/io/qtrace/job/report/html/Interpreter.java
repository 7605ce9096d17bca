package io.qtrace.job.report.html;

import java.util.HashMap;
import java.util.Map;
import org.apache.spark.sql.SparkSession;

/**
 * Lets a session evaluate queries without generated code: to compile it takes longer than to read a
 * few thousand rows. Closing restores the session's settings.
 */
final class Interpreter implements AutoCloseable {
  private static final Map<String, String> SETTINGS =
      Map.of(
          "spark.sql.codegen.wholeStage", "false", "spark.sql.codegen.factoryMode", "NO_CODEGEN");

  private final SparkSession spark;
  private final Map<String, String> before = new HashMap<>();

  Interpreter(SparkSession spark) {
    this.spark = spark;
    SETTINGS.forEach(
        (name, value) -> {
          before.put(name, spark.conf().get(name));
          spark.conf().set(name, value);
        });
  }

  @Override
  public void close() {
    before.forEach((name, value) -> spark.conf().set(name, value));
  }
}
