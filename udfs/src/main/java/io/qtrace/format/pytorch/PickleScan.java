package io.qtrace.format.pytorch;

import io.qtrace.io.FormatException;
import io.qtrace.io.RangeReader;
import io.qtrace.io.ReadBudget;
import java.io.IOException;
import java.util.List;
import java.util.Locale;

/**
 * Scans pickles for names only, beyond the first name that would run code; pickles that cannot be
 * parsed are listed with the names.
 */
final class PickleScan {
  private static final int LEGACY_PICKLES = 5; // magic, version, system, object, keys

  private PickleScan() {}

  /** Whether a member of a zip archive is a pickle by its name. */
  static boolean isPickle(String member) {
    String name = member.toLowerCase(Locale.ROOT);
    return name.endsWith(".pkl") || name.endsWith(".pickle");
  }

  /** Scans all pickles of any zip archive. */
  static void zip(RangeReader reader, ReadBudget budget, PickledGlobals globals)
      throws IOException {
    try {
      List<ZipMember> members = ZipDirectory.read(reader, budget);
      ZipArchive archive = ZipArchive.open(reader, members);
      for (ZipMember member : members) {
        if (isPickle(member.name())) {
          member(reader.uri(), archive, member.name(), budget, globals);
        }
      }
    } catch (FormatException e) {
      globals.addFault("", e);
    }
  }

  /** One pickle of an archive. */
  static void member(
      String file, ZipArchive archive, String name, ReadBudget budget, PickledGlobals globals)
      throws IOException {
    try {
      byte[] bytes = archive.read(List.of(name), budget).get(name);
      PickleInput input = PickleInput.of(file, bytes, archive.find(name).orElseThrow().position());
      PickleMachine.scanning(input, budget, globals, name).run();
    } catch (FormatException e) {
      globals.addFault(name, e);
    }
  }

  /** The pickles at the start of a file: those before the storages of a legacy one, else one. */
  static void plain(RangeReader reader, ReadBudget budget, PickledGlobals globals)
      throws IOException {
    try {
      long end = Math.min(reader.length(), PickleFormat.MAX_BYTES);
      PickleInput input = PickleInput.of(reader, end);
      PickleValue first = PickleMachine.scanning(input, budget, globals, "").run();
      if (TorchLegacyFormat.isMagic(first)) {
        for (int pickle = 1; pickle < LEGACY_PICKLES; pickle++) {
          PickleMachine.scanning(input, budget, globals, "").run();
        }
      }
    } catch (FormatException e) {
      globals.addFault("", e);
    }
  }
}
