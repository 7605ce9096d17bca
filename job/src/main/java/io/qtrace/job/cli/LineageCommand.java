package io.qtrace.job.cli;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import io.qtrace.job.audit.Audit;
import io.qtrace.job.audit.policy.Policy;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.lineage.ChangeRow;
import io.qtrace.job.lineage.CheckpointRow;
import io.qtrace.job.lineage.EdgeRow;
import io.qtrace.job.lineage.LineageStore;
import io.qtrace.job.lineage.LineageTable;
import io.qtrace.job.lineage.TensorRow;
import io.qtrace.job.report.LineageTree;
import io.qtrace.job.report.TensorHistory;
import io.qtrace.job.text.Json;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "lineage",
    description = "Shows what was made from what, or every content that one tensor has had.",
    footerHeading = "%n",
    footer = {
      "Asks the tables; with --archive it audits the archive first, which takes no time when",
      "nothing changed.",
      "",
      "Examples:",
      "  qtrace lineage --archive runs/",
      "  qtrace lineage --dot | dot -Tsvg > lineage.svg",
      "  qtrace lineage --tensor model.layers.0.self_attn.q_proj._Q"
    })
final class LineageCommand implements Callable<Integer> {
  @Option(names = "--archive", paramLabel = "URI", description = "Audit this archive first.")
  private String archive;

  @Option(
      names = "--tensor",
      paramLabel = "NAME",
      description = "Every distinct content of this tensor in order of time, and what made it.")
  private String tensor;

  @Option(names = "--dot", description = "Print the tree in Graphviz's language.")
  private boolean dot;

  @Mixin private Rules rules;
  @Mixin private Warehouse warehouse;
  @Mixin private ProgressOption progress;
  @Mixin private Output output;

  @Override
  public Integer call() throws IOException {
    Policy policy = rules.policy();
    Settings settings = rules.settings();
    try (SparkSession spark = warehouse.open()) {
      if (archive != null) {
        new Audit(spark, settings, policy, progress).run(archive);
      }
      LineageStore lineage = new LineageStore(spark);
      lineage.create();
      if (tensor != null) {
        TensorHistory history = history(lineage);
        output.print(history::lines, () -> Json.of(history));
      } else {
        LineageTree tree = tree(lineage);
        output.print(width -> dot ? tree.dot() : tree.lines(), () -> Json.of(tree));
      }
      return ExitStatus.CLEAN;
    }
  }

  private static LineageTree tree(LineageStore lineage) {
    List<String> paths =
        lineage.read(LineageTable.CHECKPOINTS, CheckpointRow.class, lit(true)).stream()
            .map(CheckpointRow::path)
            .toList();
    return LineageTree.of(paths, lineage.read(LineageTable.EDGES, EdgeRow.class, lit(true)));
  }

  private TensorHistory history(LineageStore lineage) {
    List<TensorRow> contents =
        lineage.read(LineageTable.TENSORS, TensorRow.class, col("name").equalTo(tensor));
    if (contents.isEmpty()) {
      throw new IllegalArgumentException(
          "Cannot find tensor: no checkpoint in the tables has one of that name");
    }
    return TensorHistory.of(
        tensor,
        lineage.read(LineageTable.CHECKPOINTS, CheckpointRow.class, lit(true)),
        contents,
        lineage.read(LineageTable.EDGES, EdgeRow.class, lit(true)),
        lineage.read(LineageTable.CHANGES, ChangeRow.class, col("name").equalTo(tensor)));
  }
}
