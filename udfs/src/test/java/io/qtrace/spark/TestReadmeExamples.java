package io.qtrace.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.spark.functions.QtraceExtensions;
import io.qtrace.spark.source.QtraceCatalog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The queries of README.md give what it shows, in a Spark that has nothing but udfs. */
class TestReadmeExamples {
  private static final Pattern EXAMPLE =
      Pattern.compile("```sql\n(.*?)```\n\n```\n(.*?)```\n", Pattern.DOTALL);

  private SparkSession spark;

  @AfterEach
  void stopSpark() {
    spark.stop();
  }

  @Test
  void giveWhatIsShown() throws IOException {
    spark =
        SparkSession.builder()
            .master("local[1]")
            .config("spark.ui.enabled", false)
            .config("spark.sql.shuffle.partitions", 1)
            .config("spark.sql.extensions", QtraceExtensions.class.getName())
            .config("spark.sql.catalog.qtrace", QtraceCatalog.class.getName())
            .getOrCreate();
    Matcher example = EXAMPLE.matcher(Files.readString(Path.of("README.md")));
    int examples = 0;
    while (example.find()) {
      Dataset<Row> rows = spark.sql(example.group(1).replace("job/src", "../job/src"));
      String shown = ((org.apache.spark.sql.classic.Dataset<Row>) rows).showString(20, 0, false);
      assertThat(shown.strip()).as(example.group(1)).isEqualTo(example.group(2).strip());
      examples++;
    }
    assertThat(examples).isEqualTo(6);
  }
}
