"""What the tests of traps share: fresh processes, modules made on the fly."""

import ast
import importlib
import os
import subprocess
import sys
import textwrap

import codepickle

#: The folder that makes `import codepickle` work in a child process.
PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(codepickle.__file__)))


def run_python(*args, stdin=None, check=True, env=None, cwd=None, timeout=120):
    """Run a Python of this version; return (exit code, standard output, standard error)."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    environment["PYTHONPATH"] = PACKAGE
    environment["PYTHONIOENCODING"] = "utf-8"
    environment["PYTHONWARNINGS"] = "error"
    environment.update(env or {})
    done = subprocess.run(
        [sys.executable, *args],
        input=stdin,
        capture_output=True,
        env=environment,
        cwd=cwd,
        timeout=timeout,
    )
    out, err = done.stdout.decode("utf-8"), done.stderr.decode("utf-8", "replace")
    if check:
        assert done.returncode == 0, out + err
    return done.returncode, out, err


def evaluate_elsewhere(data, expression, flags=(), **options):
    """Load a payload with plain pickle in a fresh process; return the value of an expression over `obj`."""
    code = "import pickle, sys; obj = pickle.loads(sys.stdin.buffer.read()); print(repr(%s))" % expression
    _, out, _ = run_python(*flags, "-c", code, stdin=data, **options)
    return ast.literal_eval(out)


def write(path, text):
    """Write dedented text to a file, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return path


def module_from(tmp_path, monkeypatch, name, text):
    """Write a module, import it and have it pickled by value until the test ends."""
    write(tmp_path / (name + ".py"), text)
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    module = importlib.import_module(name)
    monkeypatch.setitem(sys.modules, name, module)
    codepickle.register_pickle_by_value(module)
    return module


def forget_registered():
    """Undo every register_pickle_by_value of a test."""
    for name in list(codepickle.list_registry_pickle_by_value()):
        if name in sys.modules:
            codepickle.unregister_pickle_by_value(sys.modules[name])
