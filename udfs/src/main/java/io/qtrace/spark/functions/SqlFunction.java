package io.qtrace.spark.functions;

import io.qtrace.lut.Bake;
import io.qtrace.lut.CategoryRules;
import io.qtrace.lut.LayerNames;
import io.qtrace.lut.Lut;
import io.qtrace.lut.LutParameters;
import io.qtrace.tensor.DType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;

/** The SQL functions. Each is null where an argument, or an element of one, is null. */
enum SqlFunction {
  TENSOR_CATEGORY(
      List.of(Parameter.NAME),
      DataTypes.StringType,
      call -> CategoryRules.DEFAULT.of(call.text(0)).label(),
      "The category of a tensor, from its name: lut_deltas, lut, q, indices, scale or other.",
      "_FUNC_('model.layers.0.mlp.up_proj._Q')",
      "q"),
  TENSOR_LAYER(
      List.of(Parameter.NAME),
      DataTypes.StringType,
      call -> LayerNames.moduleOf(call.text(0)),
      "The module that owns a tensor: its name without the last part.",
      "_FUNC_('model.layers.0.mlp.up_proj._Q')",
      "model.layers.0.mlp.up_proj"),
  TENSOR_FINGERPRINT(
      List.of(Parameter.PATH, Parameter.NAME),
      DataTypes.StringType,
      call -> TensorFunctions.fingerprint(call.text(0), call.text(1)),
      "The fingerprint of a tensor's bytes, equal for equal bytes in every file format.",
      "_FUNC_('checkpoint.pt', 'model.layers.0.self_attn.q_proj.lut')",
      "x1:d39d66aa52dbf2ccb07288df30bb8d38"),
  TENSOR_MD5(
      List.of(Parameter.PATH, Parameter.NAME),
      DataTypes.StringType,
      call -> TensorFunctions.md5(call.text(0), call.text(1)),
      "The MD5 of a tensor's bytes in C order, little endian: 32 hexadecimal digits.",
      "left(_FUNC_('checkpoint.pt', 'model.layers.0.self_attn.q_proj.lut'), 16)",
      "d6e2c5d7e33f9701"),
  TENSOR_VALUES(
      List.of(Parameter.PATH, Parameter.NAME),
      SqlTypes.DOUBLES,
      call -> TensorFunctions.values(call.text(0), call.text(1)),
      "The elements of a tensor of at most 1,048,576 elements, in C order, as float64.",
      "slice(_FUNC_('checkpoint.pt', 'model.layers.0.self_attn.q_proj.lut'), 1, 3)",
      "[-2.0,-1.0,-0.75]"),
  TENSOR_SLICE(
      List.of(
          Parameter.PATH,
          Parameter.NAME,
          new Parameter("from", DataTypes.LongType, "first element in C order, from 0"),
          new Parameter("count", DataTypes.IntegerType, "number of elements, at most 1,048,576")),
      SqlTypes.DOUBLES,
      call -> TensorFunctions.slice(call.text(0), call.text(1), call.index(2), call.count(3)),
      "Some elements of a tensor of any size, as float64; fewer if the tensor ends earlier.",
      "_FUNC_('checkpoint.pt', 'model.layers.0.self_attn.q_proj.lut', 14, 3)",
      "[1.0,2.0]"),
  TENSOR_HISTOGRAM(
      List.of(
          Parameter.PATH,
          Parameter.NAME,
          new Parameter("buckets", DataTypes.IntegerType, "number of buckets, at most 1,048,576")),
      SqlTypes.BUCKETS,
      call -> TensorFunctions.histogram(call.text(0), call.text(1), call.count(2)),
      "Counts of a tensor's elements in buckets of equal width from the least to the greatest, as"
          + " numpy.histogram counts float64. NaN and infinities are ignored.",
      "_FUNC_('checkpoint.pt', 'model.layers.0.self_attn.q_proj.lut', 2)[1].count",
      "8"),
  TENSOR_STATS(
      List.of(Parameter.PATH, Parameter.NAME),
      SqlTypes.STATS,
      call -> TensorFunctions.stats(call.text(0), call.text(1)),
      "Statistics of a tensor's elements in float64, for complex ones of their moduli. min and max"
          + " ignore NaN; std has n - 1 in the denominator.",
      "_FUNC_('checkpoint.pt', 'model.layers.0.self_attn.q_proj.lut').max",
      "2.0"),
  TENSOR_DIFF(
      List.of(
          new Parameter("left_path", DataTypes.StringType, "file of the first checkpoint"),
          new Parameter("right_path", DataTypes.StringType, "file of the second checkpoint"),
          Parameter.NAME),
      SqlTypes.DIFF,
      call -> TensorFunctions.diff(call.text(0), call.text(1), call.text(2)),
      "How a tensor differs between two checkpoints. The status is IDENTICAL, EQUAL (the same"
          + " numbers in another dtype or bit pattern), CHANGED, RESHAPED, ADDED or REMOVED; the"
          + " numbers are null for the last three.",
      "_FUNC_('checkpoint.pt', 'checkpoint.pt', 'model.layers.0.self_attn.q_proj.lut').status",
      "IDENTICAL"),
  LUT_EFFECTIVE(
      List.of(
          Parameter.DELTAS,
          new Parameter("max_abs", DataTypes.DoubleType, "--lut-max-abs of the training run")),
      SqlTypes.DOUBLES,
      call -> numbers(call.deltas(0).lut(LutParameters.training(call.number(1)))),
      "The LUT that training computes from a layer's deltas; it has twice as many values.",
      "_FUNC_(array(0, 0), 2)",
      "[-2.0,-1.0,1.0,2.0]"),
  LUT_BAKED(
      List.of(
          Parameter.DELTAS,
          new Parameter("max_abs", DataTypes.DoubleType, "the largest value of the stored LUT")),
      SqlTypes.DOUBLES,
      call -> numbers(Bake.baked(call.deltas(0), call.number(1))),
      "The LUT that the recipe's bake tool computes from a layer's deltas.",
      "_FUNC_(array(0, 0), 2)",
      "[-2.0,-1.0,1.0,2.0]"),
  Q_RESIDUAL(
      List.of(Parameter.PATH, new Parameter("layer", DataTypes.StringType, "name of the module")),
      DataTypes.LongType,
      call -> TensorFunctions.residual(call.text(0), call.text(1)),
      "Number of elements of a layer's _Q that differ from lut[_indices].",
      "_FUNC_('checkpoint.pt', 'model.layers.0.self_attn.q_proj')",
      "0"),
  QTRACE_LAYER_NUMBER(
      List.of(Parameter.NAME),
      DataTypes.IntegerType,
      call -> TensorNames.layerNumber(call.text(0)),
      "The layer number in a tensor's name, null if there is none.",
      "_FUNC_('model.layers.0.mlp.up_proj._Q')",
      "0"),
  QTRACE_DTYPE_BYTES(
      List.of(new Parameter("dtype", DataTypes.StringType, "such as bfloat16")),
      DataTypes.IntegerType,
      call -> DType.of(call.text(0)).map(DType::bytes).orElse(null),
      "Bytes per element, null for an unknown dtype.",
      "_FUNC_('bfloat16')",
      "2");

