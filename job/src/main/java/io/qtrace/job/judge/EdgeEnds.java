package io.qtrace.job.judge;

import java.io.Serializable;
import java.util.Objects;

/** The two checkpoints of an edge: identifiers of their content, paths below the archive's root. */
public record EdgeEnds(String parentId, String childId, String parentPath, String childPath)
    implements Serializable {
  public EdgeEnds {
    Objects.requireNonNull(parentId, "parentId");
    Objects.requireNonNull(childId, "childId");
    Objects.requireNonNull(parentPath, "parentPath");
    Objects.requireNonNull(childPath, "childPath");
  }
}
