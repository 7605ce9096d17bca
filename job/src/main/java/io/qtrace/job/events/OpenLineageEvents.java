package io.qtrace.job.events;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.openlineage.client.OpenLineage;
import io.openlineage.client.OpenLineage.RunEvent.EventType;
import io.qtrace.io.SafeText;
import io.qtrace.job.audit.AuditReport;
import io.qtrace.job.lineage.AuditedEdge;
import io.qtrace.job.lineage.KnownCheckpoint;
import io.qtrace.job.lineage.LineageStore;
import io.qtrace.job.lineage.RecordedEdge;
import io.qtrace.job.parents.Sketch;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.report.AuditSummary;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * An audit as OpenLineage events: each checkpoint is a dataset, each checkpoint with parents the
 * output of a run of the job RUN/OPERATION, and the audit a run that these runs name as their
 * parent. Run IDs follow from contents, so the same events sent again are the same runs.
 */
public final class OpenLineageEvents {
  static final String CHECKPOINT_FACET = "qtrace_checkpoint";
  static final String VERDICT_FACET = "qtrace_verdict";
  static final String AUDIT_FACET = "qtrace_audit";

  private static final URI PRODUCER = URI.create("https://qtrace.io/audit/v1");
  private static final String AUDIT = "audit";
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .addModule(new JavaTimeModule())
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .serializationInclusion(JsonInclude.Include.NON_NULL)
          .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
          .build();

  private final OpenLineage openLineage = new OpenLineage(PRODUCER);
  private final String archive;
  private final UUID audit;
  private final ZonedDateTime time;

  private OpenLineageEvents(String archive, UUID audit, Instant time) {
    this.archive = SafeText.of(archive);
    this.audit = audit;
    this.time = time.atZone(ZoneOffset.UTC);
  }

  /**
   * The events of a finished audit, each one line of JSON: edges in their order, then the audit.
   */
  public static List<String> of(LineageStore lineage, AuditReport report, Instant finished) {
    List<String> ids =
        report.edges().stream()
            .map(edge -> edge.edge().ends())
            .flatMap(ends -> Stream.of(ends.parentId(), ends.childId()))
            .distinct()
            .toList();
    return of(ids.isEmpty() ? Map.of() : lineage.checkpoints(ids), report, finished);
  }

  /**
   * The same events, for checkpoints that were read from the tables.
   *
   * @param checkpoints the ends of all edges, by identifier
   */
  static List<String> of(
      Map<String, KnownCheckpoint> checkpoints, AuditReport report, Instant finished) {
    OpenLineageEvents events =
        new OpenLineageEvents(report.archive(), uuid(AUDIT, report.auditId()), finished);
    Map<List<String>, List<RecordedEdge>> children = new LinkedHashMap<>();
    report.edges().stream()
        .filter(edge -> isStep(edge.edge()))
        .forEach(
            edge -> children.computeIfAbsent(key(edge.edge()), key -> new ArrayList<>()).add(edge));
    List<String> lines = new ArrayList<>();
    children.values().forEach(edges -> lines.add(json(events.edge(edges, checkpoints))));
    lines.add(json(events.audit(report)));
    return lines;
  }

  /** The event of a failed audit. */
  public static List<String> failed(AuditSummary summary) {
    OpenLineageEvents events =
        new OpenLineageEvents(
            summary.archive(),
            uuid(AUDIT, summary.archive(), summary.started()),
            Instant.parse(summary.finished()));
    OpenLineage.RunFacets facets =
        events
            .openLineage
            .newRunFacetsBuilder()
            .errorMessage(events.openLineage.newErrorMessageRunFacet(summary.error(), "Java", null))
            .build();
    return List.of(
        json(events.event(EventType.FAIL, events.audit, facets, AUDIT, List.of(), List.of())));
  }

  // Edges that the weights reject, or that steps between replace, did not happen.
  private static boolean isStep(AuditedEdge edge) {
    return !edge.isRejected() && !edge.kind().equals(EdgeKind.SEVERAL);
  }

  private static List<String> key(AuditedEdge edge) {
    return List.of(edge.ends().childId(), edge.kind().label());
  }

  private OpenLineage.RunEvent edge(
      List<RecordedEdge> edges, Map<String, KnownCheckpoint> checkpoints) {
    AuditedEdge first = edges.get(0).edge();
    String kind = first.kind().label();
    KnownCheckpoint child = checkpoints.get(first.ends().childId());
    UUID run =
        uuid(
            Stream.concat(
                    Stream.of("edge", kind, child.id()),
                    edges.stream().map(edge -> edge.edge().ends().parentId()))
                .toArray(String[]::new));
    OpenLineage.RunFacets facets =
        openLineage
            .newRunFacetsBuilder()
            .parent(
                openLineage.newParentRunFacet(
                    openLineage.newParentRunFacetRun(audit, null),
                    openLineage.newParentRunFacetJob(archive, AUDIT, null),
                    null))
            .put(VERDICT_FACET, verdict(edges))
            .build();
    String folder = child.file().run();
    String job = folder.isEmpty() ? kind : SafeText.of(folder) + "/" + kind;
    return event(
        EventType.COMPLETE,
        run,
        facets,
        job,
        edges.stream()
            .map(edge -> checkpoints.get(edge.edge().ends().parentId()))
            .map(this::input)
            .toList(),
        List.of(output(child)));
  }

