package io.qtrace.job.cli;

import java.util.Objects;
import org.apache.spark.package$;
import picocli.CommandLine.IVersionProvider;

/** Versions of qtrace and of the Spark that it found. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    String version = Version.class.getPackage().getImplementationVersion();
    return new String[] {
      "qtrace %s (Spark %s, Java %s)"
          .formatted(
              Objects.requireNonNullElse(version, "unpackaged"),
              package$.MODULE$.SPARK_VERSION(),
              Runtime.version().feature())
    };
  }
}
