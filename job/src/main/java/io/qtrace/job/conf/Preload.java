package io.qtrace.job.conf;

import java.io.IOException;
import java.util.List;
import org.apache.hadoop.security.UserGroupInformation;

/**
 * Loads classes that Spark needs first and that are slow to initialize, in the background while the
 * command line and the settings are read: this saves half a second at each start.
 */
public final class Preload {
  private static final List<String> CONTEXT =
      List.of(
          "org.apache.spark.SparkContext",
          "org.apache.spark.SparkEnv$",
          "org.apache.spark.rpc.netty.NettyRpcEnvFactory");

  // Initializes all of Scala's reflection, which code generation uses for names of functions.
  private static final List<String> SESSION =
      List.of("org.apache.spark.sql.catalyst.ScalaReflection$");

  private Preload() {}

  /** Loads what a Spark context needs, if scripts/qtrace started this JVM for one. */
  public static void context() {
    if (System.getProperty(Sessions.SETTINGS_FILE) != null) {
      start(CONTEXT);
    }
  }

  /** Loads what the first rows of a session need. */
  static void session() {
    start(SESSION);
  }

  private static void start(List<String> classes) {
    Thread thread = new Thread(() -> load(classes), "preload");
    thread.setDaemon(true);
    thread.start();
  }

  // A failure occurs again, and is reported, where the class is needed.
  private static void load(List<String> classes) {
    try {
      UserGroupInformation.getCurrentUser();
      for (String name : classes) {
        Class.forName(name);
      }
    } catch (IOException | ReflectiveOperationException | LinkageError e) {
      return;
    }
  }
}
