package io.qtrace.job.cli;

/** Entry point of the qtrace command. */
public final class Main {
  private Main() {}

  public static void main(String[] args) {}
}
