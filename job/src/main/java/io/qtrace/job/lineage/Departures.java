package io.qtrace.job.lineage;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.qtrace.job.judge.EdgeEnds;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Finds where tensors first differ from those of a checkpoint: on each line of descent from it, the
 * first edge whose child has another content, or none. Runs as a query on the executors.
 */
public final class Departures {
  private static final String EDGES = "qtrace_edges_below";
  private static final String ABOVE = "qtrace_checkpoints_above";

  private static final String QUERY =
      """
      WITH since AS (
        SELECT name, fingerprint, dtype, shape FROM lineage.qtrace.tensors
        WHERE checkpoint_id = :since AND section IS NULL
          AND if(:tensor IS NULL, category = 'q', name = :tensor)),
      now AS (
        SELECT checkpoint_id AS child_id, name, fingerprint, dtype, shape
        FROM lineage.qtrace.tensors
        WHERE section IS NULL AND name IN (SELECT name FROM since)
          AND checkpoint_id IN (SELECT child_id FROM qtrace_edges_below)),
      other AS (
        SELECT edges.*, since.name, now.name IS NULL AS is_removed
        FROM qtrace_edges_below AS edges CROSS JOIN since
        LEFT JOIN now ON now.child_id = edges.child_id AND now.name = since.name
        WHERE NOT (now.fingerprint <=> since.fingerprint AND now.dtype <=> since.dtype
          AND now.shape <=> since.shape)),
      earlier AS (
        SELECT DISTINCT above.child_id, other.name
        FROM qtrace_checkpoints_above AS above JOIN other ON other.child_id = above.ancestor_id)
      SELECT child_id, count(*) AS tensors, min(name) AS example, count_if(is_removed) AS removed,
        cause, sum(residual) AS residual, max(drift) AS drift,
        max(changed_elements) AS changed_elements, max(max_abs) AS max_abs
      FROM other LEFT ANTI JOIN earlier USING (child_id, name)
      LEFT JOIN (
        SELECT audit_id, parent_id, child_id, concat(layer, '._Q') AS name, cause, residual, drift
        FROM lineage.qtrace.q_changes) USING (audit_id, parent_id, child_id, name)
      LEFT JOIN (
        SELECT audit_id, parent_id, child_id, name, changed_elements, max_abs
        FROM lineage.qtrace.changes) USING (audit_id, parent_id, child_id, name)
      GROUP BY child_id, cause
      ORDER BY child_id, tensors DESC, cause
      """;

  private Departures() {}

  /**
   * An edge below the checkpoint.
   *
   * @param above identifiers of the checkpoints between it and the child
   */
  public record Below(RecordedEdge edge, List<String> above) {
    public Below {
      above = List.copyOf(above);
    }
  }

  /**
   * Tensors that changed for the first time on one edge, with one cause.
   *
   * @param example the first of them by name
   * @param removed number of those that the child does not have
   * @param cause of a {@code _Q}; null for other tensors, as are the following values if they do
   *     not apply
   * @param residual elements of {@code _Q} that the cause does not explain
   * @param drift of a bake
   * @param changedElements the largest number in one tensor
   * @param maxAbs largest difference from the edge's parent
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Departure(
      long tensors,
      String example,
      long removed,
      String cause,
      Long residual,
      Double drift,
      Long changedElements,
      Double maxAbs) {}

  /**
   * Finds them.
   *
   * @param since identifier of the checkpoint
   * @param edges all edges on the lines of descent from it
   * @param tensor a name; every {@code _Q} if there is none
   * @return by the child's identifier, most tensors first
   */
  static Map<String, List<Departure>> find(
      SparkSession spark, String since, List<Below> edges, Optional<String> tensor) {
    List<Row> below = new ArrayList<>();
    List<Row> above = new ArrayList<>();
    for (Below one : edges) {
      EdgeEnds ends = one.edge().edge().ends();
      below.add(RowFactory.create(one.edge().auditId(), ends.parentId(), ends.childId()));
      one.above().forEach(id -> above.add(RowFactory.create(ends.childId(), id)));
    }
    Map<String, Object> parameters = new HashMap<>();
    parameters.put("since", since);
    parameters.put("tensor", tensor.orElse(null));
    try {
      spark
          .createDataFrame(below, texts("audit_id", "parent_id", "child_id"))
          .createOrReplaceTempView(EDGES);
      spark.createDataFrame(above, texts("child_id", "ancestor_id")).createOrReplaceTempView(ABOVE);
      Map<String, List<Departure>> found = new HashMap<>();
      for (Row row : spark.sql(QUERY, parameters).collectAsList()) {
        found.computeIfAbsent(row.getAs("child_id"), id -> new ArrayList<>()).add(departure(row));
      }
      return found;
    } finally {
      spark.catalog().dropTempView(EDGES);
      spark.catalog().dropTempView(ABOVE);
    }
  }

  private static StructType texts(String... names) {
    StructType type = new StructType();
    for (String name : names) {
      type = type.add(name, DataTypes.StringType);
    }
    return type;
  }

  private static Departure departure(Row row) {
    return new Departure(
        row.<Long>getAs("tensors"),
        row.getAs("example"),
        row.<Long>getAs("removed"),
        row.getAs("cause"),
        row.getAs("residual"),
        row.getAs("drift"),
        row.getAs("changed_elements"),
        row.getAs("max_abs"));
  }
}
