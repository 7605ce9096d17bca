package io.qtrace.job.shell;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jline.reader.Candidate;
import org.jline.reader.Completer;
import org.jline.reader.LineReader;
import org.jline.reader.ParsedLine;

/** Completes names of tables, columns, functions, queries, commands, their options, and files. */
final class ShellCompleter implements Completer {
  private static final List<String> KEYWORDS =
      List.of(
          "SELECT",
          "FROM",
          "WHERE",
          "JOIN",
          "LEFT",
          "ON",
          "USING",
          "GROUP",
          "BY",
          "ORDER",
          "HAVING",
          "LIMIT",
          "AS",
          "AND",
          "OR",
          "NOT",
          "IN",
          "LIKE",
          "IS",
          "NULL",
          "BETWEEN",
          "CASE",
          "WHEN",
          "THEN",
          "ELSE",
          "END",
          "DISTINCT",
          "UNION",
          "ALL",
          "WITH",
          "LATERAL",
          "VIEW",
          "DESCRIBE",
          "SHOW",
          "TABLES",
          "EXPLAIN",
          "DESC",
          "TIMESTAMP",
          "VERSION",
          "OF");
  private static final Pattern BEFORE_TABLE =
      Pattern.compile("\\b(from|join|table|describe|desc)\\s+$", Pattern.CASE_INSENSITIVE);

  private final ShellInput input;
  private final ShellCommands commands;
  private final Set<String> dotCommands;
  private final Collection<String> queries;
  private final Supplier<Vocabulary> vocabulary;

  ShellCompleter(
      ShellInput input,
      ShellCommands commands,
      Set<String> dotCommands,
      Collection<String> queries,
      Supplier<Vocabulary> vocabulary) {
    this.input = input;
    this.commands = commands;
    this.dotCommands = dotCommands;
    this.queries = queries;
    this.vocabulary = vocabulary;
  }

  @Override
  public void complete(LineReader reader, ParsedLine line, List<Candidate> candidates) {
    switch (input.kind(line.line())) {
      case DOT -> completeDot(line, candidates);
      case COMMAND -> completeCommand(line, candidates);
      case SQL -> completeSql(line, candidates);
    }
  }

  private void completeDot(ParsedLine line, List<Candidate> candidates) {
    if (line.wordIndex() == 0) {
      add(candidates, dotCommands.stream());
      return;
    }
    switch (line.words().get(0)) {
      case ".schema" -> add(candidates, vocabulary.get().tables().keySet().stream());
      case ".queries" -> add(candidates, queries.stream());
      case ".read", ".out" -> addFiles(line.word(), candidates);
      default -> {}
    }
  }

  private void completeCommand(ParsedLine line, List<Candidate> candidates) {
    List<String> words = new ArrayList<>(line.words().subList(0, line.wordIndex()));
    words.add(line.word().substring(0, line.wordCursor()));
    add(candidates, commands.candidates(words).stream());
    if (line.wordIndex() > 0) {
      addFiles(line.word(), candidates);
    }
  }

  private void completeSql(ParsedLine line, List<Candidate> candidates) {
    Vocabulary names = vocabulary.get();
    String word = line.word();
    String before = line.line().substring(0, line.cursor());
    String beforeWord = before.substring(0, before.length() - line.wordCursor());
    if (beforeWord.isBlank()) {
      add(candidates, commands.names().stream());
    }
    int dot = word.lastIndexOf('.');
    if (dot >= 0) { // a table's or an alias's column
      String qualifier = word.substring(0, dot);
      List<String> own = names.tables().get(qualifier.toLowerCase(Locale.ROOT));
      Stream<String> columns = own == null ? columns(names, before) : own.stream();
      add(candidates, columns.map(column -> qualifier + "." + column));
      return;
    }
    add(candidates, names.tables().keySet().stream());
    if (!BEFORE_TABLE.matcher(beforeWord).find()) {
      add(candidates, columns(names, before));
      add(candidates, names.functions().stream());
      add(candidates, KEYWORDS.stream());
    }
  }

  // Columns of the tables that the statement names so far, else of all tables.
  private static Stream<String> columns(Vocabulary names, String statement) {
    Set<String> words = Set.of(statement.toLowerCase(Locale.ROOT).split("\\W+"));
    List<String> named =
        names.tables().entrySet().stream()
            .filter(table -> words.contains(table.getKey()))
            .map(Map.Entry::getValue)
            .flatMap(List::stream)
            .toList();
    return named.isEmpty()
        ? names.tables().values().stream().flatMap(List::stream)
        : named.stream();
  }

  private static void add(List<Candidate> candidates, Stream<String> names) {
    names.distinct().forEach(name -> candidates.add(new Candidate(name)));
  }

  private static void addFiles(String word, List<Candidate> candidates) {
    int slash = word.lastIndexOf('/') + 1;
    String folder = word.substring(0, slash);
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(Path.of(folder.isEmpty() ? "." : folder))) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        boolean isPlain = name.chars().noneMatch(Character::isISOControl);
        if (isPlain && (!name.startsWith(".") || word.startsWith(folder + "."))) {
          boolean isFolder = Files.isDirectory(file);
          String value = folder + name + (isFolder ? "/" : "");
          candidates.add(new Candidate(value, value, null, null, null, null, !isFolder));
        }
      }
    } catch (IOException | InvalidPathException e) {
      // Not a folder of this machine: nothing to suggest.
    }
  }
}
