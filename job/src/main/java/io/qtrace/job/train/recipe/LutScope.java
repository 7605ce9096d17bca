package io.qtrace.job.train.recipe;

/** Layers whose LUT trains. */
public enum LutScope {
  NONE,
  ALL,
  MLP,
  ATTN;

  boolean includes(Projection projection) {
    return switch (this) {
      case NONE -> false;
      case ALL -> true;
      case MLP -> projection.isMlp();
      case ATTN -> !projection.isMlp();
    };
  }
}
