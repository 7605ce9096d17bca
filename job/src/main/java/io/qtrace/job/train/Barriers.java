package io.qtrace.job.train;

import java.io.Serializable;
import java.util.Iterator;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.rdd.RDD;
import scala.Function1;
import scala.jdk.javaapi.CollectionConverters;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/** Barrier stages, for which Spark has no Java form. */
final class Barriers {
  private interface ScalaFunction<A, B> extends Function1<A, B>, Serializable {}

  private Barriers() {}

  /** As {@link JavaRDD#mapPartitions}, with all tasks started together. */
  static <T, R> JavaRDD<R> mapPartitions(
      JavaRDD<T> tasks, FlatMapFunction<Iterator<T>, R> function) {
    ClassTag<R> tag = ClassTag$.MODULE$.apply(Object.class);
    ScalaFunction<scala.collection.Iterator<T>, scala.collection.Iterator<R>> body =
        input -> call(function, input);
    RDD<R> mapped = tasks.rdd().barrier().mapPartitions(body, false, tag);
    return JavaRDD.fromRDD(mapped, tag);
  }

  private static <T, R> scala.collection.Iterator<R> call(
      FlatMapFunction<Iterator<T>, R> function, scala.collection.Iterator<T> input) {
    try {
      return CollectionConverters.asScala(function.call(CollectionConverters.asJava(input)));
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("Cannot train: " + e.getMessage(), e);
    }
  }
}
