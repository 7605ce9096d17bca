package io.qtrace.job.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.ClassArchive;
import io.qtrace.job.LocalSpark;
import io.qtrace.job.lineage.LineageTable;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The command on executors of their own while it trains: the first is killed, the next loses its
 * device.
 */
@Tag("system")
class TestKilledExecutor {
  private static final Map<String, Object> SETTINGS = Map.of("max-steps", 40, "save-steps", 4);

  @TempDir Path folder;

  @Test
  @Timeout(300)
  void runEndsLikeAnUninterruptedOne() throws Exception {
    Path whole = folder.resolve("whole");
    TrainSettings settings = TrainRuns.settings(whole, SETTINGS);
    TrainRun undisturbed =
        new TrainLoop(
                TrainRuns.STORE,
                TrainRuns.plan(settings),
                new TrainLoop.Place(0, "cpu", mine -> mine),
                step -> {})
            .run();

    Path disturbed = folder.resolve("disturbed");
    Process command = train(settings, "faulty:" + disturbed);
    try {
      kill(command, disturbed);
      assertThat(command.waitFor(240, TimeUnit.SECONDS)).isTrue();
    } finally {
      command.descendants().forEach(ProcessHandle::destroyForcibly);
      command.destroyForcibly();
    }
    String errors = Files.readString(folder.resolve("err"));
    assertThat(command.exitValue()).as(errors).isZero();
    assertThat(errors)
        .contains(
            "Lost executor 0",
            "Cannot use the device any longer, this executor ends: ",
            "CUDA error: an illegal memory access was encountered",
            "Lost executor 1");
    for (int step = 4; step <= settings.maxSteps(); step += 4) {
      String file = RunFolder.checkpoint(step);
      assertThat(disturbed.resolve(file)).hasSameBinaryContentAs(whole.resolve(file));
    }
    assertThat(stepsInTheTable())
        .containsExactlyElementsOf(
            undisturbed.steps().stream()
                .map(
                    step ->
                        RowFactory.create(
                            step.step(),
                            step.loss(),
                            step.gradientNorm(),
                            step.lr(),
                            step.lutLr(),
                            step.tokens()))
                .toList());
  }

  private List<Row> stepsInTheTable() {
    return LocalSpark.session(folder.resolve("w"))
        .table(LineageTable.TRAIN_STEPS.tableName())
        .orderBy("step")
        .select("step", "loss", "gradient_norm", "lr", "lut_lr", "tokens")
        .collectAsList();
  }

  // As soon as there is something to go on from, with most of the steps still to come.
  private static void kill(Process command, Path run) throws Exception {
    while (states(run) == 0) {
      assertThat(command.isAlive()).isTrue();
      Thread.sleep(5);
    }
    // The processes that the command starts are its executors: one at a time.
    ProcessHandle executor = command.descendants().findFirst().orElseThrow();
    executor.destroyForcibly();
    executor.onExit().get();
    assertThat(run.resolve(".train/run.json")).doesNotExist();
  }

  private static long states(Path run) throws IOException {
    Path own = run.resolve(".train");
    if (!Files.isDirectory(own)) {
      return 0;
    }
    try (Stream<Path> files = Files.list(own)) {
      return files.filter(file -> file.getFileName().toString().startsWith("state_step")).count();
    }
  }

  private Process train(TrainSettings settings, String output) throws IOException {
    Files.createDirectories(folder.resolve("spark/jars")); // what executors need is on their path
    Files.createFile(folder.resolve("spark/RELEASE"));
    ClassArchive archive = ClassArchive.get();
    List<String> line =
        new ArrayList<>(List.of(ProcessHandle.current().info().command().orElseThrow()));
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("--add") || argument.startsWith("-D"))
        .forEach(line::add);
    line.addAll(archive.options());
    line.addAll(
        List.of(
            "-XX:TieredStopAtLevel=1",
            "-cp",
            archive.classPath(),
            "-Dspark.hadoop.fs.faulty.impl=" + FaultyFileSystem.class.getName(),
            "-Dspark.master=local-cluster[1,1,1024]",
            "-Dspark.executor.extraClassPath=" + archive.classPath(),
            "-Dspark.executor.extraJavaOptions=-Dai.djl.pytorch.num_threads=1"
                + " -XX:TieredStopAtLevel=1 "
                + archive.sparkOptions(),
            "io.qtrace.job.cli.Main",
            "train",
            "--checkpoint",
            settings.checkpoint(),
            "--model",
            settings.model(),
            "--cache-dir",
            settings.cacheDir(),
            "--output-dir",
            output,
            "--train-lut",
            "--lr",
            "" + settings.lr(),
            "--lut-lr",
            "" + settings.lutLr(),
            "--seed",
            "" + settings.seed(),
            "--max-steps",
            "" + settings.maxSteps(),
            "--save-steps",
            "" + settings.saveSteps(),
            "--warehouse",
            folder.resolve("w").toString()));
    ProcessBuilder builder =
        new ProcessBuilder(line)
            .redirectOutput(folder.resolve("out").toFile())
            .redirectError(folder.resolve("err").toFile());
    builder.environment().put("SPARK_HOME", folder.resolve("spark").toString());
    builder.environment().put("SPARK_SCALA_VERSION", "2.13");
    return builder.start();
  }
}
