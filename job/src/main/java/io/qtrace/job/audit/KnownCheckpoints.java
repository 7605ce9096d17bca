package io.qtrace.job.audit;

import static org.apache.spark.sql.functions.col;

import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.audit.policy.CategoryRules;
import io.qtrace.job.audit.stage.TensorFacts;
import io.qtrace.job.lineage.CheckpointRow;
import io.qtrace.job.lineage.InvariantRow;
import io.qtrace.job.lineage.LineageStore;
import io.qtrace.job.lineage.LineageTable;
import io.qtrace.job.lineage.TensorRow;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.spark.sql.Column;

/** What earlier audits stored of an archive's checkpoints, by the checkpoints' content. */
final class KnownCheckpoints {
  private final LineageStore lineage;
  private final CategoryRules categories;
  private final Collection<CheckpointFile> files;
  private final Map<String, CheckpointRow> rows = new HashMap<>();

  KnownCheckpoints(
      LineageStore lineage, CategoryRules categories, Collection<CheckpointFile> files) {
    this.lineage = lineage;
    this.categories = categories;
    this.files = files;
    lineage
        .read(LineageTable.CHECKPOINTS, CheckpointRow.class, isOneOf(files))
        .forEach(row -> rows.put(row.checkpointId(), row));
  }

  Optional<CheckpointRow> row(CheckpointFile file) {
    return Optional.ofNullable(rows.get(ContentId.of(file.stat())));
  }

  /** Bytes of each that is known. */
  List<Long> bytes() {
    return known().stream().map(file -> row(file).orElseThrow().bytes()).toList();
  }

  /** Facts of the tensors of all that are known and readable, by the tensor's name. */
  Map<CheckpointFile, Map<String, TensorFacts>> facts() {
    Map<String, Map<String, TensorFacts>> byId = new HashMap<>();
    for (TensorRow row : lineage.read(LineageTable.TENSORS, TensorRow.class, isOneOf(known()))) {
      byId.computeIfAbsent(row.checkpointId(), id -> new TreeMap<>())
          .put(row.name(), TensorFacts.of(row, categories.of(row.name())));
    }
    Map<CheckpointFile, Map<String, TensorFacts>> facts = new TreeMap<>();
    for (CheckpointFile file : known()) {
      if (row(file).orElseThrow().isReadable()) {
        facts.put(file, byId.getOrDefault(ContentId.of(file.stat()), Map.of()));
      }
    }
    return facts;
  }

  /** Invariants of all that are known, by the checkpoint's id. */
  Map<String, List<InvariantRow>> invariants() {
    return lineage.read(LineageTable.INVARIANTS, InvariantRow.class, isOneOf(known())).stream()
        .collect(Collectors.groupingBy(InvariantRow::checkpointId));
  }

  private List<CheckpointFile> known() {
    return files.stream().filter(file -> row(file).isPresent()).toList();
  }

  private static Column isOneOf(Collection<CheckpointFile> files) {
    return col("checkpoint_id")
        .isInCollection(files.stream().map(file -> ContentId.of(file.stat())).toList());
  }
}
