"""`python="pyodide"`: what functions can do in the sandbox, what they try in vain, and what is taken from there."""

import io
import os
import pickle
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress

import codepickle
import pytest
from codepickle import InterpreterDied, PythonExecutor, RemoteError, _sandbox, run

# Where there is no Pyodide, or where it takes too long: the step `sandbox` of make test sets it for one Python.
pytestmark = pytest.mark.skipif(not os.environ.get("CODEPICKLE_PYODIDE"), reason="CODEPICKLE_PYODIDE names no Pyodide")


@pytest.fixture(scope="module", autouse=True)
def helpers_travel():
    codepickle.register_pickle_by_value(sys.modules[__name__])
    yield
    codepickle.unregister_pickle_by_value(sys.modules[__name__])


@pytest.fixture(scope="module")
def box():
    """For functions that change nothing in there."""
    with PythonExecutor(["pyodide"], timeout=120) as executor:
        yield executor


@pytest.fixture(scope="module")
def attacked():
    """For those that do."""
    with PythonExecutor(["pyodide//memory=128"], timeout=120, stdout=io.StringIO()) as executor:
        yield executor


# --- what it is for


def test_functions_with_data(box):
    step = 40
    assert box.submit(lambda x, *, y: (x + step, y, b"\0\xff", {1.5, 2**99}), 2, y=["ä"]).result() == (
        42,
        ["ä"],
        b"\0\xff",
        {1.5, 2**99},
    )


def test_payloads_are_loaded_there_alone(box):
    payload = codepickle.dumps(lambda x: x * 2)
    assert box.submit(payload, 21).result() == 42

    class Evil:
        def __reduce__(self):
            return os.getpid, ()

    # Loading it here would call that; there it has no number of a process of ours.
    with pytest.raises(TypeError, match="not callable"):
        box.submit(pickle.dumps(Evil())).result()


def test_prints_exceptions_and_coroutines(box, capsys):
    def fails():
        import sys

        print("out", "ä")
        sys.stderr.write("err\x1b[31m\n")
        return {}["missing\x1b"]

    with pytest.raises(KeyError) as caught:
        box.submit(fails).result()
    assert caught.value.args == ("missing\x1b",)
    text = str(caught.value.__cause__)
    assert 'return {}["missing' in text
    captured = capsys.readouterr()
    # What a terminal would obey is shown, not sent.
    assert (captured.out, captured.err) == ("out ä\n", "err\\x1b[31m\n")

    def waits():
        import asyncio

        async def twice(x):
            await asyncio.sleep(0.001)
            return 2 * x

        return asyncio.run(twice(4))

    assert box.submit(waits).result() == 8


def test_exceptions_that_mean_something_here_are_remote_errors(box):
    class Own(Exception):
        pass

    def throw(name):
        raise {"exit": SystemExit, "stop": StopIteration, "interrupt": KeyboardInterrupt, "timeout": TimeoutError}[name]

    for name in ("exit", "stop", "interrupt", "timeout"):
        with pytest.raises(RemoteError):
            box.submit(throw, name).result()

    def own():
        raise Own("here")

    with pytest.raises(RemoteError, match="Own: here"):
        box.submit(own).result()


# --- results are not trusted


def test_results_are_plain_data(box):
    for make in (lambda: __import__("decimal").Decimal(1), lambda: print, lambda: ValueError(1)):
        with pytest.raises(RemoteError, match="not plain data"):
            box.submit(make).result()


def test_results_that_are_programs_are_not_run(box, tmp_path):
    target = str(tmp_path / "written")

    def forge(target):
        """Any bytes for a result: by way of what pickles it."""
        import sys

        text = "open(%r, 'w').write('x')" % target
        data = b"cbuiltins\nexec\n(V" + text.encode() + b"\ntR."
        scope = next(f for f in frames(sys._getframe()) if "described" in f)
        scope["dumps"] = lambda result: data

    def frames(frame):
        while frame is not None:
            yield frame.f_globals
            frame = frame.f_back

    with PythonExecutor(["pyodide"]) as executor:
        with pytest.raises(RemoteError, match=r"reference|call"):
            executor.submit(forge, target).result()
        with pytest.raises(RemoteError, match=r"not plain data|cannot be read"):
            executor.submit(lambda: 1).result()
    assert not os.path.exists(target)


# --- what it takes


def test_time_is_limited():
    def forever():
        while True:
            pass

    began = time.monotonic()
    with PythonExecutor(["pyodide"], timeout=120) as executor:
        assert executor.submit(lambda: 1).result() == 1
        executor._timeout = 1
        with pytest.raises(TimeoutError if sys.version_info >= (3, 11) else Exception, match="took longer than 1 s"):
            executor.submit(forever).result()
        executor._timeout = 120
        # It also does not catch the end.
        future = executor.submit(forever)
        while not future.running():
            time.sleep(0.01)
        assert future.cancel()
    assert time.monotonic() - began < 600


