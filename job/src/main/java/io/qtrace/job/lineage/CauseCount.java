package io.qtrace.job.lineage;

import io.qtrace.compare.Ulps;
import io.qtrace.job.operations.QExplanation.Proof;
import java.io.Serializable;
import java.util.Optional;

/**
 * How many {@code _Q} of an edge have a cause: small enough for the driver.
 *
 * @param cause its name; empty for those that are identical
 * @param proof whether their elements were recomputed
 * @param drift the largest, of bakes
 * @param rounded elements recomputed only within rounding
 */
public record CauseCount(
    Optional<String> cause, Proof proof, long count, Optional<Double> drift, Ulps rounded)
    implements Serializable {}
