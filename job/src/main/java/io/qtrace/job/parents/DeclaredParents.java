package io.qtrace.job.parents;

import io.qtrace.job.archive.CheckpointFile;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * The parents that runs declare. Shared contents show that two checkpoints are related, but often
 * not which came first: a copy with one damaged tensor is as close to its original as the original
 * is to it. In such cases declarations decide, unless the numbers prove the direction.
 */
public final class DeclaredParents {
  /** No declarations. */
  public static final DeclaredParents NONE = new DeclaredParents();

  private final Map<CheckpointFile, Set<CheckpointFile>> parents = new HashMap<>(); // by child

  private DeclaredParents() {}

  /** One declaration. */
  public record Declaration(CheckpointFile parent, CheckpointFile child) {}

  public static DeclaredParents of(Collection<Declaration> claims) {
    DeclaredParents all = new DeclaredParents();
    claims.forEach(claim -> all.add(claim.parent(), claim.child()));
    return all;
  }

  /** The same declarations with other files, such as the originals of copies. */
  DeclaredParents of(UnaryOperator<CheckpointFile> original) {
    DeclaredParents all = new DeclaredParents();
    parents.forEach(
        (child, files) ->
            files.forEach(parent -> all.add(original.apply(parent), original.apply(child))));
    return all;
  }

  private void add(CheckpointFile parent, CheckpointFile child) {
    if (!parent.equals(child)) {
      parents.computeIfAbsent(child, file -> new HashSet<>()).add(parent);
    }
  }

  /**
   * Whether the declarations say that one was made before the other; cyclic declarations do not.
   */
  boolean isBefore(CheckpointFile one, CheckpointFile other) {
    return leads(one, other) && !leads(other, one);
  }

  /** The declared parents of a child. */
  Set<CheckpointFile> parents(CheckpointFile child) {
    return parents.getOrDefault(child, Set.of());
  }

  /** Whether a parent is declared for a child, or nothing is declared for it. */
  boolean isClaimed(CheckpointFile parent, CheckpointFile child) {
    Set<CheckpointFile> claimed = parents(child);
    return claimed.isEmpty() || claimed.contains(parent);
  }

  /** Whether a parent is declared for a child. */
  boolean claims(CheckpointFile parent, CheckpointFile child) {
    return parents(child).contains(parent);
  }

  // Over any number of claims.
  private boolean leads(CheckpointFile from, CheckpointFile to) {
    Set<CheckpointFile> seen = new HashSet<>();
    List<CheckpointFile> open = new ArrayList<>(parents(to));
    while (!open.isEmpty()) {
      CheckpointFile file = open.remove(open.size() - 1);
      if (file.equals(from)) {
        return true;
      }
      if (seen.add(file)) {
        open.addAll(parents(file));
      }
    }
    return false;
  }
}
