package io.qtrace.job.train;

import java.io.Serializable;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * A row of {@code training_log.csv}, as the recipe writes it, lines ended as Python's csv does.
 *
 * @param trainLoss mean loss of the steps since the row before; null in a row of an evaluation
 * @param evalLoss null in a row of training
 * @param lr rate that the next step has
 */
public record LogRow(int step, Double trainLoss, Double evalLoss, double lr, double elapsedSeconds)
    implements Serializable {
  private static final String HEADER = "step,train_loss,eval_loss,lr,elapsed_sec\r\n";

  static LogRow training(int step, double loss, double lr, double elapsedSeconds) {
    return new LogRow(step, loss, null, lr, elapsedSeconds);
  }

  static LogRow evaluation(int step, double loss, double lr, double elapsedSeconds) {
    return new LogRow(step, null, loss, lr, elapsedSeconds);
  }

  static String csv(List<LogRow> rows) {
    return rows.stream().map(LogRow::line).collect(Collectors.joining("", HEADER, ""));
  }

  private String line() {
    return String.format(
        Locale.ROOT,
        "%d,%s,%s,%.2e,%.1f\r\n",
        step,
        number(trainLoss),
        number(evalLoss),
        lr,
        elapsedSeconds);
  }

  private static String number(Double loss) {
    return loss == null ? "" : String.format(Locale.ROOT, "%.6f", loss);
  }
}
