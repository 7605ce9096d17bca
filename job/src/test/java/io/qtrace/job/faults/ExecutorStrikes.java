package io.qtrace.job.faults;

import java.io.IOException;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorAdded;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.scheduler.SparkListenerSpeculativeTaskSubmitted;

/**
 * Kills the executors of this process at random moments of its audits, or stops them for a while.
 * Only executors that take tasks are struck.
 */
final class ExecutorStrikes extends SparkListener {
  private static final int STOPPED = 3; // every third strike, the others kill
  private static final int MAX_STOP_MS = 1500;

  private final long[] seeds;
  private Random random;
  private int done;
  private int present;
  private int removed;
  private int speculative;
  private boolean isAuditing;

  ExecutorStrikes(long[] seeds) {
    this.seeds = seeds;
    this.random = new Random(seeds[0]);
  }

  /** Strikes so far, one for each seed in the end. */
  synchronized int done() {
    return done;
  }

  boolean isComplete() {
    return done() == seeds.length;
  }

  /** Tasks that ran twice at once so far. */
  synchronized int speculative() {
    return speculative;
  }

  /** An audit begins or ends. */
  synchronized void setAuditing(boolean isAuditing) {
    this.isAuditing = isAuditing;
    notifyAll();
  }

  /** Strikes until the audit ends. */
  void run(long maxPauseMillis) throws InterruptedException, IOException {
    while (!isComplete() && awaitMoment(maxPauseMillis)) {
      strike();
    }
  }

  // False if the audit has ended.
  private synchronized boolean awaitMoment(long maxPauseMillis) throws InterruptedException {
    long until = System.nanoTime() + random.nextLong(maxPauseMillis) * 1_000_000;
    long left = until - System.nanoTime();
    while (isAuditing && (present == 0 || left > 0)) {
      wait(left > 0 ? left / 1_000_000 + 1 : 0); // 0: until there is an executor
      left = until - System.nanoTime();
    }
    return isAuditing;
  }

  // The processes that this one started are its executors, those that take tasks the oldest.
  private void strike() throws InterruptedException, IOException {
    Map<ProcessHandle, Instant> starts = new HashMap<>(); // none of a process that just ended
    ProcessHandle.current()
        .children()
        .forEach(child -> child.info().startInstant().ifPresent(start -> starts.put(child, start)));
    List<ProcessHandle> executors =
        starts.keySet().stream().sorted(Comparator.comparing(starts::get)).toList();
    int struck = Math.min(present(), executors.size());
    if (struck == 0) {
      return;
    }
    ProcessHandle one = executors.get(random.nextInt(struck));
    if (done() % STOPPED == STOPPED - 1) {
      signal("-STOP", one);
      Thread.sleep(random.nextInt(MAX_STOP_MS));
      signal("-CONT", one);
    } else if (!kill(one)) {
      return;
    }
    next();
  }

  private synchronized int present() {
    return present;
  }

  private synchronized void next() {
    done++;
    if (done < seeds.length) {
      random = new Random(seeds[done]);
    }
  }

  // False if it had ended by itself.
  private synchronized boolean kill(ProcessHandle executor) throws InterruptedException {
    int before = removed;
    if (!executor.destroyForcibly()) {
      return false;
    }
    executor.onExit().join();
    while (removed == before) {
      wait();
    }
    return true;
  }

  private static void signal(String signal, ProcessHandle process)
      throws IOException, InterruptedException {
    new ProcessBuilder("kill", signal, Long.toString(process.pid())).start().waitFor();
  }

  @Override
  public synchronized void onExecutorAdded(SparkListenerExecutorAdded executor) {
    present++;
    notifyAll();
  }

  @Override
  public synchronized void onExecutorRemoved(SparkListenerExecutorRemoved executor) {
    present--;
    removed++;
    notifyAll();
  }

  @Override
  public synchronized void onSpeculativeTaskSubmitted(SparkListenerSpeculativeTaskSubmitted task) {
    speculative++;
  }
}
