package io.qtrace.job.compare;

import io.qtrace.kernel.LutCheckPartial;
import io.qtrace.lut.LayerNames;
import io.qtrace.tensor.DType;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Set;

/** Damage that a checkpoint's own tensors show, without another checkpoint to compare with. */
public final class Damage {
  private static final Set<DType> EXACT = EnumSet.of(DType.FLOAT64, DType.FLOAT32, DType.FLOAT16);

  private Damage() {}

  /** Names of the damaged tensors. */
  public static Set<String> of(CheckpointFacts facts) {
    Set<String> damaged = new HashSet<>();
    for (LayerInvariants layer : facts.layers().values()) {
      LayerNames names = new LayerNames(layer.layer());
      if (isStale(layer, facts)) {
        damaged.add(names.quantized());
      }
      if (isTableBroken(layer, facts)) {
        damaged.add(names.lut());
      }
    }
    for (TensorFacts tensor : facts.tensors().values()) {
      if (isNotFinite(tensor, facts)) {
        damaged.add(tensor.name());
      }
    }
    return damaged;
  }

  /**
   * Whether {@code _Q} is not {@code lut[_indices]}. Where a LUT trains, a sync may have written
   * its entries to {@code _Q}, most of which then differ from those of the stored one.
   */
  public static boolean isStale(LayerInvariants layer, CheckpointFacts facts) {
    boolean trains = facts.tensor(new LayerNames(layer.layer()).deltas()).isPresent();
    return layer.isStale() && (!trains || !isOtherTable(layer.check().orElseThrow()));
  }

  private static boolean isOtherTable(LutCheckPartial check) {
    return check.outside().count() == 0 && 2 * check.stale().count() > check.elements();
  }

  /**
   * Whether a stored LUT does not rise, or is not symmetric. What float16 does not hold may be how
   * the table was made. A type of few bits may round neighbouring entries to one.
   */
  public static boolean isTableBroken(LayerInvariants layer, CheckpointFacts facts) {
    return layer.table().filter(table -> !table.rising() || !table.symmetric()).isPresent()
        && facts
            .tensor(new LayerNames(layer.layer()).lut())
            .map(TensorFacts::dtype)
            .filter(EXACT::contains)
            .isPresent();
  }

  /**
   * Whether a tensor has NaN, or infinities in a quantized layer. Masks of attention are infinite;
   * quantized layers have none.
   */
  public static boolean isNotFinite(TensorFacts tensor, CheckpointFacts facts) {
    return tensor.stats().nan() > 0
        || (tensor.stats().inf() > 0
            && facts.tensor(new LayerNames(LayerNames.moduleOf(tensor.name())).lut()).isPresent());
  }
}
