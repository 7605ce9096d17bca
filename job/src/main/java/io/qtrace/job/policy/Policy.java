package io.qtrace.job.policy;

import com.dynatrace.hash4j.hashing.HashValue128;
import com.dynatrace.hash4j.hashing.Hashing;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.qtrace.job.archive.RunConfig;
import io.qtrace.job.conf.YamlFile;
import io.qtrace.lut.CategoryRule;
import io.qtrace.lut.CategoryRules;
import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * What may change: {@code conf/policy.yaml}.
 *
 * @param version the author's number of this policy
 * @param hash XXH3-128 of the file's bytes, hexadecimal: equal hashes mean equal policies
 * @param sha256 of the same bytes, for attestations
 * @param categories rules that sort tensors by name
 * @param edges expectation by kind of edge and subject
 * @param overrides expectations of some runs; the last one that applies wins
 * @param waivers of known findings
 */
public record Policy(
    int version,
    String hash,
    String sha256,
    CategoryRules categories,
    Map<EdgeKind, Map<Subject, Expectation>> edges,
    List<RunOverride> overrides,
    Waivers waivers)
    implements Serializable {
  public Policy {
    edges = Collections.unmodifiableMap(new TreeMap<>(edges));
    overrides = List.copyOf(overrides);
    Set<String> names = new HashSet<>();
    for (RunOverride override : overrides) {
      if (!names.add(override.name())) {
        throw new IllegalArgumentException(
            "Invalid policy: two overrides of the name " + override.name());
      }
    }
    requireKind(edges, EdgeKind.UNKNOWN);
    for (EdgeKind kind : edges.keySet()) {
      for (Subject subject : Subject.values()) {
        if (!edges.get(kind).containsKey(subject)) {
          throw new IllegalArgumentException(
              "Invalid policy: no expectation edges.%s.%s"
                  .formatted(kind.label(), subject.label()));
        }
      }
    }
  }

  /**
   * Reads a policy file, or the built-in one, with the waivers in force today.
   *
   * @throws IOException if it cannot be read, is incomplete or has an unknown setting
   */
  public static Policy load(Optional<Path> file) throws IOException {
    return load(file, LocalDate.now(ZoneOffset.UTC));
  }

  /** The same with the waivers in force on a given day. */
  public static Policy load(Optional<Path> file, LocalDate today) throws IOException {
    YamlFile yaml = YamlFile.of(file, "policy.yaml");
    Document document = yaml.as(Document.class);
    try {
      return new Policy(
          document.version(),
          hash(yaml.bytes()),
          DigestUtils.sha256Hex(yaml.bytes()),
          Optional.ofNullable(document.categories())
              .map(CategoryRules::new)
              .orElse(CategoryRules.DEFAULT),
          document.edges(),
          Optional.ofNullable(document.overrides()).orElse(List.of()),
          new Waivers(Optional.ofNullable(document.waivers()).orElse(List.of()), today));
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private static void requireKind(Map<EdgeKind, ?> edges, EdgeKind kind) {
    if (!edges.containsKey(kind)) {
      throw new IllegalArgumentException("Invalid policy: no section edges." + kind.label());
    }
  }

  /**
   * Checks that the policy has expectations for a kind of edge.
   *
   * @throws IllegalArgumentException if it lacks the section
   */
  public void requireKind(EdgeKind kind) {
    requireKind(edges, kind);
  }

  public Expectation expectation(EdgeKind kind, Subject subject) {
    return edges.get(kind).get(subject);
  }

  /** The policy for one run. */
  public RunPolicy forRun(String run, RunConfig config) {
    return new RunPolicy(this, run, config);
  }

  /** The hash and the waivers in force: what the verdicts of an audit depend on. */
  public String identity() {
    return hash + " " + waivers.inForce();
  }

  static String hash(String text) {
    return hash(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String hash(byte[] bytes) {
    HashValue128 hash = Hashing.xxh3_128().hashBytesTo128Bits(bytes);
    return "%016x%016x".formatted(hash.getMostSignificantBits(), hash.getLeastSignificantBits());
  }

  record Document(
      @JsonProperty(required = true) int version,
      @JsonProperty List<CategoryRule> categories,
      @JsonProperty(required = true) Map<EdgeKind, Map<Subject, Expectation>> edges,
      @JsonProperty List<RunOverride> overrides,
      @JsonProperty List<Waiver> waivers) {}
}