  private OpenLineage.RunEvent audit(AuditReport report) {
    Map<String, Object> properties = new LinkedHashMap<>();
    properties.put("auditId", report.auditId());
    properties.put("verdict", report.verdict().toString());
    properties.put("runs", report.size().runs());
    properties.put("checkpoints", report.size().checkpoints());
    properties.put("edges", report.edges().size());
    properties.put("violations", report.violations());
    properties.put("findings", report.findingCount());
    properties.put("waived", report.waivedCount());
    OpenLineage.RunFacets facets =
        openLineage
            .newRunFacetsBuilder()
            .put(AUDIT_FACET, new Facet(PRODUCER, "audit-1-0-0.json", properties))
            .build();
    return event(EventType.COMPLETE, audit, facets, AUDIT, List.of(), List.of());
  }

  private OpenLineage.RunEvent event(
      EventType type,
      UUID run,
      OpenLineage.RunFacets facets,
      String job,
      List<OpenLineage.InputDataset> inputs,
      List<OpenLineage.OutputDataset> outputs) {
    OpenLineage.JobFacets jobFacets =
        openLineage
            .newJobFacetsBuilder()
            .jobType(
                openLineage.newJobTypeJobFacet(
                    "BATCH", "QTRACE", job.equals(AUDIT) ? "AUDIT" : "OPERATION", null))
            .build();
    return openLineage.newRunEvent(
        time,
        type,
        openLineage.newRun(run, facets),
        openLineage.newJob(archive, job, jobFacets),
        inputs,
        outputs);
  }

  // Findings of all edges of the child; those of an average or a graft are often the same.
  private static Facet verdict(List<RecordedEdge> edges) {
    AuditedEdge first = edges.get(0).edge();
    Map<String, Object> properties = new LinkedHashMap<>();
    properties.put("auditId", edges.get(0).auditId());
    properties.put("operation", first.kind().label());
    properties.put(
        "verdict",
        edges.stream()
            .map(RecordedEdge::edge)
            .filter(AuditedEdge::isViolation)
            .findFirst()
            .orElse(first)
            .verdict()
            .toString());
    properties.put("evidence", first.evidence());
    properties.put("qBuffers", first.counts().quantized().qBuffers());
    properties.put("qChanged", first.counts().quantized().qChanged());
    properties.put(
        "findings",
        edges.stream()
            .flatMap(edge -> edge.edge().findings().stream())
            .distinct()
            .map(OpenLineageEvents::finding)
            .toList());
    properties.put("policyHash", first.rules().hash());
    return new Facet(PRODUCER, "verdict-1-0-0.json", properties);
  }

  private static Map<String, Object> finding(Finding finding) {
    Map<String, Object> properties = new LinkedHashMap<>();
    properties.put("rule", finding.rule());
    properties.put("tensors", finding.tensors());
    properties.put("message", finding.message());
    if (!finding.counts()) {
      properties.put("waivedUntil", finding.waivedUntil());
      properties.put("waivedReason", SafeText.of(finding.waivedReason()));
    }
    return properties;
  }

  private OpenLineage.InputDataset input(KnownCheckpoint checkpoint) {
    DatasetName name = DatasetName.of(checkpoint.file().stat().uri());
    return openLineage.newInputDataset(name.namespace(), name.name(), facets(checkpoint), null);
  }

  private OpenLineage.OutputDataset output(KnownCheckpoint checkpoint) {
    DatasetName name = DatasetName.of(checkpoint.file().stat().uri());
    return openLineage.newOutputDataset(name.namespace(), name.name(), facets(checkpoint), null);
  }

  private OpenLineage.DatasetFacets facets(KnownCheckpoint checkpoint) {
    Optional<KnownCheckpoint.Contents> contents = checkpoint.contents();
    Optional<String> fingerprint =
        contents.flatMap(KnownCheckpoint.Contents::sketch).map(Sketch::content);
    Map<String, Object> properties = new LinkedHashMap<>();
    properties.put("checkpointId", checkpoint.id());
    properties.put("fingerprint", fingerprint.orElse(null));
    properties.put("path", SafeText.of(checkpoint.file().path()));
    properties.put("role", checkpoint.file().role().label());
    checkpoint.file().stepIfKnown().ifPresent(step -> properties.put("step", step));
    properties.put("format", contents.map(KnownCheckpoint.Contents::format).orElse(null));
    properties.put("bytes", checkpoint.file().stat().bytes());
    properties.put("tensors", contents.map(KnownCheckpoint.Contents::tensors).orElse(null));
    OpenLineage.DatasetFacetsBuilder facets =
        openLineage
            .newDatasetFacetsBuilder()
            .put(CHECKPOINT_FACET, new Facet(PRODUCER, "checkpoint-1-0-0.json", properties));
    fingerprint.map(openLineage::newDatasetVersionDatasetFacet).ifPresent(facets::version);
    return facets.build();
  }

  /** A file as OpenLineage names datasets: by its store and its path there. */
  private record DatasetName(String namespace, String name) {
    static DatasetName of(String uri) {
      URI file = URI.create(uri);
      String path = SafeText.of(file.getPath());
      String scheme = file.getScheme();
      boolean isS3 = Objects.requireNonNullElse(scheme, "").matches("s3[an]?");
      if (isS3) {
        return new DatasetName("s3://" + file.getAuthority(), path.substring(1));
      }
      return file.getAuthority() == null
          ? new DatasetName("file", path)
          : new DatasetName(scheme + "://" + file.getAuthority(), path);
    }
  }

  private static UUID uuid(String... parts) {
    return UUID.nameUUIDFromBytes(String.join("\n", parts).getBytes(StandardCharsets.UTF_8));
  }

  private static String json(OpenLineage.RunEvent event) {
    try {
      return JSON.writeValueAsString(event);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("Cannot write JSON: " + e.getOriginalMessage(), e);
    }
  }
}
