package io.qtrace.job.report.html;

import io.qtrace.job.text.Json;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import scala.collection.Seq;
import scala.jdk.javaapi.CollectionConverters;

/**
 * The data of a report: the rows of its pictures.
 *
 * @param pictures all of them
 */
record ReportData(ReportScope scope, Map<Picture, PictureRows> pictures) {
  // Digits worth showing on a screen; the exact numbers are in the tables.
  private static final MathContext DIGITS = new MathContext(6);

  private static final long MANY_TENSORS = 50_000; // compared on all edges of the scope

  /** Runs the queries. */
  static ReportData of(SparkSession spark, ReportScope scope) {
    try (Interpreter interpreter = new Interpreter(spark)) {
      spark.sql(scope.statement());
      if (spark.sql(ReportScope.TENSORS).first().getLong(0) > MANY_TENSORS) {
        interpreter.close();
      }
      return new ReportData(scope, pictures(spark, scope));
    } finally {
      spark.sql("UNCACHE TABLE " + ReportScope.SHOWN);
      spark.catalog().dropTempView(ReportScope.SHOWN);
    }
  }

  // Two at a time: of a small query most of the time is its plan, which one core makes.
  private static Map<Picture, PictureRows> pictures(SparkSession spark, ReportScope scope) {
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      Map<Picture, CompletableFuture<PictureRows>> queries = new EnumMap<>(Picture.class);
      for (Picture picture : Picture.values()) {
        queries.put(
            picture,
            CompletableFuture.supplyAsync(() -> PictureRows.of(spark, picture, scope), threads));
      }
      Map<Picture, PictureRows> pictures = new EnumMap<>(Picture.class);
      queries.forEach((picture, query) -> pictures.put(picture, query.join()));
      return pictures;
    } finally {
      threads.shutdownNow();
    }
  }

  PictureRows of(Picture picture) {
    return pictures.get(picture);
  }

  /** JSON of the pictures that the page shows at once. */
  String summary() {
    return json(picture -> !picture.isDetail());
  }

  /** JSON of the others. */
  String details() {
    return json(Picture::isDetail);
  }

  // Columns rather than rows, and each text once: a tenth of the size.
  private String json(Predicate<Picture> wanted) {
    Texts texts = new Texts();
    Map<String, Object> document = new LinkedHashMap<>();
    Stream.of(Picture.values())
        .filter(wanted)
        .forEach(picture -> document.put(picture.label(), picture(of(picture), texts)));
    document.put("scope", scope.statement());
    document.put("texts", texts.all());
    return Json.line(document);
  }

  private static Map<String, Object> picture(PictureRows rows, Texts texts) {
    Map<String, Object> columns = new LinkedHashMap<>();
    for (String name : rows.columns()) {
      columns.put(
          name, rows.column(name, Object.class).stream().map(v -> value(v, texts)).toList());
    }
    Map<String, Object> picture = new LinkedHashMap<>();
    picture.put("sql", rows.sql());
    picture.put("total", rows.total());
    picture.put("texts", rows.textColumns());
    picture.put("columns", columns);
    return picture;
  }

  private static Object value(Object value, Texts texts) {
    if (value instanceof String text) {
      return texts.position(text);
    }
    if (value instanceof Double number) {
      return Double.isFinite(number) ? new BigDecimal(number).round(DIGITS).doubleValue() : number;
    }
    if (value instanceof Row row) {
      List<Object> fields = new ArrayList<>();
      for (int i = 0; i < row.size(); i++) {
        fields.add(value(row.get(i), texts));
      }
      return fields;
    }
    if (value instanceof Seq<?> list) {
      return CollectionConverters.asJava(list).stream().map(v -> value(v, texts)).toList();
    }
    return value;
  }
}
