package io.qtrace.job.shell;

import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jline.terminal.Terminal;

/** Shows lines on a terminal; if there are too many for it, through {@code $PAGER} or less. */
final class Pager {
  private static final String DEFAULT = "less -RS";
  private static final int NOT_FOUND = 127; // exit status of sh

  private final Terminal terminal;
  private final String command;

  Pager(Terminal terminal, String pager) {
    this.terminal = terminal;
    this.command = pager == null || pager.isBlank() ? DEFAULT : pager;
  }

  void show(List<String> lines) throws IOException {
    boolean fits = terminal.getHeight() == 0 || lines.size() < terminal.getHeight();
    if (fits || !page(lines)) {
      lines.forEach(terminal.writer()::println);
      terminal.flush();
    }
  }

  // False where there is no such command.
  private boolean page(List<String> lines) throws IOException {
    terminal.flush();
    Process pager =
        new ProcessBuilder("sh", "-c", command)
            .redirectOutput(Redirect.INHERIT)
            .redirectError(Redirect.DISCARD)
            .start();
    try (Writer in = new OutputStreamWriter(pager.getOutputStream(), StandardCharsets.UTF_8)) {
      for (String line : lines) {
        in.write(line + "\n");
      }
    } catch (IOException e) {
      // The user left it before the last line, or it could not be started.
    }
    try {
      return pager.waitFor() != NOT_FOUND;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }
}
