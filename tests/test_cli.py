"""The command line."""

import importlib.util
import json
import os
import re
import subprocess
import sys

import codepickle
import pytest
from codepickle import _demo
from codepickle._cli import main, parser

ATTACK = b"cos\nsystem\n(S'id'\ntR."


@pytest.fixture
def payload(tmp_path):
    path = tmp_path / "payload"
    path.write_bytes(codepickle.dumps(lambda x: x + 1))
    return str(path)


@pytest.fixture
def attack(tmp_path):
    path = tmp_path / "attack"
    path.write_bytes(ATTACK)
    return str(path)


def test_inspect(payload, attack, capsys):
    assert main(["inspect", payload]) == 0
    shown = capsys.readouterr().out
    assert "  | lambda x: x + 1" in shown and "\x1b" not in shown
    assert main(["inspect", "--colour", "always", attack]) == 0
    assert "\x1b[1;31mdanger" in capsys.readouterr().out
    assert main(["inspect", "--json", attack]) == 0
    assert json.loads(capsys.readouterr().out)["findings"][0]["code"] == "dangerous-name"
    assert main(["inspect", "--html", attack]) == 0
    page = capsys.readouterr().out
    assert "os.system(&quot;id&quot;)" in page and "<script" not in page


def test_pages_hold_no_markup_of_the_payload(tmp_path, capsys):
    path = tmp_path / "<b>.pickle"
    path.write_bytes(b"c<script>\nalert(1)</script>\n.")
    main(["inspect", "--html", str(path)])
    page = capsys.readouterr().out
    assert "<script>" not in page and "<b>" not in page and "&lt;script&gt;" in page


@pytest.mark.parametrize("fail, code", [("never", 0), ("danger", 1), ("warning", 1), ("note", 1)])
def test_exit_codes_of_findings(attack, payload, fail, code):
    assert main(["inspect", "--fail", fail, attack]) == code
    assert main(["inspect", "--fail", fail, payload]) == 0


def test_check_and_lower(tmp_path, payload, capsys):
    assert main(["check", "--python", "3.7", payload]) == 0
    template = tmp_path / "template"
    space = {}
    text = "def f(x):\n    return t'{x}'\n"
    if sys.version_info >= (3, 14):
        exec(compile(text, "f.py", "exec"), space)
        space["f"].__source__ = text
        template.write_bytes(codepickle.dumps(space["f"]))
        assert main(["check", "--python", "3.8", str(template)]) == 1
        assert "3.14" in capsys.readouterr().out
    module = tmp_path / "module.py"
    module.write_text("def f(*a):\n    return 0, *a\n")
    assert main(["lower", "--python", "3.7", str(module)]) == 0
    assert "return (0, *a)" in capsys.readouterr().out
    module.write_text(text)
    assert main(["lower", str(module)]) == 1
    with pytest.raises(SystemExit) as caught:
        main(["check", "--python", "2.7", payload])
    assert caught.value.code == 2


def test_requirements(payload, capsys):
    assert main(["requirements", payload]) == 0


def test_sign_and_verify(tmp_path, payload, capsysbinary):
    key, wrong = tmp_path / "key", tmp_path / "wrong"
    key.write_bytes(os.urandom(32))
    wrong.write_bytes(os.urandom(32))
    signed = str(tmp_path / "signed")
    assert main(["sign", "--key-file", str(key), "--key-id", "a", "-o", signed, payload]) == 0
    assert main(["verify", "--key-file", str(key), "--key-id", "a", signed]) == 0
    with open(payload, "rb") as file:
        assert capsysbinary.readouterr().out == file.read()
    assert main(["verify", "--key-file", str(wrong), "--key-id", "a", signed]) == 1
    assert main(["verify", "--key-file", str(key), signed]) == 1
    wrong.write_bytes(b"short")
    assert main(["verify", "--key-file", str(wrong), signed]) == 2


def test_wrong_use(tmp_path, capsys):
    assert main([]) == 2
    assert main(["inspect", str(tmp_path / "missing")]) == 3
    assert main(["--version"]) == 0
    assert codepickle.__version__ in capsys.readouterr().out


def test_standard_input_and_pipes(tmp_path):
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(path for path in sys.path if path))
    command = [sys.executable, "-m", "codepickle", "inspect", "--fail", "danger", "-"]
    done = subprocess.run(command, input=ATTACK, capture_output=True, env=environment)
    assert done.returncode == 1 and b"os.system" in done.stdout and not done.stderr


