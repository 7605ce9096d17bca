package io.qtrace.job.audit;

import com.dynatrace.hash4j.hashing.Hashing;
import io.qtrace.job.lineage.LineageStore;
import io.qtrace.job.parents.Candidate;
import io.qtrace.job.parents.Dispute;
import io.qtrace.job.parents.Evaluation;
import io.qtrace.job.parents.Sketch;
import io.qtrace.lut.CategoryRules;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Takes earlier results about candidates and declared parents from the tables, and evaluates only
 * the others.
 */
final class StoredEvaluation implements Evaluation {
  /** Version of the evaluation of a candidate; raised when operations explain more. */
  private static final int VERSION = 13;

  private final String method;
  private final Set<Candidate> known;
  private final Answers<Candidate, Candidate.Transitions> transitions;
  private final Answers<Dispute, Dispute.Ruling> rulings;
  private final Answers<Pool, List<String>> averages; // not stored: their edges are
  private final Map<String, List<String>> knownAverages;
  private final Evaluation evaluation;

  StoredEvaluation(
      LineageStore lineage, Set<String> ids, CategoryRules categories, Evaluation evaluation) {
    this.method =
        "%d.%d:%s"
            .formatted(
                Sketch.VERSION,
                VERSION,
                HexFormat.of()
                    .toHexDigits(Hashing.xxh3_64().hashCharsToLong(categories.toString())));
    this.transitions = new Answers<>(lineage.candidates(method, ids), evaluation::transitions);
    this.rulings = new Answers<>(lineage.rulings(method, ids), evaluation::rulings);
    this.averages = new Answers<>(new HashMap<>(), evaluation::averages);
    this.evaluation = evaluation;
    this.knownAverages = lineage.averages(ids);
    this.known = Set.copyOf(transitions.all.keySet());
  }

  /** Version of the algorithm and hash of the categories. */
  String method() {
    return method;
  }

  /** Results about candidates that no earlier audit had. */
  Map<Candidate, Candidate.Transitions> freshTransitions() {
    return transitions.fresh;
  }

  /** Results about declared parents that no earlier audit had. */
  Map<Dispute, Dispute.Ruling> freshRulings() {
    return rulings.fresh;
  }

  @Override
  public Set<Candidate> known() {
    return known;
  }

  @Override
  public Map<Candidate, Candidate.Transitions> transitions(Collection<Candidate> candidates) {
    return transitions.of(candidates);
  }

  @Override
  public Map<Dispute, Dispute.Ruling> rulings(Collection<Dispute> disputes) {
    return rulings.of(disputes);
  }

  @Override
  public Map<Pool, List<String>> averages(Collection<Pool> pools) {
    return averages.of(pools);
  }

  // Not stored: usually no checkpoint needs it.
  @Override
  public Map<Mix, Taken> taken(Collection<Mix> mixes) {
    return mixes.isEmpty() ? Map.of() : evaluation.taken(mixes);
  }

  @Override
  public Map<String, List<String>> knownAverages() {
    return knownAverages;
  }

  /** Stored answers, and new ones. */
  private static final class Answers<Q, A> {
    private final Map<Q, A> all;
    private final Map<Q, A> fresh = new HashMap<>();
    private final Function<Collection<Q>, Map<Q, A>> find;

    Answers(Map<Q, A> stored, Function<Collection<Q>, Map<Q, A>> find) {
      this.all = stored;
      this.find = find;
    }

    Map<Q, A> of(Collection<Q> questions) {
      List<Q> missing = questions.stream().filter(question -> !all.containsKey(question)).toList();
      if (!missing.isEmpty()) {
        Map<Q, A> found = find.apply(missing);
        fresh.putAll(found);
        all.putAll(found);
      }
      Map<Q, A> answers = new HashMap<>();
      questions.forEach(question -> answers.put(question, all.get(question)));
      return answers;
    }
  }
}
