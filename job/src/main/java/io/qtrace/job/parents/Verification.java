package io.qtrace.job.parents;

import java.io.Serializable;

/**
 * What the data of both ends of a step shows.
 *
 * @param unexplained number of tensors that the step's operation leaves unexplained
 * @param rounded number of elements that it reproduces only within rounding
 */
public record Verification(int unexplained, long rounded) implements Serializable {}
