package io.qtrace.job.report;

/** Output format of a query's rows. */
public enum RowFormat {
  TEXT("text"),
  CSV("csv"),
  JSON("json"),
  MARKDOWN("markdown");

  private final String label;

  RowFormat(String label) {
    this.label = label;
  }

  @Override
  public String toString() {
    return label;
  }
}
