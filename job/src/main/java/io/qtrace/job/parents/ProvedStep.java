package io.qtrace.job.parents;

import java.io.Serializable;

/**
 * A step that was verified with the data of both ends.
 *
 * @param parent content of the parent, as its sketch has it
 * @param child content of the child
 */
public record ProvedStep(String parent, String child) implements Serializable {}
