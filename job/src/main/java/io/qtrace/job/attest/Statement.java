package io.qtrace.job.attest;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import io.qtrace.compare.TensorStatus;
import io.qtrace.io.SafeText;
import io.qtrace.job.operations.QExplanation.Proof;
import io.qtrace.job.text.Json;
import java.io.IOException;
import java.util.List;
import java.util.Objects;

/**
 * An in-toto statement, version 1, that a checkpoint was made from its parents by a known
 * operation. {@code job/README.md} specifies the predicate.
 *
 * @param type {@link #TYPE}
 * @param subject files of the child, the one that names it first
 * @param predicateType {@link #PREDICATE_TYPE}
 */
@JsonNaming(PropertyNamingStrategies.LowerCamelCaseStrategy.class)
public record Statement(
    @JsonProperty("_type") String type,
    List<Resource> subject,
    String predicateType,
    Predicate predicate) {
  /** Type of all statements of in-toto. */
  public static final String TYPE = "https://in-toto.io/Statement/v1";

  /** Type of the predicate; its version changes if the meaning of a field does. */
  public static final String PREDICATE_TYPE = "https://qtrace.io/attestation/derivation/v1";

  public Statement {
    requireEquals(TYPE, type);
    requireEquals(PREDICATE_TYPE, predicateType);
    subject = requireFiles(subject);
    Objects.requireNonNull(predicate, "predicate");
  }

  private static void requireEquals(String expected, String found) {
    if (!expected.equals(found)) {
      throw new IllegalArgumentException(
          "its type is %s, expected %s".formatted(SafeText.cut(String.valueOf(found)), expected));
    }
  }

  private static List<Resource> requireFiles(List<Resource> files) {
    if (files == null || files.isEmpty()) {
      throw new IllegalArgumentException("a checkpoint without files, expected at least one");
    }
    return List.copyOf(files);
  }

  /**
   * Reads a statement.
   *
   * @throws IOException if the text is not one with this predicate
   */
  public static Statement parse(String text) throws IOException {
    try {
      Statement statement = Json.read(text, Statement.class);
      if (statement == null) {
        throw new IOException("null, expected a statement");
      }
      return statement;
    } catch (JsonProcessingException e) {
      boolean isOwn = e instanceof ValueInstantiationException && e.getCause() != null;
      String reason = isOwn ? e.getCause().getMessage() : e.getOriginalMessage();
      throw new IOException(SafeText.of(reason), e);
    }
  }

  /**
   * A file.
   *
   * @param name path from the folder of the checkpoint's first file
   * @param uri where it was
   */
  public record Resource(String name, String uri, Digest digest) {
    public Resource {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(uri, "uri");
      Objects.requireNonNull(digest, "digest");
    }
  }

  /** 64 hexadecimal digits. */
  public record Digest(String sha256) {
    public Digest {
      Objects.requireNonNull(sha256, "sha256");
    }
  }

  /**
   * What is stated of the child.
   *
   * @param operation that made it
   * @param parents the one whose tensors the child's are compared with, then the others
   * @param tensors of the child, in its order
   * @param removed tensors of the first parent that the child does not have
   * @param quantized every {@code _Q} that differs from the first parent's
   * @param residual elements of {@code _Q} that the operation does not reproduce: 0
   * @param notCompared what else the child's files contain: covered only by their digests
   */
  @JsonNaming(PropertyNamingStrategies.LowerCamelCaseStrategy.class)
  public record Predicate(
      String operation,
      List<Parent> parents,
      List<Tensor> tensors,
      List<String> removed,
      List<Quantized> quantized,
      long residual,
      List<NotCompared> notCompared,
      Rules policy,
      String qtraceVersion) {
    public Predicate {
      Objects.requireNonNull(operation, "operation");
      parents = List.copyOf(parents);
      tensors = List.copyOf(tensors);
      removed = List.copyOf(removed);
      quantized = List.copyOf(quantized);
      notCompared = List.copyOf(notCompared);
      Objects.requireNonNull(policy, "policy");
      Objects.requireNonNull(qtraceVersion, "qtraceVersion");
      if (parents.isEmpty()) {
        throw new IllegalArgumentException("no parents, expected at least one");
      }
    }
  }

  /** A parent's files, the one that names it first. */
  public record Parent(List<Resource> files) {
    public Parent {
      files = requireFiles(files);
    }
  }

  /** Where the numbers of a tensor come from. */
  public enum Origin {
    /** The numbers are the first parent's. */
    PARENT,
    /** The operation computes them from the parents. */
    OPERATION,
    /** The operation may set them freely, such as trained values. */
    FREE
  }

  /**
   * A tensor of the child.
   *
   * @param digest of its elements in C order, little endian
   * @param status compared with the first parent's
   */
  public record Tensor(
      String name,
      String dtype,
      List<Long> shape,
      Digest digest,
      TensorStatus status,
      Origin origin) {}

  /**
   * A {@code _Q} and why it differs from the first parent's.
   *
   * @param layer name of the module
   * @param proof null if the operation drops the {@code _Q}
   * @param rounded elements that are reproduced only with another order of summation
   * @param roundedUlps largest error of these elements, in ulp
   * @param drift of a bake: largest |baked LUT - LUT that training used|
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonNaming(PropertyNamingStrategies.LowerCamelCaseStrategy.class)
  public record Quantized(
      String layer,
      TensorStatus status,
      String cause,
      Proof proof,
      long residual,
      long rounded,
      long roundedUlps,
      Double drift) {}

  /** Something in the child's files that has no plain elements, or is not part of its model. */
  public record NotCompared(String name, String reason) {}

  /**
   * The policy that allows the changes.
   *
   * @param digest of the file's bytes
   * @param overrides those that applied to the child's run, and why
   */
  public record Rules(int version, Digest digest, List<String> overrides) {}

  /** The statement without the version of qtrace and the locations of files. */
  Statement comparable() {
    return new Statement(
        type,
        subject.stream().map(Statement::anywhere).toList(),
        predicateType,
        new Predicate(
            predicate.operation(),
            predicate.parents().stream()
                .map(one -> new Parent(one.files().stream().map(Statement::anywhere).toList()))
                .toList(),
            predicate.tensors(),
            predicate.removed(),
            predicate.quantized(),
            predicate.residual(),
            predicate.notCompared(),
            predicate.policy(),
            ""));
  }

  private static Resource anywhere(Resource file) {
    return new Resource(file.name(), "", file.digest());
  }
}
