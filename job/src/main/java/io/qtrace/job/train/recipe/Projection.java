package io.qtrace.job.train.recipe;

import io.qtrace.lut.LayerNames;

/** The seven linear layers of a transformer block. */
enum Projection {
  QUERY("self_attn.q_proj"),
  KEY("self_attn.k_proj"),
  VALUE("self_attn.v_proj"),
  OUTPUT("self_attn.o_proj"),
  GATE("mlp.gate_proj"),
  UP("mlp.up_proj"),
  DOWN("mlp.down_proj");

  private final String path;

  Projection(String path) {
    this.path = path;
  }

  boolean isMlp() {
    return switch (this) {
      case QUERY, KEY, VALUE, OUTPUT -> false;
      case GATE, UP, DOWN -> true;
    };
  }

  /** The layer in block {@code block}, such as {@code model.layers.0.mlp.up_proj}. */
  LayerNames layer(int block) {
    return new LayerNames("model.layers." + block + "." + path);
  }

  /** Rows of the weight. */
  int out(ModelConfig config) {
    return switch (this) {
      case QUERY -> config.heads() * config.headDim();
      case KEY, VALUE -> config.keyValueHeads() * config.headDim();
      case OUTPUT, DOWN -> config.hiddenSize();
      case GATE, UP -> config.intermediateSize();
    };
  }

  /** Columns of the weight. */
  int in(ModelConfig config) {
    return switch (this) {
      case QUERY, KEY, VALUE, GATE, UP -> config.hiddenSize();
      case OUTPUT -> config.heads() * config.headDim();
      case DOWN -> config.intermediateSize();
    };
  }
}
