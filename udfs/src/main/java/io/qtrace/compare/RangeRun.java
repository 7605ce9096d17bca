package io.qtrace.compare;

import io.qtrace.arrow.Block;
import io.qtrace.arrow.BlockPool;
import io.qtrace.arrow.ReadOptions;
import io.qtrace.arrow.TensorBlocks;
import io.qtrace.compare.RangeSchedule.Groups;
import io.qtrace.compare.Sources.Unreadable;
import io.qtrace.io.RangeSource;
import io.qtrace.kernel.Kernels;
import io.qtrace.kernel.LutCheckPartial;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * One run of a task. For each window of elements the members are read in their order, each compared
 * with earlier ones, checked and measured piece by piece, and released when no later one needs it.
 */
final class RangeRun {
  private final RangeTask task;
  private final RangeSchedule schedule;
  private final RangePlan plan;
  private final BlockPool pool;
  private final Sources sources;
  private final FailureReason reasons;
  private final ReadOptions read;
  private final MemberMeter[] members;
  private final PairMeter[] pairs;
  private final LayerChecks checks;
  private final MemberWindow[] windows; // null where not in memory
  private final boolean[] failed; // by member
  private final Map<String, String> failures = new HashMap<>();
  private Block scratch;
  private MemberReads reads;

  RangeRun(
      RangeSchedule schedule,
      RangePlan plan,
      BlockPool pool,
      Sources sources,
      FailureReason reasons,
      ReadOptions read) {
    this.task = schedule.task();
    this.schedule = schedule;
    this.plan = plan;
    this.pool = pool;
    this.sources = sources;
    this.reasons = reasons;
    this.read = read;
    this.members = new MemberMeter[task.members().size()];
    for (int i = 0; i < members.length; i++) {
      members[i] = new MemberMeter(task.members().get(i), task.from());
    }
    this.pairs = new PairMeter[task.pairs().size()];
    for (int p = 0; p < pairs.length; p++) {
      RangeTask.Pair pair = task.pairs().get(p);
      pairs[p] = new PairMeter(dtype(pair.left()), dtype(pair.right()));
    }
    this.checks = new LayerChecks(task);
    this.windows = new MemberWindow[members.length];
    this.failed = new boolean[members.length];
  }

  RangeResult run() throws IOException {
    try {
      scratch = plan.scratchBytes() > 0 ? pool.take(plan.scratchBytes()) : null;
      reads = new MemberReads(task, plan, pool, sources, reasons, read, scratch);
      if (task.from() == task.to()) {
        step(task.from(), 0);
      }
      for (long index = task.from(); index < task.to(); index += plan.windowElements()) {
        step(index, (int) Math.min(plan.windowElements(), task.to() - index));
      }
      return result();
    } finally {
      if (reads != null) {
        reads.close();
      }
      for (int i = 0; i < members.length; i++) {
        release(i);
      }
      if (scratch != null) {
        pool.give(scratch);
      }
    }
  }

  private void step(long index, int count) throws IOException {
    Groups released = schedule.released();
    checks.begin();
    for (int i = 0; i < members.length; i++) {
      try {
        member(i, index, count);
      } catch (Unreadable e) {
        fail(members[i].file(), e.getMessage());
      }
      for (int at = released.from(i); at < released.to(i); at++) {
        release(released.item(at));
      }
    }
  }

  private void member(int i, long index, int count) throws IOException, Unreadable {
    if (failed[i]) {
      reads.skip();
      return;
    }
    int width = dtype(i).bytes();
    windows[i] = new MemberWindow(reads.next(), plan.pieceElements() * width);
    readLuts(i);
    MemberWindow window = windows[i];
    if (count == 0 || window == null) { // empty, or the file failed while the LUT was read
      return;
    }
    long pieceIndex = index;
    for (int piece = 0; piece < window.pieces(); piece++) {
      Block block = window.piece(piece);
      int pieceCount = block.length() / width;
      BlockFacts equal = compare(i, piece, pieceIndex, pieceCount);
      check(i, piece, pieceIndex);
      window.setFacts(piece, members[i].measure(block, pieceIndex, equal));
      pieceIndex += pieceCount;
    }
  }

