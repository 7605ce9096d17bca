/** How far a command has come: told by audits and training, shown by the command line. */
package io.qtrace.job.progress;
