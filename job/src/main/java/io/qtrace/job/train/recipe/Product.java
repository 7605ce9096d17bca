package io.qtrace.job.train.recipe;

import java.util.List;

/** The linear layers of a transformer block by their input: those that share one stand together. */
enum Product {
  ATTENTION(Projection.QUERY, Projection.KEY, Projection.VALUE),
  OUTPUT(Projection.OUTPUT),
  MLP(Projection.GATE, Projection.UP),
  DOWN(Projection.DOWN);

  private final List<Projection> projections;

  Product(Projection... projections) {
    this.projections = List.of(projections);
  }

  static Product of(Projection projection) {
    return switch (projection) {
      case QUERY, KEY, VALUE -> ATTENTION;
      case OUTPUT -> OUTPUT;
      case GATE, UP -> MLP;
      case DOWN -> DOWN;
    };
  }

  /** In the order in which their outputs stand side by side. */
  List<Projection> projections() {
    return projections;
  }
}
