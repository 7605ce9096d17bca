package io.qtrace.job.faults;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.qtrace.job.LocalSpark;
import io.qtrace.job.lineage.LineageTable;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.apache.iceberg.HasTableOperations;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.spark.Spark3Util;
import org.apache.spark.sql.SparkSession;

/**
 * The clock is set back between two audits. No process can be given another clock everywhere, so
 * the tables are given other times: those of an audit in the future.
 */
final class ClockSetBack extends OwnArchiveFault {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String LATER = "bug_q_drift";

  ClockSetBack(Bench bench) {
    super(bench, "clock set back", 1, 50);
  }

  @Override
  Tally disturb(SparkSession tables, Random random) throws Exception {
    Path later = Files.move(runs().resolve(LATER), folder().resolve(LATER));
    Bench.audit(tables, archive());
    Files.move(later, runs().resolve(LATER));
    // Iceberg forgives a minute.
    long millis = Duration.ofMinutes(2).toMillis() + random.nextLong(Duration.ofDays(7).toMillis());
    shift(tables, millis);
    assertThatThrownBy(() -> Bench.audit(LocalSpark.session(folder()), archive()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("but this machine's clock says");
    shift(LocalSpark.session(folder()), -millis);
    return struck(1, 1);
  }

  private static void shift(SparkSession tables, long millis) throws IOException {
    Catalog catalog = Spark3Util.loadIcebergCatalog(tables, LineageTable.CATALOG);
    for (LineageTable table : LineageTable.values()) {
      String name = table.tableName().substring(LineageTable.CATALOG.length() + 1);
      var loaded = (HasTableOperations) catalog.loadTable(TableIdentifier.parse(name));
      String location = loaded.operations().refresh().metadataFileLocation();
      File file = new File(location.replaceFirst("^file:", ""));
      JsonNode metadata = JSON.readTree(file);
      shiftTimes(metadata, millis);
      JSON.writeValue(file, metadata);
      Files.deleteIfExists(file.toPath().resolveSibling("." + file.getName() + ".crc"));
    }
  }

  private static void shiftTimes(JsonNode node, long millis) {
    node.forEach(inner -> shiftTimes(inner, millis));
    for (String field : new String[] {"last-updated-ms", "timestamp-ms"}) {
      if (node.path(field).isNumber()) {
        ((ObjectNode) node).put(field, node.get(field).asLong() + millis);
      }
    }
  }
}
