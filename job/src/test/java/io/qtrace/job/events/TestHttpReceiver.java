package io.qtrace.job.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TestHttpReceiver {
  private static final HttpReceiver.Limits QUICK =
      new HttpReceiver.Limits(Duration.ofMillis(500), Duration.ofMillis(1), 3);
  private static final String SECRET = "/hook/s3cret?key=s3cret";

  private static HttpReceiver receiver(String url) {
    return HttpReceiver.of("env:URL", "TOKEN", Map.of("URL", url, "TOKEN", "t0ken"), QUICK);
  }

  @Test
  void retriesUntilAccepted() throws IOException {
    try (Receiver server = new Receiver(503, 429)) {
      receiver(server.url(SECRET)).send("{\"a\": \"\u00e9\"}");
      assertThat(server.requests())
          .hasSize(3)
          .containsOnly(
              new Receiver.Request(SECRET, Optional.of("Bearer t0ken"), "{\"a\": \"\u00e9\"}"));
    }
  }

  @Test
  void doesNotRetryRefusedRequests() throws IOException {
    try (Receiver server = new Receiver(403)) {
      assertThatThrownBy(() -> receiver(server.url(SECRET)).send("{}"))
          .hasMessage("HTTP status 403");
      assertThat(server.requests()).hasSize(1);
    }
  }

  @Test
  void givesUpAfterItsAttempts() throws IOException {
    try (Receiver server = new Receiver(500, 500, 500, 500)) {
      assertThatThrownBy(() -> receiver(server.url(SECRET)).send("{}"))
          .hasMessage("HTTP status 500");
      assertThat(server.requests()).hasSize(3);
    }
    assertThatThrownBy(() -> receiver(Receiver.dead(SECRET)).send("{}"))
        .isInstanceOf(IOException.class)
        .hasMessage("no connection");
  }

  // Nothing accepts the connections of this socket, the system alone does.
  @Test
  void doesNotWaitForASlowServer() throws IOException {
    try (ServerSocket silent = new ServerSocket(0, 9, InetAddress.getLoopbackAddress())) {
      String url = "http://127.0.0.1:%d%s".formatted(silent.getLocalPort(), SECRET);
      assertThatThrownBy(() -> receiver(url).send("{}")).hasMessage("no answer within 0.5 s");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "host", "ftp://s3cret/", "file:///s3cret", "http://", "http:///s3cret", "a b"})
  void refusesOtherAddressesWithoutNamingThem(String url) {
    assertThatThrownBy(() -> receiver(url))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Invalid URL of a receiver: expected http://")
        .hasMessageNotContaining("s3cret");
    assertThatThrownBy(() -> HttpReceiver.of("env:NONE", "TOKEN", Map.of(), QUICK))
        .hasMessage("Cannot find environment variable NONE, expected the URL of a receiver");
  }

  @Test
  void commandsGetTheNoticeOrAreKilled() throws IOException {
    NoticeCommand reader = new NoticeCommand("grep -q notice", Duration.ofSeconds(20));
    reader.run("{\"notice\": 1}");
    assertThatThrownBy(() -> reader.run("{}")).hasMessage("exit status 1");
    new NoticeCommand("true", Duration.ofSeconds(20)).run("x".repeat(1 << 20)); // more than a pipe
    assertThatThrownBy(() -> new NoticeCommand("sleep 60", Duration.ofMillis(200)).run("{}"))
        .hasMessage("did not end within 0.2 s, killed");
  }
}
