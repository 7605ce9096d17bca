package io.qtrace.job.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.Sample;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;

class TestLogRow {
  @Test
  void rowsAreAsTheRecipeWritesThem() throws Exception {
    List<LogRow> rows =
        List.of(
            LogRow.evaluation(0, 0.12290893495082855, 2e-5, 0),
            LogRow.training(20, 0.11630411110818387, 2e-6, 0.61),
            LogRow.evaluation(20, 0.11043727770447731, 2e-6, 0.61));
    assertThat(LogRow.csv(rows))
        .isEqualTo(Files.readString(Sample.RUNS.resolve("debug_lut_training/training_log.csv")));
  }
}
