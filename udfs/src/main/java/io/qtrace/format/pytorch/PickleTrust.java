package io.qtrace.format.pytorch;

import io.qtrace.format.pytorch.PickleValue.Global;
import io.qtrace.tensor.PickledGlobal.Judgement;
import java.util.HashSet;
import java.util.Set;

/**
 * Judges the names in pickles: those in PyTorch's and NumPy's own files are safe, those that run
 * code or access files, networks or processes are dangerous, and the rest are unknown. Nothing is
 * ever called here; a checkpoint with a dangerous name is refused, so that it is not loaded
 * elsewhere.
 *
 * <p>Source of the safe names: {@code torch/_weights_only_unpickler.py} of PyTorch 2.13, and
 * NumPy's own reductions. Source of the dangerous ones: the deny lists and published advisories of
 * picklescan, fickling and modelscan.
 */
final class PickleTrust {
  /** Modules, including everything below them, that no state dict has a reason to name. */
  private static final Set<String> PACKAGES =
      Set.of(
          "os",
          "posix",
          "posixpath",
          "nt",
          "ntpath",
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
          "socketserver",
          "ctypes",
          "_ctypes",
          "cffi",
          "pty",
          "webbrowser",
          "multiprocessing",
          "_multiprocessing",
          "concurrent",
          "threading",
          "_thread",
          "asyncio",
          "http",
          "httplib",
          "httpx",
          "urllib",
          "urllib2",
          "urllib3",
          "requests",
          "aiohttp",
          "ftplib",
          "smtplib",
          "poplib",
          "imaplib",
          "nntplib",
          "telnetlib",
          "xmlrpc",
          "ssl",
          "pickle",
          "_pickle",
          "cPickle",
          "pickletools",
          "dill",
          "cloudpickle",
          "jsonpickle",
          "marshal",
          "shelve",
          "dbm",
          "sqlite3",
          "pip",
          "pkg_resources",
          "setuptools",
          "distutils",
          "ensurepip",
          "venv",
          "lib2to3",
          "idlelib",
          "turtledemo",
          "tkinter",
          "pydoc",
          "doctest",
          "unittest",
          "pytest",
          "_pytest",
          "pdb",
          "bdb",
          "cgitb",
          "timeit",
          "cProfile",
          "pkgutil",
          "zipimport",
          "zipapp",
          "zipfile",
          "tarfile",
          "tempfile",
          "fileinput",
          "linecache",
          "py_compile",
          "compileall",
          "popen2",
          "antigravity",
          "rlcompleter",
          "readline",
          "_pyrepl",
          "_osx_support",
          "_aix_support",
          "sysconfig",
          "pexpect",
          "paramiko",
          "fabric",
          "invoke",
          "IPython",
          "jupyter_client",
          "nltk",
          "keras.models",
          "tensorflow.keras.models",
          "torch.hub",
          "torch.package",
          "torch.jit",
          "torch.testing",
          "torch.multiprocessing",
          "torch.utils.cpp_extension",
          "torch.utils.bottleneck",
          "torch.utils.collect_env",
          "torch.utils.data.datapipes",
          "torch.utils.model_dump",
          "torch.utils.model_zoo",
          "torch.utils._config_module",
          "torch.fx.experimental.symbolic_shapes",
          "torch.distributed.rpc",
          "torch.distributed.elastic",
          "torch._dynamo",
          "torch._inductor",
          "torch._export",
          "torch._higher_order_ops",
          "numpy.testing",
          "numpy.f2py",
          "numpy.distutils",
          "numpy.ctypeslib",
          "numpy.lib.npyio",
          "hydra.utils",
          "logging.config",
          "test.support",
          "pandas.core.computation",
          "pandas.io.pickle");

  private static final int MAX_PARTS = 5; // characters of a package's name

