package io.qtrace.spark.functions;

import io.qtrace.lut.LutDeltas;
import java.util.Arrays;
import scala.collection.Seq;

/** Arguments of one call, cast to the types of the function's parameters. */
record SqlCall(Object... arguments) {
  /** Whether an argument, or an element of one, is null. */
  boolean hasNull() {
    return Arrays.stream(arguments)
        .anyMatch(each -> each == null || (each instanceof Seq<?> seq && seq.contains(null)));
  }

  String text(int i) {
    return (String) arguments[i];
  }

  int count(int i) {
    return (Integer) arguments[i];
  }

  long index(int i) {
    return (Long) arguments[i];
  }

  double number(int i) {
    return (Double) arguments[i];
  }

  LutDeltas deltas(int i) {
    Seq<?> values = (Seq<?>) arguments[i];
    float[] logits = new float[values.length()];
    for (int at = 0; at < logits.length; at++) {
      logits[at] = ((Double) values.apply(at)).floatValue();
    }
    return new LutDeltas(logits);
  }
}
