package io.qtrace.job.lineage;

/**
 * What the upkeep of one table did.
 *
 * @param table its name
 * @param filesBefore files of its rows
 * @param filesAfter the same after it
 * @param snapshotsExpired earlier states that were given up
 * @param orphansRemoved files that belonged to no state
 * @param bytesFreed of all files that were removed
 */
public record TableUpkeep(
    String table,
    long filesBefore,
    long filesAfter,
    long snapshotsExpired,
    long orphansRemoved,
    long bytesFreed) {}
