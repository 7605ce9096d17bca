package io.qtrace.format.pytorch;

import io.qtrace.format.pytorch.PickleValue.Global;
import java.util.Set;

/**
 * Distinguishes pickles that were made to run code from pickles that merely hold unknown classes.
 * Nothing is ever called here; a file that names one of these is refused so that nobody loads it
 * elsewhere.
 */
final class PickleTrust {
  /** Modules, with all that is below them, which no state dict has a reason to name. */
  private static final Set<String> PACKAGES =
      Set.of(
          "os",
          "posix",
          "nt",
          "subprocess",
          "_posixsubprocess",
          "sys",
          "importlib",
          "_frozen_importlib",
          "_frozen_importlib_external",
          "runpy",
          "shutil",
          "socket",
          "_socket",
          "ctypes",
          "_ctypes",
          "pty",
          "webbrowser",
          "multiprocessing",
          "asyncio",
          "http",
          "httplib",
          "urllib",
          "urllib2",
          "requests",
          "aiohttp",
          "ftplib",
          "smtplib",
          "telnetlib",
          "ssl",
          "pickle",
          "_pickle",
          "cPickle",
          "dill",
          "cloudpickle",
          "marshal",
          "shelve",
          "pip",
          "setuptools",
          "distutils",
          "ensurepip",
          "pydoc",
          "pdb",
          "bdb",
          "timeit",
          "cProfile",
          "pkgutil",
          "zipimport",
          "tempfile",
          "popen2",
          "torch.hub",
          "torch.utils.cpp_extension",
          "torch._inductor",
          "numpy.testing",
          "numpy.f2py",
          "numpy.distutils");

  private static final int MAX_PARTS = 3; // of the name of a package

  /** Modules whose names are common enough that somebody's own package may start with them. */
  private static final Set<String> MODULES =
      Set.of("code", "codeop", "commands", "imp", "platform", "profile", "signal", "trace");

  private static final Set<String> BUILTINS = Set.of("builtins", "__builtin__", "__builtins__");

  private static final Set<String> BUILTIN_FUNCTIONS =
      Set.of(
          "eval",
          "exec",
          "execfile",
          "compile",
          "open",
          "file",
          "input",
          "raw_input",
          "__import__",
          "getattr",
          "setattr",
          "delattr",
          "globals",
          "locals",
          "vars",
          "breakpoint",
          "help",
          "map",
          "filter",
          "apply");

  private static final Set<String> FUNCTIONS =
      Set.of(
          "io.open",
          "io.open_code",
          "io.FileIO",
          "_io.open",
          "_io.open_code",
          "_io.FileIO",
          "codecs.open",
          "operator.attrgetter",
          "operator.methodcaller",
          "_operator.attrgetter",
          "_operator.methodcaller",
          "types.FunctionType",
          "types.LambdaType",
          "types.MethodType",
          "types.CodeType",
          "torch.load",
          "torch.serialization.load",
          "torch.jit.load",
          "torch.ops.load_library",
          "numpy.load",
          "pandas.read_pickle",
          "pandas.eval");

  private PickleTrust() {}

  /** Whether the name is of a function, or in a module, that can run code or reach out. */
  static boolean runsCode(Global global) {
    return inPackage(global.module())
        || MODULES.contains(global.module())
        || (BUILTINS.contains(global.module()) && BUILTIN_FUNCTIONS.contains(global.name()))
        || FUNCTIONS.contains(global.path())
        || reachesThrough(global.name());
  }

  private static boolean inPackage(String module) {
    int end = module.indexOf('.');
    for (int parts = 1; parts < MAX_PARTS && end >= 0; parts++) {
      if (PACKAGES.contains(module.substring(0, end))) {
        return true;
      }
      end = module.indexOf('.', end + 1);
    }
    return PACKAGES.contains(end < 0 ? module : module.substring(0, end));
  }

  // Protocol 4 resolves dotted names attribute by attribute, so that "torch.serialization",
  // "os.system" is os.system.
  private static boolean reachesThrough(String name) {
    int start = 0;
    for (int dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', start)) {
      String part = name.substring(start, dot);
      if (part.startsWith("__")
          || BUILTINS.contains(part)
          || PACKAGES.contains(part)
          || MODULES.contains(part)) {
        return true;
      }
      start = dot + 1;
    }
    return start > 0 && name.startsWith("__", start);
  }
}
