// A Pyodide that answers to Python's command line, for the matrix:
//
//     node pyodide.mjs PACKAGE [-I] [-S] [-X ...] [-W ...] (-c CODE | SCRIPT) [ARGUMENT...]
//
// PACKAGE is the folder of the npm package `pyodide`. The checkout, the folder for temporary files and PYTHONPATH are
// mounted at their own paths. PYTHON* variables and flags mean what they mean to `python`.

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const checkout = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..", "..");
const [home, ...words] = process.argv.slice(2);

// Python's own flags come before the script; those of -c, -W and -X have a value.
const flags = [];
while (words.length && words[0].startsWith("-") && words[0] !== "-c") {
  flags.push(words.shift());
  if (["-W", "-X"].includes(flags.at(-1))) flags.push(words.shift());
}
const isolated = flags.includes("-I");
const env = { HOME: "/home/pyodide" };
for (const [name, value] of Object.entries(process.env)) {
  if (name.startsWith("PYTHON") && !isolated) env[name] = value;
}


// Mounted before Python starts, which looks at PYTHONPATH. A folder inside one that is mounted is there already.
const wanted = [checkout, os.tmpdir(), process.cwd(), ...(env.PYTHONPATH ?? "").split(path.delimiter)]
  .filter((folder) => folder && fs.existsSync(folder))
  .map((folder) => fs.realpathSync(folder))
  .sort((a, b) => a.length - b.length);

function mount(FS) {
  const mounted = [];
  for (const folder of wanted) {
    if (mounted.some((above) => folder === above || folder.startsWith(above + path.sep))) continue;
    FS.mkdirTree(folder);
    FS.mount(FS.filesystems.NODEFS, { root: folder }, folder);
    mounted.push(folder);
  }
  FS.chdir(process.cwd());
}

const { loadPyodide } = await import(pathToFileURL(path.join(home, "pyodide.mjs")));
const pyodide = await loadPyodide({ indexURL: home, env, args: flags, fsInit: mount });

const isCode = words[0] === "-c";
pyodide.globals.set("_file", isCode ? "<string>" : words[0]);
pyodide.globals.set("_source", isCode ? words[1] : fs.readFileSync(words[0], "utf-8"));
pyodide.globals.set("_argv", pyodide.toPy(isCode ? ["-c", ...words.slice(2)] : words));
process.exitCode = pyodide.runPython(`
import asyncio, os, sys, time, traceback, types

class _Loop(asyncio.BaseEventLoop):
    """An event loop without sockets. Pyodide's is JavaScript's, which does not run while Python does."""

    def __init__(self):
        super().__init__()
        self._selector = self

    def select(self, timeout):
        time.sleep(timeout or 0)

    def _process_events(self, events):
        pass

    def _write_to_self(self):
        pass

def _run(file, source, argv):
    """What python's own main program does."""
    sys.argv = argv
    asyncio.new_event_loop = _Loop
    asyncio.events._set_running_loop(None)
    if file != "<string>" and not sys.flags.isolated:
        sys.path.insert(0, os.path.dirname(file))
    main = sys.modules["__main__"] = types.ModuleType("__main__")
    main.__file__ = file
    main.__builtins__ = __builtins__
    try:
        exec(compile(source, file, "exec"), vars(main))
    except SystemExit as stop:
        if stop.code is None or isinstance(stop.code, int):
            return stop.code or 0
        print(stop.code, file=sys.stderr)
        return 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0

_run(_file, _source, _argv)
`);
