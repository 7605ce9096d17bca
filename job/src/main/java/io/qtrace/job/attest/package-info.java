/**
 * Statements of how a checkpoint was made, in the format of in-toto: proved from the files, and
 * recomputed from them.
 */
package io.qtrace.job.attest;
