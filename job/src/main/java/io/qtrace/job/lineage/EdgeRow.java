package io.qtrace.job.lineage;

import java.io.Serializable;
import java.util.List;

/** Table {@code edges}. */
@About("One row a pair of checkpoints, parent and child, and what an audit says of it")
public record EdgeRow(
    String auditId,
    String parentId,
    String childId,
    String parentPath,
    String childPath,
    @About(
            "train, bake, refresh, sync, requantize, cast, copy or unknown; several: the weights tell"
                + " more steps than one, which are edges; none: they tell another parent")
        String kind,
    @About("why the pair is one: declared, order, weights") List<String> evidence,
    @About("CLEAN or VIOLATION") String verdict,
    int identical,
    int equal,
    int changed,
    int reshaped,
    int added,
    int removed,
    @About("_Q buffers on both sides") int qBuffers,
    @About("how many of them changed") int qChanged,
    @About("layers with LUT deltas in the child") int lutLayers,
    @About("how many of them have a LUT that moved") int lutTrained,
    List<FindingRow> findings,
    @About("what is worth knowing though nothing is wrong") List<String> notes,
    int policyVersion,
    String policyHash,
    @About("hash of the policy, the overrides of the run and the waivers that held")
        String rulesHash)
    implements Serializable {}
