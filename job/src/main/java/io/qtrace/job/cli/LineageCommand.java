package io.qtrace.job.cli;

import io.qtrace.io.Amount;
import io.qtrace.io.SafeText;
import io.qtrace.job.audit.Audit;
import io.qtrace.job.audit.AuditReport;
import io.qtrace.job.audit.AuditedArchive;
import io.qtrace.job.conf.OpenSession;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.lineage.LineageStore;
import io.qtrace.job.lineage.TensorRecords;
import io.qtrace.job.policy.Policy;
import io.qtrace.job.report.LineageDot;
import io.qtrace.job.report.LineageText;
import io.qtrace.job.report.LineageTree;
import io.qtrace.job.report.TensorHistory;
import io.qtrace.job.text.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "lineage",
    description = "Shows which checkpoint was made from which, or every version of one tensor.",
    footerHeading = "%n",
    footer = {
      "Shows the last audit of each archive in the tables; --archive audits that archive first, which",
      "is quick if nothing changed. Each checkpoint is listed below its parent; declared parents that",
      "the weights contradict are shown.",
      "",
      "Examples:",
      "  qtrace lineage --archive runs/",
      "  qtrace lineage --run srLUT-004_all --depth 3",
      "  qtrace lineage --dot | dot -Tsvg > lineage.svg",
      "  qtrace lineage --tensor model.layers.0.self_attn.q_proj._Q"
    })
final class LineageCommand implements Callable<Integer> {
  @Option(names = "--archive", paramLabel = "URI", description = "Audit this archive first.")
  private String archive;

  @Mixin private BaseOption bases;

  @Option(
      names = "--tensor",
      paramLabel = "NAME",
      description =
          "Show every distinct version of this tensor in order of time, and the operation that made it.")
  private String tensor;

  @Option(names = "--dot", description = "Print the tree as a Graphviz graph.")
  private boolean dot;

  @Option(
      names = "--run",
      paramLabel = "RUN",
      description =
          "Show only the checkpoints of this run (its folder, or the last part of the folder's path)"
              + " and those that they were made from.")
  private String run;

  @Option(
      names = "--depth",
      paramLabel = "N",
      description =
          "Show only checkpoints at most N edges away from a root, a checkpoint without a parent.")
  private Integer depth;

  @Option(
      names = "--all",
      description =
          "Show every checkpoint; by default those of a run share one line if there are more than"
              + " 100.")
  private boolean all;

  @Mixin private Rules rules;
  @Mixin private StateOption state;
  @Mixin private Warehouse warehouse;
  @Mixin private ProgressOption progress;
  @Mixin private Output output;

  @Override
  public Integer call() throws IOException {
    Policy policy = rules.policy();
    Settings settings = rules.settings();
    try (OpenSession session = warehouse.open()) {
      LineageStore lineage = new LineageStore(session.spark());
      List<AuditedArchive> archives = archives(session.spark(), lineage, settings, policy);
      if (tensor != null) {
        List<TensorHistory> histories = histories(lineage, archives);
        output.print(width -> text(histories, width), () -> Json.of(histories));
      } else {
        List<LineageTree> whole = archives.stream().map(LineageTree::of).toList();
        List<LineageTree> trees = shown(whole);
        output.print(
            width -> dot ? LineageDot.lines(trees) : drawn(trees, hidden(whole, trees)),
            () -> Json.of(trees));
      }
      return ExitStatus.CLEAN;
    }
  }

  private List<AuditedArchive> archives(
      SparkSession spark, LineageStore lineage, Settings settings, Policy policy)
      throws IOException {
    if (archive != null && state.isGiven()) {
      throw new IllegalArgumentException("Invalid option --as-of: --archive makes a new audit");
    }
    if (archive == null) {
      return AuditedArchive.latest(state.read(lineage));
    }
    AuditReport report = new Audit(spark, settings, policy, progress).run(archive, bases.uris());
    return List.of(AuditedArchive.of(lineage, report));
  }

  private List<TensorHistory> histories(LineageStore lineage, List<AuditedArchive> archives) {
    TensorRecords records = lineage.tensor(tensor);
    List<TensorHistory> histories =
        archives.stream()
            .map(audited -> TensorHistory.of(tensor, audited, records))
            .filter(history -> !history.contents().isEmpty())
            .toList();
    if (histories.isEmpty()) {
      throw new IllegalArgumentException(
          "Cannot find tensor: no checkpoint in the tables has a tensor of that name");
    }
    return histories;
  }

  private static List<String> text(List<TensorHistory> histories, int width) {
    List<String> lines = new ArrayList<>();
    for (TensorHistory history : histories) {
      lines.add("audit %s of %s".formatted(history.auditId(), SafeText.of(history.archive())));
      lines.addAll(history.lines(width));
    }
    return lines;
  }

  private List<LineageTree> shown(List<LineageTree> whole) {
    List<LineageTree> trees = whole;
    if (run != null) {
      trees =
          trees.stream()
              .map(tree -> tree.ofRun(run.replaceFirst("/+$", "")))
              .filter(tree -> !tree.checkpoints().isEmpty())
              .toList();
      if (trees.isEmpty()) {
        throw new IllegalArgumentException(
            "Cannot find run: no run of that name, expected one that 'qtrace lineage' shows");
      }
    }
    return depth == null ? trees : trees.stream().map(tree -> tree.toDepth(depth)).toList();
  }

  private List<String> drawn(List<LineageTree> trees, int hidden) {
    List<String> lines = new ArrayList<>();
    trees.forEach(tree -> lines.addAll(all ? LineageText.all(tree) : LineageText.lines(tree)));
    if (hidden > 0) {
      lines.add(
          "%s not shown because of --run or --depth"
              .formatted(Amount.of(hidden, "more checkpoint")));
    }
    return lines;
  }

  private static int hidden(List<LineageTree> whole, List<LineageTree> shown) {
    return checkpoints(whole) - checkpoints(shown);
  }

  private static int checkpoints(List<LineageTree> trees) {
    return trees.stream().mapToInt(tree -> tree.checkpoints().size()).sum();
  }
}