def test_memory_is_limited(attacked):
    def greedy():
        kept = []
        try:
            while True:
                kept.append(bytearray(1 << 20))
        except MemoryError:
            return len(kept)

    def deep():
        return deep() + 1

    assert 10 < attacked.submit(greedy).result() < 128
    with pytest.raises(MemoryError):
        attacked.submit(lambda: len(b"x" * (1 << 30))).result()
    # The depth of the stack, too.
    with pytest.raises((RecursionError, InterpreterDied)):
        attacked.submit(deep).result()


def test_output_is_limited(attacked, monkeypatch):
    def chatters():
        while True:
            print("x" * 100_000)

    with pytest.raises(InterpreterDied):
        attacked.submit(chatters).result()
    # For the one that comes up now.
    monkeypatch.setattr(_sandbox, "_MESSAGE", 1 << 20)
    with pytest.raises(InterpreterDied):
        attacked.submit(lambda: b"x" * (2 << 20)).result()
    monkeypatch.undo()
    assert attacked.submit(lambda: 1).result() == 1


# --- ways out


def unlocked():
    """The names that are taken away are found again: nothing rests on them."""
    import importlib
    import sys

    for name in [name for name, module in sys.modules.items() if module is None]:
        del sys.modules[name]
    importlib.invalidate_caches()
    return importlib.import_module


def test_names_of_javascript_are_not_there(box, attacked):
    def names():
        found = []
        for name in ("js", "pyodide_js", "pyodide", "pyodide.code", "_pyodide_core", "ctypes"):
            try:
                __import__(name)
                found.append(name)
            except ImportError:
                pass
        return found

    assert box.submit(names).result() == []

    def again():
        load = unlocked()
        found = []
        for name in ("js", "pyodide_js"):
            try:
                load(name)
                found.append(name)
            except ImportError:
                pass
        with suppress(Exception):
            found.append(load("pyodide.code").run_js("1 + 1"))
        return found

    assert attacked.submit(again).result() == []


def test_javascript_runs_no_text(attacked):
    """An object of JavaScript's leads to its constructors, and those to nothing."""

    def constructors():
        core = unlocked()("_pyodide_core")
        tried = []
        function = core.to_js([1]).constructor.constructor
        for text in ("return process", "return globalThis", "return import('node:fs')"):
            try:
                tried.append(str(function(text)()))
            except BaseException as error:
                tried.append(type(error).__name__ + ": " + str(error))
        return tried

    for outcome in attacked.submit(constructors).result():
        assert "EvalError" in outcome or "disallowed" in outcome


def test_frames_of_javascript_are_not_shown(attacked):
    def frames():
        core = unlocked()("_pyodide_core")
        thing = core.to_js({"a": 1}).constructor
        try:
            core.to_js([1]).constructor.constructor("return 1")
        except Exception as error:
            kind = thing.getPrototypeOf(error.constructor)
        seen = []
        with suppress(Exception):
            kind.prepareStackTrace = core.create_proxy(lambda error, frames: seen.append(len(frames)))
        str(kind.new("text").stack)
        return seen

    assert attacked.submit(frames).result() == []


def test_nobody_listens_to_javascript(attacked):
    """What all objects inherit from takes no setters, and its methods stay: Pyodide's own objects are not overheard."""

    def listens():
        core = unlocked()("_pyodide_core")
        array = core.to_js([1]).constructor
        kind = core.to_js({"a": 1}).constructor
        caught = array.new()
        done = []
        for name in ("mount", "toString"):
            setter = kind.new()
            setter.set = array.prototype.push.bind(caught)
            with suppress(Exception):
                kind.defineProperty(kind.prototype, name, setter)
                done.append(name)
        for owner, name in ((array.prototype, "map"), (array.constructor.prototype, "apply"), (kind, "assign")):
            with suppress(Exception):
                setattr(owner, name, caught.push)
                done.append(name)
        with open("/tmp/file", "w") as file:
            file.write("x")
        return done, int(caught.length)

    assert attacked.submit(listens).result() == ([], 0)


def test_functions_of_webassembly_cannot_be_made(attacked):
    def call():
        ctypes = unlocked()("ctypes")
        return ctypes.CDLL(None).emscripten_run_script(b"process.exit(55)")

    with pytest.raises((InterpreterDied, AttributeError, OSError)) as caught:
        attacked.submit(call).result()
    assert "code 55" not in str(caught.value)
    assert attacked.submit(lambda: 1).result() == 1


