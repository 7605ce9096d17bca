package io.qtrace.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.openlineage.client.OpenLineage;
import io.openlineage.client.OpenLineage.RunEvent;
import io.openlineage.client.OpenLineage.RunEvent.EventType;
import io.qtrace.job.LocalSpark;
import io.qtrace.job.Sample;
import io.qtrace.job.events.OpenLineageEvents;
import io.qtrace.job.events.Receiver;
import io.qtrace.job.lineage.LineageStore;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What audits send to other systems, which changes nothing of the audit. */
@Tag("archive")
class TestEvents {
  private static final ObjectMapper JSON =
      JsonMapper.builder().addModule(new JavaTimeModule()).build();
  private static final String HOSTILE = "bug,50%3A::error::<b>\"'\u202e";
  private static final String ESCAPED = "bug,50%3A::error::<b>\"'\\u202e";

  // A workflow command as the runner of GitHub Actions reads it.
  private static final Pattern COMMAND = Pattern.compile("::(error|notice) title=([^,:]*)::(.*)");

  @TempDir static Path folder;
  private static SparkSession spark;
  private static Path archive;

  // One night in which nothing is wrong, then a run that is.
  @BeforeAll
  static void auditACleanNight() throws IOException {
    archive =
        Sample.copyRuns(folder.resolve("archive"), "sr011-q4a4-FP4-init", "debug_lut_training")
            .resolve("runs");
    spark = LocalSpark.session(folder.resolve("tables"));
    assertCleanNightTellsNobodyButLineage();
    Path run = Sample.copyRuns(folder.resolve("more"), "bug_q_drift").resolve("runs/bug_q_drift");
    Files.move(run, archive.resolve(HOSTILE));
  }

  private static void assertCleanNightTellsNobodyButLineage() throws IOException {
    Path events = folder.resolve("events.jsonl");
    Path notice = folder.resolve("none.json");
    try (Receiver server = new Receiver()) {
      CommandRun run =
          audit(
              archive,
              "--annotations",
              "--events",
              events.toString(),
              "--webhook",
              server.url("/hook"),
              "--on-violation",
              "cat > '%s'".formatted(notice));
      assertThat(run.status()).as(run.err()).isEqualTo(ExitStatus.CLEAN);
      assertThat(run.err()).isEmpty();
      assertThat(server.requests()).isEmpty();
      assertThat(notice).doesNotExist();
      assertThat(parse(Files.readAllLines(events)))
          .extracting(event -> event.getJob().getName())
          .contains("debug_lut_training/train", "audit");
    }
  }

  private static CommandRun audit(Path runs, String... options) {
    List<String> words = new ArrayList<>(List.of("audit", "--archive"));
    words.add(runs.toString());
    words.add("--quiet");
    words.addAll(List.of(options));
    return run(words);
  }

  private static CommandRun run(List<String> words) {
    return run(words, spark);
  }

