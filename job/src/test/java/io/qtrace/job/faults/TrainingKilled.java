package io.qtrace.job.faults;

import io.qtrace.job.Processes;
import io.qtrace.job.train.KilledTraining;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Training is killed with SIGKILL at some change of its folder, and started again. */
final class TrainingKilled implements Fault {
  private List<String> expected;

  @Override
  public String title() {
    return "training killed at a save";
  }

  @Override
  public int inGate() {
    return 1;
  }

  @Override
  public int inSoak() {
    return 50;
  }

  @Override
  public Tally run(long[] seeds, Path folder) throws Exception {
    Tally all = Tally.NONE;
    int before = KillingFileSystem.changes();
    expected = KilledTraining.train(folder.resolve("whole"));
    int changes = KillingFileSystem.changes() - before;
    for (int i = 0; i < seeds.length; i++) {
      Path output = folder.resolve(Integer.toString(i));
      Processes.Ended ended =
          Processes.run(
              new ProcessBuilder(
                  Processes.java(
                      KilledTraining.class,
                      output.toString(),
                      Integer.toString(1 + new Random(seeds[i]).nextInt(changes)))));
      if (ended.status() != 0 && ended.status() != Processes.SIGKILL) {
        throw new IOException(ended.err());
      }
      int killed = ended.status() == 0 ? 0 : 1;
      List<String> found = KilledTraining.train(output);
      all = all.plus(new Tally(1, killed, killed, expected.size(), 0, 0));
      all = all.plus(differences(found));
    }
    return all;
  }

  private Tally differences(List<String> found) throws IOException {
    List<String> lost = new ArrayList<>(expected);
    found.forEach(lost::remove);
    List<String> more = new ArrayList<>(found);
    expected.forEach(more::remove);
    return new Tally(0, 0, 0, 0, lost.size(), more.size());
  }
}
