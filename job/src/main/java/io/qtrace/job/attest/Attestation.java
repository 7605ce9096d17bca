package io.qtrace.job.attest;

import io.qtrace.compare.Measure;
import io.qtrace.compare.TensorStatus;
import io.qtrace.io.Amount;
import io.qtrace.io.ObjectStat;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.SafeText;
import io.qtrace.job.compare.DigestStage;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.TensorFacts;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.judge.Diff;
import io.qtrace.job.judge.QChange;
import io.qtrace.job.operations.Classifier.Fit;
import io.qtrace.job.operations.Operations;
import io.qtrace.job.operations.QCause;
import io.qtrace.job.operations.QExplanation;
import io.qtrace.job.operations.QExplanation.Proof;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.Policy;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaSparkContext;

/** Proves from files alone how a checkpoint was made, and states it; reads no tables. */
public final class Attestation {
  private static final int MOST_REASONS = 20;

  private final JavaSparkContext spark;
  private final ObjectStore store;
  private final Policy policy;
  private final Diff diff;
  private final String version;

  /**
   * @param policy that must allow the changes
   * @param version of qtrace, for the statement
   */
  public Attestation(JavaSparkContext spark, Settings settings, Policy policy, String version) {
    this.spark = spark;
    this.store = new ObjectStore(spark.hadoopConfiguration());
    this.policy = policy;
    this.diff = new Diff(spark, settings, policy);
    this.version = version;
  }

  /**
   * A statement, or the reasons why there is none.
   *
   * @param refusals what is not proved, a sentence each; empty if there is a statement
   */
  public record Outcome(Optional<Statement> statement, List<String> refusals) {
    public Outcome {
      refusals = List.copyOf(refusals);
      if (statement.isPresent() != refusals.isEmpty()) {
        throw new IllegalArgumentException("Invalid outcome: expected a statement or refusals");
      }
    }
  }

  /**
   * States how a child was made, if all of it is proved.
   *
   * @param parents paths or URIs: the one that the child is compared with, then the others
   * @throws IOException if one of them cannot be read, or is modified meanwhile
   */
  public Outcome of(List<String> parents, String child) throws IOException {
    Diff.Outcome compared = diff.run(parents, child, Set.of(Measure.SHA256));
    List<String> refusals = new ArrayList<>(refusals(compared));
    EdgeKind kind = compared.judgement().kind();
    boolean combines =
        Operations.KNOWN.of(kind).filter(operation -> operation.parents() > 1).isPresent();
    if (parents.size() > 1 && !combines) {
      refusals.add(
          "%s takes one parent, %d given".formatted(SafeText.of(kind.label()), parents.size()));
    }
    return refusals.isEmpty()
        ? new Outcome(Optional.of(statement(compared)), refusals)
        : new Outcome(Optional.empty(), refusals);
  }

  /**
   * Recomputes a statement from files.
   *
   * @return differences from the files, a sentence each; empty if the statement is true
   * @throws IOException if a file cannot be read, though it has the stated digest
   */
  public List<String> verify(Statement stated, List<String> parents, String child)
      throws IOException {
    List<String> differences = new ArrayList<>();
    List<Statement.Parent> statedParents = stated.predicate().parents();
    if (statedParents.size() != parents.size()) {
      return List.of(
          "the statement names %s, %d given"
              .formatted(Amount.of(statedParents.size(), "parent"), parents.size()));
    }
    Map<String, String> digests =
        new DigestStage(spark).run(stats(Stream.concat(parents.stream(), Stream.of(child))));
    check(stated.subject(), child, digests, differences);
    for (int i = 0; i < parents.size(); i++) {
      check(statedParents.get(i).files(), parents.get(i), digests, differences);
    }
    if (!differences.isEmpty()) {
      return differences;
    }
    Outcome found = of(parents, child);
    return found
        .statement()
        .map(statement -> StatementDifferences.of(stated.comparable(), statement.comparable()))
        .orElse(found.refusals());
  }

  private List<ObjectStat> stats(Stream<String> checkpoints) throws IOException {
    List<ObjectStat> stats = new ArrayList<>();
    for (String checkpoint : checkpoints.toList()) {
      stats.add(store.stat(checkpoint));
    }
    return stats;
  }

  // Other files than the stated one need not be readable.
  private void check(
      List<Statement.Resource> stated,
      String checkpoint,
      Map<String, String> digests,
      List<String> differences)
      throws IOException {
    String expected = stated.isEmpty() ? "none" : stated.get(0).digest().sha256();
    String found = digests.get(store.stat(checkpoint).uri());
    if (!found.equals(expected)) {
      differences.add(
          "%s has SHA-256 %s, the statement says %s"
              .formatted(SafeText.of(checkpoint), found, SafeText.cut(expected)));
    }
  }

  private static List<String> refusals(Diff.Outcome compared) {
    List<String> reasons = new ArrayList<>();
    EdgeKind kind = compared.judgement().kind();
    if (kind.equals(EdgeKind.UNKNOWN)) {
      reasons.add("no known operation explains the changes");
    }
    compared.judgement().findings().stream().map(Attestation::sentence).forEach(reasons::add);
    compared.judgement().outcome().fits().stream()
        .filter(fit -> fit.operation().kind().equals(kind) && !fit.isComplete())
        .map(Attestation::sentence)
        .forEach(reasons::add);
    compared.judgement().changes().stream()
        .filter(change -> !isProved(change.explanation()))
        .map(Attestation::sentence)
        .forEach(reasons::add);
    return reasons.stream().limit(MOST_REASONS).toList();
  }

