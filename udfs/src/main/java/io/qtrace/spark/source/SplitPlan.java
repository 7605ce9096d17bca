package io.qtrace.spark.source;

import java.util.ArrayList;
import java.util.List;

/**
 * Cuts files into slices and packs slices into partitions, by the settings that Spark's own file
 * sources follow.
 *
 * @param openCost bytes that could be read in the time that a file takes to open ({@code
 *     spark.sql.files.openCostInBytes})
 * @param maxBytes of a partition ({@code spark.sql.files.maxPartitionBytes})
 * @param parallelism tasks that run at once
 */
record SplitPlan(long openCost, long maxBytes, int parallelism) {
  /**
   * A file.
   *
   * @param bytes that may have to be read, 0 if the index is enough
   */
  record Input(String uri, long bytes) {}

  /** Bytes of a partition, given the total. */
  long target(long total) {
    return Math.max(1, Math.min(maxBytes, Math.max(openCost, total / parallelism)));
  }

  List<FileSlice.Group> groups(List<Input> files) {
    long total = files.stream().mapToLong(file -> openCost + file.bytes()).sum();
    long target = target(total);
    List<FileSlice.Group> groups = new ArrayList<>();
    List<FileSlice> open = new ArrayList<>();
    long cost = 0;
    for (Input file : files) {
      int parts = (int) Math.max(1, (file.bytes() + target - 1) / target);
      long each = openCost + file.bytes() / parts;
      for (int part = 0; part < parts; part++) {
        if (!open.isEmpty() && cost + each > target) {
          groups.add(new FileSlice.Group(open));
          open = new ArrayList<>();
          cost = 0;
        }
        open.add(new FileSlice(file.uri(), part, parts));
        cost += each;
      }
    }
    if (!open.isEmpty()) {
      groups.add(new FileSlice.Group(open));
    }
    return groups;
  }
}
