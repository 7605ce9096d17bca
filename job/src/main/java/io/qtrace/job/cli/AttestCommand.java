package io.qtrace.job.cli;

import io.qtrace.io.Amount;
import io.qtrace.io.AtomicOutput;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.SafeText;
import io.qtrace.io.WriteMode;
import io.qtrace.job.attest.Attestation;
import io.qtrace.job.attest.ParentLookup;
import io.qtrace.job.attest.Statement;
import io.qtrace.job.conf.OpenSession;
import io.qtrace.job.lineage.LineageStore;
import io.qtrace.job.text.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "attest",
    description =
        "Writes an in-toto statement that proves how a checkpoint was made from its parents, or verifies"
            + " one.",
    footerHeading = "%n",
    footer = {
      "Reads all tensors of CHILD and its parents and takes no result from an audit. If anything is not",
      "proved, or the last audit of CHILD found other parents or grafted tensors, the reasons are printed",
      "and the exit status is 1, as for a statement that is not true.",
      "Sign the statement with cosign, see README.md.",
      "",
      "Examples:",
      "  qtrace attest runs/a/baked_step200.pt",
      "  qtrace attest baked.pt --parent checkpoint_step200.pt --out baked.intoto.json",
      "  qtrace attest --verify baked.intoto.json",
      "  qtrace attest --verify baked.intoto.json downloads/baked.pt --parent step200.pt"
    })
final class AttestCommand implements Callable<Integer> {
  private static final int MOST_BYTES = 64 << 20;

  @Parameters(
      arity = "0..1",
      paramLabel = "CHILD",
      description =
          "Checkpoint to attest: path or URI. With --verify, where it is now; default: where the"
              + " statement says.")
  private String child;

  @Option(
      names = "--parent",
      paramLabel = "FILE",
      description =
          "Checkpoint that CHILD was made from: path or URI; default: the parent found by the last"
              + " audit in the tables, with --verify the one in the statement. Repeatable: for a graft or"
              + " an average give every parent, the one with the most tensors first.")
  private List<String> parents = new ArrayList<>();

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description =
          "Path or URI to write the statement to, replaced atomically; default: CHILD's file name"
              + " followed by .intoto.json, in the working folder.")
  private String out;

  @Option(
      names = "--verify",
      paramLabel = "STATEMENT",
      description = "Recompute this statement from the files instead of writing one.")
  private String verify;

  @Mixin private Rules rules;
  @Mixin private Warehouse warehouse;
  @Mixin private Output output;

  /** What {@code attest --format json} prints if nothing can be attested. */
  private record Refused(String child, List<String> refused) {}

  /** What {@code attest --verify --format json} prints. */
  private record Verified(String statement, boolean verified, List<String> differences) {}

  @Override
  public Integer call() throws IOException {
    if (verify == null && child == null) {
      throw new IllegalArgumentException("Missing parameter CHILD, expected a checkpoint");
    }
    if (verify != null && out != null) {
      throw new IllegalArgumentException("Invalid option --out: --verify writes no statement");
    }
    try (OpenSession session = warehouse.open()) {
      return verify == null ? attest(session) : verify(session);
    }
  }

  private int attest(OpenSession session) throws IOException {
    LineageStore lineage = new LineageStore(session.spark());
    boolean audited = parents.isEmpty() || lineage.isCreated();
    if (audited) {
      lineage.create();
    }
    String uri = store(session).stat(child).uri();
    List<String> from = parents.isEmpty() ? ParentLookup.parents(lineage, uri) : parents;
    Attestation.Outcome outcome = attestation(session.context()).of(from, child);
    List<String> refusals = new ArrayList<>(outcome.refusals());
    if (audited) {
      refusals.addAll(ParentLookup.objections(lineage, uri, uris(from, session)));
    }
    if (!refusals.isEmpty()) {
      output.print(width -> refusal(refusals), () -> Json.of(new Refused(child, refusals)));
      return ExitStatus.VIOLATIONS;
    }
    Statement statement = outcome.statement().get();
    String file =
        Objects.requireNonNullElse(out, statement.subject().get(0).name() + ".intoto.json");
    try (AtomicOutput object = store(session).create(file, WriteMode.OVERWRITE)) {
      object.stream().write((Json.of(statement) + "\n").getBytes(StandardCharsets.UTF_8));
      object.commit();
    }
    output.print(width -> lines(statement, file), () -> Json.of(statement));
    return ExitStatus.CLEAN;
  }

  private int verify(OpenSession session) throws IOException {
    Statement stated = read(session);
    List<String> differences =
        attestation(session.context())
            .verify(
                stated,
                parents.isEmpty() ? statedParents(stated) : parents,
                child == null ? stated.subject().get(0).uri() : child);
    output.print(
        width ->
            differences.isEmpty()
                ? lines(stated, verify)
                : Stream.concat(
                        Stream.of("NOT VERIFIED: " + SafeText.of(verify)),
                        differences.stream().map(one -> "  " + one))
                    .toList(),
        () -> Json.of(new Verified(verify, differences.isEmpty(), differences)));
    return differences.isEmpty() ? ExitStatus.CLEAN : ExitStatus.VIOLATIONS;
  }

  private Attestation attestation(JavaSparkContext spark) throws IOException {
    return new Attestation(spark, rules.settings(), rules.policy(), Version.ofQtrace());
  }

  private static List<String> uris(List<String> checkpoints, OpenSession session)
      throws IOException {
    List<String> uris = new ArrayList<>();
    for (String checkpoint : checkpoints) {
      uris.add(store(session).stat(checkpoint).uri());
    }
    return uris;
  }

  private static List<String> statedParents(Statement stated) {
    return stated.predicate().parents().stream().map(one -> one.files().get(0).uri()).toList();
  }

  private Statement read(OpenSession session) throws IOException {
    Path path = ObjectStore.path(verify);
    byte[] text;
    try (InputStream in = store(session).fileSystem(path).open(path)) {
      text = in.readNBytes(MOST_BYTES + 1);
    }
    if (text.length > MOST_BYTES) {
      throw new IOException(
          "Invalid statement %s: over %d MiB".formatted(SafeText.of(verify), MOST_BYTES >> 20));
    }
    try {
      return Statement.parse(new String(text, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new IOException(
          "Invalid statement %s: %s".formatted(SafeText.of(verify), e.getMessage()), e);
    }
  }

  private static ObjectStore store(OpenSession session) {
    return new ObjectStore(session.context().hadoopConfiguration());
  }

  private List<String> refusal(List<String> reasons) {
    return Stream.concat(
            Stream.of("REFUSED: %s is not proved".formatted(SafeText.of(child))),
            reasons.stream().map(reason -> "  " + reason))
        .toList();
  }

  private List<String> lines(Statement statement, String file) {
    Statement.Predicate predicate = statement.predicate();
    return List.of(
        "%s: %s of %s"
            .formatted(
                verify == null ? "ATTESTED" : "VERIFIED",
                SafeText.of(predicate.operation()),
                predicate.parents().stream()
                    .map(parent -> SafeText.of(parent.files().get(0).name()))
                    .collect(Collectors.joining(", "))),
        "%s, %d _Q changed by the operation, residual %d"
            .formatted(
                Amount.of(predicate.tensors().size(), "tensor"),
                predicate.quantized().size(),
                predicate.residual()),
        "Statement: " + SafeText.of(file));
  }
}
