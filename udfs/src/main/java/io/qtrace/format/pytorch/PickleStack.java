package io.qtrace.format.pytorch;

import io.qtrace.io.FormatException;
import io.qtrace.io.ReadBudget;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** The machine's operands and the marks between them; what lies below a mark is out of reach. */
final class PickleStack {
  private static final int VALUE_BYTES = 10; // bytes of memory on a growing stack
  private static final long ITEM_BYTES = 4; // bytes of memory in the object made of them
  private static final int MARK_BYTES = 32; // bytes of memory

  private final PickleInput input;
  private final ReadBudget budget;
  private final List<PickleValue> values = new ArrayList<>();
  private final Deque<Integer> marks = new ArrayDeque<>();
  private int mostValues;
  private int mostMarks;

  PickleStack(PickleInput input, ReadBudget budget) {
    this.input = input;
    this.budget = budget;
  }

  void push(PickleValue value) throws FormatException {
    if (values.size() == mostValues) {
      mostValues++;
      take(VALUE_BYTES);
    }
    values.add(value);
  }

  PickleValue top() throws FormatException {
    require(1);
    return values.get(values.size() - 1);
  }

  PickleValue pop() throws FormatException {
    require(1);
    return values.remove(values.size() - 1);
  }

  /** The topmost {@code count} values, the lowest first. */
  List<PickleValue> pop(int count) throws FormatException {
    require(count);
    return cut(values.size() - count);
  }

  void mark() throws FormatException {
    if (marks.size() == mostMarks) {
      mostMarks++;
      take(MARK_BYTES);
    }
    marks.push(values.size());
  }

  /** The values above the topmost mark, the lowest first; the mark goes too. */
  List<PickleValue> popToMark() throws FormatException {
    if (marks.isEmpty()) {
      throw input.fault("Invalid pickle: no mark on the stack");
    }
    return cut(marks.pop());
  }

  /** Drops the topmost value, or the mark that lies there instead. */
  void drop() throws FormatException {
    if (!marks.isEmpty() && marks.peek() == values.size()) {
      marks.pop();
    } else {
      pop();
    }
  }

  boolean isEmpty() {
    return values.isEmpty() && marks.isEmpty();
  }

  private void take(long bytes) throws FormatException {
    budget.take(input.file(), input.position(), bytes);
  }

  private List<PickleValue> cut(int from) throws FormatException {
    take(ITEM_BYTES * (values.size() - from));
    List<PickleValue> tail = values.subList(from, values.size());
    List<PickleValue> copy = new ArrayList<>(tail);
    tail.clear();
    return copy;
  }

  private void require(int count) throws FormatException {
    int floor = marks.isEmpty() ? 0 : marks.peek();
    if (values.size() - floor < count) {
      throw input.fault("Invalid pickle: stack underflow");
    }
  }
}