  /** Facts of an earlier member's piece with the same bytes that is measured alike, or null. */
  private BlockFacts compare(int i, int piece, long index, int count) {
    Groups due = schedule.pairs();
    BlockFacts equal = null;
    for (int at = due.from(i); at < due.to(i); at++) {
      RangeTask.Pair pair = task.pairs().get(due.item(at));
      if (failed[pair.left()] || failed[pair.right()]) {
        continue;
      }
      Block left = windows[pair.left()].piece(piece);
      Block right = windows[pair.right()].piece(piece);
      boolean same = pairs[due.item(at)].compare(left, right, index, count);
      int earlier = Math.min(pair.left(), pair.right());
      if (same) {
        windows[i].setEqual(piece, earlier);
      }
      if (same && equal == null && members[earlier].measuresAs(members[i])) {
        equal = windows[earlier].facts(piece);
      }
    }
    return equal;
  }

  private void check(int i, int piece, long index) {
    Groups due = schedule.checks();
    for (int at = due.from(i); at < due.to(i); at++) {
      LutCheck check = task.checks().get(due.item(at));
      if (!isVoid(check)) {
        checks.check(
            due.item(at), windows[check.quantized()], windows[check.indices()], piece, index);
      }
    }
  }

  private void readLuts(int i) throws IOException {
    Groups due = schedule.checks();
    for (int at = due.from(i); at < due.to(i); at++) {
      int c = due.item(at);
      LutCheck check = task.checks().get(c);
      if (checks.hasLut(c) || isVoid(check)) {
        continue;
      }
      TensorEntry lut = check.lut();
      try {
        checks.setLut(
            c, sources.read(lut.storage().file(), reasons, source -> values(lut, source)));
      } catch (Unreadable e) {
        fail(lut.storage().file(), e.getMessage());
      }
    }
  }

  private List<Double> values(TensorEntry lut, RangeSource source) throws IOException {
    Block block = pool.take(Math.toIntExact(lut.bytes()));
    try {
      TensorBlocks.of(lut, source, read, scratch).read(0, block);
      return Kernels.values(lut.dtype(), block);
    } finally {
      pool.give(block);
    }
  }

  private boolean isVoid(LutCheck check) {
    return failed[check.quantized()]
        || failed[check.indices()]
        || (!failures.isEmpty() && failures.containsKey(check.lut().storage().file()));
  }

  private void fail(String file, String reason) {
    failures.put(file, reason);
    for (int i = 0; i < members.length; i++) {
      if (members[i].file().equals(file)) {
        failed[i] = true;
        release(i);
      }
    }
  }

  private void release(int i) {
    if (windows[i] != null) {
      pool.give(windows[i].block());
      windows[i] = null;
    }
  }

  private RangeResult result() {
    SortedMap<Integer, MemberPartial> memberPartials = new TreeMap<>();
    for (int i = 0; i < members.length; i++) {
      if (!failed[i]) {
        memberPartials.put(i, members[i].partial());
      }
    }
    SortedMap<Integer, PairPartial> pairPartials = new TreeMap<>();
    for (int p = 0; p < pairs.length; p++) {
      RangeTask.Pair pair = task.pairs().get(p);
      if (!failed[pair.left()] && !failed[pair.right()]) {
        pairPartials.put(p, pairs[p].partial());
      }
    }
    SortedMap<Integer, LutCheckPartial> checkPartials = new TreeMap<>();
    for (int c = 0; c < task.checks().size(); c++) {
      if (!isVoid(task.checks().get(c))) {
        checkPartials.put(c, checks.partial(c));
      }
    }
    return new RangeResult(memberPartials, pairPartials, checkPartials, failures);
  }

  private DType dtype(int member) {
    return task.members().get(member).tensor().dtype();
  }
}
