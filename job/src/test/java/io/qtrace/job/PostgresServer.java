package io.qtrace.job;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A real PostgreSQL on the loopback interface, of Debian's package postgresql, with a role {@code
 * qtrace} that has to give its password.
 */
public final class PostgresServer implements AutoCloseable {
  public static final String PASSWORD = "s3cr3t-of-the-test";

  private static final Path DEBIAN = Path.of("/usr/lib/postgresql");
  private static final String USER = "qtrace";
  private static final String OWNER = "postgres"; // PostgreSQL refuses to run as root

  private final Path folder;
  private final Path bin;
  private final int port;

  private PostgresServer(Path folder, Path bin, int port) {
    this.folder = folder;
    this.bin = bin;
    this.port = port;
  }

  public static PostgresServer start() throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("postgresql");
    PostgresServer server = new PostgresServer(folder, bin(), freePort());
    Path password = Files.writeString(folder.resolve("password"), PASSWORD + "\n");
    if (isRoot()) {
      Processes.output("chown", "-R", OWNER, folder.toString());
    }
    String data = folder.resolve("data").toString();
    server.run(
        "initdb",
        "--pgdata=" + data,
        "--username=" + USER,
        "--auth=scram-sha-256",
        "--pwfile=" + password,
        "--no-sync",
        "--no-locale",
        "--encoding=UTF8");
    server.run(
        "pg_ctl",
        "--pgdata=" + data,
        "--wait",
        "--log=" + folder.resolve("log"),
        "--options=-c listen_addresses=127.0.0.1 -c port=%d -c unix_socket_directories='' -c fsync=off"
            .formatted(server.port),
        "start");
    return server;
  }

  /** Creates a database; its URL. */
  public String database(String name) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url("postgres"), USER, PASSWORD);
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE " + name);
    }
    return url(name);
  }

  private String url(String database) {
    return "jdbc:postgresql://127.0.0.1:%d/%s".formatted(port, database);
  }

  /** Writes PostgreSQL's own file of passwords. */
  public Path passwordFile(Path file) throws IOException {
    return Files.writeString(file, "127.0.0.1:%d:*:%s:%s%n".formatted(port, USER, PASSWORD));
  }

  @Override
  public void close() throws IOException, InterruptedException {
    run("pg_ctl", "--pgdata=" + folder.resolve("data"), "--mode=immediate", "--wait", "stop");
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private void run(String tool, String... args) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    if (isRoot()) {
      command.addAll(List.of("setpriv", "--reuid=" + OWNER, "--regid=" + OWNER, "--clear-groups"));
    }
    command.add(bin.resolve(tool).toString());
    command.addAll(List.of(args));
    Processes.Ended ended = Processes.run(new ProcessBuilder(command).directory(folder.toFile()));
    if (ended.status() != 0) {
      throw new IllegalStateException("Cannot run " + command + ": " + ended.err());
    }
  }

  private static Path bin() throws IOException {
    if (!Files.isDirectory(DEBIAN)) {
      throw new IllegalStateException(
          "Cannot find PostgreSQL: no " + DEBIAN + ", expected Debian's package postgresql");
    }
    try (Stream<Path> versions = Files.list(DEBIAN)) {
      return versions
          .map(version -> version.resolve("bin"))
          .filter(found -> Files.isExecutable(found.resolve("initdb")))
          .max(Comparator.naturalOrder())
          .orElseThrow(() -> new IllegalStateException("Cannot find initdb below " + DEBIAN));
    }
  }

  private static boolean isRoot() {
    return System.getProperty("user.name").equals("root");
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
