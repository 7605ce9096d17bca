package io.qtrace.job.attest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.compare.TensorStatus;
import io.qtrace.io.ObjectStore;
import io.qtrace.job.LocalSpark;
import io.qtrace.job.RecipeArchive;
import io.qtrace.job.Sample;
import io.qtrace.job.audit.DefaultAudit;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.lineage.LineageStore;
import io.qtrace.job.policy.Policy;
import io.qtrace.job.text.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TestAttestation {
  private static final String RUN = "srLUT-004_all_alpaca_M2p0_lr1e5_from_best/";
  private static final String HOSTILE = "<b>'\"%0A\u202e, baked.pt";

  @TempDir static Path folder;
  private static Path parent;
  private static Path child;
  private static Statement baked;
  private static Path recipe;

  @BeforeAll
  static void attestBake() throws IOException {
    parent = Files.copy(Path.of(Sample.run(RUN + "checkpoint_step200.pt")), folder.resolve("p.pt"));
    child = Files.copy(Path.of(Sample.run(RUN + "baked_step200.pt")), folder.resolve(HOSTILE));
    baked =
        attestation().of(List.of(parent.toString()), child.toString()).statement().orElseThrow();
    recipe = RecipeArchive.unpack("rewrites", folder.resolve("recipe"));
  }

  private static Attestation attestation() throws IOException {
    return new Attestation(
        LocalSpark.context(),
        Settings.load(Optional.empty()),
        Policy.load(Optional.empty()),
        "1.0");
  }

  private static List<String> verify(Statement statement) throws IOException {
    return attestation().verify(statement, List.of(parent.toString()), child.toString());
  }

  // Digests of tensors are those of the storages in PyTorch's zip.
  @Test
  void statesDigestsOfFilesAndOfEachTensor() throws IOException {
    assertThat(baked.subject()).hasSize(1);
    assertThat(baked.subject().get(0).name()).isEqualTo(HOSTILE);
    assertThat(baked.subject().get(0).digest().sha256()).isEqualTo(sha256(child));
    Statement.Predicate predicate = baked.predicate();
    assertThat(predicate.parents().get(0).files().get(0).digest().sha256())
        .isEqualTo(sha256(parent));
    assertThat(predicate.tensors()).hasSize(123);
    assertThat(predicate.tensors())
        .extracting(tensor -> tensor.digest().sha256())
        .isSubsetOf(storages(child));
    assertThat(predicate.operation()).isEqualTo("bake");
    assertThat(predicate.quantized())
        .hasSize(14)
        .allSatisfy(layer -> assertThat(layer.cause()).isEqualTo("BAKED"))
        .allSatisfy(layer -> assertThat(layer.residual()).isZero());
    assertThat(predicate.policy().digest().sha256())
        .isEqualTo(sha256(Path.of("../conf/policy.yaml")));
    assertThat(predicate.tensors())
        .filteredOn(tensor -> tensor.status() == TensorStatus.CHANGED)
        .isNotEmpty()
        .allSatisfy(tensor -> assertThat(tensor.origin()).isEqualTo(Statement.Origin.OPERATION));
  }

  @Test
  void isVerifiedFromItsTextInAnotherPlace() throws IOException {
    String text = Json.of(baked);
    assertThat(text).isASCII().contains("\"_type\" : \"https://in-toto.io/Statement/v1\"");
    Path moved = Files.copy(child, Files.createDirectory(folder.resolve("moved")).resolve(HOSTILE));
    assertThat(
            attestation()
                .verify(Statement.parse(text), List.of(parent.toString()), moved.toString()))
        .isEmpty();
  }

  @Test
  void refusesToVerifyAFlippedBitInChildOrParent() throws IOException {
    for (Path file : List.of(child, parent)) {
      String whole = sha256(file);
      flip(file);
      assertThat(verify(baked))
          .singleElement()
          .asString()
          .contains(" has SHA-256 " + sha256(file))
          .endsWith("the statement says " + whole);
      flip(file);
    }
  }

  @Test
  void refusesToVerifyAChangedStatement() throws IOException {
    Statement.Tensor first = baked.predicate().tensors().get(0);
    String text =
        Json.of(baked)
            .replace("\"operation\" : \"bake\"", "\"operation\" : \"train\"")
            .replaceFirst(first.digest().sha256(), "0".repeat(64));
    assertThat(verify(Statement.parse(text)))
        .containsExactly(
            "predicate.operation is \"bake\", the statement says \"train\"",
            "predicate.tensors[0].digest.sha256 is \"%s\", the statement says \"%s\""
                .formatted(first.digest().sha256(), "0".repeat(64)));
    assertThat(
            attestation()
                .verify(baked, List.of(parent.toString(), parent.toString()), child.toString()))
        .containsExactly("the statement names 1 parent, 2 given");
  }

  @Test
  void refusesWhatIsNotAStatement() {
    for (String text :
        List.of(
            "",
            "null",
            "{}",
            "[]",
            Json.of(baked).replace("derivation/v1", "derivation/v2"),
            Json.of(baked).replace("\"sha256\"", "\"md5\""),
            Json.of(baked).replaceFirst("\\{", "{\"more\": 1,"))) {
      assertThatThrownBy(() -> Statement.parse(text)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void refusesUnprovedEdgesWithTheReason() throws IOException {
    Attestation.Outcome drift =
        attestation()
            .of(
                List.of(Sample.run("debug_lut_training/checkpoint_step20.pt")),
                Sample.run("bug_q_drift/checkpoint_step20.pt"));
    assertThat(drift.statement()).isEmpty();
    assertThat(drift.refusals())
        .contains("no known operation explains the changes")
        .anyMatch(reason -> reason.startsWith("q-off-grid: "))
        .anyMatch(reason -> reason.matches("_Q of .* is not proved, residual [1-9].*"));
  }

  @Test
  void statesTrainedTensorsAsFree() throws IOException {
    Statement trained =
        attestation()
            .of(
                List.of(Sample.run(RUN + "checkpoint_step100.pt")),
                Sample.run(RUN + "checkpoint_step200.pt"))
            .statement()
            .orElseThrow();
    assertThat(trained.predicate().operation()).isEqualTo("train");
    assertThat(trained.predicate().quantized()).isEmpty();
    Set<Statement.Origin> changed = new HashSet<>();
    trained.predicate().tensors().stream()
        .filter(tensor -> tensor.status() == TensorStatus.CHANGED)
        .forEach(tensor -> changed.add(tensor.origin()));
    assertThat(changed).containsExactly(Statement.Origin.FREE);
  }

  @Test
  void refusesMoreParentsThanTheOperationTakes() throws IOException {
    String other = Sample.run(RUN + "checkpoint_step100.pt");
    Attestation.Outcome outcome =
        attestation().of(List.of(parent.toString(), other), child.toString());
    assertThat(outcome.statement()).isEmpty();
    assertThat(outcome.refusals()).containsExactly("bake takes one parent, 2 given");
  }

  @Test
  void isRefusedFromOneParentWhereAnAuditFoundTwo() throws IOException {
    Path runs = Files.createDirectories(folder.resolve("graft"));
    List<String> names =
        List.of(
            "SR-156_rmfixed/checkpoint_step4_snapped1_rmfixed.pt",
            "SR-150_snapped_fp16/snapped.pt",
            "SR-110_q4a4_lut_plus_scales/checkpoint_step4.pt",
            "SR-110_q4a4_lut_plus_scales/baked_step4.pt");
    List<String> uris = new ArrayList<>();
    for (String name : names) {
      Path file = runs.resolve(name);
      Files.createDirectories(file.getParent());
      Files.copy(recipe.resolve("runs").resolve(name), file);
      uris.add(new ObjectStore(new Configuration(false)).stat(file.toString()).uri());
    }
    SparkSession spark = LocalSpark.session(folder.resolve("lineage"));
    DefaultAudit.of(spark).run(runs.toString());
    LineageStore lineage = new LineageStore(spark);
    assertThat(ParentLookup.parents(lineage, uris.get(0)))
        .containsExactlyInAnyOrder(uris.get(1), uris.get(2));
    assertThat(ParentLookup.objections(lineage, uris.get(0), uris.subList(2, 3)))
        .singleElement()
        .asString()
        .contains("2 parents that made it together by graft", "also " + uris.get(1));
    assertThat(ParentLookup.objections(lineage, uris.get(0), uris.subList(1, 3))).isEmpty();
    assertThat(ParentLookup.objections(lineage, "file:/elsewhere.pt", uris)).isEmpty();
  }

  /** A graft and an average that the recipe's scripts made. */
  @ParameterizedTest
  @CsvSource({
    "graft, SR-156_rmfixed/checkpoint_step4_snapped1_rmfixed.pt,"
        + " SR-150_snapped_fp16/snapped.pt, SR-110_q4a4_lut_plus_scales/checkpoint_step4.pt",
    "average, SR-170_apple_qat_2bit/final_state_dict_ema.pt,"
        + " SR-170_apple_qat_2bit/final_state_dict.pt, SR-170_apple_qat_2bit/checkpoint_step2.pt",
  })
  void isVerifiedFromAllParents(String operation, String made, String first, String second)
      throws IOException {
    Path runs = recipe.resolve("runs");
    String whole = runs.resolve(made).toString();
    List<String> parents = Stream.of(first, second).map(runs::resolve).map(Path::toString).toList();
    Statement statement = attestation().of(parents, whole).statement().orElseThrow();
    assertThat(statement.predicate().operation()).isEqualTo(operation);
    assertThat(statement.predicate().parents())
        .extracting(parent -> parent.files().get(0).digest().sha256())
        .containsExactly(sha256(runs.resolve(first)), sha256(runs.resolve(second)));
    assertThat(statement.predicate().tensors())
        .extracting(Statement.Tensor::origin)
        .contains(Statement.Origin.OPERATION)
        .doesNotContain(Statement.Origin.FREE);
    Statement read = Statement.parse(Json.of(statement));
    assertThat(attestation().verify(read, parents, whole)).isEmpty();

    for (String one : List.of(first, second, made)) {
      Path file = runs.resolve(one);
      flip(file);
      assertThat(attestation().verify(read, parents, whole))
          .singleElement()
          .asString()
          .startsWith(file + " has SHA-256 " + sha256(file));
      flip(file);
    }
    assertThat(attestation().verify(read, parents, whole)).isEmpty();
    assertThat(attestation().verify(read, List.of(parents.get(1), parents.get(0)), whole))
        .hasSize(2);
    assertThat(attestation().verify(read, parents.subList(0, 1), whole))
        .containsExactly("the statement names 2 parents, 1 given");
  }

  private static void flip(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 0x10;
    Files.write(file, bytes);
  }

  private static String sha256(Path file) throws IOException {
    return DigestUtils.sha256Hex(Files.readAllBytes(file));
  }

  private static Set<String> storages(Path zip) throws IOException {
    Set<String> digests = new HashSet<>();
    try (ZipFile file = new ZipFile(zip.toFile())) {
      for (ZipEntry entry : Collections.list(file.entries())) {
        try (InputStream in = file.getInputStream(entry)) {
          digests.add(DigestUtils.sha256Hex(in));
        }
      }
    }
    return digests;
  }
}
