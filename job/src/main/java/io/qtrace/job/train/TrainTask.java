package io.qtrace.job.train;

import io.qtrace.io.ObjectStore;
import java.io.IOException;
import java.io.Serializable;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.resource.ResourceInformation;
import org.apache.spark.util.SerializableConfiguration;

/** What one task of the stage does. */
record TrainTask(TrainPlan plan, SerializableConfiguration hadoop, LiveSteps steps)
    implements Serializable {
  private static final String DRIVER = "driver"; // executor id where tasks run in the driver

  /** The only replica. */
  Iterator<TrainRun> alone(Iterator<Integer> ranks) throws IOException {
    return train(ranks.next(), own -> own);
  }

  /** One replica of several; the result is that of the first. */
  Iterator<TrainRun> together(Iterator<Integer> ranks) throws IOException {
    BlockAllReduce exchange = new BlockAllReduce(BarrierTaskContext.get());
    Iterator<TrainRun> run = train(ranks.next(), exchange);
    exchange.finish();
    return run;
  }

  private Iterator<TrainRun> train(int rank, AllReduce exchange) throws IOException {
    DeviceFault.awaitEndOfExecutor();
    ObjectStore store = new ObjectStore(hadoop.value());
    TrainLoop.Place place = new TrainLoop.Place(rank, device(), exchange);
    try {
      TrainRun run = new TrainLoop(store, plan, place, steps::add).run();
      return rank == 0 ? List.of(run).iterator() : Collections.emptyIterator();
    } catch (IOException | RuntimeException e) {
      if (DeviceFault.isSticky(e) && !SparkEnv.get().executorId().equals(DRIVER)) {
        DeviceFault fault = new DeviceFault(e);
        fault.endExecutor();
        throw fault;
      }
      throw e;
    }
  }

  // Spark gives a task of a GPU profile its GPU by address; in local mode there is none to ask.
  private String device() {
    ResourceInformation gpu = TaskContext.get().resourcesJMap().get("gpu");
    return switch (plan.settings().device()) {
      case "cpu" -> "cpu";
      case "cuda" -> gpu == null ? "cuda:0" : "cuda:" + gpu.addresses()[0];
      default -> gpu == null ? "cpu" : "cuda:" + gpu.addresses()[0];
    };
  }
}
