package io.qtrace.job.cli;

import io.qtrace.io.FormatException;
import io.qtrace.io.SafeText;
import io.qtrace.job.conf.EmbeddedCatalog;
import java.io.FileNotFoundException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.InvocationTargetException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkException;

/** Why a command failed, in one line. */
final class Failure {
  private static final int DEEPEST = 50; // causes may form a ring
  private static final int MAX_CHARACTERS = 2_000;

  // 52: the exit status of an executor that ran out of memory; 137: of one that was killed for it.
  private static final Pattern OUT_OF_MEMORY =
      Pattern.compile("java\\.lang\\.OutOfMemoryError|ExecutorLostFailure.*\\b(52|137|OOM)\\b");

  // Iceberg's words about files to read.
  private static final Pattern TABLE_FILE =
      Pattern.compile("Failed to (?:open input stream for|fetch|read|open) file: (\\S+)");

  // Spark starts with no heap of less than 450 MiB, of which the collector keeps a part for itself.
  private static final String TOO_LITTLE = "[INVALID_DRIVER_MEMORY]";

  private Failure() {}

  /**
   * The reason, safe to show: an error about a file, however deeply it is wrapped, else the
   * outermost exception with a message of its own, with the root cause if the message does not
   * contain it.
   */
  static String reason(Throwable failure) {
    List<Throwable> chain = chain(failure);
    Optional<String> known = chain.stream().flatMap(e -> known(e).stream()).findFirst();
    if (known.isPresent()) {
      return safe(known.get());
    }
    Optional<String> fault =
        chain.stream().flatMap(e -> SqlFault.reason(e, line(e)).stream()).findFirst();
    if (fault.isPresent()) {
      return safe(fault.get());
    }
    String root = line(chain.get(chain.size() - 1));
    String reason =
        chain.stream().filter(e -> !isWrapper(e)).findFirst().map(Failure::line).orElse(root);
    boolean complete = reason.matches("(Invalid|Cannot|Unsupported) .*") || reason.contains(root);
    return safe(complete ? reason : reason + ": " + root);
  }

  /** The stack traces, without secrets. */
  static String trace(Throwable failure) {
    StringWriter text = new StringWriter();
    failure.printStackTrace(new PrintWriter(text, true));
    return Secrets.hidden(text.toString());
  }

  private static String safe(String text) {
    String hidden = Secrets.hidden(text);
    return hidden.length() <= MAX_CHARACTERS
        ? SafeText.of(hidden)
        : "%s... (%d characters)"
            .formatted(SafeText.of(hidden.substring(0, MAX_CHARACTERS)), hidden.length());
  }

  private static Optional<String> known(Throwable failure) {
    return failure instanceof FormatException
        ? Optional.of(line(failure))
        : outOfMemory(failure).or(() -> warehouse(failure));
  }

  private static Optional<String> warehouse(Throwable failure) {
    return EmbeddedCatalog.inUse(failure)
        .map(file -> "Cannot open warehouse: " + file + " is in use by another qtrace process")
        .or(
            () ->
                EmbeddedCatalog.unreadable(failure)
                    .map(
                        file ->
                            "Cannot open warehouse: %s is damaged or not a catalog; %s"
                                .formatted(file, EmbeddedCatalog.REMEDY)))
        .or(() -> tableFile(failure));
  }

  private static Optional<String> tableFile(Throwable failure) {
    Matcher named = TABLE_FILE.matcher(Objects.requireNonNullElse(failure.getMessage(), ""));
    if (!named.find()) {
      return Optional.empty();
    }
    List<Throwable> chain = chain(failure);
    Throwable root = chain.get(chain.size() - 1);
    String why =
        root instanceof FileNotFoundException
            ? "it is missing; "
            : line(root) + "; if it is damaged, ";
    return Optional.of(
        "Cannot read table file %s: %s%s".formatted(named.group(1), why, EmbeddedCatalog.REMEDY));
  }

  // Spark reports why a task or an executor failed only in the message of the failed stage.
  private static Optional<String> outOfMemory(Throwable failure) {
    String message = Objects.requireNonNullElse(failure.getMessage(), "");
    if (message.startsWith(TOO_LITTLE)) {
      return Optional.of(
          "Cannot start Spark with so little memory; increase --driver-memory to 600m");
    }
    boolean ofTask = failure instanceof SparkException && OUT_OF_MEMORY.matcher(message).find();
    if (!ofTask && !(failure instanceof OutOfMemoryError)) {
      return Optional.empty();
    }
    boolean onExecutor = ofTask && !message.contains("executor driver)");
    return Optional.of(
        onExecutor
            ? "An executor is out of memory; increase --executor-memory"
            : "Out of memory; increase --driver-memory");
  }

  private static List<Throwable> chain(Throwable failure) {
    List<Throwable> chain = new ArrayList<>();
    for (Throwable e = failure; e != null && chain.size() < DEEPEST; e = e.getCause()) {
      chain.add(e);
    }
    return chain;
  }

  // Exceptions that only carry another one.
  private static boolean isWrapper(Throwable failure) {
    Throwable cause = failure.getCause();
    return cause != null
        && (failure instanceof SparkException
            || failure instanceof ExecutionException
            || failure instanceof InvocationTargetException
            || failure.getMessage() == null
            || failure.getMessage().equals(cause.toString()));
  }

  private static String line(Throwable failure) {
    String message = failure.getMessage() == null ? "" : failure.getMessage();
    String line = message.lines().filter(text -> !text.isBlank()).findFirst().orElse("").strip();
    String kind = failure.getClass().getSimpleName();
    return line.isEmpty() ? kind : line.contains(" ") ? line : kind + ": " + line;
  }
}
