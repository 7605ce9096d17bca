package io.qtrace.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.Sample;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestSqlCommand {
  private static final String TABLE =
      """
      CREATE NAMESPACE lineage.qtrace;
      CREATE TABLE lineage.qtrace.checkpoints
        (path STRING, shape ARRAY<BIGINT>, max_abs DOUBLE, at TIMESTAMP);
      INSERT INTO lineage.qtrace.checkpoints VALUES
        ('a;b.pt', array(2, 3), double('nan'), TIMESTAMP'2026-01-02 03:04:05.5'),
        (NULL, NULL, 0.5, NULL) -- a comment; not a statement
      """;

  @TempDir Path folder;

  @Test
  void tablesPersistAndNeedNoNamespace() throws IOException {
    Path file = Files.writeString(folder.resolve("make.sql"), TABLE);
    CommandRun made = sql("-f", file.toString());
    assertThat(made).isEqualTo(new CommandRun(ExitStatus.CLEAN, "", ""));

    String query = "SELECT * FROM checkpoints ORDER BY path NULLS LAST";
    assertThat(sql("-e", query, "--format", "json").out())
        .isEqualToIgnoringWhitespace(
            """
            [ {"path": "a;b.pt", "shape": [2, 3], "max_abs": "NaN", "at": "2026-01-02T03:04:05.500Z"},
              {"path": null, "shape": null, "max_abs": 0.5, "at": null} ]
            """);
    assertThat(sql("-e", query).out())
        .isEqualTo(
            """
            path    shape  max_abs  at
            a;b.pt  [2,3]      NaN  2026-01-02T03:04:05.500Z
            NULL    NULL       0.5  NULL
            """);
    assertThat(folder.resolve("w h/catalog.mv.db")).exists();
    assertThat(folder.resolve("w h/warehouse/qtrace/checkpoints/metadata")).isDirectory();
  }

  @Test
  void readsCheckpointsAndHasFunctionsOfTensors() {
    String file = Sample.run("bug_q_drift/checkpoint_step20.pt");
    String query =
        """
        SELECT layer, q_residual(path, layer) AS residual FROM qtrace.`%s`
        WHERE category = 'lut' AND name LIKE '%%o_proj.lut' ORDER BY layer
        """;
    assertThat(sql("-e", query.formatted(file)).out())
        .isEqualTo(
            """
            layer                            residual
            model.layers.0.self_attn.o_proj         5
            model.layers.1.self_attn.o_proj         0
            """);
  }

  @Test
  void printsEachFormat() {
    String query =
        "SELECT 'a|b\n<i>_Q' AS `n,1`, 2 AS n UNION ALL SELECT concat('\"', chr(27)), NULL ORDER BY n";
    assertThat(sql("-e", query, "--format", "csv").out())
        .isEqualTo("\"n,1\",n\n\"\"\"\u001b\",\n\"a|b\n<i>_Q\",2\n");
    assertThat(sql("-e", query, "--format", "markdown").out())
        .isEqualTo(
            """
            | n,1 | n |
            | --- | ---: |
            | "\\\\u001b | NULL |
            | a\\|b\\\\n\\<i\\>\\_Q | 2 |
            """);
    assertThat(sql("-e", query + "\\G").out())
        .isEqualTo(
            """
            *** row 1 ***
            n,1  "\\u001b
            n    NULL
            *** row 2 ***
            n,1  a|b\\n<i>_Q
            n    2
            """);
  }

  @Test
  void writesFilesWhole() throws IOException {
    Path csv = folder.resolve("a.csv");
    Path parquet = folder.resolve("a.parquet");
    String query = "SELECT id, array(id) AS list FROM range(3) ORDER BY id";
    for (Path file : List.of(csv, parquet, csv)) {
      assertThat(sql("-e", query, "--out", file.toString()))
          .isEqualTo(new CommandRun(ExitStatus.CLEAN, "", ""));
    }
    assertThat(csv).hasContent("id,list\n0,[0]\n1,[1]\n2,[2]\n");
    assertThat(
            sql("-e", "SELECT sum(id) AS n, count(list) AS m FROM parquet.`%s`".formatted(parquet))
                .out())
        .isEqualTo("n  m\n3  3\n");
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("a.csv", "a.parquet", "w h");
    }
    assertThat(sql("-e", "SELECT assert_true(id < 2) FROM range(3)", "--out", csv.toString()).err())
        .hasLineCount(1);
    assertThat(csv).hasContent("id,list\n0,[0]\n1,[1]\n2,[2]\n");
    assertThat(sql("-e", query, "--out", "a.txt").err())
        .isEqualTo(
            "qtrace: Invalid output file: 'a.txt', expected a name that ends with .parquet or .csv\n");
  }

  @Test
  void runsStandardInputWithoutATerminal() {
    InputStream before = System.in;
    System.setIn(
        new ByteArrayInputStream("SELECT 1; SELECT 2 AS n;".getBytes(StandardCharsets.UTF_8)));
    try {
      assertThat(sql().out()).isEqualTo("n\n2\n");
    } finally {
      System.setIn(before);
    }
  }

  @Test
  void marksThePlaceOfAnError() {
    assertThat(sql("-e", "SELECT 1,\n  kin AS \u001b[31m FROM range(3)").err())
        .contains("(line 2, column 10: SELECT 1, kin AS >>>\\u001b<<<[31m FROM range(3))")
        .hasLineCount(1);
    assertThat(sql("-e", "SELECT 1,\n  kin FROM range(3)").err())
        .contains(
            "`kin` cannot be resolved", "(line 2, column 3: SELECT 1, >>>kin<<< FROM range(3))")
        .doesNotContain("SQLSTATE")
        .hasLineCount(1);
    assertThat(sql("-e", "SELECT CAST(concat('a', id) AS INT) FROM range(3)").err())
        .contains("(line 1, column 8: SELECT >>>CAST(concat('a', id) AS INT)<<< FROM range(3))")
        .hasLineCount(1);
  }

  @Test
  void reportsAnInvalidStatementInOneLine() {
    CommandRun run = sql("-e", "SELECT * FROM nowhere");
    assertThat(run.status()).isEqualTo(ExitStatus.FAILED);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains("`nowhere` cannot be found").hasLineCount(1);
  }

  @Test
  void refusesDuplicateColumnNamesInJson() {
    assertThat(sql("-e", "SELECT 1 AS a, 2 AS a", "--format", "json").err())
        .contains("two columns of one name in [a, a]");
    assertThat(sql("-e", " ; -- nothing").err()).contains("expected a statement");
  }

  @Test
  @Tag("system")
  void warehouseOfAnotherProcessIsRefused() throws Exception {
    Path warehouse = Files.createDirectories(folder.resolve("w h"));
    Process other = h2(warehouse.resolve("catalog"));
    try {
      CommandRun run = sql("-e", "SELECT 1");
      assertThat(run.status()).isEqualTo(ExitStatus.FAILED);
      assertThat(run.err())
          .isEqualTo(
              "qtrace: Cannot open warehouse: %s/catalog.mv.db is in use by another qtrace process\n"
                  .formatted(warehouse));
    } finally {
      other.destroyForcibly().waitFor();
    }
  }

  private CommandRun sql(String... args) {
    String[] all = new String[args.length + 3];
    all[0] = "sql";
    all[1] = "--warehouse";
    all[2] = folder.resolve("w h").toString();
    System.arraycopy(args, 0, all, 3, args.length);
    return CommandRun.of(all);
  }

  // Another process that has the database open.
  private static Process h2(Path database) throws IOException, URISyntaxException {
    Path jar =
        Path.of(org.h2.Driver.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    Process shell =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                jar.toString(),
                "org.h2.tools.Shell",
                "-url",
                "jdbc:h2:file:" + database,
                "-user",
                "",
                "-password",
                "")
            .redirectErrorStream(true)
            .start();
    InputStream out = shell.getInputStream();
    StringBuilder said = new StringBuilder();
    while (!said.toString().endsWith("sql> ")) {
      int next = out.read();
      assertThat(next).as(said::toString).isNotNegative();
      said.append(new String(new byte[] {(byte) next}, StandardCharsets.US_ASCII));
    }
    return shell;
  }
}
