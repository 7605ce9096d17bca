package io.qtrace.job.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.faults.CuttableWire.Side;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each fault as often as the gate has it; with {@code -Dqtrace.soak=1} as often as the soak, or a
 * fraction of that. The figures are in {@code target/faults.txt}.
 */
@Tag("system")
class TestFaults {
  private static final String SOAK = System.getProperty("qtrace.soak");
  private static final String ONLY = System.getProperty("qtrace.soak.only", "");
  private static final long SEED = Long.getLong("qtrace.soak.seed", 20261127);

  private static final List<String> FIGURES = new ArrayList<>(List.of(Tally.HEADER));

  @TempDir private static Path folder;
  private static Bench bench;

  @BeforeAll
  static void setUp() throws IOException {
    bench = Bench.in(folder);
  }

  @AfterAll
  static void close() throws IOException {
    bench.close();
  }

  static Stream<Named<Fault>> faults() {
    List<Fault> faults = new ArrayList<>();
    faults.add(new CatalogCut(bench, Side.BEFORE));
    faults.add(new CatalogCut(bench, Side.AFTER));
    faults.add(new TwoAudits(bench));
    faults.add(new WarehouseFull(bench));
    for (FaultyAnswers.Kind kind : FaultyAnswers.Kind.values()) {
      faults.add(new ObjectStoreFault(bench, kind));
    }
    faults.add(new CheckpointReplaced(bench));
    faults.add(new ClockSetBack(bench));
    faults.add(new DriverKilled(bench));
    faults.add(new ExecutorFault(bench));
    faults.add(new TrainingKilled());
    faults.add(new ScratchLost(bench)); // last: it needs another Spark
    return faults.stream()
        .filter(fault -> fault.title().matches(".*(" + ONLY + ").*"))
        .map(fault -> Named.of(fault.title(), fault));
  }

  @ParameterizedTest
  @MethodSource("faults")
  void neitherLosesNorDuplicatesRows(Fault fault) throws Exception {
    Path own = Files.createTempDirectory(folder, "fault");

    Tally tally = fault.run(seeds(fault), own);

    FIGURES.add(tally.line(fault.title()));
    Files.write(Files.createDirectories(Path.of("target")).resolve("faults.txt"), FIGURES);
    assertThat(tally.strikes()).isPositive();
    assertThat(tally.rows()).isPositive();
    assertThat(tally.lost()).as("lost").isZero();
    assertThat(tally.doubled()).as("double").isZero();
  }

  private static long[] seeds(Fault fault) {
    int count =
        SOAK == null ? fault.inGate() : (int) Math.ceil(fault.inSoak() * Double.parseDouble(SOAK));
    return new Random(SEED ^ fault.title().hashCode()).longs(count).toArray();
  }
}
