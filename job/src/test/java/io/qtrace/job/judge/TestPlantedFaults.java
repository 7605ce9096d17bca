package io.qtrace.job.judge;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.archive.RunConfig;
import io.qtrace.job.operations.ArrayCheckpoint;
import io.qtrace.job.operations.ArrayFiles;
import io.qtrace.job.operations.ArrayTensor;
import io.qtrace.job.operations.Operations;
import io.qtrace.job.operations.RandomChain;
import io.qtrace.job.operations.RandomChain.Link;
import io.qtrace.job.operations.Side;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.Verdict;
import io.qtrace.lut.LayerNames;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Float16;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * One fault at a random place of a random step of a random chain, many times for each class of
 * faults: it is found every time, by the name of its tensor.
 */
class TestPlantedFaults {
  private static final EdgeJudge JUDGE = new EdgeJudge(Operations.KNOWN);
  private static final int REPETITIONS = 100;
  private static final int STEPS = 6;
  private static final Set<String> ALL_KINDS =
      Operations.KNOWN.all().stream()
          .filter(operation -> operation.parents() == 1)
          .map(operation -> operation.kind().label())
          .filter(kind -> !kind.equals("hard_quantize")) // of another recipe
          .collect(Collectors.toSet());
  private static final Set<String> OF_LAYERS = without(ALL_KINDS, "dequantize", "rescale");
  private static final Set<String> SYNCED_KINDS =
      Set.of("bake", "sync", "requantize", "cast", "merge_lora", "replace_lut");

  @TempDir Path folder;

  /** A step with a fault in it. */
  private record Fault(Link link, String tensor, Predicate<Finding> tells) {
    Fault(Link link, String tensor) {
      this(link, tensor, finding -> true);
    }

    // Buffers of a layer stand for each other.
    boolean isTold(Finding finding) {
      LayerNames layer = new LayerNames(LayerNames.moduleOf(tensor));
      List<String> buffers = List.of(layer.lut(), layer.quantized(), layer.indices());
      boolean isNew =
          !link.parent().has(layer.lut()) && finding.example().startsWith(layer.layer());
      return finding.counts()
          && tells.test(finding)
          && (finding.example().equals(tensor)
              || isNew
              || (buffers.contains(tensor) && buffers.contains(finding.example())));
    }
  }

  /** Plants a fault in a step, where it can be one there. */
  private interface Planter {
    Optional<Fault> plant(Link link, Random random);
  }

  /** Plants faults in the steps of random chains until there are enough, of each kind some. */
  private void assertFound(long seed, Set<String> kinds, Planter planter) throws IOException {
    Random random = new Random(seed);
    List<String> missed = new ArrayList<>();
    Set<String> planted = new TreeSet<>();
    for (int count = 0; count < REPETITIONS || !planted.equals(kinds); ) {
      for (Link link : RandomChain.of(random.nextLong(), STEPS)) {
        String kind = link.kind().label();
        Optional<Fault> fault =
            kinds.contains(kind) ? planter.plant(link, random) : Optional.empty();
        if (fault.isPresent()) {
          missed(kind, fault.get()).ifPresent(missed::add);
          planted.add(kind);
          count++;
        }
      }
    }
    assertThat(missed).isEmpty();
  }

  private Optional<String> missed(String kind, Fault fault) throws IOException {
    Judgement found = judge(new ArrayFiles(folder), fault.link());
    boolean told =
        found.verdict() == Verdict.VIOLATION && found.findings().stream().anyMatch(fault::isTold);
    return told
        ? Optional.empty()
        : Optional.of(
            "%s, %s, judged %s: %s"
                .formatted(kind, fault.tensor(), found.kind(), found.findings()));
  }

