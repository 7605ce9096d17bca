/** How far a command has come: reported by audits and training, shown by the command line. */
package io.qtrace.job.progress;
