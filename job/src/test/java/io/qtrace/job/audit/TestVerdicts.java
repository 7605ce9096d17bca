package io.qtrace.job.audit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.qtrace.job.LocalSpark;
import io.qtrace.job.RecipeArchive;
import io.qtrace.job.lineage.AuditedEdge;
import io.qtrace.job.lineage.RecordedEdge;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.Verdict;
import io.qtrace.job.report.AuditText;
import io.qtrace.job.report.NextSteps;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Planted facts of five archives that the recipe's layers wrote. */
@Tag("archive")
class TestVerdicts {
  private static final NextSteps NEXT = new NextSteps("archive", List.of(), List.of(), List.of());

  // A kind that is more precise than the one that the facts name.
  private static final Map<String, Set<String>> PRECISE =
      Map.of(
          "train", Set.of("adapter", "snap"),
          "cast", Set.of("snap"),
          "requantize", Set.of("replace_lut", "merge_lora"));

  // Planted when no operation proved a merged adapter; each of its elements is recomputed, as those
  // of SR-155 in TestRewrites are, which must be clean.
  private static final Set<String> NOT_YET = Set.of("merged-strong-q");

  @TempDir static Path folder;
  private static Path archives;
  private static JsonNode facts;

  private AuditReport report;
  private SparkSession spark;

  @BeforeAll
  static void unpack() throws IOException {
    archives = RecipeArchive.unpack("verdicts", folder.resolve("archives"));
    facts = RecipeArchive.truth("verdicts");
  }

  @ParameterizedTest
  @CsvSource({"chain, 53", "faults, 82", "scopes, 46", "v1, 20", "q2a4, 26"})
  void everyFactIsFound(String archive, int count) throws IOException {
    spark = LocalSpark.session(folder.resolve("tables-" + archive));
    report = DefaultAudit.of(spark).run(archives.resolve(archive).toString());
    Set<String> wrong = new TreeSet<>();
    int asked = 0;
    for (JsonNode fact : facts) {
      if (fact.get("archive").asText().equals(archive)) {
        asked++;
        if (holds(fact) == NOT_YET.contains(fact.get("id").asText())) {
          wrong.add(fact.toString());
        }
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(asked).isEqualTo(count);
  }

  @Test
  void allFactsAreAsked() {
    assertThat(facts).hasSize(53 + 82 + 46 + 20 + 26);
    List<String> ids = new ArrayList<>();
    facts.forEach(fact -> ids.add(fact.get("id").asText()));
    assertThat(ids).containsAll(NOT_YET);
  }

  private boolean holds(JsonNode fact) {
    return switch (fact.get("type").asText()) {
      case "clean" -> into(fact).allMatch(edge -> edge.verdict() == Verdict.CLEAN);
      case "parent" -> into(fact).anyMatch(edge -> isStep(edge) && isFromAny(edge, fact));
      case "kind" -> isOfKind(fact);
      case "flagged" -> into(fact).anyMatch(edge -> isFlagged(edge, fact));
      case "norule" ->
          into(fact)
              .flatMap(edge -> edge.findings().stream())
              .noneMatch(finding -> texts(fact, "rules").contains(finding.rule()));
      case "told" -> {
        String told = into(fact).map(TestVerdicts::told).toList().toString();
        yield texts(fact, "texts").stream().anyMatch(told::contains);
      }
      case "cause" -> isCause(fact);
      case "root" -> into(fact).noneMatch(TestVerdicts::isStep);
      case "drift" -> drift(fact) >= fact.get("min").asDouble();
      case "audit" -> {
        String all = report.toString();
        yield texts(fact, "texts").stream().allMatch(all::contains);
      }
      case "report" -> {
        String text = String.join("\n", AuditText.all(report, NEXT));
        yield texts(fact, "forbid").stream().noneMatch(text::contains);
      }
      default -> throw new IllegalArgumentException("Unknown fact: " + fact);
    };
  }

  private Stream<AuditedEdge> edges() {
    return report.edges().stream().map(RecordedEdge::edge);
  }

  private Stream<AuditedEdge> into(JsonNode fact) {
    String child = fact.get("child").asText();
    return edges().filter(edge -> edge.ends().childPath().equals(child));
  }

  private static boolean isStep(AuditedEdge edge) {
    return !Set.of(EdgeKind.SEVERAL, EdgeKind.NONE).contains(edge.kind());
  }

  private static boolean isFromAny(AuditedEdge edge, JsonNode fact) {
    return texts(fact, "parent").contains(edge.ends().parentPath());
  }

  private boolean isOfKind(JsonNode fact) {
    List<String> kinds = new ArrayList<>(texts(fact, "kind"));
    texts(fact, "kind").forEach(kind -> kinds.addAll(PRECISE.getOrDefault(kind, Set.of())));
    boolean found =
        into(fact).anyMatch(edge -> isFromAny(edge, fact) && kinds.contains(edge.kind().label()));
    boolean either =
        fact.has("either")
            && edges()
                .anyMatch(
                    edge ->
                        texts(fact, "parent").contains(edge.ends().childPath())
                            && edge.ends().parentPath().equals(fact.get("child").asText())
                            && kinds.contains(edge.kind().label()));
    return found || either;
  }

  private static boolean isFlagged(AuditedEdge edge, JsonNode fact) {
    return edge.verdict() == Verdict.VIOLATION
        && edge.findings().stream().anyMatch(finding -> isFlag(finding, fact));
  }

  private static boolean isFlag(Finding finding, JsonNode fact) {
    if (fact.has("rule") && !fact.get("rule").asText().equals(finding.rule())) {
      return false;
    }
    if (!fact.has("tensor")) {
      return true;
    }
    String tensor = fact.get("tensor").asText();
    boolean ofLayer = tensor.chars().filter(letter -> letter == '.').count() > 3;
    String layer = ofLayer ? tensor.substring(0, tensor.lastIndexOf('.')) : tensor;
    return (finding.message() + finding.example()).contains(layer);
  }

  private static String told(AuditedEdge edge) {
    return edge.ends().parentPath() + edge.findings() + edge.notes();
  }

  private boolean isCause(JsonNode fact) {
    return rows(fact).stream()
        .filter(row -> row.getString(0).equals(fact.get("layer").asText()))
        .anyMatch(
            row ->
                fact.get("cause").isNull()
                    ? row.isNullAt(1)
                    : !row.isNullAt(1)
                        && texts(fact, "cause").contains(row.getString(1))
                        && (!fact.has("residual")
                            || row.getLong(2) == fact.get("residual").asLong()));
  }

  private double drift(JsonNode fact) {
    return rows(fact).stream()
        .filter(row -> !row.isNullAt(3))
        .mapToDouble(row -> row.getDouble(3))
        .max()
        .orElse(0);
  }

  private List<Row> rows(JsonNode fact) {
    return spark
        .sql(
            "SELECT layer, cause, residual, drift FROM lineage.qtrace.q_changes WHERE child_path = '%s'"
                .formatted(fact.get("child").asText()))
        .collectAsList();
  }

  private static List<String> texts(JsonNode fact, String key) {
    List<String> texts = new ArrayList<>();
    JsonNode value = fact.get(key);
    if (value != null && value.isArray()) {
      value.forEach(one -> texts.add(one.asText()));
    } else if (value != null) {
      texts.add(value.asText());
    }
    return texts;
  }
}