  private static Judgement judge(ArrayFiles files, Link link) throws IOException {
    return JUDGE.judge(
        files.step(link.parent(), link.child()),
        NotCompared.NOTHING,
        ArrayCheckpoint.POLICY.forRun("runs/a", RunConfig.NONE),
        new JudgedChild("runs/a/checkpoint_step2.pt", OptionalLong.of(2)),
        Optional.empty());
  }

  private static <T> Optional<T> any(Random random, List<T> all) {
    return all.isEmpty() ? Optional.empty() : Optional.of(all.get(random.nextInt(all.size())));
  }

  private static Optional<LayerNames> anyLayer(
      Random random, ArrayCheckpoint model, Predicate<LayerNames> which) {
    return any(random, model.layers().stream().filter(which).toList());
  }

  private static int place(Random random, ArrayTensor tensor) {
    return random.nextInt(tensor.values().length);
  }

  private static boolean differ(Link link, String tensor) {
    return !Arrays.equals(
        link.parent().tensor(tensor).values(), link.child().tensor(tensor).values());
  }

  @Test
  void aStaleLayer() throws IOException {
    assertFound(
        20261101,
        Set.of("bake", "sync", "requantize", "merge_lora", "replace_lut"),
        (link, random) ->
            anyLayer(
                    random,
                    link.child(),
                    layer -> link.child().has(layer.indices()) && differ(link, layer.quantized()))
                .map(layer -> left(link, layer))
                .filter(fault -> !isSynced(fault.link().child(), fault.tensor())));
  }

  // Most leave every index where it was.
  @Test
  void aDirectionThatWasChangedAfterTheDecomposition() throws IOException {
    assertFound(
        20261128,
        Set.of("quantize"),
        (link, random) ->
            anyLayer(random, link.child(), layer -> true)
                .map(layer -> random.nextBoolean() ? layer.scaleA() : layer.scaleB())
                .map(factor -> new Fault(turned(link, factor, random), factor)));
  }

  private static Link turned(Link link, String factor, Random random) {
    ArrayTensor tensor = link.child().tensor(factor);
    int at = place(random, tensor);
    return link.with(link.child().with(factor, tensor.with(at, tensor.values()[at] + 0.02)));
  }

  @Test
  void aLayerThatASyncToTheLutInTrainingLeft() throws IOException {
    assertFound(
        20261127,
        Set.of("sync"),
        (link, random) ->
            anyLayer(random, link.child(), layer -> isSyncedToTrained(link, layer))
                .filter(
                    layer ->
                        link.child().layers().stream()
                                .filter(other -> isSyncedToTrained(link, other))
                                .count()
                            > 2)
                .map(layer -> left(link, layer)));
  }

  private static boolean isSyncedToTrained(Link link, LayerNames layer) {
    return link.child().has(layer.deltas())
        && differ(link, layer.quantized())
        && isSynced(link.parent(), layer.quantized())
        && !isSynced(link.child(), layer.quantized());
  }

  private static Fault left(Link link, LayerNames layer) {
    String quantized = layer.quantized();
    return new Fault(
        link.with(link.child().with(quantized, link.parent().tensor(quantized))), quantized);
  }

  private static boolean isSynced(ArrayCheckpoint model, String quantized) {
    LayerNames layer = LayerNames.ofQuantized(quantized).orElseThrow();
    return Arrays.equals(
        model.synced(layer).tensor(quantized).values(), model.tensor(quantized).values());
  }

  @Test
  void aQuantizedBufferThatWasWrongBeforeAndStayed() throws IOException {
    assertFound(
        20261102,
        SYNCED_KINDS,
        (link, random) ->
            anyLayer(
                    random,
                    link.child(),
                    layer ->
                        link.child().has(layer.indices()) && !link.parent().has(layer.deltas()))
                .map(layer -> wrongBefore(link, layer.quantized(), random)));
  }

  // The entry of the other sign at one place of both sides.
  private static Fault wrongBefore(Link link, String quantized, Random random) {
    int index = place(random, link.child().tensor(quantized));
    double before = -link.parent().tensor(quantized).values()[index];
    Link wrong =
        new Link(
            link.kind(),
            link.parent().with(quantized, index, before),
            link.child().with(quantized, index, before));
    return new Fault(wrong, quantized);
  }

