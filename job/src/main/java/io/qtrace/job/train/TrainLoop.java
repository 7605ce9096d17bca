package io.qtrace.job.train;

import io.qtrace.format.StoredTensors;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.SafeText;
import io.qtrace.job.text.Json;
import io.qtrace.job.train.data.KdCache;
import io.qtrace.job.train.recipe.Batch;
import io.qtrace.job.train.recipe.HostTensor;
import io.qtrace.job.train.recipe.Replica;
import io.qtrace.job.train.recipe.StepOutcome;
import io.qtrace.job.train.recipe.Tensors;
import io.qtrace.lut.LayerNames;
import io.qtrace.tensor.StateDict;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One replica of a run, from the last saved state to the end. Replica 0 writes the files of the
 * run; all replicas compute the same numbers. The data of a step depend on the step alone, so that
 * a resumed run ends like an uninterrupted one.
 */
public final class TrainLoop {
  private static final Logger LOG = LoggerFactory.getLogger(TrainLoop.class);

  private final ObjectStore store;
  private final TrainPlan plan;
  private final TrainSettings settings;
  private final Place place;
  private final Consumer<StepRecord> done;
  private final RunFolder folder;
  private final List<StepRecord> steps = new ArrayList<>();
  private final List<LogRow> log = new ArrayList<>();
  private CheckpointTensors source;
  private KdCache cache;
  private double best = Double.POSITIVE_INFINITY;
  private int bestStep;
  private double earlierSeconds;
  private long started;

  /**
   * Which replica this is.
   *
   * @param rank 0 to the settings' replicas less 1
   * @param device {@code cpu} or {@code cuda:0}
   */
  public record Place(int rank, String device, AllReduce exchange) {}

  /**
   * @param done receives each finished step
   */
  public TrainLoop(ObjectStore store, TrainPlan plan, Place place, Consumer<StepRecord> done) {
    this.store = store;
    this.plan = plan;
    this.settings = plan.settings();
    this.place = place;
    this.done = done;
    this.folder = new RunFolder(store, settings.outputDir());
  }

  /** Trains to the end; the result is then in the run's folder. */
  public TrainRun run() throws IOException {
    started = System.nanoTime();
    source = CheckpointTensors.open(store, settings.checkpoint());
    cache =
        KdCache.open(
            store,
            plan.cacheFolder(),
            new KdCache.Options(settings.shuffle(), settings.seed(), KdCache.Options.WINDOW_BYTES));
    Tensors weights =
        plan.baseWeights().isEmpty()
            ? source
            : source.orElse(CheckpointTensors.open(store, plan.baseWeights()));
    try (Replica replica = Replica.load(plan.model(), weights, settings.recipe(), place.device())) {
      Optional<Integer> saved = folder.lastState();
      LOG.info(
          "replica {} trains on {} {}",
          place.rank(),
          place.device(),
          saved.map(step -> "from step " + step + " that was saved").orElse("from the start"));
      if (saved.isPresent()) {
        resume(replica, saved.get());
      } else {
        evaluate(replica);
      }
      while (replica.steps() < settings.maxSteps()) {
        step(replica);
        afterStep(replica);
      }
      return finish(replica);
    }
  }

  private void resume(Replica replica, int step) throws IOException {
    RunState state =
        RunState.read(CheckpointTensors.open(store, folder.uri(RunFolder.state(step))), step);
    replica.restore(state.replica());
    steps.addAll(state.progress().steps());
    log.addAll(state.progress().log());
    best = state.progress().bestLoss();
    bestStep = state.progress().bestStep();
    earlierSeconds = state.progress().seconds();
  }

  private void step(Replica replica) throws IOException {
    long began = System.nanoTime();
    List<Batch> mine = batches(replica.steps());
    StepOutcome outcome =
        settings.replicas() == 1
            ? replica.step(mine)
            : replica.apply(place.exchange().sum(replica.gradients(mine, settings.microBatches())));
    double seconds = (System.nanoTime() - began) / 1e9;
    long tokens = (long) settings.microBatches() * settings.batchSize() * cache.meta().length();
    StepRecord record = StepRecord.of(outcome, tokens, seconds);
    steps.add(record);
    done.accept(record);
  }

  // Micro-batch i of step s has the examples from ((s * accumulation + i) * replicas) * batch on,
  // replica after replica: two replicas see what one with twice the batch would.
  private List<Batch> batches(int step) throws IOException {
    List<Batch> batches = new ArrayList<>();
    for (int i = 0; i < settings.accumulationSteps(); i++) {
      long microBatch = (long) step * settings.accumulationSteps() + i;
      long first = (microBatch * settings.replicas() + place.rank()) * settings.batchSize();
      batches.add(cache.batch(first, settings.batchSize()));
    }
    return batches;
  }

