package io.qtrace.job.cli;

import io.qtrace.job.progress.Progress;
import io.qtrace.job.progress.Stage;
import io.qtrace.job.text.Units;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** Shows progress: on a terminal as one line that is rewritten, in a log as occasional lines. */
final class ProgressLine implements Progress {
  /** Time between two lines in a log; a shorter stage has none. */
  static final Duration LOG_PAUSE = Duration.ofSeconds(30);

  private static final Duration TERMINAL_PAUSE = Duration.ofMillis(100);
  private static final String CLEAR = "\r\u001b[K"; // to the line's start, erase to its end

  private final PrintWriter err;
  private final boolean terminal;
  private final InstantSource clock;
  private String stage = "";
  private long done;
  private Instant began = Instant.MIN;
  private Instant shown = Instant.MIN;
  private boolean isDrawn;

  ProgressLine(PrintWriter err, boolean terminal, InstantSource clock) {
    this.err = err;
    this.terminal = terminal;
    this.clock = clock;
  }

  @Override
  public synchronized void report(String event) {
    clear();
    err.println("qtrace: " + event);
  }

  @Override
  public synchronized void show(Stage now) {
    Instant time = clock.instant();
    if (!now.name().equals(stage) || now.done() < done) {
      stage = now.name();
      began = time;
      shown = terminal ? Instant.MIN : time;
    }
    done = now.done();
    if (now.done() == now.total()) {
      clear();
    } else if (!time.isBefore(shown.plus(terminal ? TERMINAL_PAUSE : LOG_PAUSE))) {
      shown = time;
      String line = "qtrace: " + text(now, Duration.between(began, time));
      if (terminal) {
        err.print(CLEAR + line);
        err.flush();
        isDrawn = true;
      } else {
        err.println(line);
      }
    }
  }

  private void clear() {
    clear(err, isDrawn);
    isDrawn = false;
  }

  /** Clears the progress line, so that another line can be printed. */
  static void clear(PrintWriter err, boolean mayBeDrawn) {
    if (mayBeDrawn) {
      err.print(CLEAR);
      err.flush();
    }
  }

  private static String text(Stage now, Duration elapsed) {
    StringBuilder text =
        new StringBuilder(
            "%s: %d of %d %s".formatted(now.name(), now.done(), now.total(), now.unit()));
    double seconds = elapsed.toMillis() / 1000.0;
    if (now.totalBytes() > 0) {
      text.append(", %s of %s".formatted(Units.size(now.bytes()), Units.size(now.totalBytes())));
    }
    if (seconds > 0 && now.bytes() > 0) {
      text.append(", %s/s".formatted(Units.size((long) (now.bytes() / seconds))));
    }
    if (seconds > 0 && now.fraction() > 0) {
      text.append(", %s left".formatted(Units.duration(seconds / now.fraction() - seconds)));
    }
    return text.toString();
  }
}