  @Test
  void aLayerThatABakeForgot() throws IOException {
    assertFound(
        20261103,
        Set.of("bake"),
        (link, random) -> forgotten(link, random, layer -> List.of(layer.deltas(), layer.lut())));
  }

  @Test
  void aTrainedLutThatABakeLost() throws IOException {
    assertFound(
        20261104,
        Set.of("bake"),
        (link, random) ->
            forgotten(link, random, layer -> List.of(layer.lut()))
                .filter(fault -> !isUpToDeltas(link, fault.tensor())));
  }

  private static boolean isUpToDeltas(Link link, String lut) {
    LayerNames layer = LayerNames.ofLut(lut).orElseThrow();
    return new Side(link.parent().facts())
        .lut(layer)
        .filter(stored -> stored.refreshesTo(stored.lut()))
        .isPresent();
  }

  private interface Kept {
    List<String> tensors(LayerNames layer);
  }

  private static Optional<Fault> forgotten(Link link, Random random, Kept kept) {
    Predicate<LayerNames> trained = layer -> link.parent().has(layer.deltas());
    if (link.parent().layers().stream().filter(trained).count() < 2) {
      return Optional.empty();
    }
    return anyLayer(random, link.parent(), trained)
        .map(
            layer -> {
              ArrayCheckpoint child =
                  link.child().with(layer.quantized(), link.parent().tensor(layer.quantized()));
              for (String name : kept.tensors(layer)) {
                child = child.with(name, link.parent().tensor(name));
              }
              return new Fault(link.with(child), layer.lut());
            });
  }

  @Test
  void oneElementThatIsOffByAnUlp() throws IOException {
    assertFound(
        20261105,
        ALL_KINDS,
        (link, random) ->
            any(random, List.copyOf(link.child().tensors().keySet()))
                .flatMap(tensor -> nudged(link, tensor, random)));
  }

  // Of another sign where rounding allows more than that.
  private static Optional<Fault> nudged(Link link, String name, Random random) {
    ArrayTensor tensor = link.child().tensor(name);
    int index = place(random, tensor);
    double value = tensor.values()[index];
    boolean coarse = link.isWithinRounding(name);
    return link.isFree(name, index) || (coarse && value == 0)
        ? Optional.empty()
        : Optional.of(
            new Fault(
                link.with(
                    coarse
                        ? link.child().with(name, index, -value)
                        : link.child().nudged(name, index)),
                name));
  }

  @Test
  void aMagnitudeThatASnapLeft() throws IOException {
    assertFound(
        20261127,
        Set.of("snap"),
        (link, random) -> {
          List<String> snapped =
              link.child().layers().stream()
                  .map(LayerNames::magnitude)
                  .filter(name -> !link.child().tensor(name).isSame(link.parent().tensor(name)))
                  .filter(name -> link.child().tensor(name).dtype() == DType.FLOAT32)
                  .toList();
          return snapped.size() < link.child().layers().size() || snapped.size() < 6
              ? Optional.empty()
              : any(random, snapped)
                  .map(
                      name ->
                          new Fault(
                              link.with(link.child().with(name, link.parent().tensor(name))),
                              name));
        });
  }

  @Test
  void aTensorThatStayedWhereItsLikeTrained() throws IOException {
    assertFound(
        20261124,
        Set.of("train"),
        (link, random) ->
            any(random, List.copyOf(link.child().tensors().keySet()))
                .filter(tensor -> link.isFree(tensor) && link.parent().has(tensor))
                .filter(tensor -> !tensor.contains("q_norm")) // there are but two
                .map(tensor -> stayed(link, tensor)));
  }

