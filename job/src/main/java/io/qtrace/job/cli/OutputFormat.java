package io.qtrace.job.cli;

/** Format of a command's results on standard output. */
enum OutputFormat {
  TEXT("text"),
  JSON("json");

  private final String label;

  OutputFormat(String label) {
    this.label = label;
  }

  @Override
  public String toString() {
    return label;
  }
}
