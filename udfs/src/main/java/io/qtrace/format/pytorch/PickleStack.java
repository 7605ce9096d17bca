package io.qtrace.format.pytorch;

import io.qtrace.io.FormatException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** The machine's operands and the marks between them; what lies below a mark is out of reach. */
final class PickleStack {
  private final PickleInput input;
  private final List<PickleValue> values = new ArrayList<>();
  private final Deque<Integer> marks = new ArrayDeque<>();

  PickleStack(PickleInput input) {
    this.input = input;
  }

  void push(PickleValue value) {
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

  void mark() {
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

  private List<PickleValue> cut(int from) {
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
