package io.qtrace.job.audit.stage;

import io.qtrace.compare.RangeResult;
import java.io.Serializable;
import java.util.TreeMap;

/** What the tasks of one unit found so far; merges in any order. */
sealed interface UnitOutcome extends Serializable {
  UnitOutcome merge(UnitOutcome other);

  /** Ranges that were read. */
  record Read(RangeResult result) implements UnitOutcome {
    @Override
    public UnitOutcome merge(UnitOutcome other) {
      return other instanceof Read read ? new Read(result.merge(read.result)) : other.merge(this);
    }
  }

  /**
   * Files that could not be read: what the unit's other members gave is read again without them.
   *
   * @param reasons by file
   */
  record Failed(TreeMap<String, String> reasons) implements UnitOutcome {
    @Override
    public UnitOutcome merge(UnitOutcome other) {
      TreeMap<String, String> all = new TreeMap<>(reasons);
      if (other instanceof Failed failed) {
        failed.reasons.forEach(all::putIfAbsent);
      }
      return new Failed(all);
    }
  }
}
