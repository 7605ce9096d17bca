package io.qtrace.job.train.recipe;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;

/**
 * Whether this thread records its operations for a backward pass, until closed. DJL's own collector
 * allows one recording in a JVM at a time and starts from scalars only; this one has neither limit.
 */
final class Autograd implements AutoCloseable {
  private final boolean before = JniUtils.isGradMode();

  private Autograd(boolean records) {
    JniUtils.setGradMode(records);
  }

  static Autograd recording() {
    return new Autograd(true);
  }

  static Autograd paused() {
    return new Autograd(false);
  }

  /** Adds to the gradients of the leaves: those of a target, given its own, of the same shape. */
  static void backward(NDArray target, NDArray gradient) {
    JniUtils.backward((PtNDArray) target, (PtNDArray) gradient, false, false);
  }

  static void clearGradient(NDArray leaf) {
    JniUtils.zeroGrad((PtNDArray) leaf);
  }

  @Override
  public void close() {
    JniUtils.setGradMode(before);
  }
}
