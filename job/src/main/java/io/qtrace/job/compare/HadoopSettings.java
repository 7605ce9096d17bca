package io.qtrace.job.compare;

import java.io.Serializable;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Hadoop's configuration for tasks. It is broadcast: in a closure, its two thousand properties
 * would be deserialised for every task, which takes longer than a small task itself.
 */
record HadoopSettings(Broadcast<SerializableConfiguration> shared) implements Serializable {
  static HadoopSettings of(JavaSparkContext spark) {
    return new HadoopSettings(
        spark.broadcast(
            new SerializableConfiguration(new Configuration(spark.hadoopConfiguration()))));
  }

  Configuration value() {
    return shared.value().value();
  }
}