  private void afterStep(Replica replica) throws IOException {
    int step = replica.steps();
    boolean last = step == settings.maxSteps();
    if (step % settings.logSteps() == 0 || last) {
      log.add(LogRow.training(step, meanLossSinceLastRow(), rate(step), elapsed()));
    }
    if (last || isDue(step, settings.evalSteps())) {
      evaluate(replica);
    }
    if (!last && isDue(step, settings.saveSteps())) {
      save(replica);
    }
  }

  private static boolean isDue(int step, int interval) {
    return interval > 0 && step % interval == 0;
  }

  private double meanLossSinceLastRow() {
    int before =
        log.stream().filter(row -> row.trainLoss() != null).mapToInt(LogRow::step).max().orElse(0);
    return steps.stream()
        .filter(record -> record.step() > before)
        .mapToDouble(StepRecord::loss)
        .average()
        .orElse(Double.NaN);
  }

  // The learning rate of the next step; before the first one the peak.
  private double rate(int step) {
    return settings.lr() * (step == 0 ? 1 : settings.recipe().rates().factor(step));
  }

  private void evaluate(Replica replica) throws IOException {
    if (place.rank() != 0) {
      return;
    }
    int step = replica.steps();
    double loss = replica.evaluate(evaluationBatches());
    log.add(LogRow.evaluation(step, loss, rate(step), elapsed()));
    if (loss < best) {
      best = loss;
      bestStep = step;
      if (step > 0) {
        write(RunFolder.BEST, replica.trained());
      }
    }
  }

  private List<Batch> evaluationBatches() throws IOException {
    int all = Math.min(settings.evalExamples(), cache.examples());
    List<Batch> batches = new ArrayList<>();
    for (int first = 0; first < all; first += settings.batchSize()) {
      batches.add(cache.inOrder(first, Math.min(settings.batchSize(), all - first)));
    }
    return batches;
  }

  private void save(Replica replica) throws IOException {
    if (place.rank() != 0) {
      return;
    }
    int step = replica.steps();
    write(RunFolder.checkpoint(step), replica.trained());
    folder.write(RunFolder.LOG, LogRow.csv(log));
    folder.write(RunFolder.state(step), new RunState(replica.state(), progress()).tensors());
    folder.removeStates(step);
  }

  // The result is written last: it marks a finished folder.
  private TrainRun finish(Replica replica) throws IOException {
    TrainProgress progress = progress();
    RunConfiguration configuration =
        plan.configuration().withFinalLoss(progress.finalLoss().orElse(Double.NaN));
    if (place.rank() == 0) {
      write(RunFolder.checkpoint(replica.steps()), replica.trained());
      folder.write(RunFolder.LOG, LogRow.csv(log));
      folder.write(RunFolder.CONFIG, Json.of(configuration) + "\n");
    }
    TrainRun run =
        new TrainRun(
            plan.id(),
            settings.outputDir(),
            configuration,
            folder.files(),
            progress.initialLoss().orElse(null),
            progress.finalLoss().orElse(null),
            bestStep,
            progress.tokensPerSecond(),
            progress.seconds(),
            steps);
    if (place.rank() == 0) {
      folder.write(RunFolder.RESULT, Json.of(run) + "\n");
      folder.removeStates(-1);
    }
    return run;
  }

  private TrainProgress progress() {
    return new TrainProgress(steps, log, best, bestStep, elapsed());
  }

  private double elapsed() {
    return earlierSeconds + (System.nanoTime() - started) / 1e9;
  }

  // The source's tensors in its order, the trained ones with their new numbers; deltas that the
  // source lacks stand before their LUT, as the recipe has them.
  private void write(String name, Map<String, HostTensor> trained) throws IOException {
    Map<String, HostTensor> left = new TreeMap<>(trained);
    List<StateDict.Tensor> tensors = new ArrayList<>();
    try (StoredTensors stored = new StoredTensors(store)) {
      for (TensorEntry entry : source.index().tensors()) {
        Optional<String> deltas =
            LayerNames.ofLut(entry.name()).map(LayerNames::deltas).filter(left::containsKey);
        if (deltas.isPresent() && !source.has(deltas.get())) {
          tensors.add(RunState.tensor(deltas.get(), left.remove(deltas.get())));
        }
        HostTensor value = left.remove(entry.name());
        tensors.add(value == null ? stored.view(entry) : RunState.tensor(entry.name(), value));
      }
      if (!left.isEmpty()) {
        throw new IllegalStateException(
            "Cannot write " + name + ": no place for " + SafeText.of(left.keySet().toString()));
      }
      folder.write(name, new StateDict(tensors));
    }
  }
}
