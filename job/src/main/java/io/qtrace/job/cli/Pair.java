package io.qtrace.job.cli;

import io.qtrace.compare.Measure;
import io.qtrace.job.conf.OpenSession;
import io.qtrace.job.conf.Sessions;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.judge.Diff;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.Policy;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Two checkpoints that a command compares, and the options for it. */
final class Pair {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Parameters(index = "0", paramLabel = "LEFT", description = "Parent checkpoint: path or URI.")
  private String left;

  @Parameters(index = "1", paramLabel = "RIGHT", description = "Child checkpoint: path or URI.")
  private String right;

  @Option(
      names = "--kind",
      paramLabel = "KIND",
      converter = Kinds.class,
      completionCandidates = Kinds.class,
      description =
          "Operation that made RIGHT from LEFT (${COMPLETION-CANDIDATES}); default: inferred from"
              + " the changes.")
  private EdgeKind kind;

  @Option(
      names = "--trust-crc",
      description =
          "Do not read tensors for which both files state the same CRC-32, size, dtype and layout:"
              + " report them as IDENTICAL, without checks for NaN, infinities and stale _Q (PyTorch"
              + " zip files only; the probability of a false match is 2^-32 per tensor).")
  private boolean trustCrc;

  @Mixin private Rules rules;

  String left() {
    return left;
  }

  String right() {
    return right;
  }

  /** Compares and judges the pair, with measures in addition to the usual ones. */
  Diff.Outcome compare(Set<Measure> extra) throws IOException {
    Policy policy = rules.policy();
    Settings settings = rules.settings();
    Optional<SparkSession> shell = Main.of(command).session();
    if (shell.isPresent()) {
      return compare(new OpenSession(shell.get(), true).context(), settings, policy, extra);
    }
    try (JavaSparkContext spark = Sessions.context()) {
      return compare(spark, settings, policy, extra);
    }
  }

  private Diff.Outcome compare(
      JavaSparkContext spark, Settings settings, Policy policy, Set<Measure> extra)
      throws IOException {
    return new Diff(spark, settings, policy)
        .run(left, right, Optional.ofNullable(kind), extra, trustCrc);
  }

  /** The same pair and options as arguments of another command. */
  List<String> words(String command) {
    List<String> words = new ArrayList<>(List.of(command, left, right));
    if (kind != null) {
      words.addAll(List.of("--kind", kind.label()));
    }
    if (trustCrc) {
      words.add("--trust-crc");
    }
    words.addAll(rules.words());
    return words;
  }
}
