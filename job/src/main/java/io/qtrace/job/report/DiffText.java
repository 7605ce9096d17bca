package io.qtrace.job.report;

import io.qtrace.compare.DiffStats;
import io.qtrace.compare.TensorStatus;
import io.qtrace.io.Amount;
import io.qtrace.io.SafeText;
import io.qtrace.job.compare.PairComparison;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.TensorFacts;
import io.qtrace.job.judge.Diff;
import io.qtrace.job.judge.Judgement;
import io.qtrace.job.judge.LutMove;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.RunPolicy;
import io.qtrace.job.policy.Subject;
import io.qtrace.job.text.Paragraph;
import io.qtrace.job.text.TextTable;
import io.qtrace.job.text.TextTable.Column;
import io.qtrace.lut.Category;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What {@code diff} prints as text: the verdict, then the notebook's questions, in its order. */
public final class DiffText {
  private static final int TOP = 20;
  private static final int FEW = 5;
  private static final int NAMED = 10; // changed tensors of each category

  private final PairComparison pair;
  private final Judgement judgement;
  private final RunPolicy rules;
  private final boolean all;
  private final int width;
  private final List<String> lines = new ArrayList<>();

  private DiffText(Diff.Outcome outcome, boolean all, int width) {
    this.pair = outcome.pair();
    this.judgement = outcome.judgement();
    this.rules = outcome.rules();
    this.all = all;
    this.width = width;
  }

  /**
   * @param all whether to print long lists in full
   * @param width maximum number of characters in a line of a table
   */
  public static List<String> lines(
      String left, String right, Diff.Outcome outcome, boolean all, int width) {
    DiffText text = new DiffText(outcome, all, width);
    text.lines.add("left   " + SafeText.of(left));
    text.lines.add("right  " + SafeText.of(right));
    text.lines.add("");
    text.lines.addAll(Conclusion.lines(outcome));
    text.structure();
    text.comparison();
    text.categories();
    text.changed();
    text.quantized();
    text.lutTraining();
    return text.lines;
  }

  private int most(int few) {
    return all ? Integer.MAX_VALUE : few;
  }

  private void structure() {
    section("Structure");
    TextTable table =
        new TextTable(Column.text("tensors"), Column.number("left"), Column.number("right"));
    table.add("all", count(TensorComparison::left, null), count(TensorComparison::right, null));
    for (Category category : Category.values()) {
      table.add(
          category.label(),
          count(TensorComparison::left, category),
          count(TensorComparison::right, category));
    }
    add(table);
  }

  private long count(Function<TensorComparison, Optional<TensorFacts>> side, Category category) {
    return pair.tensors().stream()
        .filter(tensor -> category == null || tensor.category() == category)
        .filter(tensor -> side.apply(tensor).isPresent())
        .count();
  }

  private void comparison() {
    int added = pair.count(TensorStatus.ADDED);
    int removed = pair.count(TensorStatus.REMOVED);
    int identical = pair.count(TensorStatus.IDENTICAL);
    int equal = pair.count(TensorStatus.EQUAL);
    section("Comparison");
    lines.add(
        "%d common, %d only left, %d only right"
            .formatted(pair.tensors().size() - added - removed, removed, added));
    examples("only left", TensorStatus.REMOVED);
    examples("only right", TensorStatus.ADDED);
    lines.add(
        "%d unchanged (%d identical, %d equal), %d changed"
            .formatted(
                identical + equal,
                identical,
                equal,
                pair.count(TensorStatus.CHANGED) + pair.count(TensorStatus.RESHAPED)));
    judgement.notes().forEach(note -> lines.add("note: " + note));
  }

  private void examples(String title, TensorStatus status) {
    List<String> names =
        pair.tensors().stream()
            .filter(tensor -> tensor.status() == status)
            .map(tensor -> SafeText.of(tensor.name()))
            .toList();
    if (!names.isEmpty()) {
      int most = most(FEW);
      lines.add("  " + title + (names.size() > most ? " (first " + most + "):" : ":"));
      names.stream().limit(most).forEach(name -> lines.add("    " + name));
      More.of(names.size() - most).ifPresent(more -> lines.add("    " + more));
    }
  }

