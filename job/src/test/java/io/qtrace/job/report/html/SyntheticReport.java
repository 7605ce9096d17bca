package io.qtrace.job.report.html;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;
import scala.jdk.javaapi.CollectionConverters;

/**
 * What the tables would give a report of an archive of runs that train from one checkpoint, each
 * with a bake as its last, the last run with a violation.
 */
final class SyntheticReport {
  static final Map<Picture, String> COLUMNS =
      new EnumMap<>(
          Map.ofEntries(
              Map.entry(
                  Picture.AUDIT,
                  "audit_id STRING, archive STRING, finished BIGINT, version STRING, policy_version INT,"
                      + " policy_hash STRING, checkpoints INT, edges INT, violations INT, findings INT,"
                      + " verdict STRING, runs INT, bytes BIGINT, conclusion ARRAY<STRING>, notes ARRAY<STRING>,"
                      + " skipped ARRAY<STRUCT<path STRING, reason STRING>>"),
              Map.entry(
                  Picture.RUNS,
                  "run STRING, checkpoints BIGINT, edges BIGINT, kinds ARRAY<STRING>, violations BIGINT,"
                      + " q_compared BIGINT, q_changed BIGINT, luts_trained INT, last_step BIGINT,"
                      + " last_modified BIGINT"),
              Map.entry(
                  Picture.CHECKPOINTS,
                  "checkpoint_id STRING, path STRING, run STRING, role STRING, step BIGINT, modified BIGINT,"
                      + " bytes BIGINT, tensors INT, error STRING"),
              Map.entry(
                  Picture.EDGES,
                  "parent_id STRING, child_id STRING, kind STRING, parent_part STRING, verdict STRING,"
                      + " evidence ARRAY<STRING>, trained ARRAY<STRING>, identical INT, equal INT, changed INT,"
                      + " reshaped INT, added INT, removed INT, q_buffers INT, q_changed INT, lut_layers INT,"
                      + " lut_trained INT, findings INT"),
              Map.entry(
                  Picture.FINDINGS,
                  "parent_id STRING, child_id STRING, subject STRING, kind STRING, rule STRING, tensors INT,"
                      + " example STRING, message STRING, waived_reason STRING, waived_until STRING"),
              Map.entry(
                  Picture.NOT_COMPARED,
                  "path STRING, reason STRING, tensors BIGINT, example STRING"),
              Map.entry(
                  Picture.DIFFERENCES,
                  "category STRING, magnitude DOUBLE, tensors BIGINT, changed_elements BIGINT"),
              Map.entry(
                  Picture.SCALES,
                  "run STRING, step BIGINT, scale STRING, part STRING, norm DOUBLE, mean DOUBLE, largest DOUBLE"),
              Map.entry(
                  Picture.TRAINING,
                  "output_dir STRING, audit_id STRING, step INT, loss DOUBLE, gradient_norm DOUBLE, lr DOUBLE,"
                      + " lut_lr DOUBLE, tokens_per_second DOUBLE"),
              Map.entry(
                  Picture.NOTES,
                  "parent_id STRING, child_id STRING, notes ARRAY<STRING>, says STRING, shown_parent STRING,"
                      + " unexplained INT"),
              Map.entry(
                  Picture.CHANGES,
                  "parent_id STRING, child_id STRING, category STRING, status STRING, tensors BIGINT,"
                      + " elements BIGINT, changed_elements BIGINT, max_abs DOUBLE, mean_abs DOUBLE"),
              Map.entry(
                  Picture.PROOFS,
                  "parent_id STRING, child_id STRING, status STRING, cause STRING, proof STRING,"
                      + " q_buffers BIGINT, residual BIGINT, drift DOUBLE, layer STRING,"
                      + " first_counterexample BIGINT"),
              Map.entry(
                  Picture.CELLS,
                  "parent_id STRING, child_id STRING, category STRING, layer STRING, projection STRING,"
                      + " tensors BIGINT, status STRING, share DOUBLE, max_abs DOUBLE, cause STRING"),
              Map.entry(
                  Picture.Q_CHANGES,
                  "run STRING, child_id STRING, parent_id STRING, layer STRING, status STRING, cause STRING,"
                      + " proof STRING, residual BIGINT, drift DOUBLE"),
              Map.entry(Picture.Q_LAYERS, "runs ARRAY<STRING>, layers ARRAY<STRING>"),
              Map.entry(
                  Picture.LUTS,
                  "layer STRING, checkpoint_id STRING, lut ARRAY<DOUBLE>, deltas ARRAY<DOUBLE>, drift DOUBLE"),
              Map.entry(
                  Picture.INDICES,
                  "layer STRING, index_counts ARRAY<BIGINT>, entries BIGINT, checkpoints BIGINT,"
                      + " first_in STRING, runs ARRAY<STRING>"),
              Map.entry(
                  Picture.TENSORS,
                  "parent_id STRING, child_id STRING, name STRING, category STRING, status STRING,"
                      + " changed_elements BIGINT, elements BIGINT, max_abs DOUBLE, mean_abs DOUBLE")));

