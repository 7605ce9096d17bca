package io.qtrace.job.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.qtrace.io.Amount;
import io.qtrace.io.SafeText;
import io.qtrace.job.report.TensorDigests.Kind;
import io.qtrace.job.text.Json;
import io.qtrace.job.text.Paragraph;
import io.qtrace.job.text.TextTable;
import io.qtrace.job.text.TextTable.Column;
import io.qtrace.job.text.Units;
import io.qtrace.lut.Category;
import io.qtrace.lut.CategoryRules;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;

/**
 * What {@code inspect} prints about one checkpoint; the component names are those of its JSON.
 *
 * @param notes what was read in another way than the file states; missing in the JSON if empty
 */
public record Inspection(
    String path,
    String format,
    List<Tensor> tensors,
    List<CheckpointIndex.Skipped> skipped,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> notes) {
  /**
   * One tensor.
   *
   * @param stride in elements
   * @param offset in elements, from the start of the storage
   * @param bytes of the elements in C order
   * @param md5 first 16 hexadecimal digits, or null if not requested
   * @param fingerprint null if not requested
   */
  public record Tensor(
      String name,
      String category,
      String dtype,
      List<Long> shape,
      List<Long> stride,
      long offset,
      long bytes,
      @JsonProperty("md5_16") @JsonInclude(JsonInclude.Include.NON_NULL) String md5,
      @JsonInclude(JsonInclude.Include.NON_NULL) String fingerprint) {
    public Tensor {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(category, "category");
      Objects.requireNonNull(dtype, "dtype");
      shape = List.copyOf(shape);
      stride = List.copyOf(stride);
    }

    // Null for what lies in C order at the start of its storage, as nearly all tensors do.
    private String layout() {
      boolean plain = offset == 0 && stride.equals(new Shape(shape).contiguousStride());
      return plain ? null : "stride " + stride + " offset " + offset;
    }
  }

  public Inspection {
    tensors = List.copyOf(tensors);
    skipped = List.copyOf(skipped);
    notes = List.copyOf(notes);
  }

  /** Describes an index; reads the tensors only if {@code kinds} has any. */
  public static Inspection of(
      CheckpointIndex index, CategoryRules rules, TensorDigests digests, Set<Kind> kinds)
      throws IOException {
    List<Tensor> tensors = new ArrayList<>();
    for (TensorEntry entry : index.tensors()) {
      Map<Kind, String> asked = kinds.isEmpty() ? Map.of() : digests.of(entry, kinds);
      tensors.add(
          new Tensor(
              entry.name(),
              rules.of(entry.name()).label(),
              entry.dtype().label(),
              entry.shape().sizes(),
              entry.stride(),
              entry.offset(),
              entry.bytes(),
              asked.get(Kind.MD5_16),
              asked.get(Kind.FINGERPRINT)));
    }
    return new Inspection(index.path(), index.format(), tensors, index.skipped(), index.notes());
  }

  public String json() {
    return Json.of(this);
  }

  /** The file, counts per category, and a line per tensor. */
  public List<String> lines(int width) {
    List<String> lines = new ArrayList<>();
    lines.add(SafeText.of(path));
    lines.add(
        "%s, %s, %s"
            .formatted(
                SafeText.of(format),
                Amount.of(tensors.size(), "tensor"),
                Units.size(tensors.stream().mapToLong(Tensor::bytes).sum())));
    if (!tensors.isEmpty()) {
      lines.add("");
      lines.addAll(categories().lines(width));
      lines.add("");
      lines.addAll(details().lines(width));
    }
    if (!skipped.isEmpty()) {
      lines.add("");
      TextTable table = new TextTable(Column.text("skipped"), Column.text("reason"));
      skipped.forEach(tensor -> table.add(tensor.name(), tensor.reason()));
      lines.addAll(table.lines(width));
    }
    if (!notes.isEmpty()) {
      lines.add("");
      notes.forEach(note -> lines.addAll(Paragraph.lines("note: ", note)));
    }
    return lines;
  }

  private TextTable categories() {
    TextTable table =
        new TextTable(Column.text("category"), Column.number("tensors"), Column.number("bytes"));
    for (Category category : Category.values()) {
      List<Tensor> members =
          tensors.stream().filter(t -> t.category().equals(category.label())).toList();
      if (!members.isEmpty()) {
        table.add(
            category.label(), members.size(), members.stream().mapToLong(Tensor::bytes).sum());
      }
    }
    return table;
  }

  // Columns that would be empty all the way down are left out.
  private TextTable details() {
    Map<Column, Function<Tensor, Object>> cells = new LinkedHashMap<>();
    cells.put(Column.text("name"), Tensor::name);
    cells.put(Column.text("category"), Tensor::category);
    cells.put(Column.text("dtype"), Tensor::dtype);
    cells.put(Column.text("shape"), Tensor::shape);
    cells.put(Column.number("bytes"), Tensor::bytes);
    cells.put(Column.text("layout"), Tensor::layout);
    cells.put(Column.text("md5_16"), Tensor::md5);
    cells.put(Column.text("fingerprint"), Tensor::fingerprint);
    cells.values().removeIf(cell -> tensors.stream().map(cell).allMatch(Objects::isNull));
    TextTable table = new TextTable(List.copyOf(cells.keySet()));
    for (Tensor tensor : tensors) {
      table.add(cells.values().stream().map(cell -> cell.apply(tensor)).toArray());
    }
    return table;
  }
}
