package io.qtrace.format.pytorch;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Values by the numbers that a pickle gives them: most count from 0, any number may come. */
final class PickleMemo {
  private final List<PickleValue> counted = new ArrayList<>();
  private final Map<Long, PickleValue> others = new HashMap<>();

  void put(long key, PickleValue value) {
    if (isNext(key)) {
      counted.add(value);
    } else if (key < counted.size()) {
      counted.set((int) key, value);
    } else {
      others.put(key, value);
    }
  }

  /** Whether a key is the one after those that count from 0. */
  boolean isNext(long key) {
    return key == counted.size() && !others.containsKey(key);
  }

  /** The value, or null. */
  PickleValue get(long key) {
    return key < counted.size() ? counted.get((int) key) : others.get(key);
  }

  /** How many values there are. */
  int size() {
    return counted.size() + others.size();
  }
}
