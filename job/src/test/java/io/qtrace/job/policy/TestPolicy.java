package io.qtrace.job.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.job.operations.Bake;
import io.qtrace.job.operations.Operations;
import io.qtrace.job.operations.Train;
import io.qtrace.lut.Category;
import io.qtrace.lut.CategoryRules;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TestPolicy {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "model.layers.0.mlp.up_proj._lut_raw_deltas, LUT_DELTAS",
    "model.layers.0.mlp.up_proj.lut, LUT",
    "model.layers.0.mlp.up_proj._Q, Q",
    "model.layers.0.mlp.up_proj._indices, INDICES",
    "model.layers.0.mlp.up_proj.scale_A, SCALE",
    "model.layers.0.mlp.up_proj.scale_B, SCALE",
    "model.layers.0.mlp.up_proj.rank_magnitude, SCALE",
    "model.layers.0.mlp.up_proj.weight, OTHER",
    "model.layers.0.mlp.up_proj._scales_baked_flag, OTHER",
    "lut, OTHER",
    "a.lut_b._lut, OTHER",
    "a._Q._lut_raw_deltas, LUT_DELTAS"
  })
  void sortsNamesAsTheNotebookDoes(String name, Category category) throws IOException {
    assertThat(packaged().categories().of(name)).isEqualTo(category);
  }

  @Test
  void itsOwnCategoriesReplaceThoseOfSql() throws IOException {
    Policy own =
        edited("version: 1", "version: 1\ncategories: [{category: q, contains: [weight]}]");
    assertThat(own.categories().of("a.weight")).isEqualTo(Category.Q);
    assertThat(own.categories().of("a._Q")).isEqualTo(Category.OTHER);
    assertThat(packaged().categories()).isEqualTo(CategoryRules.DEFAULT);
  }

  @Test
  void trainingMayNeverChangeQ() throws IOException {
    assertThat(packaged().expectation(Train.KIND, Subject.Q)).isEqualTo(Expectation.NEVER);
    assertThat(packaged().expectation(Train.KIND, Subject.SCALE)).isEqualTo(Expectation.INFERRED);
    assertThat(packaged().expectation(Bake.KIND, Subject.Q)).isEqualTo(Expectation.MAY);
  }

  @Test
  void anyChangeOfTheTextChangesTheHash() throws IOException {
    Policy edited = edited("version: 1", "version: 2");
    assertThat(edited.version()).isEqualTo(2);
    assertThat(edited.hash()).isNotEqualTo(packaged().hash());
    assertThat(packaged().hash()).isEqualTo(packaged().hash()).hasSize(32);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "q: never                | q: perhaps       | edges.train.q: 'perhaps', expected one of [must, may, inferred, never]",
        "q: never                | p: never         | edges.train: 'p', expected one of [lut_deltas, ",
        "q: never, indices       | indices          | no expectation edges.train.q",
        "version: 1              | version: ~       | version: it is null, expected a value",
        "waivers: []             | waivers: [~]     | waivers[0]: it is null, expected a value",
        "version: 1              | versoin: 1       | version: it is missing",
        "edges:                  | categories: [{category: q, contains: [a], witout: [b]}] | categories[0].witout: unknown setting, expected one of [category, contains, without]",
        "without: [\".mlp.\"]      | witout: []       | overrides[2].witout: unknown setting",
        "config: {train_lut: false} | config: {}     | Invalid override no-lut: for every run, expected runs or config",
        "{train_lut: false}      | {train_lut: {}}  | Invalid override no-lut: config.train_lut, expected a value or a list of values",
        "{train_lut: false}      | {train_lut: }    | overrides[1].config.train_lut: it is null, expected a value",
        "config: {train_lut: false} | runs: ['[']    | Invalid glob: [",
        "name: no-scales         | name: no-lut     | Invalid policy: two overrides of the name no-lut",
        "waivers: []             | waivers: [{rule: a, reason: b, expires: soon}] | Invalid waiver of a: expires soon, expected a date such as 2027-01-31",
        "waivers: []             | waivers: [{rule: a, reason: ' ', expires: 2027-01-31}] | Invalid waiver of a: no reason",
        "waivers: []             | waivers: [{rule: a, reason: b}] | waivers[0].expires: it is missing",
        "waivers: []             | waivers: [{rule: a, reason: b, expires: 2027-01-31, tensor: c}] | waivers[0].tensor: unknown setting",
        "waivers: []             | waivers: [{rule: a, reason: b, expires: 2027-01-31}, {rule: a, reason: b, expires: 2027-01-31, runs: [x]}] | Invalid waiver of a: another one has the same reason and date",
      })
  void saysWhatIsWrong(String text, String replacement, String reason) {
    assertThatThrownBy(() -> edited(text, replacement))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("Invalid ")
        .hasMessageContaining(reason);
  }

  @Test
  void hasExpectationsForExactlyTheKnownOperations() throws IOException {
    Operations.KNOWN.check(packaged());
    Policy lacking = edited("refresh:", "refreshed:");
    assertThatThrownBy(() -> Operations.KNOWN.check(lacking))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid policy: no section edges.refresh");
    String anything =
        "{effective_lut: may, lut_deltas: may, lut: may, q: may, indices: may, scale: may,"
            + " other: may}";
    Policy unknown = edited("edges:\n", "edges:\n  refreshed: %s\n".formatted(anything));
    assertThatThrownBy(() -> Operations.KNOWN.check(unknown))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(
            "Invalid policy: unknown section edges.refreshed, expected one of [");
  }

  @Test
  void anOverrideOfAnUnknownKindIsRefused() {
    assertThatThrownBy(
            () ->
                Operations.KNOWN.check(
                    edited("    edges:\n      train:", "    edges:\n      trian:")))
        .hasMessageContaining("trian");
  }

  @Test
  void namesThePlaceOfAMistake() {
    assertThatThrownBy(() -> edited("without: [\".mlp.\"]", "witout: []"))
        .hasMessageMatching(
            "Invalid .*policy.yaml: line [0-9]+, overrides\\[2\\].witout: unknown setting, expected one of .*");
    assertThatThrownBy(() -> edited("scale: inferred", "scale: often"))
        .hasMessageMatching(
            "Invalid .*policy.yaml: line [0-9]+, edges.train.scale: 'often', expected one of .*");
  }

  private Policy edited(String text, String replacement) throws IOException {
    String yaml = Files.readString(Path.of("../conf/policy.yaml"));
    assertThat(yaml).contains(text);
    int at = yaml.indexOf(text);
    String changed = yaml.substring(0, at) + replacement + yaml.substring(at + text.length());
    return Policy.load(Optional.of(Files.writeString(folder.resolve("policy.yaml"), changed)));
  }

  private static Policy packaged() throws IOException {
    return Policy.load(Optional.empty());
  }
}
