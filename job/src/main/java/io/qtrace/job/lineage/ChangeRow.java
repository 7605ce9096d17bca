package io.qtrace.job.lineage;

import java.io.Serializable;
import java.util.List;

/** Table {@code changes}. */
@About("One row a tensor and edge that is not IDENTICAL; left is the parent")
public record ChangeRow(
    String auditId,
    String parentId,
    String childId,
    String parentPath,
    String childPath,
    String name,
    String category,
    @About("EQUAL, CHANGED, RESHAPED, ADDED or REMOVED") String status,
    String leftDtype,
    String rightDtype,
    List<Long> leftShape,
    List<Long> rightShape,
    @About("elements compared; null unless both sides have the tensor in one shape") Long elements,
    Long changedElements,
    @About("largest |left - right|") Double maxAbs,
    Double meanAbs,
    Double sumAbs,
    @About("index in C order of the first changed element") Long firstChanged,
    @About("distinct left - right, when under 100 elements changed") List<Double> differences,
    Long leftNan,
    Long rightNan,
    Long leftInf,
    Long rightInf,
    String leftFingerprint,
    String rightFingerprint)
    implements Serializable {}