  /** Modules whose names are common enough that somebody's own package may start with them. */
  private static final Set<String> MODULES =
      Set.of(
          "code",
          "codeop",
          "commands",
          "imp",
          "inspect",
          "platform",
          "profile",
          "sched",
          "signal",
          "site",
          "trace");

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
          "__build_class__",
          "getattr",
          "setattr",
          "delattr",
          "globals",
          "locals",
          "vars",
          "dir",
          "type",
          "super",
          "memoryview",
          "breakpoint",
          "help",
          "license",
          "credits",
          "copyright",
          "exit",
          "quit",
          "map",
          "filter",
          "apply",
          "reload",
          "intern",
          "classmethod",
          "staticmethod",
          "property");

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
          "functools.reduce",
          "_functools.reduce",
          "itertools.starmap",
          "types.FunctionType",
          "types.LambdaType",
          "types.MethodType",
          "types.CodeType",
          "types.ModuleType",
          "copyreg.add_extension",
          "copyreg.pickle",
          "pathlib.Path.write_text",
          "pathlib.Path.write_bytes",
          "pathlib.Path.read_text",
          "pathlib.Path.read_bytes",
          "pathlib.Path.unlink",
          "logging.FileHandler",
          "logging.handlers.SocketHandler",
          "joblib.load",
          "uuid._get_command_stdout",
          "uuid._popen",
          "gc.get_objects",
          "gc.get_referrers",
          "weakref.finalize",
          "atexit.register",
          "contextlib.ExitStack",
          "torch.load",
          "torch.save",
          "torch.compile",
          "torch.serialization.load",
          "torch.serialization._load",
          "torch.serialization._legacy_load",
          "torch.serialization.add_safe_globals",
          "torch.storage._load_from_bytes",
          "torch.ops.load_library",
          "torch._ops._Ops.load_library",
          "torch._classes._Classes.load_library",
          "torch.classes.load_library",
          "numpy.load",
          "numpy.loads",
          "numpy.save",
          "numpy.savetxt",
          "numpy.fromfile",
          "numpy.memmap",
          "numpy.loadtxt",
          "numpy.genfromtxt",
          "numpy.core.memmap",
          "numpy._core.memmap",
          "pandas.read_pickle",
          "pandas.eval",
          "sympy.sympify",
          "yaml.load",
          "yaml.unsafe_load",
          "yaml.full_load");

  private static final Set<String> SAFE = safe();

  private PickleTrust() {}

  /** What is known about a name. */
  static Judgement judge(Global global) {
    if (runsCode(global)) {
      return Judgement.DANGEROUS;
    }
    return SAFE.contains(global.path()) ? Judgement.SAFE : Judgement.UNKNOWN;
  }

  /**
   * Whether the name is of a function, or in a module, that can run code or access anything outside
   * the process.
   */
  private static boolean runsCode(Global global) {
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

  private static Set<String> safe() {
    Set<String> safe = new HashSet<>();
    add(safe, "torch", "Size", "Tensor", "device", "strided", "sparse_coo", "sparse_csr");
    add(safe, "torch", "bool", "bfloat16", "float16", "float32", "float64", "half", "float");
    add(safe, "torch", "uint8", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64");
    add(safe, "torch", "complex32", "complex64", "complex128", "float8_e4m3fn", "float8_e4m3fnuz");
    add(safe, "torch", "float8_e5m2", "float8_e5m2fnuz", "float8_e8m0fnu", "float4_e2m1fn_x2");
    add(safe, "torch", "uint1", "uint2", "uint3", "uint4", "uint5", "uint6", "uint7");
    add(safe, "torch", "int1", "int2", "int3", "int4", "int5", "int6", "int7");
    add(safe, "torch", "bits1x8", "bits2x4", "bits4x2", "bits8", "bits16");
    add(safe, "torch", "qint8", "qint32", "quint8", "quint2x4", "quint4x2");
    add(safe, "torch", "per_tensor_affine", "per_tensor_symmetric", "per_channel_affine");
    add(safe, "torch", "per_channel_symmetric", "per_channel_affine_float_qparams");
    add(safe, "torch", "QInt8Storage", "QInt32Storage", "QUInt8Storage");
    add(safe, "torch", "QUInt2x4Storage", "QUInt4x2Storage");
    for (String elements :
        new String[] {
          "BFloat16",
          "Half",
          "Float",
          "Double",
          "Byte",
          "Char",
          "Short",
          "Int",
          "Long",
          "Bool",
          "ComplexFloat",
          "ComplexDouble"
        }) {
      add(safe, "torch", elements + "Storage", elements + "Tensor");
      add(safe, "torch.cuda", elements + "Storage", elements + "Tensor");
      add(safe, "torch.sparse", elements + "Tensor");
      add(safe, "torch.cuda.sparse", elements + "Tensor");
    }
    add(safe, "torch.storage", "TypedStorage", "UntypedStorage", "_TypedStorage");
    add(safe, "torch.storage", "_UntypedStorage");
    add(safe, "torch.nn.parameter", "Parameter", "Buffer");
    add(safe, "torch.serialization", "_get_layout");
    for (String module : new String[] {"torch._tensor", "torch.tensor"}) {
      add(safe, module, "_rebuild_from_type", "_rebuild_from_type_v2");
    }
    add(safe, "torch._utils", "_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3");
    add(safe, "torch._utils", "_rebuild_parameter", "_rebuild_parameter_with_state");
    add(safe, "torch._utils", "_rebuild_qtensor", "_rebuild_sparse_tensor");
    add(safe, "torch._utils", "_rebuild_sparse_csr_tensor", "_rebuild_nested_tensor");
    add(safe, "torch._utils", "_rebuild_meta_tensor_no_storage", "_rebuild_wrapper_subclass");
    add(safe, "torch._utils", "_rebuild_device_tensor_from_numpy");
    add(safe, "torch._utils", "_rebuild_device_tensor_from_cpu_tensor");
    for (String core : new String[] {"numpy.core", "numpy._core"}) {
      add(safe, core + ".multiarray", "_reconstruct", "scalar");
    }
    add(safe, "numpy", "ndarray", "dtype", "bool_", "bool", "float16", "float32", "float64");
    add(safe, "numpy", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64");
    add(safe, "numpy", "complex64", "complex128", "str_", "bytes_");
    add(safe, "collections", "OrderedDict", "Counter", "defaultdict", "deque");
    for (String builtins : new String[] {"builtins", "__builtin__"}) {
      add(safe, builtins, "set", "frozenset", "list", "dict", "tuple", "bytearray", "bytes");
      add(safe, builtins, "int", "long", "float", "complex", "bool", "str", "unicode", "slice");
      add(safe, builtins, "range", "xrange", "object");
    }
    add(safe, "_codecs", "encode");
    add(safe, "copyreg", "_reconstructor");
    add(safe, "copy_reg", "_reconstructor");
    return Set.copyOf(safe);
  }

  private static void add(Set<String> safe, String module, String... names) {
    for (String name : names) {
      safe.add(module + "." + name);
    }
  }
}
