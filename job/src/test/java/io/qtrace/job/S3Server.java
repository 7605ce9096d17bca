package io.qtrace.job;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.gaul.s3proxy.AuthenticationType;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobProviderMetadata;
import org.gaul.shaded.org.eclipse.jetty.server.Server;
import org.gaul.shaded.org.eclipse.jetty.server.handler.HandlerWrapper;
import org.jclouds.ContextBuilder;
import org.jclouds.blobstore.BlobStore;
import org.jclouds.blobstore.BlobStoreContext;

/**
 * An S3 server in this JVM, on the loopback interface, that keeps its objects as files below a
 * folder, takes signed requests only, and counts what it answers. Its threads keep a JVM alive:
 * close it.
 */
public final class S3Server implements AutoCloseable {
  public static final String ACCESS_KEY = "QTRACE-TEST-KEY-ID";
  public static final String SECRET_KEY = "qtrace-test-secret-2f9c";

  private static final AtomicInteger SERVERS = new AtomicInteger();

  private final Path folder;
  private final String bucket; // of its own: Hadoop keeps the client of a bucket that it has seen
  private final BlobStoreContext blobs;
  private final S3Proxy proxy;
  private final List<Request> requests = new CopyOnWriteArrayList<>();
  private final Gate gate = new Gate();

  /**
   * What the server answered.
   *
   * @param path bucket and key
   * @param bytes of the answer's body
   */
  public record Request(String method, String path, String range, int status, long bytes) {}

  private S3Server(Path folder, String bucket, BlobStoreContext blobs, S3Proxy proxy) {
    this.folder = folder;
    this.bucket = bucket;
    this.blobs = blobs;
    this.proxy = proxy;
  }

  /** Starts a server with an empty bucket, its files below the folder. */
  public static S3Server start(Path folder) throws Exception {
    return start(folder, new HandlerWrapper());
  }

  /** The same with something in front of it that may change its answers. */
  public static S3Server start(Path folder, HandlerWrapper front) throws Exception {
    Properties properties = new Properties();
    properties.setProperty("jclouds.filesystem.basedir", folder.toString());
    BlobStoreContext blobs =
        ContextBuilder.newBuilder(
                new FilesystemNio2BlobProviderMetadata()) // by name, all clouds load
            .credentials("none", "none")
            .overrides(properties)
            .buildView(BlobStoreContext.class);
    BlobStore store = blobs.getBlobStore();
    String bucket = "bucket" + SERVERS.incrementAndGet();
    store.createContainerInLocation(null, bucket);
    S3Proxy proxy =
        S3Proxy.builder()
            .blobStore(store)
            .endpoint(URI.create("http://127.0.0.1:0"))
            .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, ACCESS_KEY, SECRET_KEY)
            .ignoreUnknownHeaders(true)
            .build();
    S3Server server = new S3Server(folder, bucket, blobs, proxy);
    server.observe(front);
    proxy.start();
    return server;
  }

  /** What Hadoop needs to reach the server, but for {@link #environment}. */
  public Map<String, String> place() {
    return Map.of(
        "fs.s3a.endpoint", "http://127.0.0.1:" + proxy.getPort(),
        "fs.s3a.endpoint.region", "us-east-1",
        "fs.s3a.path.style.access", "true",
        "fs.s3a.attempts.maximum", "1",
        "fs.s3a.retry.limit", "1");
  }

  /** Credentials as environment variables. */
  public static Map<String, String> environment() {
    return Map.of("AWS_ACCESS_KEY_ID", ACCESS_KEY, "AWS_SECRET_ACCESS_KEY", SECRET_KEY);
  }

  /** What Hadoop needs to reach the server, with credentials. */
  public Map<String, String> settings() {
    Map<String, String> settings = new HashMap<>(place());
    settings.put("fs.s3a.access.key", ACCESS_KEY);
    settings.put("fs.s3a.secret.key", SECRET_KEY);
    return settings;
  }

  /** A configuration of Hadoop that reaches the server. */
  public Configuration hadoop() {
    Configuration hadoop = new Configuration();
    settings().forEach(hadoop::set);
    return hadoop;
  }

  /** Makes a configuration of Hadoop reach the server, until that is closed. */
  public Reached reach(Configuration hadoop) {
    settings().forEach(hadoop::set);
    return () -> settings().keySet().forEach(hadoop::unset);
  }

  /** Settings in force. */
  public interface Reached extends AutoCloseable {
    @Override
    void close();
  }

  /** The URI of a key of the bucket. */
  public String uri(String key) {
    return "s3a://" + bucket + "/" + key;
  }

  /** Puts a file, or all files of a folder, below a key. */
  public void put(Path source, String key) throws IOException {
    BlobStore store = blobs.getBlobStore();
    try (Stream<Path> files = Files.walk(source)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String below = source.relativize(file).toString();
        String name = below.isEmpty() ? key : key + "/" + below;
        store.putBlob(bucket, store.blobBuilder(name).payload(file.toFile()).build());
      }
    }
  }

  /** Makes one object appear under another key too, without its bytes. */
  public void link(String key, String other) throws IOException {
    Files.createDirectories(file(other).getParent());
    Files.createLink(file(other), file(key));
  }

  private Path file(String key) {
    return folder.resolve(bucket).resolve(key);
  }

  /** The answers so far, oldest first; counting starts anew. */
  public List<Request> drainRequests() {
    List<Request> drained = List.copyOf(requests);
    requests.clear();
    return drained;
  }

  /** Answers no further request for content before so many of them wait, or a minute has passed. */
  public void holdUntil(int waiting) {
    gate.most.set(0);
    gate.open = new CountDownLatch(waiting);
  }

  /** Most requests for content that were under way at one time since {@link #holdUntil}. */
  public int mostUnderWay() {
    return gate.most.get();
  }

  @Override
  public void close() {
    try {
      proxy.stop();
    } catch (Exception e) {
      throw new UncheckedIOException(new IOException("Cannot stop the S3 server", e));
    } finally {
      blobs.close();
    }
  }

  // The proxy has no setter for the log of its web server and its handlers.
  private void observe(HandlerWrapper front) throws ReflectiveOperationException {
    var field = S3Proxy.class.getDeclaredField("server");
    field.setAccessible(true);
    Server server = (Server) field.get(proxy);
    server.insertHandler(front);
    server.insertHandler(gate);
    server.setRequestLog(
        (request, response) ->
            requests.add(
                new Request(
                    request.getMethod(),
                    request.getHttpURI().getPath(),
                    String.valueOf(request.getHeader("Range")),
                    response.getCommittedMetaData().getStatus(),
                    response.getHttpOutput().getWritten())));
  }

  /** Counts requests for content, and lets them wait for each other. */
  private static final class Gate extends HandlerWrapper {
    private final AtomicInteger underWay = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();
    private volatile CountDownLatch open = new CountDownLatch(0);

    @Override
    public void handle(
        String target,
        org.gaul.shaded.org.eclipse.jetty.server.Request base,
        HttpServletRequest request,
        HttpServletResponse response)
        throws IOException, ServletException {
      if (!request.getMethod().equals("GET")) {
        super.handle(target, base, request, response);
        return;
      }
      most.accumulateAndGet(underWay.incrementAndGet(), Math::max);
      try {
        CountDownLatch current = open;
        current.countDown();
        current.await(1, TimeUnit.MINUTES);
        super.handle(target, base, request, response);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("Cannot answer: interrupted", e);
      } finally {
        underWay.decrementAndGet();
      }
    }
  }
}
