"""The demo: what it shows with the Python at hand, and how it reports what fails."""

import importlib.util
import os
import re
import subprocess
import sys
import types

import pytest

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "examples", "demo")
HERE = "%d.%d" % sys.version_info[:2]


def demo(*arguments):
    """Run the demo in a process of its own; returns (exit code, output)."""
    command = [sys.executable, os.path.join(FOLDER, "run.py"), *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
    return done.returncode, done.stdout.decode()


def rows(output, library):
    """{title: [cell, ...]} of one library's table."""
    table = output.split("\n\n%s " % library)[1].split("\n\n")[0].splitlines()[1:]
    return {re.split(r" {2,}| +\d", row)[0]: row.split()[-1] for row in table}


def load_script():
    spec = importlib.util.spec_from_file_location("demo_run", os.path.join(FOLDER, "run.py"))
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


def test_every_object_crosses_to_a_fresh_process():
    code, output = demo()
    assert code == 0, output
    cells = rows(output, "codepickle")
    assert len(cells) >= 11, output
    assert set(cells.values()) == {"ok"}, output
    assert "Only one Python was found" in output


@pytest.mark.skipif(os.name == "nt", reason="a shell script is no program there")
def test_a_consumer_that_cannot_load_is_a_failure(tmp_path):
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    code, output = demo("--consumer", "%s=%s" % (HERE, sys.executable), "--consumer", "9.9=%s" % broken)
    assert code == 1
    assert set(rows(output, "codepickle").values()) == {"CRASH"}, output
    assert "9.9, shared nonlocal state: CRASH: exit code 3" in output


def test_words_of_the_table_are_explained_once(capsys):
    script = load_script()
    library = script.Library("codepickle", types.SimpleNamespace(__version__="1.0"), None, None)
    library.payloads = {"a": ("path", 10), "b": (None, "not picklable")}
    library.cells = {("a", "3.7"): ("TypeError", "bad\nworse"), ("b", "3.7"): ("TypeError", "bad")}
    script.report([library], ["a", "b"], ["3.7"])
    output = capsys.readouterr().out
    assert script.tally(library, [library]) == (0, 2)
    assert output.count("TypeError: bad") == 1 and "worse" not in output
    assert "10 bytes in all" in output
