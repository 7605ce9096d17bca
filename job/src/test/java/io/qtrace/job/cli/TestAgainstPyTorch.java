package io.qtrace.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qtrace.job.PyTorch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that the PyTorch of this machine writes while the tests run, read back by qtrace. */
@Tag("archive")
class TestAgainstPyTorch {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String SAVE =
      """
      import collections, hashlib, json, sys
      import torch
      from safetensors.torch import save_file

      path, way = sys.argv[1:]
      g = torch.Generator().manual_seed(20261123)
      base = torch.randn(37, 41, generator=g)
      state = collections.OrderedDict(
          {str(t)[6:]: (base * 50).to(t) for t in (torch.float32, torch.float64, torch.float16,
              torch.bfloat16, torch.int64, torch.int16, torch.int8, torch.bool)})
      state["uint8"] = torch.randint(0, 255, (1025,), generator=g, dtype=torch.uint8)
      state["nan"] = torch.tensor([float("nan"), float("inf"), -float("inf"), -0.0, 1e-45])
      state["big"] = torch.randn(1025, 1031, generator=g)
      if way != "safetensors":
          state["transposed"] = base.t()
          state["slice"] = base[3:20:2, 5:]
          state["expanded"] = base[:1].expand(5, 41)
          state["channels_last"] = torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last)
          state["tied"] = state["big"]
          state["parameter"] = torch.nn.Parameter(base.clone())
      if way == "safetensors":
          save_file(state, path)
      else:
          torch.save({"state_dict": state, "step": 3} if way == "nested" else state, path,
              _use_new_zipfile_serialization=way != "legacy")

      def md5(t):
          return hashlib.md5(t.detach().contiguous().flatten().view(torch.uint8).numpy().tobytes()
              if t.numel() else b"").hexdigest()[:16]
      print(json.dumps({n: [str(t.dtype)[6:], list(t.shape), md5(t)] for n, t in state.items()}))
      """;

  private static final String DIFF =
      """
      import json, sys
      import torch

      left, right = sys.argv[1:]
      g = torch.Generator().manual_seed(7)
      a, b = {}, {}
      for i, (l, r) in enumerate([(torch.float32, torch.float32), (torch.bfloat16, torch.bfloat16),
              (torch.float16, torch.float32), (torch.float32, torch.bfloat16),
              (torch.int16, torch.int64), (torch.float64, torch.float32)]):
          x = torch.randn(1200, 1000, generator=g) * 100
          y = x.clone()
          y.view(-1)[:: 1 + i * 999] += torch.randn(len(y.view(-1)[:: 1 + i * 999]), generator=g)
          a[f"t{i}"], b[f"t{i}"] = x.to(l), y.to(r)
      torch.save(a, left)
      torch.save(b, right)
      out = {}
      for n in a:
          wide = a[n].dtype in (torch.float64, torch.int64) or b[n].dtype in (torch.float64, torch.int64)
          f = torch.float64 if wide else torch.float32
          d = (a[n].to(f) - b[n].to(f)).abs()
          out[n] = [int((d != 0).sum()), d.max().item(), d.double().sum().item()]
      print(json.dumps(out))
      """;

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"zip", "legacy", "nested", "safetensors"})
  void readsWhatItSaves(String way) throws Exception {
    Path file = folder.resolve(way.equals("safetensors") ? "t.safetensors" : "t.pt");
    JsonNode expected = JSON.readTree(PyTorch.run(SAVE, file.toString(), way));
    CommandRun run =
        CommandRun.of("inspect", "--md5", "--unwrap", "--format", "json", file.toString());
    assertThat(run.err()).isEmpty();
    assertThat(tensors(run.out()))
        .isEqualTo(entries(expected))
        .hasSize(way.equals("safetensors") ? 11 : 17);
  }

  @Test
  void comparesAsItDoes() throws Exception {
    Path left = folder.resolve("left.pt");
    Path right = folder.resolve("right.pt");
    JsonNode expected = JSON.readTree(PyTorch.run(DIFF, left.toString(), right.toString()));
    CommandRun run = CommandRun.of("diff", "--format", "json", left.toString(), right.toString());
    JsonNode tensors = JSON.readTree(run.out()).get("tensors");
    assertThat(tensors).hasSameSizeAs(expected).hasSize(6);
    for (JsonNode tensor : tensors) {
      JsonNode numbers = expected.get(tensor.get("name").asText());
      assertThat(tensor.get("changed_elements").asLong()).isEqualTo(numbers.get(0).asLong());
      assertThat(tensor.get("max_abs").asDouble()).isEqualTo(numbers.get(1).asDouble());
      double sum = numbers.get(2).asDouble();
      assertThat(Math.abs(tensor.get("sum_abs").asDouble() - sum)).isLessThanOrEqualTo(1e-6 * sum);
    }
    assertThat(run.status()).isZero(); // so may the training of a float model
  }

  private static Map<String, String> tensors(String json) throws IOException {
    Map<String, String> tensors = new TreeMap<>();
    for (JsonNode tensor : JSON.readTree(json).get("tensors")) {
      tensors.put(
          tensor.get("name").asText(),
          tensor.get("dtype") + " " + tensor.get("shape") + " " + tensor.get("md5_16"));
    }
    return tensors;
  }

  private static Map<String, String> entries(JsonNode expected) {
    Map<String, String> entries = new TreeMap<>();
    expected
        .fields()
        .forEachRemaining(
            entry ->
                entries.put(
                    entry.getKey(),
                    entry.getValue().get(0)
                        + " "
                        + entry.getValue().get(1)
                        + " "
                        + entry.getValue().get(2)));
    return entries;
  }
}