  private static Fault stayed(Link link, String tensor) {
    return new Fault(
        link.with(link.child().with(tensor, link.parent().tensor(tensor))),
        tensor,
        finding -> finding.rule().endsWith("-must"));
  }

  /** What a hand may do to a table. */
  private enum Hand {
    EXCHANGES_ENTRIES,
    DOUBLES_AN_ENTRY,
    MOVES_ONE_SIDE,
    LEAVES_FLOAT16,
    NARROWS,
    WRITES_NAN,
    WRITES_INFINITY,
    WRITES_BOTH_INFINITIES;

    /** How the rule ends that reports it on any step. */
    String rule() {
      return switch (this) {
        case EXCHANGES_ENTRIES, DOUBLES_AN_ENTRY, MOVES_ONE_SIDE, LEAVES_FLOAT16 -> "lut-invalid";
        case NARROWS -> "-unexplained"; // lut- or cast-
        case WRITES_NAN, WRITES_INFINITY, WRITES_BOTH_INFINITIES -> "not-finite";
      };
    }

    /** The table [n]; the same where its type cannot hold that. */
    ArrayTensor change(ArrayTensor table, Random random) {
      double[] values = table.values().clone();
      int last = values.length - 1;
      int i = random.nextInt(last); // one of those below another
      switch (this) {
        case EXCHANGES_ENTRIES -> {
          values[i] = table.values()[i + 1];
          values[i + 1] = table.values()[i];
        }
        case DOUBLES_AN_ENTRY -> values[i] = values[i + 1];
        case MOVES_ONE_SIDE -> values[last] = Float16.nextUp((float) values[last]);
        case LEAVES_FLOAT16 -> {
          values[i] = Math.nextUp((float) values[i]);
          values[last - i] = -values[i];
        }
        case NARROWS ->
            Arrays.setAll(values, k -> Float16.round((float) (0.875 * table.values()[k])));
        case WRITES_NAN -> values[i] = Double.NaN;
        case WRITES_INFINITY -> values[i] = Double.POSITIVE_INFINITY;
        case WRITES_BOTH_INFINITIES -> {
          values[0] = Double.NEGATIVE_INFINITY;
          values[last] = Double.POSITIVE_INFINITY;
        }
      }
      return new ArrayTensor(table.dtype(), table.shape(), values);
    }
  }

  @ParameterizedTest
  @EnumSource(Hand.class)
  void aLutThatWasChangedByHand(Hand hand) throws IOException {
    assertFound(
        20261106 + hand.ordinal(),
        switch (hand) {
          case LEAVES_FLOAT16 -> without(OF_LAYERS, "cast");
          case NARROWS -> without(OF_LAYERS, "quantize", "replace_lut"); // any table may be new
          default -> OF_LAYERS;
        },
        (link, random) ->
            anyLayer(random, link.child(), layer -> !link.isWithinRounding(layer.lut()))
                .map(layer -> byHand(link, layer, hand, random))
                .filter(
                    fault ->
                        !Arrays.equals(
                            fault.link().child().tensor(fault.tensor()).values(),
                            link.child().tensor(fault.tensor()).values())));
  }

  private static Set<String> without(Set<String> all, String... some) {
    Set<String> kinds = new TreeSet<>(all);
    kinds.removeAll(List.of(some));
    return kinds;
  }

  // Perhaps with a _Q that follows.
  private static Fault byHand(Link link, LayerNames layer, Hand hand, Random random) {
    ArrayTensor table = link.child().tensor(layer.lut());
    ArrayCheckpoint child = link.child().with(layer.lut(), hand.change(table, random));
    boolean follows = random.nextBoolean() && child.has(layer.indices());
    return new Fault(
        link.with(follows ? child.synced(layer) : child),
        layer.lut(),
        finding ->
            (finding.rule().endsWith(hand.rule()) || finding.rule().equals("lut-unexplained"))
                && finding.example().equals(layer.lut()));
  }

