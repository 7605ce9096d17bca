package io.qtrace.job.parents;

import java.io.Serializable;

/**
 * What the data of both ends of a step shows.
 *
 * @param unexplained number of tensors that the step's operation leaves unexplained
 * @param inexact number of elements that it reproduces only within rounding, or from other entries of
 *     the LUT than the parent's
 */
public record Verification(int unexplained, long inexact) implements Serializable {}
