package io.qtrace.job.audit;

import com.dynatrace.hash4j.hashing.Hashing;
import io.qtrace.job.compare.CategoryRules;
import io.qtrace.job.lineage.LineageStore;
import io.qtrace.job.parents.Candidate;
import io.qtrace.job.parents.Dispute;
import io.qtrace.job.parents.Evaluation;
import io.qtrace.job.parents.Sketch;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Takes what earlier audits found of candidates from the tables, and evaluates the others. */
final class StoredEvaluation implements Evaluation {
  /** Version of what is found of a candidate; operations that explain more raise it. */
  private static final int VERSION = 1;

  private final String method;
  private final Map<Candidate, Candidate.Transitions> known;
  private final Evaluation evaluation;
  private final Map<Candidate, Candidate.Transitions> fresh = new HashMap<>();

  StoredEvaluation(
      LineageStore lineage, Set<String> ids, CategoryRules categories, Evaluation evaluation) {
    this.method =
        "%d.%d:%s"
            .formatted(
                Sketch.VERSION,
                VERSION,
                HexFormat.of()
                    .toHexDigits(Hashing.xxh3_64().hashCharsToLong(categories.toString())));
    this.known = lineage.candidates(method, ids);
    this.evaluation = evaluation;
  }

  /** Version of the algorithm and hash of the categories. */
  String method() {
    return method;
  }

  /** What no earlier audit knew. */
  Map<Candidate, Candidate.Transitions> fresh() {
    return fresh;
  }

  @Override
  public Map<Candidate, Candidate.Transitions> transitions(Collection<Candidate> candidates) {
    List<Candidate> missing =
        candidates.stream().filter(candidate -> !known.containsKey(candidate)).toList();
    Map<Candidate, Candidate.Transitions> found = evaluation.transitions(missing);
    fresh.putAll(found);
    known.putAll(found);
    Map<Candidate, Candidate.Transitions> all = new HashMap<>();
    candidates.forEach(candidate -> all.put(candidate, known.get(candidate)));
    return all;
  }

  @Override
  public Map<Dispute, Dispute.Ruling> rulings(Collection<Dispute> disputes) {
    return evaluation.rulings(disputes);
  }
}
