package io.qtrace.job.events;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeException;
import dev.failsafe.RetryPolicy;
import dev.failsafe.Timeout;
import dev.failsafe.TimeoutExceededException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * A server that accepts JSON by POST. Its URL may contain a secret, so messages name only its host.
 */
public final class HttpReceiver {
  private final URI address;
  private final Optional<String> token;
  private final Limits limits;
  private final HttpClient client;

  /**
   * How long to try.
   *
   * @param timeout of one attempt, its answer included
   * @param firstDelay before the second attempt; it doubles
   * @param attempts at most
   */
  public record Limits(Duration timeout, Duration firstDelay, int attempts) {
    /** Three attempts of 10 s, 0.5 and 1 s apart. */
    public static final Limits USUAL =
        new Limits(Duration.ofSeconds(10), Duration.ofMillis(500), 3);
  }

  private HttpReceiver(URI address, Optional<String> token, Limits limits) {
    this.address = address;
    this.token = token;
    this.limits = limits;
    // Redirects are not followed: they would take the token elsewhere.
    this.client = HttpClient.newBuilder().connectTimeout(limits.timeout()).build();
  }

  /**
   * A receiver as named in an option.
   *
   * @param text an http or https URL, or {@code env:NAME} of an environment variable that holds it
   * @param tokenVariable environment variable with the token for {@code Authorization: Bearer}
   * @throws IllegalArgumentException if the text is neither, or there is no such variable
   */
  public static HttpReceiver of(
      String text, String tokenVariable, Map<String, String> environment, Limits limits) {
    String url = text;
    if (text.startsWith("env:")) {
      url = environment.get(text.substring("env:".length()));
      if (url == null) {
        throw new IllegalArgumentException(
            "Cannot find environment variable %s, expected the URL of a receiver"
                .formatted(text.substring("env:".length())));
      }
    }
    if (!isUrl(url)) {
      throw new IllegalArgumentException(
          "Invalid URL of a receiver: expected http://... or https://..., or env:NAME of an"
              + " environment variable that holds it");
    }
    return new HttpReceiver(
        URI.create(url), Optional.ofNullable(environment.get(tokenVariable)), limits);
  }

  /** Whether a text is an http or https URL with a host. */
  public static boolean isUrl(String text) {
    try {
      URI uri = URI.create(text);
      return ("http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme()))
          && uri.getHost() != null;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** The same receiver with another path. */
  HttpReceiver withPath(UnaryOperator<String> change) {
    String path = change.apply(Objects.requireNonNullElse(address.getRawPath(), ""));
    return new HttpReceiver(address.resolve(path), token, limits);
  }

  /** Its host, with the port if it names one. */
  public String host() {
    return address.getPort() < 0 ? address.getHost() : address.getHost() + ":" + address.getPort();
  }

  /**
   * Sends a document; retries if the server cannot be reached or is temporarily unavailable.
   *
   * @throws IOException if it could not be sent, with the reason but without the URL
   */
  public void send(String json) throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(address)
            .header("Content-Type", "application/json")
            .header("User-Agent", "qtrace")
            .POST(HttpRequest.BodyPublishers.ofString(json, StandardCharsets.UTF_8));
    token.ifPresent(secret -> request.header("Authorization", "Bearer " + secret));
    int status = status(request.build());
    if (status / 100 != 2) {
      throw new IOException("HTTP status " + status);
    }
  }

  private int status(HttpRequest request) throws IOException {
    RetryPolicy<Integer> retry =
        RetryPolicy.<Integer>builder()
            .handle(IOException.class, TimeoutExceededException.class)
            .handleResultIf(status -> status == 429 || status >= 500)
            .withBackoff(limits.firstDelay(), limits.firstDelay().multipliedBy(16))
            .withMaxAttempts(limits.attempts())
            .build();
    Timeout<Integer> timeout = Timeout.<Integer>builder(limits.timeout()).withInterrupt().build();
    try {
      return Failsafe.with(retry, timeout)
          .get(() -> client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode());
    } catch (TimeoutExceededException e) {
      throw new IOException(noAnswer(), e);
    } catch (FailsafeException e) {
      boolean isLate = e.getCause() instanceof HttpTimeoutException;
      throw new IOException(isLate ? noAnswer() : "no connection", e);
    }
  }

  private String noAnswer() {
    return "no answer within %s s".formatted(limits.timeout().toMillis() / 1000.0);
  }
}
