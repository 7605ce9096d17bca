package io.qtrace.job;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * A real PostgreSQL on the loopback interface, from Maven's artifacts, with a role {@code qtrace}
 * that has to give its password.
 */
public final class PostgresServer implements AutoCloseable {
  public static final String USER = "qtrace";
  public static final String PASSWORD = "s3cr3t-of-the-test";

  private static final String ACCESS =
      """
      host all postgres 127.0.0.1/32 trust
      host all all 127.0.0.1/32 scram-sha-256
      """;

  private final EmbeddedPostgres postgres;

  private PostgresServer(EmbeddedPostgres postgres) {
    this.postgres = postgres;
  }

  public static PostgresServer start() throws IOException, SQLException {
    PostgresServer server =
        new PostgresServer(
            EmbeddedPostgres.builder()
                .setServerConfig("unix_socket_directories", "")
                .setDataDirectoryCustomizer(PostgresServer::askForPasswords)
                .start());
    server.execute("CREATE ROLE %s LOGIN PASSWORD '%s'".formatted(USER, PASSWORD));
    return server;
  }

  private static void askForPasswords(File data) {
    try {
      Files.writeString(data.toPath().resolve("pg_hba.conf"), ACCESS);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public int port() {
    return postgres.getPort();
  }

  /** Creates a database; its URL. */
  public String database(String name) throws SQLException {
    execute("CREATE DATABASE %s OWNER %s".formatted(name, USER));
    return "jdbc:postgresql://127.0.0.1:%d/%s".formatted(postgres.getPort(), name);
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection = postgres.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** Writes PostgreSQL's own file of passwords. */
  public Path passwordFile(Path file) throws IOException {
    return Files.writeString(
        file, "127.0.0.1:%d:*:%s:%s%n".formatted(postgres.getPort(), USER, PASSWORD));
  }

  @Override
  public void close() throws IOException {
    postgres.close();
  }
}
