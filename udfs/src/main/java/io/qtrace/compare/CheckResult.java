package io.qtrace.compare;

import io.qtrace.kernel.Mismatches;

/**
 * The result of checking a tensor against what it was computed from.
 *
 * @param others elements that differ from the recomputed number
 * @param rounded elements that agree only within rounding
 */
public record CheckResult(Mismatches others, Ulps rounded) {}
