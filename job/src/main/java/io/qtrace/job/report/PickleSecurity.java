package io.qtrace.job.report;

import io.qtrace.io.SafeText;
import io.qtrace.job.text.Json;
import io.qtrace.job.text.TextTable;
import io.qtrace.job.text.TextTable.Column;
import io.qtrace.tensor.PickledGlobal;
import io.qtrace.tensor.PickledGlobal.Judgement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * What {@code inspect --security} prints about one checkpoint; the component names are those of its
 * JSON.
 *
 * @param names number of classes and functions that its pickles name
 * @param globals those that are listed, the worst first
 */
public record PickleSecurity(String path, int names, List<Global> globals) {
  /**
   * A class or function.
   *
   * @param pickle member of the zip archive that is the pickle; empty where the file is
   * @param position byte of the file at which it is named first
   */
  public record Global(
      String judgement, String module, String name, String uri, String pickle, long position) {
    static Global of(PickledGlobal global) {
      return new Global(
          global.judgement().label(),
          global.module(),
          global.name(),
          global.file(),
          global.pickle(),
          global.position());
    }

    private String shown() {
      return module.isEmpty() ? name : module + "." + name;
    }
  }

  public PickleSecurity {
    Objects.requireNonNull(path, "path");
    globals = List.copyOf(globals);
  }

  /** Sorts what was found, the worst first. */
  public static PickleSecurity of(String path, int names, List<PickledGlobal> found) {
    return new PickleSecurity(path, names, found.stream().map(Global::of).toList());
  }

  public String json() {
    return Json.of(this);
  }

  /** A sentence, and a line per name. */
  public List<String> lines(int width) {
    List<String> lines = new ArrayList<>();
    lines.add(SafeText.of(path));
    lines.add(sentence());
    if (!globals.isEmpty()) {
      lines.add("");
      TextTable table =
          new TextTable(
              Column.text("judgement"),
              Column.text("name"),
              Column.text("pickle"),
              Column.number("byte"));
      globals.forEach(
          global ->
              table.add(global.judgement(), global.shown(), global.pickle(), global.position()));
      lines.addAll(table.lines(width));
      if (names > globals.size()) {
        lines.add("and %d more".formatted(names - globals.size()));
      }
    }
    return lines;
  }

  private String sentence() {
    if (globals.isEmpty()) {
      return "No pickle in the file names a class or function.";
    }
    return switch (worst()) {
      case DANGEROUS ->
          "DANGEROUS: loading it with Python's pickle runs code. Nothing was run here.";
      case UNREADABLE -> "UNREADABLE: a pickle cannot be parsed to its end; do not load the file.";
      case UNKNOWN ->
          "UNKNOWN: it names classes or functions not known to be safe, but none known to be dangerous.";
      case SAFE -> "SAFE: it names only classes and functions that torch.save and NumPy use.";
    };
  }

  private Judgement worst() {
    return Judgement.valueOf(globals.get(0).judgement().toUpperCase(Locale.ROOT));
  }
}
