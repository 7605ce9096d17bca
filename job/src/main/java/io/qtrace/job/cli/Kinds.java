package io.qtrace.job.cli;

import io.qtrace.job.operations.Operations;
import io.qtrace.job.policy.EdgeKind;
import java.util.Iterator;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The kinds of edges that can be requested. */
final class Kinds implements ITypeConverter<EdgeKind>, Iterable<String> {
  @Override
  public EdgeKind convert(String text) {
    EdgeKind kind = new EdgeKind(text);
    if (!Operations.KNOWN.kinds().contains(kind)) {
      throw new TypeConversionException(
          "Invalid kind: %s, expected one of %s".formatted(text, String.join(", ", this)));
    }
    return kind;
  }

  @Override
  public Iterator<String> iterator() {
    return Operations.KNOWN.kinds().stream().map(EdgeKind::label).iterator();
  }
}
