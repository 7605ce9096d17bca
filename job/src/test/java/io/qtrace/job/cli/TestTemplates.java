package io.qtrace.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.qtrace.job.LocalSpark;
import io.qtrace.job.PostgresServer;
import io.qtrace.job.RestCatalogServer;
import io.qtrace.job.Sample;
import io.qtrace.job.Template;
import io.qtrace.job.audit.AuditReport;
import io.qtrace.job.audit.DefaultAudit;
import io.qtrace.job.lineage.LineageStore;
import io.qtrace.job.policy.Verdict;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Templates of {@code conf/templates}, with real servers behind them. */
@Tag("system")
class TestTemplates {
  private static final String LINEAGE = "spark.sql.catalog.lineage";
  private static final String PASSWORDS = "org.postgresql.pgpassfile"; // as PGPASSFILE

  @TempDir private static Path shared;
  private static Path archive;
  private static PostgresServer postgres;

  @TempDir Path folder;

  @BeforeAll
  static void startPostgres() throws IOException, SQLException {
    archive = Sample.copyRuns(shared.resolve("archive"), "sr011-q4a4-FP4-init", "bug_q_drift");
    postgres = PostgresServer.start();
  }

  @AfterAll
  static void stopPostgres() throws IOException {
    postgres.close();
  }

  @AfterEach
  void forgetPasswords() {
    System.clearProperty(PASSWORDS);
  }

  static Stream<String> names() throws IOException {
    try (Stream<Path> files = Files.list(Template.FOLDER)) {
      return files
          .map(file -> file.getFileName().toString().replace(".conf", ""))
          .sorted()
          .toList()
          .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void everyTemplateShowsItsCommandAndHasNoPassword(String name) throws IOException {
    assertThat(Files.readString(Template.FOLDER.resolve(name + ".conf")))
        .contains("--properties-file conf/templates/" + name + ".conf");
    assertThat(Template.of(name).values())
        .isNotEmpty()
        .allSatisfy(
            (key, value) -> {
              assertThat(key).startsWith("spark.").doesNotContainIgnoringCase("password");
              if (key.endsWith(".token")) {
                assertThat(value).startsWith("env:");
              }
            });
  }

  @Test
  void localKeepsTablesInAFile() throws IOException {
    Path tables = folder.resolve("tables");
    try (Template.Installed template = Template.of("local").install()) {
      keepsTables("--warehouse", tables.toString());
    }
    assertThat(tables.resolve("catalog.mv.db")).exists();
  }

  @Test
  void postgresKeepsTheTablesNames() throws IOException, SQLException {
    System.setProperty(PASSWORDS, postgres.passwordFile(folder.resolve("pgpass")).toString());
    try (Template.Installed template = postgres(postgres.database("alone")).install()) {
      keepsTables();
    }
  }

  @Test
  void restKeepsTheTablesNames() throws IOException {
    try (RestCatalogServer server = new RestCatalogServer(folder.resolve("rest"))) {
      Template rest = Template.of("rest").with(LINEAGE + ".uri", server.uri());
      try (Template.Installed template =
          rest.with(LINEAGE + ".token", RestCatalogServer.TOKEN).install()) {
        keepsTables();
      }
      try (Template.Installed template =
          rest.with(LINEAGE + ".token", "hunter2-is-wrong").install()) {
        CommandRun refused = audit("--verbose");
        assertThat(refused.status()).isEqualTo(2);
        assertThat(refused.err()).contains("Not authorized").doesNotContain("hunter2");
      }
    }
  }

  @Test
  void doesNotShowARefusedPassword() throws IOException, SQLException {
    Path summary = folder.resolve("summary.json");
    String url = postgres.database("refused") + "?password=hunter2-is-wrong";
    try (Template.Installed template = postgres(url).install()) {
      CommandRun run = audit("--verbose", "--summary", summary.toString());
      assertThat(run.status()).isEqualTo(2);
      assertThat(run.err()).contains("password authentication failed").doesNotContain("hunter2");
      assertThat(run.out()).isEmpty();
      assertThat(Files.readString(summary))
          .contains("\"status\" : 2", "password authentication failed")
          .doesNotContain("hunter2");
    }
  }

  @Test
  void twoAuditsAtOnceBothCommitAndLoseNothing() throws IOException, SQLException {
    System.setProperty(PASSWORDS, postgres.passwordFile(folder.resolve("pgpass")).toString());
    Template template = postgres(postgres.database("shared"));
    new LineageStore(session(template)).create();
    Path other =
        Sample.copyRuns(folder.resolve("other"), "sr011-q4a4-FP4-init", "debug_lut_training");
    CompletableFuture<AuditReport> first =
        CompletableFuture.supplyAsync(() -> run(template, other));
    CompletableFuture<AuditReport> second =
        CompletableFuture.supplyAsync(() -> run(template, archive));
    List<AuditReport> reports = List.of(first.join(), second.join());
    assertThat(reports)
        .extracting(AuditReport::verdict)
        .containsExactly(Verdict.CLEAN, Verdict.VIOLATION);
    SparkSession spark = session(template);
    for (AuditReport report : reports) {
      assertThat(
              spark
                  .sql(
                      """
                      SELECT (SELECT count(*) FROM lineage.qtrace.audits WHERE audit_id = '%1$s'),
                        (SELECT count(*) FROM lineage.qtrace.checkpoints WHERE audit_id = '%1$s'),
                        (SELECT count(*) FROM lineage.qtrace.edges WHERE audit_id = '%1$s'),
                        (SELECT sum(tensors) FROM lineage.qtrace.checkpoints
                          WHERE audit_id = '%1$s')
                        - (SELECT count(*) FROM lineage.qtrace.tensors WHERE audit_id = '%1$s')
                      """
                          .formatted(report.auditId()))
                  .first()
                  .mkString(" "))
          .isEqualTo("1 %d %d 0".formatted(report.size().checkpoints(), report.edges().size()));
    }
  }

  private Template postgres(String url) throws IOException {
    return Template.of("postgresql")
        .with(LINEAGE + ".uri", url)
        .with(LINEAGE + ".warehouse", "file:" + folder.resolve("warehouse"));
  }

  // One command writes the tables; another one, with a Spark of its own, finds them there.
  private static void keepsTables(String... options) throws IOException {
    CommandRun run = audit(Stream.concat(Stream.of("--format", "json"), Stream.of(options)));
    assertThat(run.status()).as(run.err()).isEqualTo(1);
    int edges = new ObjectMapper().readTree(run.out()).get("edges").size();
    assertThat(edges).isPositive();
    assertThat(
            CommandRun.of(
                    words(
                        Stream.of(
                            "sql",
                            "-e",
                            "SELECT count(*) AS n, max(verdict) AS verdict FROM edges",
                            "--format",
                            "json"),
                        Stream.of(options)))
                .out())
        .isEqualTo("[ {\n  \"n\" : %d,\n  \"verdict\" : \"VIOLATION\"\n} ]\n".formatted(edges));
  }

  private static CommandRun audit(String... options) {
    return audit(Stream.of(options));
  }

  private static CommandRun audit(Stream<String> options) {
    return CommandRun.of(
        words(Stream.of("audit", "--archive", archive.toString(), "--quiet"), options));
  }

  private static String[] words(Stream<String> first, Stream<String> more) {
    return Stream.concat(first, more).toArray(String[]::new);
  }

  private static AuditReport run(Template template, Path archive) {
    try {
      return DefaultAudit.of(session(template)).run(archive.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static SparkSession session(Template template) {
    SparkSession session = LocalSpark.session();
    template.values().forEach((key, value) -> session.conf().set(key, value));
    return session;
  }
}
