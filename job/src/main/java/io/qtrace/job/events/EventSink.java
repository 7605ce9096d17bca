package io.qtrace.job.events;

import io.qtrace.io.AtomicOutput;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.WriteMode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Where the events of an audit go: a server, or a file. */
public interface EventSink {
  /** Limit for all events together, so that a slow server cannot delay the next audit. */
  Duration MOST_TIME = Duration.ofMinutes(2);

  /**
   * Sends events, each a line of JSON.
   *
   * @throws IOException if not all could be sent, with their number and the reason
   */
  void send(List<String> events) throws IOException;

  /** A server of OpenLineage's API; events go to {@code /api/v1/lineage} unless it has a path. */
  static EventSink server(HttpReceiver server) {
    HttpReceiver endpoint =
        server.withPath(path -> path.isEmpty() || path.equals("/") ? "/api/v1/lineage" : path);
    return events -> {
      Instant end = Instant.now().plus(MOST_TIME);
      for (int sent = 0; sent < events.size(); sent++) {
        String progress = "%d of %d sent to %s: ".formatted(sent, events.size(), endpoint.host());
        if (Instant.now().isAfter(end)) {
          throw new IOException(
              progress + "it took more than " + MOST_TIME.toMinutes() + " minutes");
        }
        try {
          endpoint.send(events.get(sent));
        } catch (IOException e) {
          throw new IOException(progress + e.getMessage(), e);
        }
      }
    };
  }

  /** A file of lines, replaced atomically. */
  static EventSink file(ObjectStore store, String uri) {
    return events -> {
      try (AtomicOutput object = store.create(uri, WriteMode.OVERWRITE)) {
        String text = String.join("\n", events) + "\n";
        object.stream().write(text.getBytes(StandardCharsets.UTF_8));
        object.commit();
      }
    };
  }
}
