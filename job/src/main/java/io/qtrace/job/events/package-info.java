/**
 * What an audit sends to other systems: OpenLineage events, a notice of violations to a webhook or
 * a command, annotations of a CI run. A receiver that fails changes no audit.
 */
package io.qtrace.job.events;
