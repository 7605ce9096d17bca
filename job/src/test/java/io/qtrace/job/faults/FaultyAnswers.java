package io.qtrace.job.faults;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.gaul.shaded.org.eclipse.jetty.server.HttpOutput;
import org.gaul.shaded.org.eclipse.jetty.server.Request;
import org.gaul.shaded.org.eclipse.jetty.server.handler.HandlerWrapper;
import org.gaul.shaded.org.eclipse.jetty.util.BufferUtil;
import org.gaul.shaded.org.eclipse.jetty.util.Callback;

/** In front of an S3 server: spoils a share of the answers. */
final class FaultyAnswers extends HandlerWrapper {
  private static final int MAX_DELAY_MS = 300;

  private static final Pattern LISTED = Pattern.compile("<Contents>.*?</Contents>", Pattern.DOTALL);

  private static final String BUSY =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>SlowDown</Code>"
          + "<Message>Please reduce your request rate.</Message></Error>";

  private final AtomicInteger strikes = new AtomicInteger();
  private Kind kind;
  private double share;
  private Random random;

  /** What happens to an answer. */
  enum Kind {
    UNAVAILABLE("object store answers 503"),
    SLOW("object store answers slowly"),
    SHORT("object store breaks off its answers"),
    RESET("object store resets connections"),
    STALE("object store lists what was before");

    final String title;

    Kind(String title) {
      this.title = title;
    }
  }

  /** Spoils answers from now on, the first one and a share of the others. */
  synchronized void begin(Kind what, double ofAll, Random seeded) {
    kind = what;
    share = ofAll;
    random = seeded;
    strikes.set(0);
  }

  /** Leaves the answers alone again; how many it spoiled. */
  synchronized int end() {
    kind = null;
    return strikes.get();
  }

  private synchronized Kind spoils(HttpServletRequest request) {
    boolean lists = String.valueOf(request.getQueryString()).contains("list-type=2");
    boolean fits = kind != null && (kind != Kind.STALE || lists);
    boolean struck = strikes.get() == 0 || random.nextDouble() < share;
    return fits && struck ? kind : null;
  }

  private synchronized int upTo(int bound) {
    return random.nextInt(bound);
  }

  @Override
  public void handle(
      String target, Request base, HttpServletRequest request, HttpServletResponse response)
      throws IOException, ServletException {
    Kind struck = spoils(request);
    if (struck == null) {
      super.handle(target, base, request, response);
      return;
    }
    HttpOutput out = base.getResponse().getHttpOutput();
    switch (struck) {
      case UNAVAILABLE -> {
        strikes.incrementAndGet();
        base.setHandled(true);
        response.setStatus(503);
        response.setContentType("application/xml");
        response.getOutputStream().write(BUSY.getBytes(StandardCharsets.UTF_8));
      }
      case RESET -> {
        strikes.incrementAndGet();
        base.setHandled(true);
        base.getHttpChannel().getEndPoint().close();
      }
      case SLOW -> {
        strikes.incrementAndGet();
        pause(upTo(MAX_DELAY_MS));
        super.handle(target, base, request, response);
      }
      case SHORT -> {
        out.setInterceptor(new BrokenOff(out.getInterceptor(), base));
        super.handle(target, base, request, response);
      }
      case STALE -> {
        out.setInterceptor(new Stale(out.getInterceptor()));
        super.handle(target, base, request, response);
      }
    }
  }

  private static void pause(int millis) throws IOException {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  /** Passes half of the first bytes on. */
  private final class BrokenOff implements HttpOutput.Interceptor {
    private final HttpOutput.Interceptor next;
    private final Request request;

    BrokenOff(HttpOutput.Interceptor next, Request request) {
      this.next = next;
      this.request = request;
    }

    @Override
    public void write(ByteBuffer content, boolean last, Callback callback) {
      if (content.remaining() < 2) {
        next.write(content, last, callback);
        return;
      }
      strikes.incrementAndGet();
      ByteBuffer half = content.slice();
      half.limit(half.remaining() / 2);
      next.write(
          half,
          false,
          Callback.from(
              () -> {
                request.getHttpChannel().getEndPoint().close();
                callback.failed(new IOException("broken off"));
              },
              callback::failed));
    }

    @Override
    public HttpOutput.Interceptor getNextInterceptor() {
      return next;
    }
  }

  /** Leaves one object out of a listing, or lists one more that is gone. */
  private final class Stale implements HttpOutput.Interceptor {
    private final HttpOutput.Interceptor next;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();

    Stale(HttpOutput.Interceptor next) {
      this.next = next;
    }

    @Override
    public void write(ByteBuffer content, boolean last, Callback callback) {
      body.writeBytes(BufferUtil.toArray(content));
      content.position(content.limit());
      if (last) {
        String listing = changed(body.toString(StandardCharsets.UTF_8));
        next.write(ByteBuffer.wrap(listing.getBytes(StandardCharsets.UTF_8)), true, callback);
      } else {
        callback.succeeded();
      }
    }

    private String changed(String listing) {
      List<MatchResult> objects = new ArrayList<>(LISTED.matcher(listing).results().toList());
      objects.removeIf(object -> !object.group().contains(".pt<"));
      if (objects.isEmpty()) {
        return listing;
      }
      strikes.incrementAndGet();
      MatchResult one = objects.get(upTo(objects.size()));
      String instead =
          upTo(2) == 0 ? "" : one.group() + one.group().replace(".pt<", "_of_before.pt<");
      return listing.substring(0, one.start()) + instead + listing.substring(one.end());
    }

    @Override
    public HttpOutput.Interceptor getNextInterceptor() {
      return next;
    }
  }
}
