package io.qtrace.job.cli;

import io.qtrace.job.shell.ShellCommands;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.spark.sql.SparkSession;
import picocli.AutoComplete;
import picocli.CommandLine;

/**
 * The commands that can run in the shell of {@code qtrace sql}: all but {@code sql} itself and the
 * demo.
 */
final class CommandsInShell implements ShellCommands {
  private final SparkSession session;
  private final CommandLine all = Main.commandLine();
  private final Set<String> names = new LinkedHashSet<>(all.getSubcommands().keySet());

  CommandsInShell(SparkSession session) {
    this.session = session;
    names.removeAll(Set.of("sql", "demo"));
  }

  @Override
  public Set<String> names() {
    return names;
  }

  @Override
  public String run(List<String> words, PrintWriter err) {
    StringWriter out = new StringWriter();
    Main.run(new PrintWriter(out), err, session, words);
    return out.toString();
  }

  @Override
  public List<String> candidates(List<String> words) {
    int last = words.size() - 1;
    String unfinished = words.get(last);
    List<CharSequence> ends = new ArrayList<>();
    AutoComplete.complete(
        all.getCommandSpec(),
        words.toArray(new String[0]),
        last,
        unfinished.length(),
        String.join(" ", words).length(),
        ends);
    return ends.stream().map(end -> unfinished + end).toList();
  }

  @Override
  public String reason(Throwable failure) {
    return Failure.reason(failure);
  }
}
