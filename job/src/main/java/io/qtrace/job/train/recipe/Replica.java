package io.qtrace.job.train.recipe;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * A model in training on one device, with its optimizer. Not thread safe; a JVM may hold several.
 * Closing it frees the device's memory.
 */
public final class Replica implements AutoCloseable {
  private static final double CLIP_EPSILON = 1e-6; // as PyTorch's clip_grad_norm_

  private final ModelConfig config;
  private final Recipe recipe;
  private final NDManager manager;
  private final TensorOps arithmetic;
  private final Qwen3 model;
  private final StudentLayers layers;
  private final DistillationLoss loss;
  private final AdamW scales;
  private final AdamW deltas;
  private final NDArray clip;
  private final NDArray clipEpsilon;
  private final NDArray one;
  private int steps;

  private Replica(ModelConfig config, Recipe recipe, Resources resources, ModelTensors tensors)
      throws IOException {
    this.config = config;
    this.recipe = recipe;
    this.manager = resources.manager();
    this.arithmetic = resources.arithmetic();
    try (Autograd autograd = Autograd.paused()) {
      model = new Qwen3(config, arithmetic, manager, tensors);
      layers = new StudentLayers(config, recipe, arithmetic, tensors);
    }
    loss = new DistillationLoss(recipe.objective(), arithmetic, manager);
    scales = new AdamW(arithmetic, layers.scales(), recipe.rates().weightDecay());
    deltas = new AdamW(arithmetic, layers.deltas(), recipe.rates().weightDecay());
    clip = arithmetic.constant(recipe.rates().clip());
    clipEpsilon = arithmetic.constant(CLIP_EPSILON);
    one = arithmetic.constant(1);
    checkGroup("the scales", recipe.trained().scales(), scales);
    checkGroup("the LUT", recipe.trained().lutScope() != LutScope.NONE, deltas);
  }

  private record Resources(NDManager manager, TensorOps arithmetic) {}

  /**
   * Loads a model onto a device.
   *
   * @param tensors of the checkpoint, and of the base model where the checkpoint has not all
   * @param device {@code cpu}, or {@code cuda:0} and so on
   * @throws IllegalArgumentException if the tensors are not those of such a model, or nothing in
   *     them trains
   * @throws IllegalStateException if PyTorch's library or the device is missing
   */
  public static Replica load(ModelConfig config, Tensors tensors, Recipe recipe, String device)
      throws IOException {
    Engine engine = PyTorchEngine.load();
    Device chosen = PyTorchEngine.device(engine, device);
    TensorOps arithmetic = new TensorOps(engine, recipe.forward(), recipe.precision());
    NDManager manager = engine.newBaseManager(chosen);
    try {
      return new Replica(
          config, recipe, new Resources(manager, arithmetic), new ModelTensors(tensors, manager));
    } catch (IOException | RuntimeException e) {
      manager.close();
      arithmetic.close();
      throw e;
    }
  }

  /** Optimizer steps done. */
  public int steps() {
    return steps;
  }

  /**
   * One optimizer step on this device alone, which accumulates the micro-batches.
   *
   * @throws IllegalStateException if a group that is to train gets no gradient, or the gradients
   *     are not finite
   */
  public StepOutcome step(List<Batch> microBatches) {
    try (NDScope scope = new NDScope()) {
      double[] losses = accumulate(microBatches, microBatches.size());
      return update(leafGradients(scales), leafGradients(deltas), losses);
    }
  }

  /**
   * This replica's share of a step of several replicas.
   *
   * @param microBatches of this replica
   * @param allMicroBatches count of all replicas' micro-batches
   */
  public Gradients gradients(List<Batch> microBatches, int allMicroBatches) {
    try (NDScope scope = new NDScope()) {
      double[] losses = accumulate(microBatches, allMicroBatches);
      return new Gradients(flat(leafGradients(scales)), flat(leafGradients(deltas)), losses);
    }
  }

  /**
   * An optimizer step by the gradients of all replicas: each applies the same sum.
   *
   * @throws IllegalArgumentException if the gradients are of other parameters
   * @throws IllegalStateException as {@link #step}
   */
  public StepOutcome apply(Gradients sum) {
    try (NDScope scope = new NDScope()) {
      return update(onDevice(sum.scales(), scales), onDevice(sum.lut(), deltas), sum.losses());
    }
  }

  /** Mean loss of the batches; nothing changes. */
  public double evaluate(List<Batch> batches) {
    double sum = 0;
    try (Autograd autograd = Autograd.paused();
        NDScope scope = new NDScope()) {
      List<List<NDArray>> operands = layers.operands();
      for (Batch batch : batches) {
        batch.checkTokens(config.vocabSize());
        try (NDScope ofBatch = new NDScope()) {
          NDArray hidden = model.hidden(batch, layers.pass(operands));
          sum += loss.of(hidden, model.head(), batch).toFloatArray()[0];
        }
      }
    }
    return sum / batches.size();
  }

  /** All that training has made so far. */
  public ReplicaState state() {
    return new ReplicaState(
        steps,
        export(Parameter::value),
        export(Parameter::firstMoment),
        export(Parameter::secondMoment));
  }

  /** The trained tensors as they are now, by their names in a checkpoint, float32. */
  public Map<String, HostTensor> trained() {
    return export(Parameter::value);
  }

  /**
   * Resumes from a state.
   *
   * @throws IllegalArgumentException if it lacks a tensor or has one of another shape
   */
  public void restore(ReplicaState state) {
    try (Autograd autograd = Autograd.paused();
        NDScope scope = new NDScope()) {
      for (Parameter parameter : parameters()) {
        parameter.restore(parameter.value(), state.parameters());
        parameter.restore(parameter.firstMoment(), state.firstMoments());
        parameter.restore(parameter.secondMoment(), state.secondMoments());
      }
    }
    steps = state.steps();
  }

