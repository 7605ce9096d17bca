package io.qtrace.format.pytorch;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Files of {@code torch.save} and plain pickles that were made to do harm, by name. */
public final class HostilePickles {
  private final Map<String, byte[]> files = new LinkedHashMap<>();
  private final String canary;

  private HostilePickles(String canary) {
    this.canary = canary;
  }

  /**
   * All of them.
   *
   * @param canary path of a file that those which run code would make
   */
  public static Map<String, byte[]> files(String canary) {
    HostilePickles pickles = new HostilePickles(canary);
    pickles.calls();
    pickles.opcodes();
    pickles.operands();
    pickles.tensors();
    pickles.nesting();
    pickles.bombs();
    pickles.members();
    pickles.contents();
    pickles.ends();
    pickles.directories();
    pickles.legacy();
    return pickles.files;
  }

  /** A pickle that makes the canary once Python loads it. */
  public static byte[] loaded(String canary) {
    return latin1("cos\nsystem\n(S'touch %s'\ntR.".formatted(canary));
  }

  private void zip(String name, PickleBytes pickle) {
    files.put("pickle-" + name + ".pt", ZipBytes.checkpoint(pickle.unfinished()));
  }

  // Each callable that bypass advisories name, by each way to name and call it.
  private void calls() {
    String shell = "touch " + canary;
    String code = "open('%s','w')".formatted(canary);
    String[][] callables = {
      {"os", "system", shell},
      {"posix", "system", shell},
      {"subprocess", "getoutput", shell},
      {"builtins", "exec", code},
      {"builtins", "eval", code},
      {"__builtin__", "execfile", canary},
      {"runpy", "run_path", canary},
      {"timeit", "timeit", code},
      {"cProfile", "run", code},
      {"profile", "run", code},
      {"bdb", "Bdb.run", code},
      {"pdb", "run", code},
      {"code", "InteractiveInterpreter.runcode", code},
      {"doctest", "debug_script", code},
      {"pydoc", "pipepager", shell},
      {"pip", "main", canary},
      {"ensurepip", "_run_pip", canary},
      {"webbrowser", "open", canary},
      {"platform", "popen", shell},
      {"idlelib.run", "Executive.runcode", code},
      {"idlelib.pyshell", "ModifiedInterpreter.runcommand", code},
      {"asyncio.unix_events", "_UnixSubprocessTransport._start", shell},
      {"numpy.testing._private.utils", "runstring", code},
      {"numpy.f2py.crackfortran", "getlincoef", code},
      {"torch.utils.collect_env", "run", shell},
      {"torch.utils._config_module", "ConfigModule.load_config", canary},
      {"torch._inductor.codecache", "compile_file", canary},
      {"torch.serialization", "load", canary},
      {"torch", "serialization.os.system", shell},
      {"importlib", "import_module", canary},
      {"ctypes", "CDLL", canary},
      {"shutil", "rmtree", canary}
    };
    for (String[] call : callables) {
      String module = call[0];
      String name = call[1];
      String path = module + "." + name + "-";
      PickleBytes argument = PickleBytes.protocol2().text(call[2]);
      String tuple = new String(argument.unfinished(), StandardCharsets.ISO_8859_1).substring(2);
      zip(path + "reduce", p().global(module, name).raw(tuple + "\u0085R."));
      zip(path + "newobj", p().global(module, name).raw(tuple + "\u0085\u0081."));
      zip(path + "inst", p().raw("(" + tuple + "i" + module + "\n" + name + "\n."));
      zip(path + "obj", p().op('(').global(module, name).raw(tuple + "o."));
      zip(
          path + "memo",
          p().text(name).raw("q\u00000").text(module).raw("h\u0000\u0093" + tuple + "\u0085R."));
      files.put(
          "plain-" + path + ".pt", p().global(module, name).raw(tuple + "\u0085R.").unfinished());
    }
  }

  // Each opcode alone, with operands that are cut off, and with the greatest ones.
  private void opcodes() {
    for (int opcode = 0; opcode < 256; opcode++) {
      if (opcode != PickleFormat.STOP) {
        zip("op-%02x".formatted(opcode), p().op(opcode));
        zip("op-%02x-greatest".formatted(opcode), p().op(opcode).raw("\u00ff".repeat(16)));
        zip("op-%02x-operands".formatted(opcode), p().raw("(NNN").op(opcode).raw("\n\n\0\0."));
      }
    }
  }

