package io.qtrace.job.lineage;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A record whose components are columns of the table itself; absent where all of them are null. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
@interface Inline {
  /** Put before the name of each column. */
  String value() default "";

  /** Comments of the columns, in their order, for a record of another package; none by default. */
  String[] comments() default {};
}
