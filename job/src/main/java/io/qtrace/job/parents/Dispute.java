package io.qtrace.job.parents;

import java.io.Serializable;
import java.util.Objects;

/**
 * A declared parent that the weights cast doubt on.
 *
 * @param inferred identifier of the parent that the weights show
 * @param declared identifier of the declared one
 * @param child identifier of the child of the inferred edge
 */
public record Dispute(String inferred, String declared, String child) implements Serializable {
  public Dispute {
    Objects.requireNonNull(inferred, "inferred");
    Objects.requireNonNull(declared, "declared");
    Objects.requireNonNull(child, "child");
  }

  /**
   * What the tensor contents show about it.
   *
   * @param unexplained tensors that the declared parent leaves unexplained; 0 if both parents and
   *     the child merely share a starting point, which disproves nothing
   * @param invented tensors that follow from neither the declared parent nor the operation
   * @param kept whether most of what the declared step changed has the very bytes of the inferred
   *     parent
   */
  public record Ruling(int unexplained, int invented, boolean kept) implements Serializable {}
}
