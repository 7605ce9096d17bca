package io.qtrace.job.cli;

import io.qtrace.io.ObjectStore;
import io.qtrace.job.audit.AuditReport;
import io.qtrace.job.events.EventSink;
import io.qtrace.job.events.GitHubAnnotations;
import io.qtrace.job.events.HttpReceiver;
import io.qtrace.job.events.Notice;
import io.qtrace.job.events.NoticeCommand;
import io.qtrace.job.events.OpenLineageEvents;
import io.qtrace.job.lineage.LineageStore;
import io.qtrace.job.report.AuditSummary;
import io.qtrace.job.text.Json;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Receivers of the result of an audit. A failure to send is a warning: it changes neither the
 * result nor the exit status.
 */
final class EventOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--events",
      paramLabel = "URI",
      description =
          "Send checkpoints and edges as OpenLineage events to this server, an HTTP or HTTPS URL or"
              + " env:NAME of an environment variable that holds one; or write them to this path or URI,"
              + " one per line. The environment variable QTRACE_EVENTS_TOKEN is sent as bearer token.")
  private String events;

  @Option(
      names = "--webhook",
      paramLabel = "URL",
      description =
          "Post a JSON notice to this URL, or to the one in an environment variable (env:NAME), if the"
              + " audit finds a violation or fails. The environment variable QTRACE_WEBHOOK_TOKEN is sent"
              + " as bearer token.")
  private String webhook;

  @Option(
      names = "--on-violation",
      paramLabel = "COMMAND",
      description =
          "Run this shell command, with the same notice on its standard input, if the audit finds a"
              + " violation or fails. It is killed after 60 seconds.")
  private String onViolation;

  @Option(
      names = "--annotations",
      negatable = true,
      description =
          "Print findings on standard error as annotations of GitHub Actions; default: only if the"
              + " environment variable GITHUB_ACTIONS is true.")
  private Boolean annotations;

  private Optional<EventSink> sink = Optional.empty();
  private Optional<HttpReceiver> receiver = Optional.empty();
  private List<String> collected = List.of();

  /**
   * Resolves receivers, before there is anything to send.
   *
   * @throws IllegalArgumentException if one of them can never be reached
   */
  void resolve() {
    if (events != null) {
      sink =
          Optional.of(
              events.startsWith("env:") || HttpReceiver.isUrl(events)
                  ? EventSink.server(receiver(events, "QTRACE_EVENTS_TOKEN"))
                  : EventSink.file(
                      new ObjectStore(SparkHadoopUtil.get().newConfiguration(new SparkConf())),
                      events));
    }
    if (webhook != null) {
      receiver = Optional.of(receiver(webhook, "QTRACE_WEBHOOK_TOKEN"));
    }
  }

  private static HttpReceiver receiver(String text, String tokenVariable) {
    return HttpReceiver.of(text, tokenVariable, System.getenv(), HttpReceiver.Limits.USUAL);
  }

  /** Reads from the tables what the events of an audit need. */
  void collect(SparkSession spark, AuditReport report) {
    if (sink.isPresent()) {
      attempt(
          "events",
          () -> collected = OpenLineageEvents.of(new LineageStore(spark), report, Instant.now()));
    }
  }

  /** Sends the result of a finished audit. */
  void send(AuditSummary summary, AuditReport report) {
    send(summary, GitHubAnnotations.of(report));
  }

  /** Sends that an audit failed. */
  void sendFailure(AuditSummary summary) {
    if (sink.isPresent()) {
      attempt("events", () -> collected = OpenLineageEvents.failed(summary));
    }
    send(summary, GitHubAnnotations.failed(summary));
  }

  private void send(AuditSummary summary, List<String> lines) {
    if (isAnnotated()) {
      lines.forEach(command.commandLine().getErr()::println);
    }
    if (!collected.isEmpty()) {
      sink.ifPresent(to -> attempt("events", () -> to.send(collected)));
    }
    Notice.of(summary).map(Json::of).ifPresent(this::send);
  }

  private void send(String notice) {
    receiver.ifPresent(to -> attempt("webhook " + to.host(), () -> to.send(notice)));
    if (onViolation != null) {
      attempt(
          "command of --on-violation",
          () -> new NoticeCommand(onViolation, NoticeCommand.USUAL_TIMEOUT).run(notice));
    }
  }

  private boolean isAnnotated() {
    return annotations == null ? "true".equals(System.getenv("GITHUB_ACTIONS")) : annotations;
  }

  private interface Attempt {
    void run() throws IOException;
  }

  private void attempt(String what, Attempt attempt) {
    try {
      attempt.run();
    } catch (IOException | RuntimeException e) {
      command
          .commandLine()
          .getErr()
          .println(
              "qtrace: warning: %s: %s; the audit's result is unaffected"
                  .formatted(what, Failure.reason(e)));
    }
  }
}