  private static boolean isProved(QExplanation explanation) {
    boolean isLeftOut = explanation.cause().equals(Optional.of(QCause.DROPPED));
    return !explanation.isUnexplained()
        && explanation.residual().isNone()
        && (explanation.proof() != Proof.UNPROVED || isLeftOut);
  }

  private static String sentence(Finding finding) {
    String waived =
        finding.counts() ? "" : " (waived until %s, not proved)".formatted(finding.waivedUntil());
    return "%s: %s%s".formatted(finding.rule(), finding.message(), waived);
  }

  private static String sentence(Fit fit) {
    String operation = fit.operation().kind().label();
    return fit.unexplained().isEmpty()
        ? "%s rounded to another dtype, which %s does not do"
            .formatted(Amount.of(fit.rounded(), "tensor"), operation)
        : "%s leaves %s unexplained, such as %s"
            .formatted(
                operation,
                Amount.of(fit.unexplained().size(), "tensor"),
                SafeText.of(fit.unexplained().get(0).tensor()));
  }

  private static String sentence(QChange change) {
    return "_Q of %s: %s is not proved, residual %d"
        .formatted(
            SafeText.of(change.layer()),
            change.explanation().cause().map(QCause::name).orElse("its change"),
            change.explanation().residual().elements());
  }

  private Statement statement(Diff.Outcome compared) throws IOException {
    List<List<ObjectStat>> files = compared.files();
    Map<String, String> digests =
        new DigestStage(spark).run(files.stream().flatMap(List::stream).toList());
    List<List<Statement.Resource>> resources =
        files.stream().map(one -> resources(one, digests)).toList();
    int last = resources.size() - 1;
    return new Statement(
        Statement.TYPE,
        resources.get(last),
        Statement.PREDICATE_TYPE,
        predicate(
            compared, resources.subList(0, last).stream().map(Statement.Parent::new).toList()));
  }

  // The first file of a checkpoint names it; its shards are in the same folder or below.
  private static List<Statement.Resource> resources(
      List<ObjectStat> files, Map<String, String> digests) {
    String first = path(files.get(0));
    int folder = first.lastIndexOf('/') + 1;
    return files.stream()
        .map(
            file ->
                new Statement.Resource(
                    path(file).substring(folder),
                    file.uri(),
                    new Statement.Digest(digests.get(file.uri()))))
        .toList();
  }

  private static String path(ObjectStat file) {
    return URI.create(file.uri()).getPath();
  }

  private Statement.Predicate predicate(Diff.Outcome compared, List<Statement.Parent> parents) {
    EdgeKind kind = compared.judgement().kind();
    List<QChange> changes =
        compared.judgement().changes().stream()
            .filter(change -> change.explanation().cause().isPresent())
            .toList();
    return new Statement.Predicate(
        kind.label(),
        parents,
        compared.pair().tensors().stream()
            .filter(tensor -> tensor.right().isPresent())
            .map(tensor -> tensor(tensor, compared))
            .toList(),
        compared.pair().tensors().stream()
            .filter(tensor -> tensor.status() == TensorStatus.REMOVED)
            .map(TensorComparison::name)
            .toList(),
        changes.stream().map(Attestation::quantized).toList(),
        changes.stream().mapToLong(change -> change.explanation().residual().elements()).sum(),
        compared.skippedRight().stream()
            .map(one -> new Statement.NotCompared(one.name(), one.reason()))
            .toList(),
        new Statement.Rules(
            policy.version(), new Statement.Digest(policy.sha256()), compared.rules().notes(kind)),
        version);
  }

  private static Statement.Tensor tensor(TensorComparison tensor, Diff.Outcome compared) {
    TensorFacts facts = tensor.right().orElseThrow();
    return new Statement.Tensor(
        tensor.name(),
        facts.dtype().label(),
        facts.shape().sizes(),
        new Statement.Digest(facts.sha256().orElseThrow()),
        tensor.status(),
        origin(tensor, compared));
  }

  private static Statement.Origin origin(TensorComparison tensor, Diff.Outcome compared) {
    if (!tensor.isChanged() || compared.step().isTied(tensor)) {
      return Statement.Origin.PARENT;
    }
    boolean follows =
        compared.judgement().outcome().fits().stream()
            .filter(fit -> fit.operation().kind().equals(compared.judgement().kind()))
            .anyMatch(fit -> fit.operation().derives(tensor, compared.step()));
    return follows ? Statement.Origin.OPERATION : Statement.Origin.FREE;
  }

  private static Statement.Quantized quantized(QChange change) {
    QExplanation why = change.explanation();
    return new Statement.Quantized(
        change.layer(),
        change.quantized().status(),
        why.cause().orElseThrow().name(),
        why.proof() == Proof.UNPROVED ? null : why.proof(),
        why.residual().elements(),
        why.rounded().elements(),
        why.rounded().most(),
        why.drift().orElse(null));
  }
}
