package io.qtrace.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qtrace.job.LineageRows;
import io.qtrace.job.LocalSpark;
import io.qtrace.job.Sample;
import io.qtrace.job.lineage.LineageTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.data.IcebergGenerics;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.jdbc.JdbcCatalog;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tables that two audits of a growing archive wrote, read as they were, by others, and maintained.
 */
@Tag("archive")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class TestTablesOverTime {
  private static final String INIT = "sr011-q4a4-FP4-init";
  private static final String TRAINED = "debug_lut_training";
  private static final String BAD = "bug_q_drift";
  private static final String Q = "model.layers.0.self_attn.k_proj._Q";

  @TempDir private static Path folder;
  private static Path archive;
  private static Path warehouse;

  @BeforeAll
  static void auditTwice() throws IOException {
    archive = Sample.copyRuns(folder.resolve("archive"), INIT, TRAINED).resolve("runs");
    warehouse = folder.resolve("tables");
    assertThat(
            qtrace("audit", "--archive", archive.toString(), "--quiet", "--tag", "first").status())
        .isZero();
    Sample.copyRuns(folder.resolve("archive"), BAD);
    assertThat(qtrace("audit", "--archive", archive.toString(), "--quiet").status()).isOne();
  }

  @Test
  @Order(1)
  void printsAnAuditInAnEarlierState() throws IOException {
    CommandRun now = qtrace("audit", "--archive", archive.toString(), "--quiet");
    CommandRun then = qtrace("audit", "--as-of", "first");
    assertThat(now.out()).startsWith("VIOLATION");
    assertThat(then.status()).as(then.err()).isZero();
    assertThat(then.out()).startsWith("CLEAN").doesNotContain(BAD);

    JsonNode first = json("audit", "--as-of", "first", "--archive", archive.toString());
    List<Map<String, Object>> audits =
        rows("SELECT CAST(finished AS STRING) AS finished, audit_id FROM audits ORDER BY finished");
    assertThat(first.get("audit_id").asText()).isEqualTo(audits.get(0).get("audit_id"));
    String snapshot =
        rows("SELECT snapshot_id FROM lineage.qtrace.audits.snapshots ORDER BY committed_at LIMIT 1")
            .get(0)
            .get("snapshot_id")
            .toString();
    assertThat(json("audit", "--as-of", snapshot, "--archive", archive.toString()))
        .isEqualTo(first);
    assertThat(rows("SELECT count(*) AS n FROM audits VERSION AS OF 'first'").get(0))
        .containsEntry("n", 1L);

    assertThat(qtrace("lineage", "--as-of", "first").out()).contains(TRAINED).doesNotContain(BAD);
    assertThat(qtrace("lineage").out()).contains(BAD);
    assertThat(qtrace("audit", "--as-of", "2001-01-01").err())
        .startsWith("qtrace: Cannot read the tables as of 2001-01-01: the oldest state is from 20")
        .hasLineCount(1);
    assertThat(qtrace("audit", "--as-of", "last week").err())
        .contains("Invalid state of the tables: 'last week'");
  }

  @Test
  @Order(2)
  void findsTheFirstEdgeOnWhichATensorChanged() throws IOException {
    JsonNode found = json("bisect", "--tensor", Q, "--since", "v2_initial.pt").get(0);
    assertThat(found.get("edges")).hasSize(1);
    JsonNode edge = found.get("edges").get(0);
    assertThat(edge.get("child").asText()).isEqualTo(BAD + "/checkpoint_step20.pt");
    assertThat(edge.get("parent").asText()).isEqualTo(TRAINED + "/checkpoint_step20.pt");
    assertThat(edge.get("verdict").asText()).isEqualTo("VIOLATION");
    assertThat(edge.at("/causes/0/cause").asText()).isEqualTo("UNEXPLAINED");
    assertThat(edge.at("/causes/0/changed_elements").asInt()).isEqualTo(1024);

    assertThat(qtrace("bisect", "--q", "--since", INIT + "/v2_initial.pt").out())
        .contains("Every _Q: first changed since " + INIT + "/v2_initial.pt on 1 edge,")
        .contains("unknown, UNEXPLAINED, VIOLATION");
    assertThat(
            qtrace(
                    "bisect",
                    "--q",
                    "--since",
                    "v2_initial.pt",
                    "--until",
                    TRAINED + "/checkpoint_step20.pt")
                .out())
        .contains("Every _Q: unchanged since ");
    assertThat(qtrace("bisect", "--tensor", "nothing", "--since", "v2_initial.pt").err())
        .contains("Cannot find tensor 'nothing'");
    assertThat(qtrace("bisect", "--q", "--since", "checkpoint_step20.pt").err())
        .contains("Ambiguous checkpoint 'checkpoint_step20.pt'");
  }

  @Test
  @Order(3)
  void areReadWithoutSpark() throws IOException {
    List<Map<String, Object>> expected =
        rows("SELECT name, dtype, elements, max FROM tensors ORDER BY path, name");
    LocalSpark.stop();

    List<Record> records = new ArrayList<>();
    try (JdbcCatalog catalog = new JdbcCatalog()) {
      catalog.initialize(
          "lineage",
          Map.of(
              "uri",
              "jdbc:h2:file:%s/catalog;DATABASE_TO_UPPER=FALSE".formatted(warehouse),
              "warehouse",
              warehouse.resolve("warehouse").toUri().toString(),
              "jdbc.schema-version",
              "V1"));
      Table table = catalog.loadTable(TableIdentifier.of("qtrace", "tensors"));
      try (CloseableIterable<Record> rows = IcebergGenerics.read(table).build()) {
        rows.forEach(records::add);
      }
    }
    assertThat(
            records.stream()
                .map(
                    row ->
                        List.of(
                            row.getField("name"),
                            row.getField("dtype"),
                            row.getField("elements"),
                            row.getField("max")))
                .toList())
        .containsExactlyInAnyOrderElementsOf(
            expected.stream().map(row -> List.copyOf(row.values())).toList());
  }

  // As job/README.md has it.
  @Test
  @Order(3)
  void areReadByAnotherEngine() throws SQLException {
    Path list = folder.resolve("files.csv");
    assertThat(qtrace("sql", "-f", "../scripts/files.sql", "--out", list.toString()).err())
        .isEmpty();
    String query = "SELECT parent_path, child_path, kind, verdict, q_changed FROM %s ORDER BY ALL";
    List<List<String>> expected =
        rows(query.formatted("edges")).stream()
            .map(row -> row.values().stream().map(String::valueOf).toList())
            .toList();
    List<List<String>> found = new ArrayList<>();
    try (Connection duckdb = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = duckdb.createStatement()) {
      statement.execute(
          "SET VARIABLE files = (SELECT list(file) FROM read_csv('%s', header = true, delim = ','))"
              .formatted(list));
      try (ResultSet rows =
          statement.executeQuery(query.formatted("read_parquet(getvariable('files'))"))) {
        while (rows.next()) {
          List<String> row = new ArrayList<>();
          for (int column = 1; column <= 5; column++) {
            row.add(rows.getString(column));
          }
          found.add(row);
        }
      }
    }
    assertThat(found).hasSizeGreaterThan(3).isEqualTo(expected);
  }

  @Test
  @Order(4)
  void keepTheirRowsWhenMaintained() throws IOException {
    SparkSession spark = LocalSpark.session(warehouse);
    // Audits of large archives write several files a table.
    spark.sql("INSERT INTO lineage.qtrace.invariants SELECT * FROM lineage.qtrace.invariants");
    Map<String, List<String>> before = LineageRows.of(spark);
    Path data = warehouse.resolve("warehouse/qtrace/edges/data");
    Path orphan = Files.writeString(data.resolve("orphan.parquet"), "of a killed audit");
    Path fresh = Files.writeString(data.resolve("fresh.parquet"), "of one that writes");
    Files.setLastModifiedTime(orphan, FileTime.from(Instant.now().minus(Duration.ofDays(4))));
    JsonNode plan = json("maintain", "--dry-run");
    assertThat(orphan).exists();
    assertThat(sum(plan, "orphans_removed")).isOne();
    assertThat(plan.findValues("table")).hasSameSizeAs(LineageTable.values());
    Path settings =
        Files.writeString(
            folder.resolve("qtrace.yaml"),
            Files.readString(Path.of("../conf/qtrace.yaml"))
                .replace("keep-snapshots: 90d", "keep-snapshots: 0s"));
    JsonNode done = json("maintain", "--settings", settings.toString());
    long files = sum(done, "files_before");
    assertThat(files).isEqualTo(sum(plan, "files_before"));
    assertThat(sum(done, "files_after")).isEqualTo(sum(plan, "files_after")).isLessThan(files);
    assertThat(sum(done, "snapshots_expired")).isPositive();
    assertThat(sum(done, "orphans_removed")).isOne();
    assertThat(orphan).doesNotExist();
    assertThat(fresh).exists();
    assertThat(sum(done, "bytes_freed")).isPositive();
    assertThat(LineageRows.of(LocalSpark.session(warehouse))).isEqualTo(before);

    // States between its own commits are given up by the next one.
    assertThat(sum(json("maintain", "--settings", settings.toString()), "files_after"))
        .isEqualTo(sum(done, "files_after"));
    JsonNode again = json("maintain", "--settings", settings.toString());
    for (String what : List.of("snapshots_expired", "orphans_removed", "bytes_freed")) {
      assertThat(sum(again, what)).as(what).isZero();
    }
    assertThat(sum(again, "files_after")).isEqualTo(sum(done, "files_after"));

    assertThat(qtrace("audit", "--as-of", "first").out()).startsWith("CLEAN");
    assertThat(qtrace("maintain", "--keep", "0000000000000000").err())
        .contains("Cannot find audit 0000000000000000");
    assertThat(qtrace("audit", "--archive", archive.toString(), "--quiet").status()).isOne();
  }

  private static long sum(JsonNode tables, String what) {
    return StreamSupport.stream(tables.spliterator(), false)
        .mapToLong(table -> table.get(what).asLong())
        .sum();
  }

  private static JsonNode json(String... words) throws IOException {
    String[] all = Arrays.copyOf(words, words.length + 2);
    all[words.length] = "--format";
    all[words.length + 1] = "json";
    CommandRun run = qtrace(all);
    assertThat(run.err()).isEmpty();
    return new ObjectMapper().readTree(run.out());
  }

  private static CommandRun qtrace(String... words) {
    String[] all = Arrays.copyOf(words, words.length + 2);
    all[words.length] = "--warehouse";
    all[words.length + 1] = warehouse.toString();
    return CommandRun.of(all);
  }

  private static List<Map<String, Object>> rows(String query) {
    SparkSession spark = LocalSpark.session(warehouse);
    spark.sql("USE lineage.qtrace");
    return spark.sql(query).collectAsList().stream()
        .map(
            row -> {
              Map<String, Object> values = new LinkedHashMap<>();
              for (String name : row.schema().fieldNames()) {
                values.put(name, row.getAs(name));
              }
              return values;
            })
        .toList();
  }
}