  // Lengths, numbers and texts that are too long, negative, or control a terminal.
  private void operands() {
    String control = "\u001b[2J\u001b]0;x\u0007";
    zip("frame", p().op(PickleFormat.PROTO).op(4).op(0x95).u64(Long.MIN_VALUE));
    zip("long4", p().op(PickleFormat.LONG4).u32(-1).op('.'));
    zip("bytearray", p().op(0x96).u64(1L << 62).op('.'));
    zip("buffers", p().op(0x97).op(0x98).op('.'));
    zip(
        "extensions",
        p().raw("\u0082\u0001\u0083\u0001\0").op(0x84).u32(Integer.MIN_VALUE).op('.'));
    zip("persistent-line", p().raw("P" + control + "\n."));
    zip("memo", p().op('N').op('r').u32(-1).op('j').u32(-1).op('.'));
    zip("integer-line", p().raw("I" + "9".repeat(3_000_000) + "\n."));
    zip("long-line", p().raw("L" + "9".repeat(4_000) + "L\n."));
    zip("float-line", p().raw("F1e" + "9".repeat(4_000) + "\n."));
    zip("string-line", p().raw("S'" + "\\x1b".repeat(500_000) + "'\n."));
    zip("unicode-line", p().raw("V" + "\\u001b".repeat(300_000) + "\n."));
    zip("protocol", p().op(PickleFormat.PROTO).op(0xff).tensor().op('.'));
    zip("name-controls", p().op('}').text(control.repeat(40_000)).tensor().raw("s."));
  }

  private void tensors() {
    long[] extremes = {-1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 32, 1L << 62};
    for (long value : extremes) {
      zip("elements" + value, p().tensor("0", value, 0, sizes(4), sizes(1)).op('.'));
      zip("offset" + value, p().tensor("0", 4, value, sizes(4), sizes(1)).op('.'));
      zip("size" + value, p().tensor("0", 4, 0, sizes(value), sizes(1)).op('.'));
      zip("stride" + value, p().tensor("0", 4, 0, sizes(4), sizes(value)).op('.'));
      zip("sizes" + value, p().tensor("0", 4, 0, sizes(value, value), sizes(0, 0)).op('.'));
    }
    for (String key :
        List.of("", "1", "../0", "/etc/passwd", "\u001b[2J", "0\0", "x".repeat(9_999))) {
      zip("key" + files.size(), p().tensor(key, 4, 0, sizes(4), sizes(1)).op('.'));
    }
    for (String name :
        List.of(
            "\u001b[31m\r\n\0\u202e\u200b", "x".repeat(100_000), "\ud800", "'\"<script>", "a#2")) {
      zip("name" + files.size(), p().op('}').text(name).tensor().raw("s."));
      zip(
          "fault" + files.size(),
          p().op('}').text(name).tensor("9", 4, 0, sizes(4), sizes(1)).raw("s."));
    }
    zip("rank", p().tensor("0", 4, 0, new long[1_000], new long[1_000]).op('.'));
    zip("class", p().storage("\u001b[2JStorage", "0", 4).op('.'));
  }

  // Containers, wrappers and names within one another, or within themselves.
  private void nesting() {
    zip("dict-in-itself", p().raw("}q\0U\u0001ah\0sU\u0001w").tensor().raw("s."));
    zip("list-of-itself", p().raw("]q\0(" + "h\0".repeat(1_000_000) + "e."));
    zip("tuples", p().raw("(N".repeat(100_000) + "t".repeat(100_000) + "."));
    zip(
        "odd-keys",
        p().raw("}(G\u007f\u00f8\0\0\0\0\0\0")
            .tensor()
            .op('N')
            .tensor()
            .op(0x88)
            .tensor()
            .raw("u."));
    zip("metadata", p().global("collections", "OrderedDict").raw(")R}U\t_metadata}sb."));
    zip(
        "tensors-left",
        p().raw(
                new String(p().tensor().unfinished(), StandardCharsets.ISO_8859_1).repeat(2_000)
                    + "."));
    PickleBytes parameters = p();
    for (int i = 0; i < 20_000; i++) {
      parameters.global("torch._utils", "_rebuild_parameter").op('(');
    }
    parameters.tensor();
    for (int i = 0; i < 20_000; i++) {
      parameters.op(0x88).global("collections", "OrderedDict").raw(")RtR");
    }
    zip("parameters", parameters.op('.'));
    zip(
        "type-of-a-call",
        p().global("torch._tensor", "_rebuild_from_type_v2")
            .op('(')
            .global("torch._utils", "_rebuild_tensor_v2")
            .global("os", "system")
            .op('(')
            .text("touch " + canary)
            .raw("t}tR."));
    PickleBytes names = p().raw("}(");
    for (int i = 0; i < 30_000; i++) {
      names.text("k" + i).tensor();
    }
    zip("names", names.op('u').op('.'));
  }

