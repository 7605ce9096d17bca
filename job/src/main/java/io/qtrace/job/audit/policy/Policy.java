package io.qtrace.job.audit.policy;

import com.dynatrace.hash4j.hashing.HashValue128;
import com.dynatrace.hash4j.hashing.Hashing;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.qtrace.job.conf.YamlFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What may change: {@code conf/policy.yaml}.
 *
 * @param version the author's number of this policy
 * @param hash XXH3-128 of the file's bytes, hexadecimal: equal hashes mean equal policies
 * @param categories rules that sort tensors by name
 * @param edges expectation by kind of edge and subject
 */
public record Policy(
    int version,
    String hash,
    CategoryRules categories,
    Map<EdgeKind, Map<Subject, Expectation>> edges) {
  public Policy {
    edges = new EnumMap<>(edges);
    for (EdgeKind kind : EdgeKind.values()) {
      if (!edges.containsKey(kind)) {
        throw new IllegalArgumentException("Invalid policy: no section edges." + kind.label());
      }
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
   * Reads a policy file, or the one that came with qtrace.
   *
   * @throws IOException if it cannot be read, is incomplete or says something unknown
   */
  public static Policy load(Optional<Path> file) throws IOException {
    YamlFile yaml = YamlFile.of(file, "policy.yaml");
    Document document = yaml.as(Document.class);
    try {
      return new Policy(
          document.version(),
          hash(yaml.bytes()),
          new CategoryRules(document.categories()),
          document.edges());
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  public Expectation expectation(EdgeKind kind, Subject subject) {
    return edges.get(kind).get(subject);
  }

  private static String hash(byte[] bytes) {
    HashValue128 hash = Hashing.xxh3_128().hashBytesTo128Bits(bytes);
    return "%016x%016x".formatted(hash.getMostSignificantBits(), hash.getLeastSignificantBits());
  }

  record Document(
      @JsonProperty(required = true) int version,
      @JsonProperty(required = true) List<CategoryRule> categories,
      @JsonProperty(required = true) Map<EdgeKind, Map<Subject, Expectation>> edges) {}
}