  private static final String AUDIT = "0123456789abcdef";
  private static final List<String> PROJECTIONS =
      List.of(
          "self_attn.q_proj",
          "self_attn.k_proj",
          "self_attn.v_proj",
          "self_attn.o_proj",
          "mlp.gate_proj",
          "mlp.up_proj",
          "mlp.down_proj");
  private static final int ELEMENTS = 1 << 20;

  private final Map<Picture, List<Row>> rows = new EnumMap<>(Picture.class);
  private final Map<Picture, Long> totals = new EnumMap<>(Picture.class);
  private final UnaryOperator<String> naming;
  private final int layers;

  private SyntheticReport(UnaryOperator<String> naming, int layers) {
    this.naming = naming;
    this.layers = layers;
    for (Picture picture : Picture.values()) {
      rows.put(picture, new ArrayList<>());
      totals.put(picture, 0L);
    }
  }

  /**
   * @param steps checkpoints of a run
   * @param layers decoder layers, each with seven projections of which each has seven tensors
   * @param naming makes the names of runs, of modules and of findings
   */
  static ReportData of(int runs, int steps, int layers, UnaryOperator<String> naming) {
    SyntheticReport report = new SyntheticReport(naming, layers);
    report.checkpoint("root", "init", 0, "initial");
    for (int run = 0; run < runs; run++) {
      report.run(run, steps, run == runs - 1);
    }
    int checkpoints = runs * steps + 1;
    report.add(
        Picture.AUDIT,
        AUDIT,
        naming.apply("file:/archive/"),
        1_700_000_000L,
        "0.1.0",
        1,
        "ab".repeat(16),
        checkpoints,
        checkpoints - 1,
        1,
        1,
        "VIOLATION",
        runs + 1,
        1L << 40,
        List.of("Training never changed a _Q.").toArray(),
        new String[] {naming.apply("a note")},
        new Row[] {RowFactory.create(naming.apply("folder"), "not a run")});
    report.add(
        Picture.Q_LAYERS,
        report.rows.get(Picture.RUNS).stream().map(row -> row.getString(0)).toArray(),
        report.modules().toArray());
    report.indices();
    return report.data();
  }

  // As training leaves them: one content in all checkpoints.
  private void indices() {
    Object[] runs = rows.get(Picture.RUNS).stream().map(row -> row.getString(0)).toArray();
    for (String module : modules()) {
      add(
          Picture.INDICES,
          module,
          new Long[] {90_000L, 1000L, 2000L, 3000L, 3000L, 2000L, 1000L, 10L},
          8L,
          (long) rows.get(Picture.CHECKPOINTS).size(),
          naming.apply("init/v2_initial.pt"),
          runs);
    }
  }

  private void run(int number, int steps, boolean broken) {
    String run = naming.apply("run%03d".formatted(number));
    String parent = "root";
    for (int step = 1; step <= steps; step++) {
      String id = "%08x%08x".formatted(number, step);
      boolean bake = step == steps;
      checkpoint(id, run, step, bake ? "baked" : "step");
      edge(parent, id, run, bake, bake && broken);
      parent = id;
    }
    add(
        Picture.RUNS,
        run,
        (long) steps,
        (long) steps,
        new String[] {"bake", "train"},
        broken ? 1L : 0L,
        (long) steps * layers * PROJECTIONS.size(),
        (long) layers * PROJECTIONS.size(),
        layers,
        (long) steps,
        1_700_000_000L);
    for (int step = 1; step < steps; step++) {
      for (String scale : List.of("scale_A", "scale_B", "rank_magnitude")) {
        for (String part : List.of("attention", "MLP")) {
          add(
              Picture.SCALES,
              run,
              (long) step,
              scale,
              part,
              20.0 + 0.3 * step,
              0.01 * step,
              1.0 + 0.1 * step);
        }
      }
    }
  }