  @Test
  void newNansAndInfinities() throws IOException {
    assertFound(
        20261120,
        ALL_KINDS,
        (link, random) ->
            any(random, List.copyOf(link.child().tensors().keySet()))
                .filter(tensor -> link.child().tensor(tensor).isFloat())
                .map(tensor -> notFinite(link, tensor, random)));
  }

  private static Fault notFinite(Link link, String name, Random random) {
    ArrayTensor tensor = link.child().tensor(name);
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      tensor = tensor.with(place(random, tensor), notFinite(random));
    }
    double[] values = tensor.values();
    String told =
        "%d NaN and %d infinities, the first at element %d"
            .formatted(
                Arrays.stream(values).filter(Double::isNaN).count(),
                Arrays.stream(values).filter(Double::isInfinite).count(),
                IntStream.range(0, values.length)
                    .filter(i -> !Double.isFinite(values[i]))
                    .findFirst()
                    .orElseThrow());
    return new Fault(
        link.with(link.child().with(name, tensor)),
        name,
        finding -> finding.rule().equals("not-finite") && finding.message().contains(told));
  }

  private static double notFinite(Random random) {
    return switch (random.nextInt(3)) {
      case 0 -> Double.NaN;
      case 1 -> Double.POSITIVE_INFINITY;
      default -> Double.NEGATIVE_INFINITY;
    };
  }

  @Test
  void aNanThatIsNotWhereTheParentsWas() throws IOException {
    assertFound(
        20261121,
        ALL_KINDS,
        (link, random) ->
            any(random, List.copyOf(link.child().tensors().keySet()))
                .filter(tensor -> link.child().tensor(tensor).values().length > 1)
                .filter(tensor -> link.child().tensor(tensor).isFloat())
                .filter(tensor -> hasSameShape(link, tensor))
                .map(tensor -> wandering(link, tensor, random)));
  }

  private static boolean hasSameShape(Link link, String tensor) {
    return link.parent().has(tensor)
        && link.parent().tensor(tensor).shape().equals(link.child().tensor(tensor).shape());
  }

  private static Fault wandering(Link link, String name, Random random) {
    int before = place(random, link.parent().tensor(name));
    int after = (before + 1) % link.parent().tensor(name).values().length;
    return new Fault(
        new Link(
            link.kind(),
            link.parent().with(name, before, Double.NaN),
            link.child().with(name, after, Double.NaN)),
        name,
        finding -> finding.rule().equals("not-finite"));
  }

  @Test
  void aMissingQuantizedBuffer() throws IOException {
    assertFound(
        20261122,
        OF_LAYERS,
        (link, random) ->
            anyLayer(random, link.child(), layer -> link.child().has(layer.quantized()))
                .map(LayerNames::quantized)
                .map(
                    quantized ->
                        new Fault(
                            link.with(link.child().without(quantized)),
                            quantized,
                            finding ->
                                finding.example().equals(quantized)
                                    || !link.parent().has(quantized))));
  }

  @Test
  void indicesThatMovedWithoutProof() throws IOException {
    assertFound(
        20261123,
        OF_LAYERS,
        (link, random) ->
            anyLayer(random, link.child(), layer -> link.child().has(layer.quantized()))
                .map(layer -> moved(link, layer, random)));
  }

  // Weights over scales never have the sign of the entry that mirrors theirs.
  private static Fault moved(Link link, LayerNames layer, Random random) {
    ArrayCheckpoint child = link.child();
    int index = place(random, child.tensor(layer.quantized()));
    if (child.has(layer.indices())) {
      int last = child.tensor(layer.lut()).values().length - 1;
      double mirrored = last - child.tensor(layer.indices()).values()[index];
      child = child.with(layer.indices(), index, mirrored);
    }
    double entry = -child.tensor(layer.quantized()).values()[index];
    return new Fault(link.with(child.with(layer.quantized(), index, entry)), layer.quantized());
  }
}
