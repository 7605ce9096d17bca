package io.qtrace.format.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.qtrace.format.Checkpoints;
import io.qtrace.format.FormatFixtures;
import io.qtrace.io.LocalFiles;
import io.qtrace.tensor.PickledGlobal;
import io.qtrace.tensor.PickledGlobal.Judgement;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What pickles name, by every opcode that can. */
class TestPickleScan {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cos\nsystem\n.",
        "(ios\nsystem\n.",
        "\u008c\u0002os\u008c\u0006system\u0093.",
        "\u008c\u0002os\u0094\u008c\u0006system\u00940h\u0000h\u0001\u0093.",
        "X\u0002\u0000\u0000\u0000osq\u0007U\u0006systemr\u0008\u0000\u0000\u000000h\u0007j\u0008\u0000\u0000\u0000\u0093.",
        "S'os'\nS'system'\n\u0093.",
        "Vos\np3\n0Vsystem\n0g3\nVsystem\n\u0093.",
        "(cos\nsystem\nS'id'\no.",
        "cos\nsystem\nS'id'\n\u0085R.",
        "cos\nsystem\n)\u0081.",
        "cos\nsystem\n)}\u0092.",
        "N(cos\nsystem\n1.",
        "}cos\nsystem\nNs.",
        "]cos\nsystem\na.",
        "cos\nsystem\n0N."
      })
  void findsANameByEveryOpcodeThatHasOne(String opcodes) throws IOException {
    assertThat(scan(pickle("\u0080\u0004" + opcodes)))
        .extracting(PickledGlobal::pickle, PickledGlobal::path, PickledGlobal::judgement)
        .containsExactly(tuple("a/data.pkl", "os.system", Judgement.DANGEROUS));
  }

  @Test
  void scansAPickleBeyondDangerousNames() throws IOException {
    String opcodes =
        "\u0080\u0002cos\nsystem\nU\u0002id\u0085R0" // a call
            + "c__builtin__\ngetattr\ncmine\nModel\nU\u0001x\u0086R)R0" // calls what a call returns
            + "NNb" // sets the state of None
            + "}(U\u0001kNU\u0001kNu0" // one key twice
            + "\u0082\u00070" // by a number
            + "ccollections\nOrderedDict\n)R.";
    assertThat(scan(pickle(opcodes)))
        .extracting(PickledGlobal::path, PickledGlobal::judgement)
        .containsExactly(
            tuple("os.system", Judgement.DANGEROUS),
            tuple("__builtin__.getattr", Judgement.DANGEROUS),
            tuple("mine.Model", Judgement.UNKNOWN),
            tuple("copyreg.extension 7", Judgement.UNKNOWN),
            tuple("collections.OrderedDict", Judgement.SAFE));
  }

  @Test
  void reportsWhereAPickleCannotBeParsed() throws IOException {
    byte[] file = pickle("\u0080\u0002cmine\nModel\n0\u00ff");
    assertThat(scan(file))
        .extracting(PickledGlobal::path, PickledGlobal::judgement)
        .containsExactly(
            tuple("Unsupported opcode: 0xff", Judgement.UNREADABLE),
            tuple("mine.Model", Judgement.UNKNOWN));
    assertThat(scan(file).get(0).position())
        .isEqualTo(new String(file, StandardCharsets.ISO_8859_1).indexOf('\u00ff'));
  }

  @Test
  void findsNamesInEveryPickleOfAnArchive() throws IOException {
    byte[] good = PickleBytes.protocol2().raw("}").text("w").tensor().raw("s").stop();
    byte[] bad = PickleBytes.protocol2().global("os", "system").stop();
    byte[] file =
        new ZipBytes()
            .add("a/data.pkl", good)
            .add("a/data/0", new byte[16])
            .add("a/nested/data.pkl", bad)
            .add("a/extra.PKL", bad)
            .end();
    Checkpoints checkpoints = new Checkpoints(LocalFiles.STORE);
    checkpoints.index(Files.write(folder.resolve("nested.pt"), file).toString());
    for (List<PickledGlobal> found : List.of(checkpoints.globals(), scan(file))) {
      assertThat(found.subList(0, 2))
          .extracting(PickledGlobal::pickle, PickledGlobal::judgement)
          .containsExactlyInAnyOrder(
              tuple("a/nested/data.pkl", Judgement.DANGEROUS),
              tuple("a/extra.PKL", Judgement.DANGEROUS));
      assertThat(found.subList(2, found.size()))
          .extracting(PickledGlobal::path, PickledGlobal::judgement)
          .containsExactly(
              tuple("torch._utils._rebuild_tensor_v2", Judgement.SAFE),
              tuple("torch.FloatStorage", Judgement.SAFE));
    }
  }

  @Test
  void findsNamesInArchivesThatAreNoCheckpoints() throws IOException {
    byte[] bad = PickleBytes.protocol2().global("os", "system").stop();
    assertThat(scan(new ZipBytes().add("m/constants.pkl", bad).add("m/code/x.py", bad).end()))
        .extracting(PickledGlobal::pickle, PickledGlobal::path)
        .containsExactly(tuple("m/constants.pkl", "os.system"));
  }

  @Test
  void findsNamesInPlainPicklesAndLegacyFiles() throws IOException {
    assertThat(scan("cos\nsystem\n.".getBytes(StandardCharsets.ISO_8859_1)))
        .extracting(PickledGlobal::path, PickledGlobal::position)
        .containsExactly(tuple("os.system", 0L));
    byte[] legacy = Files.readAllBytes(FormatFixtures.file("legacy_nonzip.pt"));
    assertThat(scan(legacy))
        .isNotEmpty()
        .allMatch(global -> global.judgement() == Judgement.SAFE)
        .extracting(PickledGlobal::path)
        .contains("torch._utils._rebuild_tensor_v2");
  }

  @Test
  void keepsTheWorstOfManyNames() throws IOException {
    PickleBytes pickle = PickleBytes.protocol2().op('(');
    for (int i = 0; i < 1_000; i++) {
      pickle.global("mine", "Model" + i);
    }
    byte[] file = ZipBytes.checkpoint(pickle.global("os", "system").op('t').stop());
    Checkpoints checkpoints = new Checkpoints(LocalFiles.STORE);
    checkpoints.scan(Files.write(folder.resolve("many.pt"), file).toString());
    assertThat(checkpoints.globalCount()).isEqualTo(1_001);
    assertThat(checkpoints.globals()).hasSize(PickledGlobals.MOST);
    assertThat(checkpoints.globals().get(0).path()).isEqualTo("os.system");
  }

  // Of the deny lists and advisories of picklescan, fickling and modelscan.
  @ParameterizedTest
  @CsvSource({
    "builtins,exec",
    "__builtin__,apply",
    "builtins,__import__",
    "pip,main",
    "pip._internal.cli.main,main",
    "asyncio.unix_events,_UnixSubprocessTransport._start",
    "bdb,Bdb.run",
    "cProfile,run",
    "profile,Profile.runctx",
    "code,InteractiveInterpreter.runcode",
    "doctest,debug_script",
    "ensurepip,_run_pip",
    "idlelib.autocomplete,AutoComplete.get_entity",
    "idlelib.calltip,Calltip.fetch_tip",
    "idlelib.debugobj,ObjectTreeItem.SetText",
    "idlelib.pyshell,ModifiedInterpreter.runcommand",
    "idlelib.run,Executive.runcode",
    "imaplib,IMAP4_stream",
    "lib2to3.pgen2.grammar,Grammar.loads",
    "lib2to3.pgen2.pgen,ParserGenerator.make_label",
    "linecache,getline",
    "logging.config,dictConfig",
    "numpy.f2py.crackfortran,getlincoef",
    "numpy.testing._private.utils,runstring",
    "pkgutil,resolve_name",
    "platform,popen",
    "pydoc,pipepager",
    "runpy,_run_code",
    "shelve,open",
    "test.support.script_helper,assert_python_ok",
    "timeit,timeit",
    "torch._dynamo.guards,GuardBuilder.get",
    "torch._inductor.codecache,compile_file",
    "torch.fx.experimental.symbolic_shapes,ShapeEnv.evaluate_guards_expression",
    "torch.jit.unsupported_tensor_ops,execWrapper",
    "torch.serialization,load",
    "torch.storage,_load_from_bytes",
    "torch.utils._config_module,ConfigModule.load_config",
    "torch.utils.bottleneck.__main__,run_cprofile",
    "torch.utils.collect_env,run",
    "torch.utils.data.datapipes.utils.decoder,basichandlers",
    "trace,Trace.run",
    "types,CodeType",
    "uuid,_get_command_stdout",
    "venv,create",
    "webbrowser,open",
    "_aix_support,_read_cmd_output",
    "_osx_support,_read_output",
    "_pyrepl.pager,pipe_pager",
    "zipimport,zipimporter",
    "collections,OrderedDict.__init__",
    "torch,serialization.os.system"
  })
  void judgesWhatRunsCodeDangerous(String module, String name) {
    assertThat(PickleTrust.judge(new PickleValue.Global(module, name)))
        .isEqualTo(Judgement.DANGEROUS);
  }

  @ParameterizedTest
  @CsvSource({"mine,Model", "osx,system", "torch.nn.modules.linear,Linear", "uuid,UUID", "'',''"})
  void judgesUnlistedNamesUnknown(String module, String name) {
    assertThat(PickleTrust.judge(new PickleValue.Global(module, name)))
        .isEqualTo(Judgement.UNKNOWN);
  }

  private byte[] pickle(String opcodes) {
    return ZipBytes.checkpoint(opcodes.getBytes(StandardCharsets.ISO_8859_1));
  }

  private List<PickledGlobal> scan(byte[] file) throws IOException {
    Checkpoints checkpoints = new Checkpoints(LocalFiles.STORE);
    checkpoints.scan(Files.write(folder.resolve("file.pt"), file).toString());
    return checkpoints.globals();
  }
}
