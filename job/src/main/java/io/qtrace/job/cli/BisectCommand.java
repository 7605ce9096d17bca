package io.qtrace.job.cli;

import io.qtrace.job.audit.AuditedArchive;
import io.qtrace.job.conf.OpenSession;
import io.qtrace.job.lineage.LineageStore;
import io.qtrace.job.report.Bisection;
import io.qtrace.job.report.LineageTree;
import io.qtrace.job.text.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "bisect",
    description =
        "Shows the first edge on which a tensor, or any _Q, differs from that of a checkpoint, and why.",
    footerHeading = "%n",
    footer = {
      "Follows every line of descent from the checkpoint, in the tables of the last audit, to the",
      "first edge whose child has a different tensor, or none. Reads no checkpoint files.",
      "'qtrace lineage --tensor' shows the whole history of a tensor.",
      "",
      "Examples:",
      "  qtrace bisect --tensor model.layers.0.self_attn.q_proj._Q --since v2_initial.pt",
      "  qtrace bisect --q --since runs/a/v2_initial.pt --until runs/b/checkpoint_step20.pt"
    })
final class BisectCommand implements Callable<Integer> {
  private static final class What {
    @Option(names = "--tensor", paramLabel = "NAME", description = "Name of the tensor to follow.")
    private String tensor;

    @Option(names = "--q", description = "Follow every _Q instead of one tensor.")
    private boolean isQ;

    Optional<String> name() {
      return isQ ? Optional.empty() : Optional.of(tensor);
    }
  }

  @ArgGroup(multiplicity = "1")
  private What what;

  @Option(
      names = "--since",
      paramLabel = "CHECKPOINT",
      required = true,
      description =
          "Checkpoint to start from and compare with: its path as 'qtrace lineage' shows it, or the"
              + " end of it.")
  private String since;

  @Option(
      names = "--until",
      paramLabel = "CHECKPOINT",
      description = "Follow only the lines of descent that lead to this checkpoint; default: all.")
  private String until;

  @Mixin private StateOption state;
  @Mixin private Warehouse warehouse;
  @Mixin private Output output;

  @Override
  public Integer call() throws IOException {
    try (OpenSession session = warehouse.open()) {
      LineageStore lineage = state.read(new LineageStore(session.spark()));
      List<Bisection> found = new ArrayList<>();
      for (AuditedArchive archive : AuditedArchive.latest(lineage)) {
        LineageTree tree = LineageTree.of(archive);
        Optional<LineageTree.Node> start = tree.find(since);
        if (start.isPresent()) {
          found.add(
              Bisection.of(
                  tree,
                  start.get(),
                  until == null ? Optional.empty() : Optional.of(end(tree)),
                  what.name(),
                  lineage));
        }
      }
      if (found.isEmpty()) {
        throw unknown(since);
      }
      output.print(
          width -> found.stream().flatMap(one -> one.lines(width).stream()).toList(),
          () -> Json.of(found));
      return ExitStatus.CLEAN;
    }
  }

  private LineageTree.Node end(LineageTree tree) {
    return tree.find(until).orElseThrow(() -> unknown(until));
  }

  private static IllegalArgumentException unknown(String path) {
    return new IllegalArgumentException(
        "Cannot find checkpoint '%s': no audit has it, expected one that 'qtrace lineage' shows"
            .formatted(path));
  }
}