def test_there_are_no_files_and_no_environment(box, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")

    def reads(path):
        import os

        found = []
        for each in (path, "/etc/passwd", "/proc/self/environ", os.path.expanduser("~/.ssh"), "../../../../etc/passwd"):
            try:
                with open(each) as file:
                    found.append(file.read())
            except OSError:
                pass
        return found, dict(os.environ)

    found, environ = box.submit(reads, str(secret)).result()
    assert found == []
    for name, value in environ.items():
        assert os.path.dirname(codepickle.__file__) not in value, name
    assert not {"HOSTNAME", "PYTHONPATH", "SHELL"} & set(environ)

    def writes(path):
        with open("/tmp/here", "w") as file:
            file.write("x")
        try:
            open(path, "w").close()
        except OSError:
            return "refused"

    assert box.submit(writes, str(tmp_path / "made")).result() == "refused"
    assert not os.path.exists("/tmp/here")
    assert os.listdir(str(tmp_path)) == ["secret"]


def test_there_is_no_network(attacked):
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen()
    server.settimeout(0.2)

    def connects(port):
        import socket
        import urllib.request

        outcomes = []
        for attempt in (
            lambda: socket.create_connection(("127.0.0.1", port), timeout=1).sendall(b"x"),
            lambda: urllib.request.urlopen("http://127.0.0.1:%d/" % port, timeout=1),
        ):
            try:
                attempt()
                outcomes.append("done")
            except Exception as error:
                outcomes.append(type(error).__name__)
        return outcomes

    with server:
        try:
            outcomes = attacked.submit(connects, server.getsockname()[1]).result()
        except InterpreterDied:
            outcomes = []
        assert "done" not in outcomes
        with pytest.raises(socket.timeout):
            server.accept()


def test_no_process_is_started(attacked, tmp_path):
    """Pyodide under Node starts programs of the machine for `os.system`: Node's permissions refuse it."""
    target = str(tmp_path / "made")

    def starts(how, target):
        import os
        import subprocess

        command = "touch " + target
        return {
            "system": lambda: os.system(command),
            "run": lambda: subprocess.call(command, shell=True),
            "fork": lambda: os.fork(),
            "exec": lambda: os.execv("/bin/touch", ["touch", target]),
            "kill": lambda: os.kill(os.getppid(), 15),
        }[how]()

    for how in ("system", "run", "fork", "exec", "kill"):
        with suppress(Exception):
            attacked.submit(starts, how, target).result()
    assert not os.path.exists(target)


def test_what_javascript_could_do_itself(tmp_path):
    """The last barrier, without those before it: what a script may do in the Node that is started for the sandbox."""
    (tmp_path / "secret").write_text("secret")
    script = """
        const tries = {
            read: () => require("fs").readFileSync(%r),
            write: () => require("fs").writeFileSync(%r, "x"),
            child: () => require("child_process").execSync("true"),
            worker: () => new (require("worker_threads").Worker)("0", { eval: true }),
            addon: () => process.dlopen({ exports: {} }, "/lib/x.node"),
            binding: () => process.binding("fs"),
            text: () => new Function("return 1")(),
        };
        for (const [name, attempt] of Object.entries(tries)) {
            try { attempt(); console.log(name, "done"); } catch (error) { console.log(name, error.code ?? error.name); }
        }
    """ % (str(tmp_path / "secret"), str(tmp_path / "made"))
    command = _sandbox.Sandbox("pyodide").command()[:-2]
    done = subprocess.run([*command, "-e", script], capture_output=True, text=True, timeout=120, env={})
    outcomes = dict(line.split() for line in done.stdout.splitlines())
    assert set(outcomes) == {"read", "write", "child", "worker", "addon", "binding", "text"}, done.stderr
    assert outcomes.pop("text") == "EvalError"
    assert outcomes.pop("addon") in ("ERR_DLOPEN_DISABLED", "ERR_ACCESS_DENIED")
    assert set(outcomes.values()) == {"ERR_ACCESS_DENIED"}
    assert not os.path.exists(str(tmp_path / "made"))


def test_node_without_permissions_runs_nothing():
    command = [part for part in _sandbox.Sandbox("pyodide").command() if "permission" not in part]
    command = [part for part in command if not part.startswith("--allow")]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    assert done.returncode == 3
    assert b"permission model" in done.stderr


# --- errors say what to do


def test_what_is_missing_is_named(monkeypatch, tmp_path):
    with pytest.raises(LookupError, match="npm install pyodide"):
        run(lambda: 1, python="pyodide//home=%s" % tmp_path)
    monkeypatch.delenv("CODEPICKLE_PYODIDE")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LookupError, match="no node_modules/pyodide in this folder"):
        run(lambda: 1, python="pyodide")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LookupError, match=r"nodejs\.org"):
        run(lambda: 1, python="pyodide")


def test_what_is_written_wrongly_is_named():
    for spec, message in [
        ("pyodide//memory=1", "MiB from 64 to 4096"),
        ("pyodide//memory=9000", "MiB from 64 to 4096"),
        ("pyodide//memory", "no value"),
        ("pyodide//network=yes", "there is no network; pyodide takes home, memory, node"),
    ]:
        with pytest.raises(ValueError, match=message):
            PythonExecutor([spec])
    with pytest.raises(ValueError, match="environments are made for interpreters of this machine"):
        PythonExecutor(["pyodide"], environment=["numpy"])


def test_something_else_than_pyodide(tmp_path):
    (tmp_path / "pyodide.asm.wasm").write_text("")
    (tmp_path / "pyodide.mjs").write_text("throw new Error('no Pyodide')")
    with pytest.raises(InterpreterDied, match="no Pyodide"):
        run(lambda: 1, python="pyodide//home=%s" % tmp_path)


def test_threads_are_left_to_nobody():
    before = {thread.name for thread in threading.enumerate()}
    run(lambda: 1, python="pyodide")
    after = {thread.name for thread in threading.enumerate()}
    assert not {name for name in after - before if name.startswith("codepickle")}
