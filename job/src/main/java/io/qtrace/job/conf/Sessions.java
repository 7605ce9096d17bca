package io.qtrace.job.conf;

import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Properties;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/** Opens the Spark session of a command. */
public final class Sessions {
  private static final String DEFAULTS = "/qtrace/spark-defaults.conf";

  // System property of a JVM that scripts/qtrace starts without spark-submit.
  static final String SETTINGS_FILE = "qtrace.settings";

  private Sessions() {}

  /**
   * The session configured by spark-submit, or by the file that system property {@value
   * #SETTINGS_FILE} names; the packaged {@code conf/spark-defaults.conf} is the default for other
   * settings, and the default master is this process. The caller closes it.
   *
   * @param warehouse folder of the embedded catalog, instead of the configured one
   * @throws IllegalArgumentException if {@code warehouse} is given and the catalog is not the
   *     embedded one
   * @throws IOException if the file or the packaged defaults cannot be read
   */
  public static SparkSession open(Optional<Path> warehouse) throws IOException {
    Preload.session();
    // SparkSession.builder() searches for this one by Scala's reflection, which takes a while.
    return org.apache.spark.sql.classic.SparkSession.builder()
        .config(configuration(new SparkConf(), warehouse))
        .getOrCreate();
  }

  /**
   * The same for a command without tables or SQL, which starts faster.
   *
   * @throws IOException if the file or the packaged defaults cannot be read
   */
  public static JavaSparkContext context() throws IOException {
    return JavaSparkContext.fromSparkContext(
        SparkContext.getOrCreate(configuration(new SparkConf(), Optional.empty())));
  }

  static SparkConf configuration(SparkConf conf, Optional<Path> warehouse) throws IOException {
    String file = System.getProperty(SETTINGS_FILE);
    if (file != null) {
      Properties settings = new Properties();
      try (Reader in = Files.newBufferedReader(Path.of(file))) {
        settings.load(in);
      }
      settings.stringPropertyNames().stream()
          .filter(key -> key.startsWith("spark."))
          .forEach(key -> conf.setIfMissing(key, settings.getProperty(key).strip()));
    }
    boolean ownCatalog = conf.contains(EmbeddedCatalog.PREFIX);
    Properties defaults = defaults();
    for (String key : defaults.stringPropertyNames()) {
      if (!(ownCatalog && key.startsWith(EmbeddedCatalog.PREFIX))) {
        conf.setIfMissing(key, defaults.getProperty(key));
      }
    }
    conf.setIfMissing("spark.master", "local[*]");
    conf.setIfMissing("spark.app.name", "qtrace");
    if (conf.get("spark.master").matches("local(\\[.*])?")) {
      // A task that runs out of memory fails without ending this process silently.
      conf.setIfMissing("spark.executor.killOnFatalError.depth", "0");
      conf.setIfMissing("spark.hadoop.fs.file.impl", InProcessLocalFileSystem.class.getName());
    }
    return EmbeddedCatalog.locate(conf, warehouse);
  }

  private static Properties defaults() throws IOException {
    Properties defaults = new Properties();
    try (InputStream in = Sessions.class.getResourceAsStream(DEFAULTS)) {
      defaults.load(in);
    }
    return defaults;
  }
}
