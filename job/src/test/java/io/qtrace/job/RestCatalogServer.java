package io.qtrace.job;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.exceptions.AlreadyExistsException;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.exceptions.NoSuchNamespaceException;
import org.apache.iceberg.exceptions.NoSuchTableException;
import org.apache.iceberg.exceptions.NotAuthorizedException;
import org.apache.iceberg.jdbc.JdbcCatalog;
import org.apache.iceberg.rest.CatalogHandlers;
import org.apache.iceberg.rest.RESTCatalogProperties.SnapshotMode;
import org.apache.iceberg.rest.RESTSerializers;
import org.apache.iceberg.rest.RESTUtil;
import org.apache.iceberg.rest.requests.CreateNamespaceRequest;
import org.apache.iceberg.rest.requests.CreateTableRequest;
import org.apache.iceberg.rest.requests.UpdateTableRequest;
import org.apache.iceberg.rest.responses.ConfigResponse;
import org.apache.iceberg.rest.responses.ErrorResponse;
import org.apache.iceberg.shaded.com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import org.apache.iceberg.shaded.com.fasterxml.jackson.annotation.PropertyAccessor;
import org.apache.iceberg.shaded.com.fasterxml.jackson.databind.DeserializationFeature;
import org.apache.iceberg.shaded.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.iceberg.shaded.com.fasterxml.jackson.databind.PropertyNamingStrategies;

/**
 * Iceberg's REST protocol over HTTP, as far as namespaces and tables go: Iceberg's own handlers of
 * requests, in front of a JDBC catalog. Who brings no token is refused.
 */
public final class RestCatalogServer implements AutoCloseable {
  public static final String TOKEN = "t0ken-of-the-test";

  private static final ObjectMapper JSON = json();

  private final JdbcCatalog catalog = new JdbcCatalog();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpServer server;

  public RestCatalogServer(Path warehouse) throws IOException {
    catalog.setConf(new Configuration());
    catalog.initialize(
        "served",
        Map.of(
            "uri", "jdbc:h2:mem:rest;DATABASE_TO_UPPER=FALSE;DB_CLOSE_DELAY=-1",
            "jdbc.schema-version", "V1",
            "warehouse", "file:" + warehouse));
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::serve);
    server.setExecutor(threads);
    server.start();
  }

  public String uri() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  @Override
  public void close() throws IOException {
    server.stop(0);
    threads.shutdown();
    catalog.close();
  }

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      try {
        String token = exchange.getRequestHeaders().getFirst("Authorization");
        if (!("Bearer " + TOKEN).equals(token)) {
          throw new NotAuthorizedException("Not authorized: no valid token");
        }
        Object answer = answer(exchange);
        send(exchange, answer == null ? 204 : 200, answer);
      } catch (NotAuthorizedException e) {
        send(exchange, 401, error(401, e));
      } catch (NoSuchNamespaceException | NoSuchTableException e) {
        send(exchange, 404, error(404, e));
      } catch (AlreadyExistsException | CommitFailedException e) {
        send(exchange, 409, error(409, e));
      } catch (RuntimeException e) {
        send(exchange, 500, error(500, e));
      }
    }
  }

  // Null where there is nothing to say.
  private Object answer(HttpExchange exchange) throws IOException {
    String[] path = exchange.getRequestURI().getRawPath().substring("/v1/".length()).split("/");
    String what = exchange.getRequestMethod() + " " + String.join("/", shape(path));
    Namespace namespace = path.length > 1 ? RESTUtil.decodeNamespace(path[1], "%1F") : null;
    TableIdentifier table =
        path.length > 3 ? TableIdentifier.of(namespace, RESTUtil.decodeString(path[3])) : null;
    switch (what) {
      case "GET config":
        return ConfigResponse.builder().build();
      case "GET namespaces":
        return CatalogHandlers.listNamespaces(catalog, Namespace.empty());
      case "POST namespaces":
        return CatalogHandlers.createNamespace(
            catalog, read(exchange, CreateNamespaceRequest.class));
      case "GET namespaces/N":
        return CatalogHandlers.loadNamespace(catalog, namespace);
      case "HEAD namespaces/N":
        CatalogHandlers.loadNamespace(catalog, namespace);
        return null;
      case "GET namespaces/N/tables":
        return CatalogHandlers.listTables(catalog, namespace);
      case "POST namespaces/N/tables":
        CreateTableRequest request = read(exchange, CreateTableRequest.class);
        return request.stageCreate()
            ? CatalogHandlers.stageTableCreate(catalog, namespace, request)
            : CatalogHandlers.createTable(catalog, namespace, request);
      case "GET namespaces/N/tables/T":
        return CatalogHandlers.loadTable(catalog, table, SnapshotMode.ALL);
      case "HEAD namespaces/N/tables/T":
        CatalogHandlers.loadTable(catalog, table, SnapshotMode.ALL);
        return null;
      case "POST namespaces/N/tables/T":
        return CatalogHandlers.updateTable(
            catalog, table, read(exchange, UpdateTableRequest.class));
      case "POST namespaces/N/tables/T/metrics":
        return null;
      default:
        throw new NoSuchTableException("Unsupported request: %s", what);
    }
  }

  private static String[] shape(String[] path) {
    String[] shape = path.clone();
    if (path.length > 1) {
      shape[1] = "N";
    }
    if (path.length > 3) {
      shape[3] = "T";
    }
    return shape;
  }

  private static <T> T read(HttpExchange exchange, Class<T> type) throws IOException {
    return JSON.readValue(exchange.getRequestBody().readAllBytes(), type);
  }

  private static void send(HttpExchange exchange, int status, Object answer) throws IOException {
    boolean hasBody = answer != null && !exchange.getRequestMethod().equals("HEAD");
    byte[] body =
        hasBody ? JSON.writeValueAsString(answer).getBytes(StandardCharsets.UTF_8) : new byte[0];
    exchange.getRequestBody().readAllBytes();
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, hasBody ? body.length : -1);
    if (hasBody) {
      exchange.getResponseBody().write(body);
    }
  }

  private static ErrorResponse error(int code, RuntimeException failure) {
    return ErrorResponse.builder()
        .responseCode(code)
        .withType(failure.getClass().getSimpleName())
        .withMessage(String.valueOf(failure.getMessage()))
        .build();
  }

  private static ObjectMapper json() {
    ObjectMapper mapper = new ObjectMapper();
    mapper.setVisibility(PropertyAccessor.FIELD, Visibility.ANY);
    mapper.configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false);
    mapper.setPropertyNamingStrategy(PropertyNamingStrategies.KEBAB_CASE);
    RESTSerializers.registerAll(mapper);
    return mapper;
  }
}