  private static CommandRun run(List<String> words, SparkSession session) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int status = Main.run(new PrintWriter(out), new PrintWriter(err), session, words);
    return new CommandRun(status, out.toString(), err.toString());
  }

  @Test
  void aViolationReachesEveryReceiver() throws IOException {
    Path notice = folder.resolve("notice.json");
    try (Receiver server = new Receiver(503)) {
      CommandRun run =
          audit(
              archive,
              "--annotations",
              "--events",
              server.url(""),
              "--webhook",
              server.url("/hook?key=s3cret"),
              "--on-violation",
              "cat > '%s'; echo s3cret".formatted(notice));
      assertThat(run.status()).as(run.err()).isEqualTo(ExitStatus.VIOLATIONS);
      assertThat(run.out() + run.err()).doesNotContain("s3cret");

      List<String> hooks = bodies(server, "/hook?key=s3cret");
      assertThat(hooks).containsExactly(Files.readString(notice));
      assertNotice(JSON.readTree(hooks.get(0)));
      assertAnnotations(run.err().lines().toList());

      // The first was answered with 503 and sent again.
      List<RunEvent> events = parse(bodies(server, "/api/v1/lineage"));
      assertThat(events.remove(0)).usingRecursiveComparison().isEqualTo(events.get(0));
      assertEvents(events);
      assertDeadReceiversChangeNothing(run);
    }
  }

  private static List<String> bodies(Receiver server, String path) {
    return server.requests().stream()
        .filter(request -> request.path().equals(path))
        .map(Receiver.Request::body)
        .toList();
  }

  private static void assertNotice(JsonNode notice) {
    assertThat(notice.get("event").asText()).isEqualTo("violation");
    assertThat(notice.get("version").asInt()).isEqualTo(1);
    assertThat(notice.get("text").asText()).startsWith("VIOLATION: 2 of 5 edges ");
    assertThat(notice.get("status").asInt()).isEqualTo(ExitStatus.VIOLATIONS);
    assertThat(notice.get("archive").asText()).isEqualTo(archive.toString());
    assertThat(notice.get("audit").get("problems").findValuesAsText("rule"))
        .contains("q-off-grid", "q-stale");
    assertThat(notice.get("audit").get("problems").get(0).get("checkpoint").asText())
        .isEqualTo(HOSTILE + "/checkpoint_step20.pt");
  }

  private static void assertAnnotations(List<String> lines) {
    List<String> titles = new ArrayList<>();
    for (String line : lines) {
      Matcher command = COMMAND.matcher(line);
      assertThat(command.matches()).as(line).isTrue();
      titles.add(
          command
              .group(2)
              .replace("%2C", ",")
              .replace("%3A", ":")
              .replace("%0A", "\n")
              .replace("%0D", "\r")
              .replace("%25", "%"));
    }
    assertThat(titles).contains("q-off-grid: " + ESCAPED + "/checkpoint_step20.pt");
  }

  private static void assertEvents(List<RunEvent> events) throws IOException {
    RunEvent audit = events.get(events.size() - 1);
    assertThat(audit.getJob().getName()).isEqualTo("audit");
    assertThat(audit.getInputs()).isEmpty();
    assertFacet(facet(audit, "qtrace_audit"), "audit-1-0-0.json");
    assertThat(facet(audit, "qtrace_audit")).containsEntry("verdict", "VIOLATION");

    RunEvent drift =
        events.stream()
            .filter(event -> event.getJob().getName().equals(ESCAPED + "/unknown"))
            .findFirst()
            .orElseThrow();
    assertThat(drift.getEventType()).isEqualTo(EventType.COMPLETE);
    assertThat(drift.getRun().getFacets().getParent().getRun().getRunId())
        .isEqualTo(audit.getRun().getRunId());
    Map<String, Object> verdict = facet(drift, "qtrace_verdict");
    assertFacet(verdict, "verdict-1-0-0.json");
    assertThat(verdict).containsEntry("verdict", "VIOLATION");
    assertThat(verdict.get("findings").toString()).contains("rule=q-off-grid");

    Path runs = archive;
    OpenLineage.InputDataset parent = drift.getInputs().get(0);
    OpenLineage.OutputDataset child = drift.getOutputs().get(0);
    assertThat(List.of(parent.getNamespace(), child.getNamespace())).containsOnly("file");
    assertThat(parent.getName()).isEqualTo(runs + "/debug_lut_training/checkpoint_step20.pt");
    assertThat(child.getName()).isEqualTo(runs + "/" + ESCAPED + "/checkpoint_step20.pt");
    assertThat(child.getFacets().getColumnLineage()).isNull();
    Map<String, Object> checkpoint =
        child
            .getFacets()
            .getAdditionalProperties()
            .get("qtrace_checkpoint")
            .getAdditionalProperties();
    assertFacet(checkpoint, "checkpoint-1-0-0.json");
    assertThat(checkpoint.get("fingerprint"))
        .isEqualTo(child.getFacets().getVersion().getDatasetVersion())
        .isNotEqualTo(parent.getFacets().getVersion().getDatasetVersion());
    assertThat(events)
        .extracting(event -> event.getRun().getRunId())
        .doesNotHaveDuplicates()
        .hasSizeGreaterThan(2);
  }

  private static Map<String, Object> facet(RunEvent event, String name) {
    return event.getRun().getFacets().getAdditionalProperties().get(name).getAdditionalProperties();
  }

  private static void assertFacet(Map<String, Object> facet, String schema) throws IOException {
    try (InputStream in = OpenLineageEvents.class.getResourceAsStream(schema)) {
      JsonNode own = JSON.readTree(in).get("allOf").get(1);
      Set<String> known = new HashSet<>();
      own.get("properties").fieldNames().forEachRemaining(known::add);
      Set<String> names = new HashSet<>(facet.keySet());
      names.removeIf(name -> name.startsWith("_"));
      assertThat(known).containsAll(names);
      own.get("required").forEach(name -> assertThat(names).contains(name.asText()));
    }
  }

  // The same audit again: it is known, so only sending takes time.
  private static void assertDeadReceiversChangeNothing(CommandRun before) throws IOException {
    String dead = Receiver.dead("/hook?key=s3cret");
    CommandRun run =
        audit(
            archive, "--events", dead, "--webhook", dead, "--on-violation", "echo s3cret; exit 9");
    assertThat(run.status()).isEqualTo(before.status());
    assertThat(run.out()).isEqualTo(before.out());
    assertThat(run.err()).doesNotContain("s3cret");
    String host = dead.substring("http://".length(), dead.indexOf("/hook"));
    assertThat(run.err().lines())
        .hasSize(3)
        .allMatch(line -> line.endsWith("; the audit's result is unaffected"))
        .anyMatch(line -> line.startsWith("qtrace: warning: events: 0 of "))
        .anyMatch(line -> line.startsWith("qtrace: warning: webhook %s: no conn".formatted(host)))
        .anyMatch(line -> line.contains("command of --on-violation: exit status 9"));
  }

  @Test
  void attestsWithTheParentThatTheAuditFound() {
    String child = archive.resolve("debug_lut_training/checkpoint_step20.pt").toString();
    String statement = folder.resolve("statement.json").toString();
    CommandRun attested = run(List.of("attest", child, "--out", statement));
    assertThat(attested.status()).as(attested.err()).isEqualTo(ExitStatus.CLEAN);
    assertThat(attested.out()).startsWith("ATTESTED: train of ");
    CommandRun unknown = run(List.of("attest", "--verify", child));
    assertThat(unknown.status()).isEqualTo(ExitStatus.FAILED);
    assertThat(unknown.err()).contains("Invalid statement " + child).hasLineCount(1);
    String drift = archive.resolve(HOSTILE).resolve("checkpoint_step20.pt").toString();
    CommandRun refused = run(List.of("attest", drift, "--parent", child));
    assertThat(refused.status()).isEqualTo(ExitStatus.VIOLATIONS);
    assertThat(refused.out().lines())
        .first()
        .asString()
        .isEqualTo("REFUSED: %s is not proved".formatted(drift.replace("\u202e", "\\u202e")));
  }

  @Test
  void asksForTheParentIfTheAuditFoundTwo() {
    String child = archive.resolve("debug_lut_training/best_state_dict.pt").toString();
    String last = archive.resolve("debug_lut_training/checkpoint_step20.pt").toString();
    String initial = archive.resolve("sr011-q4a4-FP4-init/v2_initial.pt").toString();
    String statement = folder.resolve("chosen.json").toString();
    CommandRun unclear = run(List.of("attest", child, "--out", statement));
    assertThat(unclear.status()).isEqualTo(ExitStatus.FAILED);
    assertThat(unclear.err())
        .hasLineCount(1)
        .contains("Ambiguous parent: the tables have 2 for ", child, "name one with --parent, ")
        .contains(last, initial);
    Map.of(last, "copy of checkpoint_step20.pt", initial, "train of v2_initial.pt")
        .forEach(
            (parent, made) -> {
              CommandRun chosen =
                  run(List.of("attest", child, "--parent", parent, "--out", statement));
              assertThat(chosen.out()).startsWith("ATTESTED: " + made);
              CommandRun verified = run(List.of("attest", "--verify", statement));
              assertThat(verified.out()).startsWith("VERIFIED: " + made);
            });
  }

  @Test
  void attestsWithoutTablesIfParentsAreGiven(@TempDir Path none) {
    String run = archive.resolve("debug_lut_training").toString();
    SparkSession session = LocalSpark.session(none.resolve("warehouse"));
    CommandRun attested =
        run(
            List.of(
                "attest",
                run + "/best_state_dict.pt",
                "--parent",
                run + "/checkpoint_step20.pt",
                "--out",
                none.resolve("statement.json").toString()),
            session);
    assertThat(attested.status()).as(attested.err()).isEqualTo(ExitStatus.CLEAN);
    assertThat(new LineageStore(session).isCreated()).isFalse();
  }

  @Test
  void reportsAFailedAudit() throws IOException {
    Path events = folder.resolve("failed.jsonl");
    Path notice = folder.resolve("failed.json");
    CommandRun run =
        audit(
            folder.resolve("no\u202ewhere"),
            "--annotations",
            "--events",
            events.toString(),
            "--on-violation",
            "cat > '%s'".formatted(notice));
    assertThat(run.status()).isEqualTo(ExitStatus.FAILED);
    assertThat(run.err()).contains("::error title=qtrace audit failed::Cannot ");
    RunEvent failed = parse(Files.readAllLines(events)).get(0);
    assertThat(failed.getEventType()).isEqualTo(EventType.FAIL);
    assertThat(failed.getRun().getFacets().getErrorMessage().getMessage()).startsWith("Cannot ");
    assertThat(JSON.readTree(notice.toFile()).get("event").asText()).isEqualTo("failure");
  }

  @Test
  void refusesInvalidUrlsBeforeTheAudit() {
    assertThat(audit(archive, "--webhook", "env:QTRACE_NO_SUCH").err())
        .startsWith("qtrace: Cannot find environment variable QTRACE_NO_SUCH");
    assertThat(audit(archive, "--webhook", "/tmp/file").status()).isEqualTo(ExitStatus.FAILED);
  }

  private static List<RunEvent> parse(List<String> lines) throws IOException {
    List<RunEvent> events = new ArrayList<>();
    for (String line : lines) {
      assertThat(line).isASCII();
      events.add(JSON.readValue(line, RunEvent.class));
    }
    return events;
  }
}
