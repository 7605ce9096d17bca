package io.qtrace.job.lineage;

import com.dynatrace.hash4j.hashing.Hashing;
import java.util.Arrays;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.analysis.NoSuchViewException;
import org.apache.spark.sql.connector.catalog.CatalogPlugin;
import org.apache.spark.sql.connector.catalog.Identifier;
import org.apache.spark.sql.connector.catalog.ViewCatalog;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps the {@link LineageView}s up to date in catalogs that have views. */
final class LineageViews {
  private static final Logger LOG = LoggerFactory.getLogger(LineageViews.class);

  // Hash of all views and of the tables that they use: if it differs, the views are outdated.
  private static final String VERSION_PROPERTY = "qtrace.views-version";

  private final SparkSession spark;

  LineageViews(SparkSession spark) {
    this.spark = spark;
  }

  /**
   * Creates or replaces all views unless they are those of this version of qtrace; needs the
   * tables.
   */
  void create() {
    CatalogPlugin catalog =
        ((org.apache.spark.sql.classic.SparkSession) spark)
            .sessionState()
            .catalogManager()
            .catalog(LineageTable.CATALOG);
    String version = version();
    if (!(catalog instanceof ViewCatalog views) || isCurrent(views, version)) {
      return;
    }
    try {
      for (LineageView view : LineageView.values()) {
        spark.sql(view.createStatement(VERSION_PROPERTY, version));
      }
    } catch (UnsupportedOperationException e) {
      LOG.info("No views: {}", e.getMessage());
    }
  }

  // The last one is created last.
  private static boolean isCurrent(ViewCatalog catalog, String version) {
    LineageView[] all = LineageView.values();
    String namespace = LineageTable.NAMESPACE.substring(LineageTable.CATALOG.length() + 1);
    Identifier last = Identifier.of(new String[] {namespace}, all[all.length - 1].simpleName());
    try {
      return version.equals(catalog.loadView(last).properties().get(VERSION_PROPERTY));
    } catch (NoSuchViewException e) {
      return false;
    }
  }

  private static String version() {
    StringBuilder text = new StringBuilder();
    Arrays.stream(LineageView.values()).forEach(view -> text.append(view.query()));
    Arrays.stream(LineageTable.values()).forEach(table -> text.append(table.schema().toDDL()));
    return "%016x".formatted(Hashing.xxh3_64().hashCharsToLong(text));
  }
}
