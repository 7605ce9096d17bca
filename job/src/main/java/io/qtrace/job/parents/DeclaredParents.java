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
 * What runs declare of who was made from whom. Weights that share contents show that two
 * checkpoints are related, often not which was first: a copy with one damaged tensor is as near to
 * its original as the original to it. There the claims decide, unless numbers prove the direction.
 */
public final class DeclaredParents {
  /** No run claims anything. */
  public static final DeclaredParents NONE = new DeclaredParents();

  private final Map<CheckpointFile, Set<CheckpointFile>> parents = new HashMap<>(); // by child

  private DeclaredParents() {}

  /** One claim. */
  public record Declaration(CheckpointFile parent, CheckpointFile child) {}

  public static DeclaredParents of(Collection<Declaration> claims) {
    DeclaredParents all = new DeclaredParents();
    claims.forEach(claim -> all.add(claim.parent(), claim.child()));
    return all;
  }

  /** The same of others that stand for the files, such as those they are copies of. */
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

  /** Whether the declarations say that one was made before the other, as circles of them do not. */
  boolean isBefore(CheckpointFile one, CheckpointFile other) {
    return leads(one, other) && !leads(other, one);
  }

  /** The parents that a child's claims name. */
  Set<CheckpointFile> parents(CheckpointFile child) {
    return parents.getOrDefault(child, Set.of());
  }

  /** Whether a child's claims name a parent, or there are none. */
  boolean isClaimed(CheckpointFile parent, CheckpointFile child) {
    Set<CheckpointFile> claimed = parents(child);
    return claimed.isEmpty() || claimed.contains(parent);
  }

  /** Whether a claim names the parent of a child. */
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
