package io.qtrace.job.faults;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A wire to a server on the loopback interface that breaks at a message: before the server gets it,
 * or once the server has answered, with the answer lost.
 */
final class CuttableWire implements AutoCloseable {
  private final int server;
  private final ServerSocket socket;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private Cut cut;
  private int seen;

  /** On which side of the server's work a connection breaks. */
  enum Side {
    BEFORE,
    AFTER
  }

  private record Cut(String text, int message, Side side, boolean cuts, Runnable then) {}

  CuttableWire(int server) throws IOException {
    this.server = server;
    this.socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    threads.execute(this::accept);
  }

  int port() {
    return socket.getLocalPort();
  }

  /**
   * Breaks a connection once.
   *
   * @param text of the messages that count
   * @param message the how-manieth of them, from 1
   * @param then done while nothing passes
   */
  synchronized void cut(String text, int message, Side side, Runnable then) {
    cut = new Cut(text, message, side, true, then);
    seen = 0;
  }

  /** Does something when the server has answered a message, and breaks nothing. */
  synchronized void watch(String text, int message, Runnable then) {
    cut = new Cut(text, message, Side.AFTER, false, then);
    seen = 0;
  }

  /** Breaks nothing any more; how many messages counted. */
  synchronized int mend() {
    cut = null;
    return seen;
  }

  @Override
  public void close() throws IOException {
    socket.close();
    threads.shutdownNow();
  }

  private void accept() {
    while (!socket.isClosed()) {
      try {
        Connection connection =
            new Connection(socket.accept(), new Socket(InetAddress.getLoopbackAddress(), server));
        threads.execute(connection::up);
        threads.execute(connection::down);
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  // The side that this message breaks on, if it does.
  private synchronized Cut met(byte[] bytes, int length) {
    if (cut == null
        || !new String(bytes, 0, length, StandardCharsets.ISO_8859_1).contains(cut.text())) {
      return null;
    }
    return ++seen == cut.message() ? cut : null;
  }

  private final class Connection {
    private final Socket client;
    private final Socket server;
    private volatile Cut onAnswer;

    Connection(Socket client, Socket server) {
      this.client = client;
      this.server = server;
    }

    void up() {
      relay(
          client,
          server,
          (bytes, length) -> {
            Cut now = met(bytes, length);
            if (now != null && now.side() == Side.AFTER) {
              onAnswer = now;
              return false;
            }
            return breaks(now);
          });
    }

    void down() {
      relay(
          server,
          client,
          (bytes, length) -> {
            Cut now = onAnswer;
            onAnswer = null;
            return breaks(now);
          });
    }

    private boolean breaks(Cut now) {
      if (now == null) {
        return false;
      }
      now.then().run();
      return now.cuts();
    }

    private void relay(Socket from, Socket to, Watch watch) {
      try (from;
          to) {
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream();
        byte[] bytes = new byte[1 << 16];
        for (int length = in.read(bytes); length >= 0; length = in.read(bytes)) {
          if (watch.breaks(bytes, length)) {
            return;
          }
          out.write(bytes, 0, length);
          out.flush();
        }
      } catch (IOException e) {
        // One end is gone: so is the other.
      }
    }
  }

  private interface Watch {
    boolean breaks(byte[] bytes, int length);
  }
}
