package io.qtrace.job.audit.parents;

import io.qtrace.job.audit.policy.Category;

/**
 * One tensor that changed, appeared or went.
 *
 * @param layer its name without the last part
 */
record Move(String name, String layer, Category category, Relation relation) {
  static Move of(String name, String category, Relation relation) {
    return new Move(
        name,
        name.substring(0, Math.max(name.lastIndexOf('.'), 0)),
        Category.valueOf(category.toUpperCase(java.util.Locale.ROOT)),
        relation);
  }

  boolean is(Category wantedCategory, Relation wantedRelation) {
    return category == wantedCategory && relation == wantedRelation;
  }
}
