package io.qtrace.job.faults;

/**
 * Figures of a fault.
 *
 * @param repetitions undisturbed runs that followed a disturbed one
 * @param strikes kills, cuts, failed answers and the like
 * @param failed disturbed runs that ended with an error
 * @param rows that were compared
 * @param lost rows of the undisturbed run that are missing
 * @param doubled rows too many
 */
record Tally(long repetitions, long strikes, long failed, long rows, long lost, long doubled) {
  static final Tally NONE = new Tally(0, 0, 0, 0, 0, 0);

  static final String HEADER =
      "%-58s %11s %8s %8s %9s %6s %8s"
          .formatted("fault", "repetitions", "strikes", "failed", "rows", "lost", "double");

  Tally plus(Tally other) {
    return new Tally(
        repetitions + other.repetitions,
        strikes + other.strikes,
        failed + other.failed,
        rows + other.rows,
        lost + other.lost,
        doubled + other.doubled);
  }

  String line(String title) {
    return "%-58s %11d %8d %8d %9d %6d %8d"
        .formatted(title, repetitions, strikes, failed, rows, lost, doubled);
  }
}
