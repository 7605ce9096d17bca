package io.qtrace.job.events;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * A shell command that receives a notice on its standard input, and nothing of it in its arguments,
 * which would contain names from checkpoints.
 */
public final class NoticeCommand {
  /** The usual limit. */
  public static final Duration USUAL_TIMEOUT = Duration.ofSeconds(60);

  private final String command;
  private final Duration timeout;

  public NoticeCommand(String command, Duration timeout) {
    this.command = command;
    this.timeout = timeout;
  }

  /**
   * Runs it once: it may not be safe to repeat. Its standard output is discarded, its standard
   * error is this process's.
   *
   * @throws IOException if it cannot be started, fails, or does not end in time and is killed
   */
  public void run(String json) throws IOException {
    // A file, since a command that does not read its input would block the writer of a pipe.
    Path input = Files.createTempFile("qtrace-notice", ".json");
    try {
      Files.writeString(input, json);
      Process process =
          new ProcessBuilder("sh", "-c", command)
              .redirectInput(input.toFile())
              .redirectOutput(Redirect.DISCARD)
              .redirectError(Redirect.INHERIT)
              .start();
      await(process);
    } finally {
      Files.deleteIfExists(input);
    }
  }

  private void await(Process process) throws IOException {
    try {
      if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IOException(
            "did not end within %s s, killed".formatted(timeout.toMillis() / 1000.0));
      }
      if (process.exitValue() != 0) {
        throw new IOException("exit status " + process.exitValue());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }
}
