package io.qtrace.job.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.policy.Policy;
import io.qtrace.job.report.TensorDigests.Kind;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.Storage;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TestInspection {
  private static final Storage STORAGE =
      new Storage("file:/x.pt", "0", 64, 96, Storage.Order.LITTLE, Storage.UNVERIFIED);
  private static final CheckpointIndex INDEX =
      new CheckpointIndex(
          "file:/x.pt",
          "torch-zip",
          List.of(
              TensorEntry.contiguous("a._Q", DType.FLOAT32, Shape.of(2, 3), STORAGE),
              new TensorEntry("a.lut", DType.FLOAT16, Shape.of(3, 2), List.of(1L, 3L), 4, STORAGE)),
          List.of(new CheckpointIndex.Skipped("b\n", "sparse")));

  @Test
  void jsonHasTheNamesOfTheInterface() throws IOException {
    assertThat(inspection(Set.of()).json())
        .isEqualToIgnoringWhitespace(
            """
            {"path": "file:/x.pt", "format": "torch-zip", "tensors": [
              {"name": "a._Q", "category": "q", "dtype": "float32", "shape": [2, 3],
               "stride": [3, 1], "offset": 0, "bytes": 24},
              {"name": "a.lut", "category": "lut", "dtype": "float16", "shape": [3, 2],
               "stride": [1, 3], "offset": 4, "bytes": 12}],
             "skipped": [{"name": "b\\n", "reason": "sparse"}]}
            """);
  }

  @Test
  void digestsAreThereWhenAskedFor() throws IOException {
    assertThat(inspection(Set.of(Kind.MD5_16)).json())
        .contains("\"md5_16\" : \"MD5_16 of a._Q\"")
        .doesNotContain("fingerprint");
    assertThat(inspection(Set.of(Kind.FINGERPRINT)).json())
        .contains("\"fingerprint\" : \"FINGERPRINT of a.lut\"")
        .doesNotContain("md5");
  }

  @Test
  void textCountsCategoriesAndListsTensors() throws IOException {
    assertThat(inspection(Set.of()).lines(100))
        .containsExactly(
            "file:/x.pt",
            "torch-zip, 2 tensors, 36 B",
            "",
            "category  tensors  bytes",
            "lut             1     12",
            "q               1     24",
            "",
            "name   category  dtype    shape   bytes  layout",
            "a._Q   q         float32  [2, 3]     24",
            "a.lut  lut       float16  [3, 2]     12  stride [1, 3] offset 4",
            "",
            "skipped  reason",
            "b\\n      sparse");
  }

  @Test
  void showsNotesWhereThereAreAny() throws IOException {
    TensorDigests none = (tensor, asked) -> Map.of();
    Inspection noted =
        Inspection.of(
            INDEX.noted("read otherwise"),
            Policy.load(Optional.empty()).categories(),
            none,
            Set.of());
    assertThat(noted.lines(100)).endsWith("", "note: read otherwise");
    assertThat(noted.json()).contains("\"notes\" : [ \"read otherwise\" ]");
  }

  private static Inspection inspection(Set<Kind> kinds) throws IOException {
    TensorDigests digests =
        (tensor, asked) -> {
          Map<Kind, String> told = new EnumMap<>(Kind.class);
          asked.forEach(kind -> told.put(kind, kind + " of " + tensor.name()));
          return told;
        };
    return Inspection.of(INDEX, Policy.load(Optional.empty()).categories(), digests, kinds);
  }
}
