package io.qtrace.job.conf;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;

/**
 * The embedded catalog {@code lineage}: Iceberg's JDBC catalog on an H2 file, for one process at a
 * time. Its settings are in {@code conf/spark-defaults.conf}; here its locations become absolute,
 * since Iceberg stores the locations of tables as configured.
 */
public final class EmbeddedCatalog {
  /** What to do about a missing or damaged file of the catalog. */
  public static final String REMEDY = "restore the warehouse from a backup or use another one";

  static final String PREFIX = "spark.sql.catalog.lineage";

  private static final String URI = PREFIX + ".uri";
  private static final String WAREHOUSE = PREFIX + ".warehouse";
  private static final String FILE_IO = PREFIX + ".io-impl";
  private static final String CHECKED_IO = "io.qtrace.job.lineage.CheckedTableIo";
  private static final String SESSION_TABLES = "spark.sql.warehouse.dir"; // of spark_catalog
  private static final String H2 = "jdbc:h2:file:";

  // Of org.h2.api.ErrorCode.
  private static final int DATABASE_IN_USE = 90020;
  private static final Set<Integer> UNREADABLE =
      Set.of(50000, 90028, 90030, 90031, 90048); // general, I/O, corrupted, of another version

  // Tables may lie in an object store; the database of the catalog may not.
  private static final Pattern REMOTE = Pattern.compile("(?!file:)[A-Za-z][A-Za-z0-9+.-]*://");

  private static final Pattern QUOTED = Pattern.compile("\"(.+?)\"");

  private EmbeddedCatalog() {}

  /** The database that another process has open, if that is the failure. */
  public static Optional<String> inUse(Throwable failure) {
    return failure instanceof SQLException e && e.getErrorCode() == DATABASE_IN_USE
        ? Optional.of(database(e))
        : Optional.empty();
  }

  /** The database that is unreadable or not a database, if that is the failure. */
  public static Optional<String> unreadable(Throwable failure) {
    return failure instanceof SQLException e && UNREADABLE.contains(e.getErrorCode())
        ? Optional.of(database(e))
        : Optional.empty();
  }

  private static String database(SQLException e) {
    Matcher quoted = QUOTED.matcher(e.getMessage());
    return quoted.find() ? quoted.group(1) : "the database of the catalog 'lineage'";
  }

  /** Makes the embedded catalog's locations absolute, below {@code warehouse} if given. */
  static SparkConf locate(SparkConf conf, Optional<Path> warehouse) {
    String uri = conf.get(URI, "");
    if (!uri.startsWith(H2)) {
      if (warehouse.isPresent()) {
        throw new IllegalArgumentException(
            "Invalid warehouse: '%s', expected none: the catalog 'lineage' is of type %s"
                .formatted(warehouse.get(), conf.get(PREFIX + ".type", "unknown")));
      }
      return conf;
    }
    int end = uri.indexOf(';') < 0 ? uri.length() : uri.indexOf(';');
    Path database = absolute(warehouse, Path.of(uri.substring(H2.length(), end)));
    String tables = conf.get(WAREHOUSE);
    if (warehouse.isPresent() || !REMOTE.matcher(tables).lookingAt()) {
      String local = REMOTE.matcher(tables).replaceFirst("/").replaceFirst("^file:/+", "/");
      tables = "file:" + absolute(warehouse, Path.of(local));
    }
    if (database.toString().contains(";")) {
      throw new IllegalArgumentException(
          "Invalid warehouse: '" + database.getParent() + "', expected a folder without ';'");
    }
    return conf.set(URI, H2 + database + uri.substring(end))
        .set(WAREHOUSE, tables)
        .setIfMissing(FILE_IO, CHECKED_IO)
        .setIfMissing(SESSION_TABLES, "file:" + database.resolveSibling("session"));
  }

  private static Path absolute(Optional<Path> folder, Path configured) {
    return folder
        .map(base -> base.resolve(configured.getFileName()))
        .orElse(configured)
        .toAbsolutePath()
        .normalize();
  }
}
