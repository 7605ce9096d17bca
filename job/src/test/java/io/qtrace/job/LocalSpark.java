package io.qtrace.job;

import java.nio.file.Path;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/** One Spark for all tests of a JVM; each test gets a session with tables of its own. */
public final class LocalSpark {
  private static final String CATALOG = "spark.sql.catalog.lineage";

  private LocalSpark() {}

  // Commands under test stop the Spark that they find: then there is a new one.
  private static SparkSession spark() {
    return builder().getOrCreate();
  }

  private static SparkSession.Builder builder() {
    return SparkSession.builder()
        .master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.session.timeZone", "UTC")
        .config(
            "spark.sql.extensions",
            "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions");
  }

  /** Ends the Spark of this JVM, if there is one. */
  public static void stop() {
    if (SparkSession.getDefaultSession().isDefined()) {
      SparkSession.getDefaultSession().get().stop();
    }
  }

  /** Ends it, and starts one with settings in addition to the usual ones or instead of them. */
  public static void restart(Map<String, String> settings) {
    stop();
    SparkSession.Builder builder = builder();
    settings.forEach(builder::config);
    builder.getOrCreate();
  }

  /** The context of all sessions. */
  public static JavaSparkContext context() {
    return JavaSparkContext.fromSparkContext(spark().sparkContext());
  }

  /** A session without tables. */
  public static SparkSession session() {
    return spark().newSession();
  }

  /** A session whose embedded catalog is below a folder. */
  public static SparkSession session(Path warehouse) {
    return withTables(spark().newSession(), warehouse);
  }

  /** A session made to have its embedded catalog below a folder. */
  public static SparkSession withTables(SparkSession session, Path warehouse) {
    session.conf().set(CATALOG, "org.apache.iceberg.spark.SparkCatalog");
    session.conf().set(CATALOG + ".type", "jdbc");
    session.conf().set(CATALOG + ".jdbc.schema-version", "V1");
    session
        .conf()
        .set(
            CATALOG + ".uri",
            "jdbc:h2:file:%s/catalog;DATABASE_TO_UPPER=FALSE;WRITE_DELAY=0".formatted(warehouse));
    session.conf().set(CATALOG + ".warehouse", "file:" + warehouse.resolve("warehouse"));
    return session;
  }
}
