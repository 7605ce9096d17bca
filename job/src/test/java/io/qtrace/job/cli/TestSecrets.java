package io.qtrace.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.Processes;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TestSecrets {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Failed to connect: jdbc:postgresql://h/d?user=me&password=hunter2&ssl=true"
            + " | Failed to connect: jdbc:postgresql://h/d?user=me&password=***&ssl=true",
        "Cannot list s3a://KEY:hunter2@bucket/runs | Cannot list s3a://KEY:***@bucket/runs",
        "jdbc.password=hunter2, type=jdbc | jdbc.password=***, type=jdbc",
        "{\"token\": \"hunter2 x\"} | {\"token\": ***}",
        "fs.s3a.secret.key: hunter2 | fs.s3a.secret.key: ***",
        "Cannot read hdfs://host:8020/a@b | Cannot read hdfs://host:8020/a@b",
        "Cannot read abfss://box@account/a | Cannot read abfss://box@account/a"
      })
  void passwordsAreHiddenAndTheRestStays(String message, String expected) {
    assertThat(Secrets.hidden(message)).isEqualTo(expected);
    Throwable failure = new RuntimeException(message, new SQLException(message));
    assertThat(Failure.reason(failure)).contains(expected).doesNotContain("hunter2");
    assertThat(Failure.trace(failure)).contains(expected).doesNotContain("hunter2");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "s3a://KEY:hunter2@bucket/runs | s3a://... contains credentials; put"
            + " AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY into the environment",
        "s3a://hunter2@bucket/runs | s3a://... contains credentials",
        "hdfs://me:hunter2@host/runs | hdfs://... contains credentials; use Hadoop credential providers"
            + " instead",
      })
  void argumentsWithCredentialsAreRefused(String archive, String message) {
    CommandRun run = CommandRun.of("audit", "--archive", archive, "--verbose");
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err()).contains("qtrace: ", message);
    assertThat(run.out() + run.err()).doesNotContain("hunter2");
  }

  // As spark-submit gets them.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "spark.hadoop.fs.s3a.secret.key=hunter2 | spark.hadoop.fs.s3a.secret.key=***, expected no"
            + " secret on a command line: put AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY into the"
            + " environment, or name a Hadoop credential store",
        "-Dspark.hadoop.fs.s3a.bucket.b.session.token=hunter2 | session.token=***, expected no",
        "spark.sql.catalog.lineage.jdbc.password=hunter2 | .pgpass or the file that PGPASSFILE",
        "spark.sql.catalog.lineage.uri=jdbc:postgresql://h/d?password=hunter2 | PGPASSFILE",
        "spark.sql.catalog.lineage.token=hunter2 | lineage.token=***, expected no secret on a"
            + " command line: give it as env:NAME",
        "spark.hadoop.fs.azure.client.secret=hunter2 | name a Hadoop credential store",
      })
  void settingsWithSecretsAreRefused(String word, String message) throws Exception {
    List<String> command = Processes.java(Main.class, "sql", "-e", "SELECT 1");
    if (word.startsWith("-D")) {
      command.add(1, word);
    } else {
      command.addAll(List.of("--conf", word));
    }
    assertThat(SecretArguments.complaint(command))
        .hasValueSatisfying(told -> assertThat(told).contains(message).doesNotContain("hunter2"));
  }

  @Test
  void findsSecretsInTheArgumentsOfAProcess() throws Exception {
    List<String> command = Processes.java(Main.class, "sql", "-e", "SELECT 1");
    command.add(1, "-Dspark.hadoop.fs.s3a.secret.key=hunter2");
    Processes.Ended ended = Processes.run(new ProcessBuilder(command));
    assertThat(ended.status()).isEqualTo(2);
    assertThat(ended.err())
        .contains(
            "qtrace: Invalid argument: spark.hadoop.fs.s3a.secret.key=***, expected no secret");
    assertThat(ended.out() + ended.err()).doesNotContain("hunter2");
    String submitted =
        Processes.output(
            Processes.java(Submitted.class, "--conf", "spark.hadoop.fs.s3a.secret.key=hunter2")
                .toArray(String[]::new));
    assertThat(submitted).contains("spark.hadoop.fs.s3a.secret.key=***");
  }

  /** Says what is wrong with the arguments of its process, as below spark-submit. */
  static final class Submitted {
    public static void main(String[] args) {
      System.out.println(SecretArguments.complaint(SecretArguments.ofProcess()).orElse("nothing"));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "spark.sql.catalog.lineage.token=env:QTRACE_REST_TOKEN",
        "spark.hadoop.hadoop.security.credential.provider.path=jceks://file/a.jceks",
        "spark.kubernetes.driver.secretKeyRef.AWS_ACCESS_KEY_ID=qtrace-s3:access-key",
        "spark.hadoop.fs.s3a.aws.credentials.provider=a.b.EnvironmentVariableCredentialsProvider",
        "SELECT 1 WHERE token = 'x'",
        "s3a://bucket/a@b:c",
        "hdfs://host:8020/a@b",
      })
  void whatIsNoSecretIsTaken(String word) {
    assertThat(SecretArguments.complaint(List.of(word))).isEmpty();
  }
}
