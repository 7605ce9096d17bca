package io.qtrace.job.cli;

import java.util.Objects;
import org.apache.spark.package$;
import picocli.CommandLine.IVersionProvider;

/** Versions of qtrace and of the Spark in use. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {
      "qtrace %s (Spark %s, Java %s)"
          .formatted(ofQtrace(), package$.MODULE$.SPARK_VERSION(), Runtime.version().feature())
    };
  }

  /** The version of the running jar. */
  static String ofQtrace() {
    return Objects.requireNonNullElse(
        Version.class.getPackage().getImplementationVersion(), "unpackaged");
  }
}
