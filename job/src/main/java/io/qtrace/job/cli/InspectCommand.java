package io.qtrace.job.cli;

import io.qtrace.arrow.ReadOptions;
import io.qtrace.compare.Measure;
import io.qtrace.compare.MemberPartial;
import io.qtrace.compare.RangeComparison;
import io.qtrace.compare.RangeTask;
import io.qtrace.compare.StorageCrc;
import io.qtrace.format.Checkpoints;
import io.qtrace.format.StateDictPrefix;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.ReadLimits;
import io.qtrace.job.report.Inspection;
import io.qtrace.job.report.PickleSecurity;
import io.qtrace.job.report.TensorDigests;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.PickledGlobal;
import io.qtrace.tensor.Storage;
import java.io.IOException;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "inspect",
    description =
        "Lists the tensors of a checkpoint and verifies its integrity; does not need Spark.",
    footerHeading = "%n",
    footer = {
      "Formats: torch.save (zip and legacy), safetensors, Hugging Face index (*.index.json).",
      "",
      "Examples:",
      "  qtrace inspect runs/a/checkpoint_step100.pt",
      "  qtrace inspect model.safetensors --fingerprint --format json",
      "  qtrace inspect downloaded.bin --security"
    })
final class InspectCommand implements Callable<Integer> {
  private static final long MEMORY_BYTES = 16 << 20;

  @Parameters(paramLabel = "FILE", description = "Checkpoint: path or URI.")
  private String file;

  @Option(
      names = "--md5",
      description = "Read every tensor and print the first 16 digits of its MD5.")
  private boolean md5;

  @Option(names = "--fingerprint", description = "Read every tensor and print its fingerprint.")
  private boolean fingerprint;

  @Option(
      names = "--verify",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description =
          "Read the data and check its CRC-32, the default; --no-verify reads only the index.")
  private boolean verify;

  @Option(
      names = "--unwrap",
      description =
          "Strip prefixes such as 'model_state_dict.' and 'module.' from names, as comparisons do.")
  private boolean unwrap;

  @Option(
      names = "--security",
      description =
          "List the classes and functions that the file's pickles name, instead of its tensors, without"
              + " calling any. Exit status 1 if one of them runs code.")
  private boolean security;

  @Mixin private SettingsOption settings;
  @Mixin private PolicyOption policy;
  @Mixin private Output output;

  @Override
  public Integer call() throws IOException {
    ReadLimits limits = settings.read().limits().limits();
    ObjectStore store = new ObjectStore(limits.addTo(new Configuration()));
    Checkpoints checkpoints = new Checkpoints(store);
    if (security) {
      return listGlobals(checkpoints);
    }
    CheckpointIndex index = checkpoints.index(file);
    try (RangeComparison reading =
        new RangeComparison(store, MEMORY_BYTES, ReadOptions.LOCAL_DISK)) {
      if (verify) {
        verify(index, reading);
      }
      Inspection inspection =
          Inspection.of(
              unwrap ? StateDictPrefix.unwrapped(index) : index,
              policy.read().categories(),
              digests(reading),
              digestKinds());
      output.print(inspection::lines, inspection::json);
    }
    return ExitStatus.CLEAN;
  }

  private Integer listGlobals(Checkpoints checkpoints) throws IOException {
    checkpoints.scan(file);
    List<PickledGlobal> globals = checkpoints.globals();
    PickleSecurity found = PickleSecurity.of(file, checkpoints.globalCount(), globals);
    output.print(found::lines, found::json);
    boolean violation = globals.stream().anyMatch(global -> global.judgement().isViolation());
    return violation ? ExitStatus.VIOLATIONS : ExitStatus.CLEAN;
  }

  private Set<TensorDigests.Kind> digestKinds() {
    Set<TensorDigests.Kind> kinds = EnumSet.noneOf(TensorDigests.Kind.class);
    if (md5) {
      kinds.add(TensorDigests.Kind.MD5_16);
    }
    if (fingerprint) {
      kinds.add(TensorDigests.Kind.FINGERPRINT);
    }
    return kinds;
  }

  // Reads every storage whose CRC-32 the file states.
  private static void verify(CheckpointIndex index, RangeComparison reading) throws IOException {
    Set<Storage> storages = new LinkedHashSet<>();
    index.tensors().forEach(tensor -> storages.add(tensor.storage()));
    for (Storage storage : storages) {
      if (storage.crc32() != Storage.UNVERIFIED) {
        RangeTask.Member bytes =
            new RangeTask.Member(
                storage.key(), StorageCrc.wholeStorage(storage), EnumSet.of(Measure.CRC));
        RangeTask task = RangeTask.whole(List.of(bytes), List.of());
        reading.run(task).members().get(0).crc().verify(storage);
      }
    }
  }

  // Reads a tensor as comparisons do.
  private static TensorDigests digests(RangeComparison reading) {
    return (tensor, kinds) -> {
      Set<Measure> measures = EnumSet.noneOf(Measure.class);
      kinds.forEach(
          kind ->
              measures.add(
                  switch (kind) {
                    case MD5_16 -> Measure.MD5;
                    case FINGERPRINT -> Measure.FINGERPRINT;
                  }));
      RangeTask.Member member = new RangeTask.Member(tensor.storage().file(), tensor, measures);
      MemberPartial read =
          reading.run(RangeTask.whole(List.of(member), List.of())).members().get(0);
      Map<TensorDigests.Kind, String> digests = new EnumMap<>(TensorDigests.Kind.class);
      for (TensorDigests.Kind kind : kinds) {
        digests.put(
            kind,
            switch (kind) {
              case MD5_16 -> read.md5Prefix();
              case FINGERPRINT -> read.fingerprint(tensor).toString();
            });
      }
      return digests;
    };
  }
}
