package io.qtrace.job.report;

import io.qtrace.io.AtomicOutput;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.WriteMode;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Objects;
import java.util.UUID;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * A file with a query's rows, which appears complete or not at all; an existing one is replaced.
 */
public final class RowFile {
  private final String uri;
  private final boolean isParquet;

  private RowFile(String uri, boolean isParquet) {
    this.uri = uri;
    this.isParquet = isParquet;
  }

  /**
   * The file of a path or URI.
   *
   * @throws IllegalArgumentException if its name ends with neither {@code .parquet} nor {@code
   *     .csv}
   */
  public static RowFile of(String uri) {
    if (!uri.endsWith(".parquet") && !uri.endsWith(".csv")) {
      throw new IllegalArgumentException(
          "Invalid output file: '%s', expected a name that ends with .parquet or .csv"
              .formatted(uri));
    }
    return new RowFile(uri, uri.endsWith(".parquet"));
  }

  /**
   * Runs the query and writes its rows, which need not fit in memory.
   *
   * @throws IllegalArgumentException if the query has no result
   * @throws IOException if the file cannot be written
   */
  public void write(Dataset<Row> query) throws IOException {
    if (query.schema().isEmpty()) {
      throw new IllegalArgumentException(
          "Cannot write %s: the statement has no rows, expected a query".formatted(uri));
    }
    ObjectStore store =
        new ObjectStore(
            JavaSparkContext.fromSparkContext(query.sparkSession().sparkContext())
                .hadoopConfiguration());
    if (isParquet) {
      writeParquet(query, store);
    } else {
      writeCsv(query, store);
    }
  }

  private void writeCsv(Dataset<Row> query, ObjectStore store) throws IOException {
    try (AtomicOutput file = store.create(uri, WriteMode.OVERWRITE)) {
      Writer out =
          new BufferedWriter(new OutputStreamWriter(file.stream(), StandardCharsets.UTF_8));
      out.write(Rows.csvTitles(query.schema()) + "\n");
      for (Iterator<Row> rows = query.toLocalIterator(); rows.hasNext(); ) {
        out.write(Rows.csv(rows.next()) + "\n");
      }
      out.flush();
      file.commit();
    }
  }

  // Spark writes folders: of one part, which becomes the file.
  private void writeParquet(Dataset<Row> query, ObjectStore store) throws IOException {
    Path target = ObjectStore.path(uri);
    FileSystem files = store.fileSystem(target);
    Path parent = Objects.requireNonNullElse(files.makeQualified(target).getParent(), target);
    Path folder = new Path(parent, ".%s.%s".formatted(target.getName(), UUID.randomUUID()));
    try {
      query.coalesce(1).write().parquet(folder.toString());
      FileStatus part =
          Arrays.stream(files.listStatus(folder))
              .filter(status -> status.getPath().getName().endsWith(".parquet"))
              .findFirst()
              .orElseThrow(() -> new IOException("Cannot write %s: no rows".formatted(uri)));
      try (AtomicOutput file = store.create(uri, WriteMode.OVERWRITE);
          InputStream in = files.open(part.getPath())) {
        in.transferTo(file.stream());
        file.commit();
      }
    } finally {
      files.delete(folder, true);
    }
  }
}