  /** Gradients by the names of their tensors. */
  Map<String, HostTensor> named(Gradients gradients) {
    Map<String, HostTensor> named = new LinkedHashMap<>();
    try (NDScope scope = new NDScope()) {
      List<NDArray> arrays = new ArrayList<>(onDevice(gradients.scales(), scales));
      arrays.addAll(onDevice(gradients.lut(), deltas));
      List<Parameter> parameters = parameters();
      for (int i = 0; i < parameters.size(); i++) {
        parameters.get(i).export(arrays.get(i), named);
      }
    }
    return named;
  }

  @Override
  public void close() {
    manager.close();
    arithmetic.close();
  }

  // Leaves the gradients of the mean over all micro-batches in the parameters.
  private double[] accumulate(List<Batch> microBatches, int allMicroBatches) {
    microBatches.forEach(batch -> batch.checkTokens(config.vocabSize()));
    parameters().forEach(parameter -> Autograd.clearGradient(parameter.value()));
    List<List<NDArray>> operands = layers.operands();
    NDArray share = manager.create(1f / allMicroBatches);
    double[] losses = new double[microBatches.size()];
    for (int i = 0; i < losses.length; i++) {
      Batch batch = microBatches.get(i);
      try (NDScope scope = new NDScope();
          Autograd autograd = Autograd.recording()) {
        StudentLayers.Pass pass = layers.pass(operands);
        NDArray value = loss.of(model.hidden(batch, pass), model.head(), batch);
        Autograd.backward(value, share);
        pass.backward();
        losses[i] = value.toFloatArray()[0];
      }
    }
    return losses;
  }

  private StepOutcome update(
      List<NDArray> scaleGradients, List<NDArray> lutGradients, double[] losses) {
    double part = recipe.rates().factor(steps);
    double lr = recipe.rates().lr() * part;
    double lutLr = recipe.rates().lutLr() * part;
    try (Autograd autograd = Autograd.paused()) {
      NDList squares = new NDList();
      for (List<NDArray> group : List.of(scaleGradients, lutGradients)) {
        squares.add(group.isEmpty() ? manager.create(0f) : AdamW.squares(group));
      }
      NDArray groups = NDArrays.stack(squares);
      float[] values = groups.toFloatArray();
      double norm = Math.sqrt((double) values[0] + values[1]);
      checkGradients(norm, values);
      NDArray factor = clip.div(groups.sum().sqrt().add(clipEpsilon)).minimum(one);
      scales.step(steps + 1, scaleGradients, factor, lr);
      deltas.step(steps + 1, lutGradients, factor, lutLr);
      steps++;
      return new StepOutcome(steps, Arrays.stream(losses).boxed().toList(), norm, lr, lutLr);
    }
  }

  // Deltas are never zero, so that only a gradient proves that the LUT takes part.
  private void checkGradients(double norm, float[] squares) {
    if (!Double.isFinite(norm)) {
      throw new IllegalStateException(
          "Cannot train: the norm of the gradients is %s in step %d, expected a finite number"
              .formatted(norm, steps + 1));
    }
    if (steps == 0) {
      checkReached("the scales", recipe.trained().scales(), squares[0]);
      checkReached("the LUT", recipe.trained().lutScope() != LutScope.NONE, squares[1]);
    }
  }

  private static void checkReached(String group, boolean trains, float square) {
    if (trains && square == 0) {
      throw new IllegalStateException(
          "Cannot train %s: no gradient reached it in the first step, expected one in each group that trains"
              .formatted(group));
    }
  }

  private static void checkGroup(String group, boolean trains, AdamW optimizer) {
    if (trains && optimizer.parameters().isEmpty()) {
      throw new IllegalArgumentException(
          "Cannot train %s: the checkpoint has no quantized layer (no ._Q or ._indices) in its scope"
              .formatted(group));
    }
  }

  private List<Parameter> parameters() {
    List<Parameter> parameters = new ArrayList<>(scales.parameters());
    parameters.addAll(deltas.parameters());
    return parameters;
  }

  private Map<String, HostTensor> export(Function<Parameter, NDArray> array) {
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    for (Parameter parameter : parameters()) {
      parameter.export(array.apply(parameter), tensors);
    }
    return tensors;
  }

  private static List<NDArray> leafGradients(AdamW group) {
    return group.parameters().stream().map(parameter -> parameter.value().getGradient()).toList();
  }

  private static float[] flat(List<NDArray> gradients) {
    int size = gradients.stream().mapToInt(gradient -> Math.toIntExact(gradient.size())).sum();
    float[] flat = new float[size];
    int at = 0;
    for (NDArray gradient : gradients) {
      float[] values = gradient.toFloatArray();
      System.arraycopy(values, 0, flat, at, values.length);
      at += values.length;
    }
    return flat;
  }

  private List<NDArray> onDevice(float[] flat, AdamW group) {
    int expected = group.parameters().stream().mapToInt(Parameter::size).sum();
    if (flat.length != expected) {
      throw new IllegalArgumentException(
          "Invalid gradients: " + flat.length + " values, expected " + expected);
    }
    List<NDArray> gradients = new ArrayList<>();
    int at = 0;
    for (Parameter parameter : group.parameters()) {
      Shape shape = parameter.value().getShape();
      gradients.add(manager.create(Arrays.copyOfRange(flat, at, at + parameter.size()), shape));
      at += parameter.size();
    }
    return gradients;
  }
}
