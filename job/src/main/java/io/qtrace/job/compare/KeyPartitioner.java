package io.qtrace.job.compare;

import java.util.Objects;
import org.apache.spark.Partitioner;

/**
 * Partitions checkpoints by the first digits of their identifiers, hexadecimal digits of a hash:
 * each partition has a range of them, and all are about equally large.
 */
public final class KeyPartitioner extends Partitioner {
  private static final int DIGITS = 4;

  private final int parts;

  public KeyPartitioner(int parts) {
    this.parts = parts;
  }

  @Override
  public int numPartitions() {
    return parts;
  }

  @Override
  public int getPartition(Object key) {
    String digits = key.toString();
    int prefix = 0;
    for (int i = 0; i < DIGITS; i++) {
      int digit = i < digits.length() ? Character.digit(digits.charAt(i), 16) : 0;
      prefix = 16 * prefix + Math.max(digit, 0);
    }
    return (int) (((long) prefix * parts) >>> (4 * DIGITS));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof KeyPartitioner that && that.parts == parts;
  }

  @Override
  public int hashCode() {
    return Objects.hash(parts);
  }
}
