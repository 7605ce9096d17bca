package io.qtrace.job.conf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

class TestSessions {
  private static final String LINEAGE = "spark.sql.catalog.lineage";

  @Test
  void withoutConfigurationTheEmbeddedCatalogIsInTheWorkingFolder() throws IOException {
    SparkConf conf = Sessions.configuration(new SparkConf(false), Optional.empty());
    Path here = Path.of("").toAbsolutePath();
    assertThat(conf.get("spark.master")).isEqualTo("local[*]");
    assertThat(conf.get(LINEAGE + ".uri"))
        .isEqualTo(
            "jdbc:h2:file:%s/.qtrace/catalog;DATABASE_TO_UPPER=FALSE;WRITE_DELAY=0"
                .formatted(here));
    assertThat(conf.get(LINEAGE + ".warehouse")).isEqualTo("file:%s/.qtrace/warehouse", here);
    assertThat(conf.get(LINEAGE + ".jdbc.schema-version")).isEqualTo("V1");
  }

  @Test
  void warehouseMovesBothCatalogAndTables() throws IOException {
    SparkConf conf =
        Sessions.configuration(new SparkConf(false), Optional.of(Path.of("/data/a b/../q t")));
    assertThat(conf.get(LINEAGE + ".uri"))
        .startsWith("jdbc:h2:file:/data/q t/catalog;DATABASE_TO_UPPER=FALSE");
    assertThat(conf.get(LINEAGE + ".warehouse")).isEqualTo("file:/data/q t/warehouse");
  }

  @Test
  void tablesMayLieInAnObjectStore() throws IOException {
    SparkConf s3 = new SparkConf(false).set(LINEAGE + ".warehouse", "s3a://bucket/lineage");
    assertThat(Sessions.configuration(s3, Optional.empty()).get(LINEAGE + ".warehouse"))
        .isEqualTo("s3a://bucket/lineage");
    SparkConf moved = new SparkConf(false).set(LINEAGE + ".warehouse", "s3a://bucket/lineage");
    assertThat(
            Sessions.configuration(moved, Optional.of(Path.of("/d"))).get(LINEAGE + ".warehouse"))
        .isEqualTo("file:/d/lineage");
  }

  @Test
  void keepsConfiguredSettings() throws IOException {
    SparkConf rest =
        new SparkConf(false)
            .set("spark.master", "local[1]")
            .set(LINEAGE, "org.apache.iceberg.spark.SparkCatalog")
            .set(LINEAGE + ".type", "rest")
            .set(LINEAGE + ".uri", "https://catalog.example.org");
    SparkConf conf = Sessions.configuration(rest, Optional.empty());
    assertThat(conf.get("spark.master")).isEqualTo("local[1]");
    assertThat(conf.get(LINEAGE + ".uri")).isEqualTo("https://catalog.example.org");
    assertThat(conf.contains(LINEAGE + ".warehouse")).isFalse();
    assertThatThrownBy(() -> Sessions.configuration(rest, Optional.of(Path.of("w"))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid warehouse: 'w', expected none: the catalog 'lineage' is of type rest");
  }

  @Test
  void settingsOfADatabaseCannotComeWithItsFolder() {
    assertThatThrownBy(
            () -> Sessions.configuration(new SparkConf(false), Optional.of(Path.of("/w;INIT=X"))))
        .hasMessage("Invalid warehouse: '/w;INIT=X', expected a folder without ';'");
  }
}
