package io.qtrace.format.pytorch;

import io.qtrace.format.pytorch.PickleValue.Global;
import io.qtrace.io.FormatException;
import io.qtrace.tensor.PickledGlobal;
import io.qtrace.tensor.PickledGlobal.Judgement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Collects the names in the pickles of some files, each name once per pickle, at its first
 * occurrence. Thread safe.
 */
public final class PickledGlobals {
  /** Maximum number of names kept for all files together, the worst ones first. */
  public static final int MOST = 200;

  // By order, not by hash: a malicious file may contain names with equal hashes.
  private static final Comparator<PickledGlobal> NAMES =
      Comparator.comparing(PickledGlobal::file)
          .thenComparing(PickledGlobal::pickle)
          .thenComparing(PickledGlobal::module)
          .thenComparing(PickledGlobal::name);

  private static final Comparator<PickledGlobal> WORST_FIRST =
      Comparator.comparing(PickledGlobal::judgement)
          .reversed()
          .thenComparing(PickledGlobal::file)
          .thenComparing(PickledGlobal::pickle)
          .thenComparingLong(PickledGlobal::position);

  private final Set<PickledGlobal> found = new TreeSet<>(NAMES);

  /** Adds a name, and returns its judgement. */
  synchronized Judgement add(String file, String pickle, long position, Global global) {
    Judgement judgement = PickleTrust.judge(global);
    found.add(new PickledGlobal(file, pickle, position, global.module(), global.name(), judgement));
    return judgement;
  }

  /** Adds that a pickle cannot be parsed. */
  public synchronized void addFault(String pickle, FormatException fault) {
    found.add(
        new PickledGlobal(
            fault.file(), pickle, fault.position(), "", fault.reason(), Judgement.UNREADABLE));
  }

  /** The names, the worst first, those of a pickle in the order of their places. */
  public synchronized List<PickledGlobal> worst() {
    List<PickledGlobal> all = new ArrayList<>(found);
    all.sort(WORST_FIRST);
    return List.copyOf(all.subList(0, Math.min(MOST, all.size())));
  }

  /** The number of names, including those that are not kept. */
  public synchronized int count() {
    return found.size();
  }
}
