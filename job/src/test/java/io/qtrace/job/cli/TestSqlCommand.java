package io.qtrace.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.Sample;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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
  void tablesLastAndAreAskedWithoutTheirNamespace() throws IOException {
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
  void wrongStatementIsOneLine() {
    CommandRun run = sql("-e", "SELECT * FROM nowhere");
    assertThat(run.status()).isEqualTo(ExitStatus.FAILED);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains("`nowhere` cannot be found").hasLineCount(1);
  }

  @Test
  void columnsOfOneNameNeedAnAliasInJson() {
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
