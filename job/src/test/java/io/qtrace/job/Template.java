package io.qtrace.job;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.spark.sql.SparkSession;

/** A template of {@code conf/templates}, with a test's own hosts and folders in it. */
public final class Template {
  public static final Path FOLDER = Path.of("../conf/templates");

  private final String name;
  private final Map<String, String> values;

  private Template(String name, Map<String, String> values) {
    this.name = name;
    this.values = values;
  }

  public static Template of(String name) throws IOException {
    Properties properties = new Properties();
    try (Reader in = Files.newBufferedReader(FOLDER.resolve(name + ".conf"))) {
      properties.load(in); // as spark-submit reads it
    }
    Map<String, String> values = new TreeMap<>();
    properties.stringPropertyNames().forEach(key -> values.put(key, properties.getProperty(key)));
    return new Template(name, values);
  }

  /** Puts a value in place of the template's. */
  public Template with(String key, String value) {
    if (!values.containsKey(key)) {
      throw new IllegalArgumentException(
          "Invalid setting: %s, expected one of %s: %s".formatted(key, name, values.keySet()));
    }
    Map<String, String> changed = new TreeMap<>(values);
    changed.put(key, value);
    return new Template(name, changed);
  }

  public Map<String, String> values() {
    return Map.copyOf(values);
  }

  /** Makes commands of this JVM run with it, as spark-submit would, until it is closed. */
  public Installed install() {
    SparkSession.getDefaultSession().foreach(session -> stop(session));
    Map<String, String> before = new HashMap<>();
    values.keySet().forEach(key -> before.put(key, System.getProperty(key)));
    values.forEach(System::setProperty);
    return () ->
        before.forEach(
            (key, value) -> {
              if (value == null) {
                System.clearProperty(key);
              } else {
                System.setProperty(key, value);
              }
            });
  }

  private static Object stop(SparkSession session) {
    session.stop();
    return null;
  }

  /** Settings in force. */
  public interface Installed extends AutoCloseable {
    @Override
    void close();
  }
}