  private void categories() {
    section("Changes by category, as an edge of kind " + judgement.kind().label());
    TextTable table =
        new TextTable(
            Column.text("category"),
            Column.number("changed"),
            Column.number("added"),
            Column.number("removed"),
            Column.number("of"),
            Column.text("may it change?"),
            Column.text(""));
    for (Category category : Category.values()) {
      Subject subject = Subject.of(category);
      List<Finding> broken =
          judgement.findings().stream()
              .filter(finding -> finding.rule().startsWith(subject.label() + "-"))
              .toList();
      table.add(
          category.label(),
          count(category, TensorStatus.CHANGED) + count(category, TensorStatus.RESHAPED),
          count(category, TensorStatus.ADDED),
          count(category, TensorStatus.REMOVED),
          pair.of(category).count(),
          expected(category, subject),
          broken.isEmpty()
              ? "ok"
              : broken.stream().anyMatch(Finding::counts) ? "VIOLATION" : "waived");
    }
    add(table);
  }

  // An override may have other expectations for some layers.
  private String expected(Category category, Subject subject) {
    String usual = rules.expectation(judgement.kind(), subject, "").label();
    String all =
        pair.of(category)
            .map(tensor -> rules.expectation(judgement.kind(), subject, tensor.name()).label())
            .distinct()
            .collect(Collectors.joining(", "));
    return all.isEmpty() ? usual : all;
  }

  private long count(Category category, TensorStatus status) {
    return pair.of(category).filter(tensor -> tensor.status() == status).count();
  }

  // A _Q that changed has a line in a section of its own.
  private void changed() {
    List<String> named = new ArrayList<>();
    for (Category category : Category.values()) {
      List<String> names =
          pair.of(category)
              .filter(
                  tensor ->
                      tensor.status() == TensorStatus.RESHAPED
                          || (tensor.status() == TensorStatus.CHANGED && category != Category.Q))
              .map(DiffText::changedName)
              .toList();
      if (!names.isEmpty()) {
        named.add(category.label());
        names.stream().limit(most(NAMED)).forEach(name -> named.add("  " + name));
        More.of(names.size() - most(NAMED)).ifPresent(more -> named.add("  " + more));
      }
    }
    if (!named.isEmpty()) {
      section("Changed tensors");
      named.forEach(line -> lines.add("  " + line));
    }
  }

  private static String changedName(TensorComparison tensor) {
    String name = SafeText.of(tensor.name());
    return tensor.status() == TensorStatus.RESHAPED
        ? name + ", shape " + side(tensor, facts -> facts.shape().toString())
        : name;
  }

  private void quantized() {
    List<TensorComparison> all = pair.of(Category.Q).toList();
    if (all.isEmpty()) {
      return;
    }
    List<TensorComparison> changed =
        all.stream().filter(tensor -> tensor.status() == TensorStatus.CHANGED).toList();
    section("_Q buffers");
    if (changed.isEmpty()) {
      long unchanged = all.stream().filter(tensor -> !tensor.isChanged()).count();
      lines.add("%d unchanged, 0 changed".formatted(unchanged));
      detail(all.get(0));
      return;
    }
    lines.add(
        "%d unchanged, %d changed%s"
            .formatted(
                all.size() - changed.size(),
                changed.size(),
                changed.size() > most(TOP) ? ", the largest " + TOP + ":" : ":"));
    TextTable table =
        new TextTable(Column.number("max |a-b|"), Column.number("mean |a-b|"), Column.text("name"));
    changed.stream()
        .sorted(Comparator.comparing((TensorComparison tensor) -> -stats(tensor).maxAbs()))
        .limit(most(TOP))
        .forEach(
            tensor ->
                table.add(
                    Numbers.scientific(stats(tensor).maxAbs()),
                    Numbers.scientific(stats(tensor).meanAbs()),
                    tensor.name()));
    add(table);
    More.of(changed.size() - most(TOP)).ifPresent(lines::add);
    detail(changed.get(0));
  }

