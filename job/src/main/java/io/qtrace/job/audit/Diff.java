package io.qtrace.job.audit;

import io.qtrace.compare.Measure;
import io.qtrace.compare.TensorStatus;
import io.qtrace.io.ObjectStat;
import io.qtrace.io.ObjectStore;
import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.archive.CheckpointNames;
import io.qtrace.job.archive.Role;
import io.qtrace.job.archive.RunConfig;
import io.qtrace.job.audit.parents.KindTest;
import io.qtrace.job.audit.parents.MeasuredCheckpoint;
import io.qtrace.job.audit.policy.EdgeKind;
import io.qtrace.job.audit.policy.Policy;
import io.qtrace.job.audit.policy.RunPolicy;
import io.qtrace.job.audit.stage.CompareInput;
import io.qtrace.job.audit.stage.CompareOutput;
import io.qtrace.job.audit.stage.CompareStage;
import io.qtrace.job.audit.stage.IndexStage;
import io.qtrace.job.audit.stage.IndexedCheckpoint;
import io.qtrace.job.audit.stage.IndicesProof;
import io.qtrace.job.audit.stage.IndicesStage;
import io.qtrace.job.audit.stage.PairComparison;
import io.qtrace.job.audit.stage.TensorComparison;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.lineage.InvariantRow;
import io.qtrace.job.progress.Progress;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/** Compares two checkpoints and judges the pair; writes nothing. */
public final class Diff {
  private final ObjectStore store;
  private final CheckpointNames names;
  private final Policy policy;
  private final IndexStage indexing;
  private final CompareStage comparing;
  private final IndicesStage recomputing;

  public Diff(SparkSession spark, Settings settings, Policy policy) {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    this.store = new ObjectStore(context.hadoopConfiguration());
    this.names = new CheckpointNames(settings.archive());
    this.policy = policy;
    this.indexing = new IndexStage(context, Progress.NONE);
    this.comparing =
        new CompareStage(context, settings.compare(), policy.categories(), Progress.NONE);
    this.recomputing = new IndicesStage(context, settings.compare());
  }

  /**
   * A pair and what the policy says of it.
   *
   * @param changes every {@code _Q} and why it changed
   * @param rules what the policy says of the right one's run
   * @param kindReason what told the kind of the edge, for a person
   * @param kindTests what each kind would leave unexplained
   */
  public record Outcome(
      PairComparison pair,
      Judgement judgement,
      List<QChange> changes,
      RunPolicy rules,
      String kindReason,
      List<KindTest> kindTests) {
    /** The pair layer by layer. */
    public List<LayerChange> layers() {
      return LayerChange.of(pair, changes, judgement.lutMoves());
    }

    /** Tensors of no quantized layer that are not identical, in the pair's order. */
    public List<TensorComparison> others() {
      Set<String> owned = new HashSet<>();
      layers().forEach(layer -> layer.tensors().forEach(tensor -> owned.add(tensor.name())));
      return pair.tensors().stream()
          .filter(tensor -> tensor.status() != TensorStatus.IDENTICAL)
          .filter(tensor -> !owned.contains(tensor.name()))
          .toList();
    }
  }

  /**
   * Compares the right checkpoint with the left, its supposed parent.
   *
   * @param kind what led from left to right; empty to tell from what changed, where a file that is
   *     named as a step or a best state was trained
   * @param extra measures beside the fingerprint and statistics
   * @throws IOException if either cannot be read
   */
  public Outcome run(String left, String right, Optional<EdgeKind> kind, Set<Measure> extra)
      throws IOException {
    Set<Measure> measures = EnumSet.of(Measure.FINGERPRINT, Measure.STATS, Measure.VALUES);
    measures.addAll(extra);
    List<IndexedCheckpoint.Readable> indexed = index(left, right);
    CompareInput input =
        new CompareInput(
            indexed.stream().map(IndexedCheckpoint.Readable::index).toList(),
            indexed.stream().map(IndexedCheckpoint.Readable::files).toList(),
            List.of(new CompareInput.Pair(0, 1)),
            List.of(Map.of(), Map.of()),
            measures);
    CompareOutput output = comparing.run(input);
    if (!output.failures().isEmpty()) {
      throw new IOException(String.join("; ", output.failures().values()));
    }
    PairComparison pair = output.pairs().get(0).orElseThrow();
    boolean trained = kind.isEmpty() && isTrained(right);
    EdgeKind judged = kind.orElse(trained ? EdgeKind.TRAIN : EdgeKinds.of(pair));
    String reason =
        kind.isPresent()
            ? "as asked for"
            : trained
                ? "told by the name of the file, which is that of a trained state"
                : "told by what changed";
    List<QChange> changes =
        QChange.of(pair, invariants(right, output), proofs(indexed.get(1), QChange.moved(pair)));
    RunPolicy rules = rules(right);
    Judgement judgement = new EdgeJudge(rules, right).judge(judged, pair, changes);
    return new Outcome(pair, judgement, changes, rules, reason, kindTests(left, right, output));
  }

  private Map<String, IndicesProof> proofs(IndexedCheckpoint.Readable right, Set<String> layers)
      throws IOException {
    IndicesStage.Output output =
        recomputing.run(List.of(new IndicesStage.Wanted(right.index(), right.files(), layers)));
    if (!output.changed().isEmpty()) {
      throw new IOException(String.join("; ", output.changed().values()));
    }
    return output.proofs().get(0);
  }

  // The right one's folder is its run, whole as there is no archive around it.
  private RunPolicy rules(String right) throws IOException {
    String folder = right.substring(0, Math.max(right.lastIndexOf('/'), 0));
    return policy.forRun(folder, RunConfig.beside(store, right));
  }

  private static Map<String, InvariantRow> invariants(String right, CompareOutput output) {
    return Invariants.byLayer(
        new Invariants("", "", right).rows(output.facts().get(1), output.checks().get(1)));
  }

  private List<IndexedCheckpoint.Readable> index(String left, String right) throws IOException {
    List<String> uris = new ArrayList<>();
    for (String uri : List.of(left, right)) {
      ObjectStat stat = store.stat(uri);
      uris.add(stat.uri());
    }
    List<IndexedCheckpoint.Readable> indexes = new ArrayList<>();
    for (IndexedCheckpoint outcome : indexing.run(uris)) {
      if (outcome instanceof IndexedCheckpoint.Readable readable) {
        indexes.add(readable);
      } else if (outcome instanceof IndexedCheckpoint.Unreadable unreadable) {
        throw new IOException(unreadable.reason());
      } else if (outcome instanceof IndexedCheckpoint.Unavailable unavailable) {
        throw new IOException(unavailable.reason());
      }
    }
    return indexes;
  }

  private boolean isTrained(String right) {
    Role role = names.name(right.substring(right.lastIndexOf('/') + 1)).role();
    return role == Role.STEP || role == Role.BEST;
  }

  private List<KindTest> kindTests(String left, String right, CompareOutput output)
      throws IOException {
    return KindTest.of(measured(left, output, 0), measured(right, output, 1));
  }

  private MeasuredCheckpoint measured(String uri, CompareOutput output, int side)
      throws IOException {
    CheckpointFile file =
        new CheckpointFile(store.stat(uri), uri, "", Role.OTHER, CheckpointFile.NO_STEP);
    return MeasuredCheckpoint.of(
        file,
        output.facts().get(side).values().stream().map(tensor -> tensor.row("", "", uri)).toList(),
        Invariants.stale(output.checks().get(side)));
  }
}