  private void checkpoint(String id, String run, int step, String role) {
    add(
        Picture.CHECKPOINTS,
        id,
        "%s/checkpoint_%s%d.pt".formatted(run, role, step),
        run,
        role,
        (long) step,
        1_700_000_000L + step,
        1L << 30,
        layers * PROJECTIONS.size() * 7,
        null);
  }

  private void edge(String parent, String child, String run, boolean bake, boolean broken) {
    int buffers = layers * PROJECTIONS.size();
    String verdict = broken ? "VIOLATION" : "CLEAN";
    add(
        Picture.EDGES,
        parent,
        child,
        bake ? "bake" : "train",
        "whole",
        verdict,
        new String[] {"order"},
        new String[] {"LUT", "scales"},
        4 * buffers,
        0,
        3 * buffers,
        0,
        0,
        0,
        buffers,
        bake ? buffers : 0,
        buffers,
        buffers,
        broken ? 1 : 0);
    add(Picture.NOTES, parent, child, new String[] {"trained: LUT"}, "agrees", null, 0);
    if (broken) {
      add(
          Picture.FINDINGS,
          parent,
          child,
          naming.apply(run),
          "bake",
          "q-stale",
          1,
          naming.apply("layer._Q"),
          naming.apply("1 _Q is stale"),
          null,
          null);
    }
    List<String> changing = bake ? List.of("q", "lut") : List.of("lut_deltas", "scale");
    for (String category : changing) {
      add(
          Picture.CHANGES,
          parent,
          child,
          category,
          "CHANGED",
          (long) buffers,
          (long) buffers * ELEMENTS,
          (long) buffers * 1234,
          0.25,
          1e-3);
    }
    add(
        Picture.PROOFS,
        parent,
        child,
        bake ? "CHANGED" : "IDENTICAL",
        bake ? "BAKED" : null,
        "PROVED",
        (long) buffers,
        broken ? 7L : 0L,
        bake ? 0.005 : null,
        "model.layers.0.mlp.up_proj",
        broken ? 5L : null);
    cells(parent, child, run, changing, bake);
  }

  private void cells(String parent, String child, String run, List<String> changing, boolean bake) {
    for (int layer = 0; layer < layers; layer++) {
      for (String projection : PROJECTIONS) {
        String module = naming.apply("model.layers.%d.%s".formatted(layer, projection));
        for (String category : changing) {
          add(
              Picture.CELLS,
              parent,
              child,
              category,
              Integer.toString(layer),
              naming.apply(projection),
              1L,
              "CHANGED",
              0.1 * (layer % 10),
              1e-3 * layer,
              category.equals("q") ? "BAKED" : null);
          add(
              Picture.TENSORS,
              parent,
              child,
              module + "." + category,
              category,
              "CHANGED",
              1234L,
              (long) ELEMENTS,
              0.25,
              1e-3);
        }
        if (bake) {
          add(
              Picture.Q_CHANGES,
              run,
              child,
              parent,
              module,
              "CHANGED",
              "BAKED",
              "PROVED",
              0L,
              0.005);
        }
        add(
            Picture.LUTS,
            module,
            child,
            new Double[] {-1.0, -0.5, -0.25, -0.125, 0.125, 0.25, 0.5, 1.0 + 1e-4 * layer},
            bake ? null : new Double[] {-3.5, -3.4, -2.8, -2.1},
            bake ? 0.005 : null);
      }
    }
  }

  private List<String> modules() {
    List<String> modules = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      for (String projection : PROJECTIONS) {
        modules.add(naming.apply("model.layers.%d.%s".formatted(layer, projection)));
      }
    }
    return modules;
  }

  // No more rows than the queries give.
  private void add(Picture picture, Object... values) {
    totals.merge(picture, 1L, Long::sum);
    if (rows.get(picture).size() < picture.most()) {
      rows.get(picture)
          .add(RowFactory.create(Stream.of(values).map(SyntheticReport::ofSpark).toArray()));
    }
  }

  private static Object ofSpark(Object value) {
    return value instanceof Object[] list
        ? CollectionConverters.asScala(Arrays.asList(list)).toSeq()
        : value;
  }

  private ReportData data() {
    ReportScope scope = ReportScope.whole(AUDIT, naming.apply("file:/archive/"));
    Map<Picture, PictureRows> pictures = new EnumMap<>(Picture.class);
    rows.forEach(
        (picture, all) ->
            pictures.put(
                picture,
                new PictureRows(
                    picture.query(scope),
                    StructType.fromDDL(COLUMNS.get(picture)),
                    all,
                    totals.get(picture))));
    return new ReportData(scope, pictures);
  }
}