  private static DiffStats stats(TensorComparison changed) {
    return changed.compared().orElseThrow();
  }

  private void detail(TensorComparison tensor) {
    lines.add(SafeText.of(tensor.name()));
    String shape = side(tensor, facts -> facts.shape().toString());
    String dtype = side(tensor, facts -> facts.dtype().label());
    lines.add("  shape %s, dtype %s".formatted(shape, dtype));
    boolean hashed = tensor.left().flatMap(TensorFacts::md5).isPresent();
    if (hashed) {
      lines.add("  md5 " + side(tensor, facts -> facts.md5().orElse("")));
    }
    lines.add("  " + side(tensor, TensorFacts::fingerprint));
    tensor.compared().filter(stats -> stats.changedElements() > 0).ifPresent(this::elements);
  }

  private void elements(DiffStats stats) {
    lines.add(
        "  %d of %d elements changed (%s), the first at index %d"
            .formatted(
                stats.changedElements(),
                stats.elements(),
                Numbers.percent(stats.changedElements(), stats.elements()),
                stats.firstChangedIndex()));
    stats
        .distinctDifferences()
        .filter(differences -> !differences.isEmpty())
        .ifPresent(differences -> wrapped("  differences ", differences));
  }

  private static String side(TensorComparison tensor, Function<TensorFacts, String> word) {
    String left = tensor.left().map(word).orElse("absent");
    String right = tensor.right().map(word).orElse("absent");
    return left.equals(right) ? left : left + " -> " + right;
  }

  private void lutTraining() {
    List<LutMove> moves = judgement.trainableLuts();
    if (moves.isEmpty()) {
      return;
    }
    long trained = moves.stream().filter(LutMove::isTrained).count();
    section("LUT training");
    lines.add(
        "%s; the LUT moved in %s, the deltas by up to %s"
            .formatted(
                Amount.of(
                    pair.of(Category.LUT_DELTAS).filter(t -> t.right().isPresent()).count(),
                    "_lut_raw_deltas tensor"),
                Amount.of(trained, moves.size(), "layer"),
                Numbers.scientific(
                    moves.stream()
                        .mapToDouble(move -> move.deltas().orElse(0.0))
                        .max()
                        .orElse(0))));
    lines.add(
        "%d of %d LUT values moved on the float16 grid; %d of %d stored .lut changed"
            .formatted(
                moves.stream().mapToInt(LutMove::snapped).sum(),
                moves.stream().mapToInt(LutMove::values).sum(),
                pair.of(Category.LUT).filter(TensorComparison::isChanged).count(),
                pair.of(Category.LUT).count()));
    List<TensorComparison> deltas =
        pair.of(Category.LUT_DELTAS).filter(tensor -> tensor.right().isPresent()).toList();
    deltas.stream().limit(most(FEW)).forEach(this::deltas);
    More.of(deltas.size() - most(FEW)).ifPresent(lines::add);
  }

  private void deltas(TensorComparison tensor) {
    TensorFacts facts = tensor.right().orElseThrow();
    double largest = facts.values().stream().mapToDouble(Math::abs).max().orElse(0);
    lines.add(SafeText.of(tensor.name()));
    lines.add("  max_abs %.6f".formatted(largest));
    wrapped("  values ", facts.values());
  }

  private void section(String title) {
    lines.add("");
    lines.add(title);
    lines.add("-".repeat(title.length()));
  }

  private void add(TextTable table) {
    lines.addAll(table.lines(width));
  }

  private void wrapped(String title, List<Double> numbers) {
    lines.addAll(Paragraph.lines(title, Numbers.exact(numbers)));
  }
}
