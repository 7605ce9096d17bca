package io.qtrace.spark.source;

import java.util.List;
import org.apache.spark.sql.catalyst.analysis.NoSuchTableException;
import org.apache.spark.sql.connector.catalog.Identifier;
import org.apache.spark.sql.connector.catalog.Table;
import org.apache.spark.sql.connector.catalog.TableCatalog;
import org.apache.spark.sql.connector.catalog.TableChange;
import org.apache.spark.sql.connector.catalog.TableInfo;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/**
 * Names checkpoints in SQL without a view: with {@code
 * spark.sql.catalog.qtrace=io.qtrace.spark.source.QtraceCatalog}, <code>
 * SELECT ... FROM qtrace.`s3a://bucket/runs/*&#47;*.pt`</code> reads what {@link QtraceSource}
 * reads. It has no tables of its own.
 */
public final class QtraceCatalog implements TableCatalog {
  private String name;

  /** Spark makes one for each session. */
  public QtraceCatalog() {}

  @Override
  public void initialize(String catalog, CaseInsensitiveStringMap options) {
    name = catalog;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Identifier[] listTables(String[] namespace) {
    return new Identifier[0];
  }

  /** The checkpoints of a path or glob; files are listed when the table is read. */
  @Override
  public Table loadTable(Identifier path) throws NoSuchTableException {
    if (path.namespace().length > 0) {
      throw new NoSuchTableException(path);
    }
    return new TensorTable(List.of(path.name()), TensorColumn.ALL);
  }

  @Override
  public Table createTable(Identifier path, TableInfo table) {
    throw readOnly();
  }

  @Override
  public Table alterTable(Identifier path, TableChange... changes) {
    throw readOnly();
  }

  @Override
  public boolean dropTable(Identifier path) {
    throw readOnly();
  }

  @Override
  public void renameTable(Identifier from, Identifier to) {
    throw readOnly();
  }

  private UnsupportedOperationException readOnly() {
    return new UnsupportedOperationException(
        "Cannot change checkpoints through the catalog " + name + ": it only reads");
  }
}
