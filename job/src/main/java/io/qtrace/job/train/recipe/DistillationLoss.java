package io.qtrace.job.train.recipe;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.core.Embedding;

/** The loss of a batch: see {@link DistillationLossConfig}. */
final class DistillationLoss {
  private final DistillationLossConfig objective;
  private final TensorOps arithmetic;
  private final NDManager manager;
  private final NDArray coolness; // 1 / T
  private final NDArray square; // T^2
  private final NDArray hardWeight;

  DistillationLoss(DistillationLossConfig objective, TensorOps arithmetic, NDManager manager) {
    this.objective = objective;
    this.arithmetic = arithmetic;
    this.manager = manager;
    coolness = arithmetic.constant(1 / objective.temperature());
    square = arithmetic.constant(objective.temperature() * objective.temperature());
    hardWeight = arithmetic.constant(objective.hardWeight());
  }

  /**
   * A scalar: the mean over all positions, padding included.
   *
   * @param hidden [examples, length, hidden]; the last position has no teacher
   * @param head [vocab, hidden], an operand
   */
  NDArray of(NDArray hidden, NDArray head, Batch batch) {
    long positions = batch.positions();
    NDArray states = hidden.get(new NDIndex(":, :-1")).reshape(positions, -1);
    NDArray candidates = manager.create(batch.topkIdx(), new Shape(positions, batch.topK()));
    NDArray rows = Embedding.embedding(candidates, head, SparseFormat.DENSE).singletonOrThrow();
    NDArray student =
        rows.matMul(arithmetic.operand(states).expandDims(2)).squeeze(2); // [positions, k]
    NDArray loss = divergence(batch, student);
    if (objective.hardWeight() == 0) {
      return loss;
    }
    NDArray logits = arithmetic.linear(states, head); // [positions, vocab]
    NDArray first = candidates.get(new NDIndex(":, 0:1")).toType(DataType.INT64, false);
    NDArray entropy = logits.logSoftmax(1).gather(first, 1).mean().neg();
    return loss.add(entropy.mul(hardWeight));
  }

  private NDArray divergence(Batch batch, NDArray student) {
    NDArray teacher =
        manager
            .create(batch.topkLogits(), new Shape(batch.positions(), batch.topK()))
            .mul(coolness)
            .logSoftmax(1);
    NDArray difference = teacher.sub(student.mul(coolness).logSoftmax(1));
    return teacher.exp().mul(difference).sum(new int[] {1}).mean().mul(square);
  }
}
