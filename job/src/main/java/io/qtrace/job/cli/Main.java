package io.qtrace.job.cli;

import io.qtrace.job.conf.Preload;
import io.qtrace.job.text.Terminal;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** Entry point of the qtrace command. */
@Command(
    name = "qtrace",
    versionProvider = Version.class,
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    usageHelpWidth = 100,
    sortOptions = false,
    synopsisSubcommandLabel = "COMMAND",
    description = "Traces what changes in a model's weights across training runs, and why.",
    footerHeading = "%n",
    footer = {
      "Examples:",
      "  qtrace inspect runs/a/checkpoint_step100.pt      tensors of a checkpoint",
      "  qtrace diff v2_initial.pt checkpoint_step20.pt   what changed, and whether that is allowed",
      "  qtrace explain v2_initial.pt baked_step200.pt    layer by layer, and why",
      "  qtrace audit --archive runs/                     every checkpoint of every run",
      "  qtrace lineage --tensor NAME                     every version of a tensor",
      "  qtrace report --out report.html                  the last audit as a page for the browser",
      "  qtrace bisect --q --since v2_initial.pt          where _Q first changed, and why",
      "  qtrace attest baked_step200.pt                   a statement of how it was made, for signing",
      "  qtrace bake checkpoint_step200.pt baked.pt       write trained LUTs into a new checkpoint",
      "  qtrace train --recipe FILE                       train LUTs and scales, write checkpoints",
      "  qtrace experiment --config FILE                  train, compare, conclude",
      "  qtrace sql                                       query the tables in a shell",
      "  qtrace sql -e 'SELECT * FROM checkpoints'        one query",
      "  qtrace maintain                                  merge small files, expire old states",
      "  qtrace COMMAND --help                            options and examples of a command",
      "",
      "Options of spark-submit go before the command:",
      "  qtrace --master local-cluster[2,1,1024] --conf spark.ui.enabled=true sql -e 'SELECT 1'",
      "  (--master, --deploy-mode, --conf, --properties-file, --driver-memory, --executor-memory,",
      "  --executor-cores, --total-executor-cores, --num-executors, --packages, --jars)",
      "If SPARK_HOME is set, that Spark is used, otherwise a bundled one, assembled on the first call.",
      "",
      "Results go to standard output, everything else to standard error.",
      "Exit status: 0 clean, 1 violations found, 2 error (--verbose adds the stack trace)."
    })
public final class Main implements Callable<Integer> {
  // A new command: its class here and, if it needs Spark, its name in scripts/qtrace.
  private static final List<Class<? extends Callable<Integer>>> COMMANDS =
      List.of(
          InspectCommand.class,
          DiffCommand.class,
          ExplainCommand.class,
          AuditCommand.class,
          LineageCommand.class,
          ReportCommand.class,
          BisectCommand.class,
          AttestCommand.class,
          BakeCommand.class,
          SyncCommand.class,
          TrainCommand.class,
          ExperimentCommand.class,
          SqlCommand.class,
          MaintainCommand.class,
          DemoCommand.class);

  @Option(
      names = "--verbose",
      scope = ScopeType.INHERIT,
      description = "Also print the stack trace of an error.")
  private boolean verbose;

  @Spec private CommandSpec spec;

  private final Optional<SparkSession> session;

  private Main() {
    this(Optional.empty());
  }

  private Main(Optional<SparkSession> session) {
    this.session = session;
  }

  public static void main(String[] args) {
    PrintWriter out = writer(FileDescriptor.out);
    PrintWriter err = writer(FileDescriptor.err);
    Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> endedThread(err, failure));
    Preload.context();
    System.exit(run(out, err, args));
  }

  /** Runs one command line and returns its exit status. */
  static int run(PrintWriter out, PrintWriter err, String... args) {
    return new Main().run(out, err, List.of(args));
  }

  /** The same in a shell, whose session the command uses and leaves open. */
  static int run(PrintWriter out, PrintWriter err, SparkSession session, List<String> args) {
    return new Main(Optional.of(session)).run(out, err, args);
  }

  /** All commands. */
  static CommandLine commandLine() {
    return new Main().commandLine(COMMANDS);
  }

  // Reading the annotations of a command takes long: of all commands half a second.
  private CommandLine commandLine(List<Class<? extends Callable<Integer>>> commands) {
    CommandLine commandLine = new CommandLine(this);
    commands.forEach(commandLine::addSubcommand);
    return commandLine;
  }

  // The command of the first argument; all commands if it names none, for their help.
  private static List<Class<? extends Callable<Integer>>> commands(List<String> args) {
    List<Class<? extends Callable<Integer>>> named =
        COMMANDS.stream().filter(command -> args.indexOf(name(command)) == 0).toList();
    return named.isEmpty() ? COMMANDS : named;
  }

  private static String name(Class<?> command) {
    return command.getAnnotation(Command.class).name();
  }

  /** The root of a command. */
  static Main of(CommandSpec command) {
    return (Main) command.root().userObject();
  }

  /** The session of the shell that the command runs in. */
  Optional<SparkSession> session() {
    return session;
  }

  private int run(PrintWriter out, PrintWriter err, List<String> args) {
    CommandLine commandLine =
        commandLine(commands(args))
            .setOut(out)
            .setErr(err)
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setExpandAtFiles(false) // a file's name may begin with it
            .setParameterExceptionHandler(Main::badUsage)
            .setExecutionExceptionHandler(this::failed);
    int status =
        SecretArguments.complaint(args)
            .or(() -> SecretArguments.complaint(SecretArguments.ofProcess()))
            .map(complaint -> refused(commandLine, complaint))
            .orElseGet(() -> execute(commandLine, args.toArray(new String[0])));
    out.flush();
    err.flush();
    return status;
  }

  /** Without a command: prints the help, but on standard error. */
  @Override
  public Integer call() {
    spec.commandLine().usage(spec.commandLine().getErr());
    return ExitStatus.FAILED;
  }

  private static int refused(CommandLine command, String complaint) {
    report(command, complaint);
    return ExitStatus.FAILED;
  }

  private static int badUsage(ParameterException failure, String[] args) {
    CommandLine command = failure.getCommandLine();
    report(command, Failure.reason(failure));
    command.getErr().println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
    return ExitStatus.FAILED;
  }

  // Picocli handles exceptions only, not that memory runs out.
  private int execute(CommandLine command, String... args) {
    try {
      return command.execute(args);
    } catch (VirtualMachineError e) {
      return failed(e, command, null);
    }
  }

  private int failed(Throwable failure, CommandLine command, ParseResult parsed) {
    report(command, Failure.reason(failure));
    if (verbose) {
      command.getErr().print(Failure.trace(failure));
      command.getErr().flush();
    }
    return ExitStatus.FAILED;
  }

  private static void report(CommandLine command, String reason) {
    ProgressLine.clear(command.getErr(), Terminal.hasErrorLine());
    command.getErr().println("qtrace: " + reason);
  }

  // If a thread of Spark's runs out of memory, the command would wait for it for ever.
  private static void endedThread(PrintWriter err, Throwable failure) {
    if (failure instanceof VirtualMachineError) {
      err.println("qtrace: " + Failure.reason(failure));
      Runtime.getRuntime().halt(ExitStatus.FAILED);
    }
    err.print(Failure.trace(failure));
    err.flush();
  }

  private static PrintWriter writer(FileDescriptor stream) {
    return new PrintWriter(new FileOutputStream(stream), true, StandardCharsets.UTF_8);
  }
}
