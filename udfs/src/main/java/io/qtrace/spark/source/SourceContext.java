package io.qtrace.spark.source;

import io.qtrace.io.ObjectStore;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.internal.SQLConf;
import org.apache.spark.util.SerializableConfiguration;

/** What a scan needs from the session that plans it. */
final class SourceContext {
  private final SparkSession session = SparkSession.active();
  private final Configuration hadoop = session.sessionState().newHadoopConf();

  SourceContext(SourceOptions options) {
    options.hadoop().forEach(hadoop::set);
  }

  SparkSession session() {
    return session;
  }

  ObjectStore store() {
    return new ObjectStore(hadoop);
  }

  /** Settings for executors, including the options of the read. */
  SerializableConfiguration hadoop() {
    return new SerializableConfiguration(hadoop);
  }

  SplitPlan split() {
    SQLConf conf = session.sessionState().conf();
    return new SplitPlan(
        conf.filesOpenCostInBytes(),
        conf.filesMaxPartitionBytes(),
        session.sparkContext().defaultParallelism());
  }
}
