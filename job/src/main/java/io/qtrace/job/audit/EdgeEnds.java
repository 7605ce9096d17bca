package io.qtrace.job.audit;

import io.qtrace.job.lineage.EdgeRow;

/** The two checkpoints of an edge, as every row about it names them; ids are of their content. */
record EdgeEnds(String parentId, String childId, String parentPath, String childPath) {
  static EdgeEnds of(Edge edge) {
    return new EdgeEnds(
        ContentId.of(edge.parent().stat()),
        ContentId.of(edge.child().stat()),
        edge.parent().path(),
        edge.child().path());
  }

  boolean areOf(EdgeRow row) {
    return row.parentId().equals(parentId) && row.childId().equals(childId);
  }
}