  private void bombs() {
    files.put("bomb-shared.pt", ZipBytes.checkpoint(TestHostileBounds.sharedRank64(120_000)));
    files.put("bomb-integers.pt", ZipBytes.checkpoint(TestHostileBounds.tuplesOfIntegers(512, 4)));
    files.put("bomb-hashes.pt", ZipBytes.checkpoint(TestHostileBounds.equalHashes(40_000)));
    files.put("bomb-callables.pt", ZipBytes.checkpoint(TestHostileBounds.callables(400)));
    files.put(
        "bomb-states.pt", ZipBytes.checkpoint(TestHostileBounds.sharedStates(60_000, 1_000_000)));
    files.put("bomb-empty.pt", ZipBytes.checkpoint(TestHostileBounds.emptyTensors(1_000_000)));
    files.put("bomb-expanded.pt", ZipBytes.checkpoint(TestHostileBounds.expanded(1_000)));
    for (String opcode : List.of("}", "]", ")", "(", "2", "N", "K\0", "\u0085", "c\n\n", "U\0")) {
      String start = opcode.equals("2") || opcode.equals("\u0085") ? "N" : "";
      byte[] many =
          latin1("\u0080\u0002" + start + opcode.repeat(4_000_000 / opcode.length()) + ".");
      files.put("bomb-op%d.pt".formatted(files.size()), ZipBytes.checkpoint(many));
    }
  }

  private void members() {
    byte[] pickle = p().tensor().stop();
    for (String name :
        List.of(
            "",
            "/",
            "../a/data.pkl",
            "/etc/passwd",
            "a\\data.pkl",
            "a/../a/data.pkl",
            "a/data.pkl\0",
            "\u001b[2J",
            "C:\\x",
            "a/data/0",
            "x".repeat(65_000),
            "a/./data/0",
            "\u202e")) {
      files.put(
          "member%d.pt".formatted(files.size()),
          new ZipBytes()
              .add("a/data.pkl", pickle)
              .add("a/data/0", new byte[16])
              .add(name, new byte[9])
              .end());
      files.put("member%d-only.pt".formatted(files.size()), new ZipBytes().add(name, pickle).end());
      files.put(
          "member%d-local.pt".formatted(files.size()),
          new ZipBytes().add("a/data.pkl", name, pickle, 0, pickle.length).end());
    }
    files.put("nested.pt", new ZipBytes().add("a/data.pkl", ZipBytes.checkpoint(pickle)).end());
    byte[] zeros = ZipBytes.deflate(new byte[100 << 20]);
    for (int stated : new int[] {100 << 20, 1, 0, Integer.MAX_VALUE, -1}) {
      files.put(
          "deflate%d.pt".formatted(files.size()),
          new ZipBytes().deflated("a/data.pkl", zeros, stated, 0).end());
    }
  }

  // Members next to the pickle that say how it is to be read, and other pickles.
  private void contents() {
    String control = "\u001b[2J";
    String[][] members = {
      {"a/byteorder", control + "middle".repeat(100_000)},
      {"a/byteorder", ""},
      {"a/version", control + "9".repeat(1_000_000)},
      {"a/.format_version", "\u001b]0;x\u0007"},
      {"a/.storage_alignment", "9".repeat(400_000)},
      {"a/.storage_alignment", "-1"},
      {"a/.storage_alignment", "0"},
      {"a/.data/serialization_id", control},
      {"a/constants.pkl", new String(loaded(canary), StandardCharsets.ISO_8859_1)},
      {"a/code/__torch__.py", "x".repeat(100_000)},
      {"b/data.pkl", new String(loaded(canary), StandardCharsets.ISO_8859_1)},
      {"a/data.pkl", new String(loaded(canary), StandardCharsets.ISO_8859_1)}
    };
    for (String[] member : members) {
      files.put(
          "content%d.pt".formatted(files.size()),
          new ZipBytes()
              .add("a/data.pkl", p().tensor().stop())
              .add("a/data/0", new byte[16])
              .add(member[0], latin1(member[1]))
              .end());
    }
    ZipBytes many = new ZipBytes().add("a/data.pkl", p().tensor().stop());
    for (int i = 0; i < 100_000; i++) {
      many.add("a/" + i, new byte[0]);
    }
    files.put("members-many.pt", many.end());
    files.put("members-miscounted.pt", many.miscount(-2).end());
  }