  /** A parameter; calls cast their arguments to its type. */
  record Parameter(String name, DataType type, String meaning) {
    static final Parameter NAME = new Parameter("name", DataTypes.StringType, "name of a tensor");
    static final Parameter PATH =
        new Parameter(
            "path", DataTypes.StringType, "file of a checkpoint: a path or any Hadoop URI");
    static final Parameter DELTAS =
        new Parameter("deltas", SqlTypes.NULLABLE_DOUBLES, "values of a tensor _lut_raw_deltas");
  }

  /** Computes the value. */
  interface Body {
    Object of(SqlCall call) throws IOException;
  }

  private final List<Parameter> parameters;
  private final DataType type;
  private final Body body;
  private final String meaning;
  private final String example;
  private final String answer;

  SqlFunction(
      List<Parameter> parameters,
      DataType type,
      Body body,
      String meaning,
      String example,
      String answer) {
    this.parameters = parameters;
    this.type = type;
    this.body = body;
    this.meaning = meaning;
    this.example = example;
    this.answer = answer;
  }

  /**
   * The names under which a session knows it: includes a former one, and the {@code try_} form if
   * it may fail.
   */
  List<SqlName> names() {
    String name = name().toLowerCase(Locale.ROOT);
    List<SqlName> names = new ArrayList<>(List.of(new SqlName(name, this, false)));
    if (this == TENSOR_LAYER) {
      names.add(new SqlName("qtrace_layer", this, false));
    }
    if (readsFiles()) {
      names.add(new SqlName("try_" + name, this, true));
    }
    return names;
  }

  private boolean readsFiles() {
    return switch (this) {
      case TENSOR_FINGERPRINT,
          TENSOR_MD5,
          TENSOR_VALUES,
          TENSOR_SLICE,
          TENSOR_HISTOGRAM,
          TENSOR_STATS,
          TENSOR_DIFF,
          Q_RESIDUAL ->
          true;
      default -> false;
    };
  }

  List<Parameter> parameters() {
    return parameters;
  }

  DataType type() {
    return type;
  }

  String meaning() {
    return meaning;
  }

  /** An expression, with {@code _FUNC_} for the name. */
  String example() {
    return example;
  }

  /** The value of the example, as Spark prints it. */
  String answer() {
    return answer;
  }

  Object value(SqlCall call) throws IOException {
    return body.of(call);
  }

  private static List<Double> numbers(Lut lut) {
    List<Double> numbers = new ArrayList<>();
    for (float value : lut.values()) {
      numbers.add((double) value);
    }
    return numbers;
  }
}
