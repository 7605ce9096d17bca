package io.qtrace.job.parents;

import java.io.Serializable;
import java.util.Objects;

/**
 * A declared parent that the weights doubt.
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
   * What the contents say of it.
   *
   * @param unexplained tensors that the declared parent leaves unexplained; 0 where both parents
   *     and the child are but runs of one start, which disproves nothing
   * @param invented tensors that neither the declared parent nor the operation gives
   * @param kept whether most of what the declared step changed has the very bytes of the inferred
   *     parent
   */
  public record Ruling(int unexplained, int invented, boolean kept) implements Serializable {}
}
