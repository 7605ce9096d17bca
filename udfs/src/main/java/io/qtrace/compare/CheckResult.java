package io.qtrace.compare;

import io.qtrace.kernel.Mismatches;

/**
 * What a check of a tensor against what it was computed from found.
 *
 * @param others elements that are not as recomputed, each with the number that is
 * @param rounded elements that are, but for rounding
 */
public record CheckResult(Mismatches others, Ulps rounded) {}
