package io.qtrace.spark.source;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.connector.read.InputPartition;

/**
 * Some of a file's tensors: one of several parts with about equal bytes.
 *
 * @param part 0 to parts - 1
 */
record FileSlice(String uri, int part, int parts) implements Serializable {
  /** The rows of this part, each in exactly one of the parts. */
  List<TensorRow> of(List<TensorRow> rows) {
    if (parts == 1) {
      return rows;
    }
    double total = rows.stream().mapToDouble(FileSlice::bytes).sum();
    List<TensorRow> some = new ArrayList<>();
    double before = 0;
    for (TensorRow row : rows) {
      int owner = total == 0 ? 0 : (int) Math.min(parts - 1, before / total * parts);
      if (owner == part) {
        some.add(row);
      }
      before += bytes(row);
    }
    return some;
  }

  private static double bytes(TensorRow row) {
    return row.tensor().map(tensor -> (double) tensor.bytes()).orElse(0.0);
  }

  /** Slices that one task reads. */
  record Group(List<FileSlice> slices) implements InputPartition {
    Group {
      slices = List.copyOf(slices);
    }
  }
}
