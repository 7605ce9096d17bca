package io.qtrace.job.audit;

import java.util.List;

/** Names of the tensors of one quantized layer. */
record Layer(String name) {
  private static final String LUT = ".lut";

  /** The layers of a pair: those with a stored LUT on either side. */
  static List<Layer> of(PairComparison pair) {
    return pair.tensors().stream()
        .map(TensorComparison::name)
        .filter(name -> name.endsWith(LUT))
        .map(name -> new Layer(name.substring(0, name.length() - LUT.length())))
        .toList();
  }

  String lut() {
    return name + LUT;
  }

  String deltas() {
    return name + "._lut_raw_deltas";
  }
}
