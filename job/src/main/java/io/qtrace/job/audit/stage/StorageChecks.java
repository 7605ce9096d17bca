package io.qtrace.job.audit.stage;

import io.qtrace.compare.Measure;
import io.qtrace.compare.StorageCrc;
import io.qtrace.job.audit.stage.CompareUnit.Member;
import io.qtrace.tensor.Storage;
import io.qtrace.tensor.TensorEntry;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Sees to it that the CRC-32 of every storage of a new checkpoint is verified once: on the way,
 * where a tensor that is measured fills its storage, else by reading the storage for it.
 */
final class StorageChecks {
  private final Set<Storage> checked = new HashSet<>();

  private StorageChecks() {}

  static List<CompareUnit> added(CompareInput input, List<CompareUnit> units) {
    StorageChecks checks = new StorageChecks();
    List<CompareUnit> all = new ArrayList<>(units.stream().map(checks::onTheWay).toList());
    for (int i = 0; i < input.checkpoints().size(); i++) {
      if (input.isNew(i)) {
        for (Storage storage : storages(input, i)) {
          checks.alone(i, storage, all);
        }
      }
    }
    return all;
  }

  private CompareUnit onTheWay(CompareUnit unit) {
    List<Member> members =
        unit.members().stream()
            .map(
                member ->
                    !member.measures().isEmpty() && fills(member.entry()) && isNew(member.entry())
                        ? member.plus(Measure.CRC)
                        : member)
            .toList();
    return unit.withMembers(members);
  }

  private boolean isNew(TensorEntry entry) {
    return entry.storage().crc32() != Storage.UNVERIFIED && checked.add(entry.storage());
  }

  private void alone(int checkpoint, Storage storage, List<CompareUnit> all) {
    if (storage.bytes() > 0 && storage.crc32() != Storage.UNVERIFIED && checked.add(storage)) {
      TensorEntry bytes = StorageCrc.wholeStorage(storage);
      Member member = new Member(checkpoint, List.of(), bytes, Set.of(Measure.CRC));
      all.add(new CompareUnit(List.of(member), List.of(), List.of()));
    }
  }

  private static Set<Storage> storages(CompareInput input, int checkpoint) {
    Set<Storage> storages = new LinkedHashSet<>();
    input.checkpoints().get(checkpoint).tensors().forEach(t -> storages.add(t.storage()));
    return storages;
  }

  private static boolean fills(TensorEntry entry) {
    boolean asStored =
        entry.storage().order() == Storage.Order.LITTLE || entry.dtype().bytes() == 1;
    return asStored
        && entry.isContiguous()
        && entry.offset() == 0
        && entry.bytes() == entry.storage().bytes();
  }
}