def test_help_loads_little():
    """What takes time to import is imported by the command that needs it."""
    code = "import sys; from codepickle import _cli; _cli.parser(); print(*sorted(sys.modules))"
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(path for path in sys.path if path))
    shown = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment, check=True).stdout
    modules = set(shown.decode().split())
    assert not modules & {
        "json",
        "dataclasses",
        "inspect",
        "pydoc",
        "html",
        "codepickle._inspect",
        "codepickle._requirements",
    }


def test_every_command_shows_examples(capsys):
    commands = next(action.choices for action in parser()._actions if action.dest == "command")
    assert set(commands) >= {"inspect", "requirements", "lower", "check", "verify", "sign", "run", "demo", "completion"}
    for name in commands:
        with pytest.raises(SystemExit) as caught:
            main([name, "--help"])
        assert caught.value.code == 0
        shown = capsys.readouterr().out
        assert "  codepickle %s" % name in shown and "exit codes" in shown


def test_source_is_highlighted_if_it_can_be(payload, capsys):
    pytest.importorskip("pygments")
    main(["inspect", "--colour", "always", payload])
    shown = capsys.readouterr().out
    assert "lambda" in shown and shown.count("\x1b[") > 6
    # As without colours, but for them.
    main(["inspect", payload])
    assert re.sub("\x1b\\[[0-9;]*m", "", shown) == capsys.readouterr().out


def test_signed_with_ed25519(tmp_path, payload, capsysbinary):
    ed25519 = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ed25519")
    private = ed25519.Ed25519PrivateKey.generate()
    if not hasattr(private, "private_bytes_raw"):
        pytest.skip("an old cryptography")
    (tmp_path / "private").write_bytes(private.private_bytes_raw())
    (tmp_path / "public").write_bytes(private.public_key().public_bytes_raw())
    signed = str(tmp_path / "signed")
    assert main(["sign", "--ed25519", "--key-file", str(tmp_path / "private"), "-o", signed, payload]) == 0
    assert main(["verify", "--ed25519", "--key-file", str(tmp_path / "public"), signed]) == 0
    with open(payload, "rb") as file:
        assert capsysbinary.readouterr().out == file.read()
    assert main(["inspect", "--fail", "danger", "--ed25519", "--key-file", str(tmp_path / "public"), signed]) == 0
    assert main(["inspect", "--fail", "danger", "--ed25519", "--key-file", str(tmp_path / "private"), signed]) == 1


def test_run(tmp_path, payload, capfd, monkeypatch):
    assert main(["run", "--python", sys.executable, payload, "41"]) == 0
    assert capfd.readouterr().out == "42\n"
    # Where nothing is installed: outside the virtual environment.
    monkeypatch.delenv("PYTHONPATH", raising=False)
    assert main(["run", "--python", os.path.realpath(sys.executable), payload, "41"]) == 0
    assert capfd.readouterr().out == "42\n"
    assert main(["run", "--python", sys.executable, payload, "no number"]) == 1
    shown = capfd.readouterr().err
    assert "TypeError" in shown and "Traceback" in shown
    data = tmp_path / "data"
    data.write_bytes(codepickle.dumps([1, "a"]))
    assert main(["run", "--python", sys.executable, str(data)]) == 0
    assert capfd.readouterr().out == "[1, 'a']\n"
    assert main(["run", "--python", "2.2", payload]) == 3
    key, signed = tmp_path / "key", str(tmp_path / "signed")
    key.write_bytes(os.urandom(32))
    assert main(["sign", "--key-file", str(key), "-o", signed, payload]) == 0
    assert main(["run", "--python", sys.executable, "--key-file", str(key), signed, "1"]) == 0
    assert main(["run", "--python", sys.executable, signed, "1"]) == 1
    assert main(["run", "--python", sys.executable, "--key-file", str(key), payload, "1"]) == 1


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_completion(shell, capsys, monkeypatch):
    if "shtab" in sys.modules or importlib.util.find_spec("shtab"):
        assert main(["completion", shell]) == 0
        assert "--key-file" in capsys.readouterr().out
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert main(["completion", shell]) == 3
    assert "codepickle[cli]" in capsys.readouterr().err


def test_demo(capsys, monkeypatch):
    monkeypatch.setattr(_demo, "_pythons", lambda: {"this": sys.executable})
    assert main(["demo"]) == 0
    shown = capsys.readouterr().out
    assert "nonlocal balance" in shown and "All 1 agree." in shown