  // Ends of 64 bits that lie, a comment that looks like an end, and bytes around the archive.
  private void ends() {
    byte[] good = ZipBytes.checkpoint(p().tensor().stop());
    byte[] body = Arrays.copyOf(good, good.length - 22);
    int directory = ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN).getInt(good.length - 6);
    for (long lie : new long[] {0, -1, 1L << 62, Long.MIN_VALUE}) {
      for (int field = 0; field < 4; field++) { // entries here, entries, size, position
        long[] end = {2, 2, body.length - directory, directory};
        end[field] = lie;
        files.put(
            "end64-%d.pt".formatted(files.size()),
            joined(new byte[][] {body, end64(end, body.length)}));
      }
      files.put(
          "locator%d.pt".formatted(files.size()),
          joined(
              new byte[][] {
                body, end64(new long[] {2, 2, body.length - directory, directory}, lie)
              }));
    }
    byte[] commented =
        joined(
            new byte[][] {
              good, latin1("\u001b[2J"), Arrays.copyOfRange(good, good.length - 22, good.length)
            });
    commented[good.length - 2] = 26;
    files.put("comment.pt", commented);
    files.put("script.pt", joined(new byte[][] {latin1("#!/bin/sh\n"), new byte[5_000_000], good}));
    files.put("twice.pt", joined(new byte[][] {good, good}));
  }

  private static byte[] end64(long[] fields, long position) {
    ByteBuffer end = ByteBuffer.allocate(56 + 20 + 22).order(ByteOrder.LITTLE_ENDIAN);
    end.putInt(0x06064b50).putLong(44).putInt(0).putLong(0);
    Arrays.stream(fields).forEach(end::putLong);
    end.putInt(0x07064b50).putInt(0).putLong(position).putInt(1);
    end.putInt(0x06054b50).putInt(0).putInt(-1).putLong(-1);
    return end.array();
  }

  // Each field of the end, of a directory entry and of a local header, with values that lie.
  private void directories() {
    byte[] good = ZipBytes.checkpoint(p().op('}').text("w").tensor().raw("s").stop());
    ByteBuffer fields = ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN);
    int end = good.length - 22;
    int directory = fields.getInt(end + 16);
    int[][] places = { // start, width of each field
      {end, 4, 2, 2, 2, 2, 4, 4, 2},
      {directory, 4, 2, 2, 2, 2, 2, 2, 4, 4, 4, 2, 2, 2, 2, 2, 4, 4},
      {0, 4, 2, 2, 2, 2, 2, 4, 4, 4, 2, 2}
    };
    for (int[] record : places) {
      int at = record[0];
      for (int i = 1; i < record.length; i++) {
        for (int value : new int[] {0, 1, -1, Integer.MAX_VALUE}) {
          byte[] bad = good.clone();
          ByteBuffer into = ByteBuffer.wrap(bad).order(ByteOrder.LITTLE_ENDIAN);
          if (record[i] == 2) {
            into.putShort(at, (short) value);
          } else {
            into.putInt(at, value);
          }
          files.put("field-%d-%d.pt".formatted(at, files.size()), bad);
        }
        at += record[i];
      }
    }
    for (int length = 0; length < good.length; length += 7) {
      files.put("cut-%d.pt".formatted(length), Arrays.copyOf(good, length));
    }
  }

  private void legacy() {
    byte[] magic = latin1("\u0080\u0002\u008a\nl\u00fc\u009cF\u00f9 j\u00a8P\u0019.");
    byte[] version = latin1("\u0080\u0002M\u00e9\u0003.");
    byte[] system = latin1("\u0080\u0002}.");
    byte[] object = p().storage("FloatStorage", "0", 4).stop();
    byte[] keys = latin1("\u0080\u0002]U\u00010a.");
    byte[] data = new byte[24];
    data[0] = 4;
    byte[][] parts = {magic, version, system, object, keys, data};
    byte[][] lies = {
      {},
      p().raw("}(U\u0010protocol_versionM\u00e9\u0003U\rlittle_endianU\u0004\u001b[2Ju").stop(),
      {'.'},
      p().global("os", "system").text("touch " + canary).raw("\u0085R").stop(),
      p().op('N').stop(),
      p().op(']').stop(),
      p().raw("]U\u00010aU\u00010a").stop(),
      p().raw("]U\u00011a").stop(),
      p().raw("](").raw("U\u00010".repeat(1_000)).raw("e").stop(),
      p().storage("FloatStorage", "0", Long.MAX_VALUE).stop(),
      p().storage("FloatStorage", "0", -1).stop(),
      p().raw("\u001b[2J").stop(),
      latin1("\u00ff".repeat(100))
    };
    for (int i = 0; i < parts.length; i++) {
      for (int lie = 0; lie < lies.length; lie++) {
        byte[][] bad = parts.clone();
        bad[i] = lies[lie];
        files.put("legacy-%d-%d.pt".formatted(i, lie), joined(bad));
      }
    }
  }

  private static byte[] joined(byte[][] parts) {
    int length = Arrays.stream(parts).mapToInt(part -> part.length).sum();
    ByteBuffer all = ByteBuffer.allocate(length);
    for (byte[] part : parts) {
      all.put(part);
    }
    return all.array();
  }

  private static PickleBytes p() {
    return PickleBytes.protocol2();
  }

  private static long[] sizes(long... sizes) {
    return sizes;
  }

  private static byte[] latin1(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
