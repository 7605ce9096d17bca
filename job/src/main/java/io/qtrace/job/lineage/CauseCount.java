package io.qtrace.job.lineage;

import io.qtrace.compare.Ulps;
import io.qtrace.job.operations.QExplanation.Proof;
import java.io.Serializable;
import java.util.Optional;

/**
 * The number of {@code _Q} of an edge with one cause: small enough for the driver.
 *
 * @param cause its name; empty for identical {@code _Q}
 * @param proof whether their elements were recomputed
 * @param drift the largest drift of a bake
 * @param rounded elements reproduced only within rounding
 */
public record CauseCount(
    Optional<String> cause, Proof proof, long count, Optional<Double> drift, Ulps rounded)
    implements Serializable {}
