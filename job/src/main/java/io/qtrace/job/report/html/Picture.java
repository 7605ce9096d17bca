package io.qtrace.job.report.html;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * A chart or list of a report, in the order of the page: each is a query on the tables, in {@code
 * queries/}, of which the page takes a bounded number of rows.
 */
enum Picture {
  AUDIT(1),
  RUNS(2_000),
  CHECKPOINTS(20_000),
  EDGES(20_000),
  FINDINGS(2_000),
  NOT_COMPARED(2_000),
  DIFFERENCES(2_000),
  SCALES(20_000),
  TRAINING(8_000),
  NOTES(20_000, Use.DETAIL),
  CHANGES(40_000, Use.DETAIL),
  PROOFS(40_000, Use.DETAIL),
  CELLS(60_000, Use.DETAIL),
  Q_CHANGES(40_000, Use.DETAIL),
  Q_LAYERS(200, Use.DETAIL),
  LUTS(8_000, Use.DETAIL),
  INDICES(4_000, Use.DETAIL),
  TENSORS(5_000, Use.DETAIL);

  /** When the page shows it: at once, or when its section or an edge is opened. */
  private enum Use {
    SUMMARY,
    DETAIL
  }

  private static final String FINDING =
      "STRUCT<rule STRING, tensors INT, example STRING, message STRING, waived_reason STRING,"
          + " waived_until STRING>";

  private final int most;
  private final Use use;

  Picture(int most) {
    this(most, Use.SUMMARY);
  }

  Picture(int most, Use use) {
    this.most = most;
    this.use = use;
  }

  /** Maximum number of rows in a report. */
  int most() {
    return most;
  }

  boolean isDetail() {
    return use == Use.DETAIL;
  }

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The query for all rows in a scope; {@link ReportScope#statement} must run before it. */
  String query(ReportScope scope) {
    return template()
        .replace("{{audit}}", SqlText.literal(scope.auditId()))
        .replace("{{alone}}", scope.alone())
        .replace("{{beyond}}", scope.beyond())
        .replace("{{finding}}", FINDING)
        .strip();
  }

  private String template() {
    String name = "queries/" + label() + ".sql";
    try (InputStream in = Picture.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("Cannot find resource: " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
