package io.qtrace.job.lineage;

/**
 * What the maintenance of one table did.
 *
 * @param table its name
 * @param filesBefore files of its rows
 * @param filesAfter the same after it
 * @param snapshotsExpired number of expired states
 * @param orphansRemoved files removed that belonged to no state
 * @param bytesFreed of all removed files
 */
public record TableUpkeep(
    String table,
    long filesBefore,
    long filesAfter,
    long snapshotsExpired,
    long orphansRemoved,
    long bytesFreed) {}
