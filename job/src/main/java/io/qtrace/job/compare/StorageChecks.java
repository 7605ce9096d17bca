package io.qtrace.job.compare;

import io.qtrace.compare.Measure;
import io.qtrace.compare.StorageCrc;
import io.qtrace.job.compare.CompareUnit.Member;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.Storage;
import io.qtrace.tensor.TensorEntry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Ensures that the CRC-32 of every storage of a measured checkpoint is verified once: together with
 * a tensor that is measured and fills its storage, else by reading the storage for it.
 */
final class StorageChecks {
  private final Set<Storage> checked = new HashSet<>();

  private StorageChecks() {}

  /**
   * The units, which verify what they read, and further units for the other storages.
   *
   * @param unread names of tensors whose storages need not be verified
   */
  static List<CompareUnit> added(
      List<String> measured,
      Map<String, CheckpointIndex> indexes,
      Set<String> unread,
      Collection<CompareUnit> units) {
    StorageChecks checks = new StorageChecks();
    List<CompareUnit> all = new ArrayList<>(units.stream().map(checks::whileRead).toList());
    for (String checkpoint : measured) {
      Set<Storage> storages = new LinkedHashSet<>();
      indexes.get(checkpoint).all().stream()
          .filter(tensor -> !unread.contains(tensor.name()))
          .forEach(tensor -> storages.add(tensor.storage()));
      storages.forEach(storage -> checks.alone(checkpoint, storage, all));
    }
    return all;
  }

  private CompareUnit whileRead(CompareUnit unit) {
    List<Member> members =
        unit.members().stream()
            .map(
                member ->
                    !member.measures().isEmpty()
                            && member.entry().fillsStorage()
                            && isNew(member.entry())
                        ? member.plus(Measure.CRC)
                        : member)
            .toList();
    return unit.withMembers(members);
  }

  private boolean isNew(TensorEntry entry) {
    return entry.storage().crc32() != Storage.UNVERIFIED && checked.add(entry.storage());
  }

  private void alone(String checkpoint, Storage storage, List<CompareUnit> all) {
    if (storage.bytes() > 0 && storage.crc32() != Storage.UNVERIFIED && checked.add(storage)) {
      TensorEntry bytes = StorageCrc.wholeStorage(storage);
      Member member = new Member(checkpoint, List.of(), bytes, Set.of(Measure.CRC));
      all.add(new CompareUnit(List.of(member), List.of(), List.of()));
    }
  }
}
