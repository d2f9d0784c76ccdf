"""What importing and first using the package imports: every worker process pays for it."""

import json
import os
import subprocess
import sys

import pytest
from codepickle import _library, _names, _reducers

#: What cannot be needed for a function, and takes long to import.
HEAVY = {"ast", "copy", "dataclasses", "dis", "hashlib", "inspect", "logging", "ssl", "typing", "unittest", "zlib"}

STEPS = {
    "import codepickle": "import codepickle",
    "a function": "import codepickle\nstep = 2\ncodepickle.dumps(lambda x: x + step)",
    "a closure": "import codepickle\ncodepickle.dumps((lambda step: lambda x: x + step)(2))",
    "plain data": "import codepickle\ncodepickle.dumps([{'a': 1.5}, {2, 3}, (None, b'bytes', 1j)])",
    "an instance": "import codepickle, mine\ncodepickle.dumps(mine.Mine())",
    "loads": "import pickle\npickle.loads(bytes.fromhex(sys.argv[1]))(1)",
}


@pytest.mark.parametrize("step", STEPS)
def test_nothing_is_imported_before_it_is_needed(step, tmp_path):
    (tmp_path / "mine.py").write_text("class Mine:\n    pass\n")
    (tmp_path / "script.py").write_text(
        "import json, sys\nsys.path.insert(0, %r)\nbefore = set(sys.modules)\n%s\n"
        "print(json.dumps(sorted(set(sys.modules) - before)))\n" % (str(tmp_path), STEPS[step])
    )
    payload = _payload(tmp_path)
    command = [sys.executable, "-S", str(tmp_path / "script.py"), payload]
    # Without `site`, which may import anything; the package has to be found all the same.
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(path for path in sys.path if path))
    output = subprocess.check_output(command, env=environment, universal_newlines=True)
    imported = set(json.loads(output))
    assert "codepickle" in imported
    assert not imported & HEAVY
    if step == "import codepickle":
        # Who loads has it; who only dumps need not wait for it.
        assert "pickle" not in imported


FIRST = """
import json, sys
import codepickle
STEP = 2
def f(x, y=1):
    return sys.intern(str(x)), STEP
before = set(sys.modules)
codepickle.dumps(f)
codepickle.dumps(lambda x: x + STEP)
print(json.dumps(sorted(set(sys.modules) - before)))
"""


@pytest.mark.parametrize("future", ["", "from __future__ import annotations"])
def test_the_first_dump_of_a_function_imports_nothing(future, tmp_path):
    (tmp_path / "script.py").write_text(future + FIRST)
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(path for path in sys.path if path))
    output = subprocess.check_output([sys.executable, str(tmp_path / "script.py")], env=environment)
    assert json.loads(output.decode()) == []


def _payload(folder):
    (folder / "sender.py").write_text("import codepickle\nprint(codepickle.dumps(lambda x: x + 1).hex())\n")
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(path for path in sys.path if path))
    return subprocess.check_output(
        [sys.executable, str(folder / "sender.py")], env=environment, universal_newlines=True
    ).strip()


def test_every_type_with_a_reducer_is_asked_for():
    for module in list(_library.LATER):
        _library.LATER[module]()
    modules = {kind.__module__ for kind, reducer in _reducers.dispatch.items() if _is_ours(kind)}
    assert modules | set(_library.LIBRARY) | set(_library.LATER) <= _names.REDUCED


def _is_ours(kind):
    """Other tests may have entered the descriptors and members of their classes."""
    return kind.__module__.partition(".")[0] not in ("attr", "tests") and not kind.__module__.startswith("test_")
