package io.qtrace.job.bake;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.format.CheckpointWriter;
import io.qtrace.format.Checkpoints;
import io.qtrace.format.StoredTensors;
import io.qtrace.format.WriteOptions;
import io.qtrace.io.ObjectStore;
import io.qtrace.job.PyTorch;
import io.qtrace.job.Sample;
import io.qtrace.job.text.Json;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.StateDict;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** PyTorch's files, read and written by qtrace, are the same files to PyTorch. */
@Tag("archive")
class TestRoundTrip {
  private static final Path FORMATS = Path.of("../udfs/src/test/resources/formats");
  private static final ObjectStore STORE = new ObjectStore(new Configuration());

  /** What PyTorch has no safetensors for. */
  private static final Set<DType> ZIP_ONLY = Set.of(DType.COMPLEX128, DType.COMPLEX32);

  /** Files of classes that PyTorch cannot find here either. */
  private static final Set<String> MODULES = Set.of("whole_module.pt");

  private static final String COMPARE =
      """
      import json, os, sys
      os.environ["TORCH_SERIALIZATION_DEBUG"] = "1"  # asserts that positions follow from sizes
      import torch
      from safetensors.torch import load_file, save_file
      from torch.utils.serialization import config

      config.load.calculate_storage_offsets = True

      def flat(value, path, into):
          if isinstance(value, torch.Tensor):
              into[path or "tensor"] = value.detach()
          elif isinstance(value, (dict, list, tuple)):
              items = value.items() if isinstance(value, dict) else enumerate(value)
              for key, item in items:
                  flat(item, f"{path}.{key}" if path else str(key), into)
          return into

      def bits(t):
          return t.contiguous().reshape(-1).view(torch.uint8)

      def storage(t):
          return torch.empty(0, dtype=torch.uint8).set_(t.untyped_storage())

      def ties(state):
          groups = {}
          for name, t in state.items():
              if t.untyped_storage().nbytes():
                  groups.setdefault(t.untyped_storage().data_ptr(), []).append(name)
          return sorted(sorted(names) for names in groups.values())

      compared = 0
      for case in json.loads(open(sys.argv[1]).read()):
          path, ours, names = case["file"], case["ours"], case["names"]
          if path.endswith(".safetensors"):
              wanted = load_file(path)
          else:
              wanted = flat(torch.load(path, weights_only=False), "", {})
          wanted = {n: wanted[n] for n in names}
          for mmap in (True, False):
              state = torch.load(ours, weights_only=True, mmap=mmap)
              assert list(state) == names, (path, list(state))
              assert ties(state) == ties(wanted), (path, ties(state), ties(wanted))
              for name, t in wanted.items():
                  o = state[name]
                  assert (o.dtype, o.shape) == (t.dtype, t.shape), (path, name, o.dtype, o.shape)
                  assert (o.stride(), o.storage_offset()) == (t.stride(), t.storage_offset()), (path, name)
                  assert torch.equal(bits(o), bits(t)), (path, name)
                  assert torch.equal(storage(o), storage(t)), (path, name)
                  compared += 1
          if case["safetensors"]:
              state = load_file(case["safetensors"])
              assert set(state) == set(names), path
              golden = case["safetensors"] + ".golden"
              save_file({n: t.clone(memory_format=torch.contiguous_format)
                  for n, t in wanted.items()}, golden, metadata={"format": "pt"})
              assert open(golden, "rb").read() == open(case["safetensors"], "rb").read(), path
              compared += 1
      print(compared)
      """;

  @TempDir private Path folder;

  /** A file, what was written of it, and the tensors it has. */
  private record Case(String file, String ours, String safetensors, List<String> names) {}

  @Test
  void keepsContentAndTiedTensors() throws Exception {
    List<Path> files = new ArrayList<>(files(FORMATS));
    files.addAll(files(Sample.ARCHIVE));
    files.removeIf(file -> MODULES.contains(file.getFileName().toString()));
    assertThat(files).hasSizeGreaterThan(38);
    List<Case> cases = new ArrayList<>();
    for (Path file : files) {
      cases.add(write(file, folder.resolve(cases.size() + ".pt")));
    }
    Path manifest = Files.writeString(folder.resolve("cases.json"), Json.of(cases));
    int compared = Integer.parseInt(PyTorch.run(COMPARE, manifest.toString()).strip());
    int tensors = cases.stream().mapToInt(each -> each.names().size()).sum();
    long safetensors = cases.stream().filter(each -> each.safetensors() != null).count();
    assertThat(compared).isEqualTo(2L * tensors + safetensors).isGreaterThan(4000);
  }

  private static Case write(Path file, Path ours) throws IOException {
    CheckpointIndex index = new Checkpoints(STORE).index(file.toString());
    try (StoredTensors stored = new StoredTensors(STORE)) {
      List<StateDict.Tensor> views = new ArrayList<>();
      List<StateDict.Tensor> compact = new ArrayList<>();
      for (TensorEntry tensor : index.tensors()) {
        views.add(stored.view(tensor));
        compact.add(stored.compact(tensor));
      }
      write(ours.toString(), views);
      String other = ours + ".safetensors";
      boolean fits = index.tensors().stream().noneMatch(t -> ZIP_ONLY.contains(t.dtype()));
      if (fits) {
        write(other, compact);
      }
      List<String> names = index.tensors().stream().map(TensorEntry::name).toList();
      return new Case(
          file.toAbsolutePath().toString(), ours.toString(), fits ? other : null, names);
    }
  }

  private static void write(String file, List<StateDict.Tensor> tensors) throws IOException {
    new CheckpointWriter(STORE).write(file, new StateDict(tensors), WriteOptions.replacing(file));
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(file -> file.toString().matches(".*\\.(pt|safetensors)"))
          .sorted()
          .toList();
    }
  }
}
