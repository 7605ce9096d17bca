package io.qtrace.job.compare;

import io.qtrace.job.conf.Settings;
import io.qtrace.job.policy.Policy;
import io.qtrace.job.progress.Progress;
import java.io.IOException;
import java.util.Optional;
import org.apache.spark.api.java.JavaSparkContext;

/** The compare stage with the settings and the policy that qtrace has by default. */
public final class DefaultCompareStage {
  private DefaultCompareStage() {}

  public static CompareStage of(JavaSparkContext spark) throws IOException {
    return new CompareStage(
        spark,
        Settings.load(Optional.empty()).compare(),
        Policy.load(Optional.empty()).categories(),
        Progress.NONE);
  }
}
