"""The command line. What a command needs is imported when it runs, so that ``codepickle --help`` is there at once."""

from __future__ import annotations

import argparse
import sys
from typing import Any, Iterator, List, Optional, Sequence, Tuple

#: Exit codes.
FINE, FOUND, WRONG_USE, UNREADABLE = 0, 1, 2, 3

_CODES = """\
exit codes: 0 fine; 1 found what was asked for: a finding, a version that is too old, a wrong signature, an exception
of what was run; 2 wrong use; 3 a file cannot be read, or something is not installed.
"""

_EPILOG = (
    """\
examples:
  codepickle demo                            a function that goes to every Python of this machine
  codepickle inspect job.pickle              what is in it, and what loading it would do
  codepickle inspect --fail danger - < job   exit code 1 if there is something dangerous
  codepickle inspect --html job.pickle > job.html
  codepickle requirements job.pickle         the lines of a requirements.txt
  codepickle check --python 3.8 job.pickle   would it load there?
  codepickle run --python 3.8 job.pickle 2   load it there, and call it with 2
  codepickle lower --python 3.7 module.py    the same program in an older grammar
  codepickle sign --key-file key job.pickle > job.signed
  codepickle verify --key-file key job.signed > job.pickle
  codepickle completion bash > ~/.local/share/bash-completion/completions/codepickle

A file may be -, which is standard input.

"""
    + _CODES
)

#: What the help of each command shows.
_EXAMPLES = {
    "inspect": """\
  codepickle inspect job.pickle                       coloured, page by page
  codepickle inspect --json job.pickle | jq -r '.functions[].source'
  codepickle inspect --html job.pickle > job.html     a page that loads nothing and runs nothing
  codepickle inspect --fail warning job.pickle && echo nothing odd in it
  codepickle inspect --key-file key job.signed        was it signed with this key?
""",
    "requirements": """\
  codepickle requirements job.pickle > requirements.txt
  codepickle requirements - < job.pickle
""",
    "check": """\
  codepickle check --python 3.8 job.pickle || echo it would not load there
""",
    "run": """\
  codepickle run --python 3.8 job.pickle              load it with Python 3.8; if it can be called, call it
  codepickle run --python 3.8 job.pickle 2 "'x'"      ... with 2 and 'x'; what is no literal is text
  codepickle run --python pypy3 --timeout 10 - < job.pickle
  codepickle run --key-file key --python 3.8 job.signed
  codepickle run --python pyodide job.pickle          in a sandbox: npm install pyodide

The other interpreter needs nothing installed. What is run may do anything there, but not in the sandbox: `inspect` it
first, or have it signed.
""",
    "lower": """\
  codepickle lower --python 3.7 module.py > module_37.py
  codepickle lower - < module.py
""",
    "sign": """\
  head -c 32 /dev/urandom > key
  codepickle sign --key-file key --key-id 2025 job.pickle > job.signed
  codepickle sign --ed25519 --key-file private job.pickle -o job.signed
""",
    "verify": """\
  codepickle verify --key-file key --key-id 2025 job.signed > job.pickle
  codepickle verify --ed25519 --key-file public job.signed > job.pickle
""",
    "demo": """\
  codepickle demo
""",
    "completion": """\
  codepickle completion bash > ~/.local/share/bash-completion/completions/codepickle
  codepickle completion zsh > ~/.zfunc/_codepickle    (fpath=(~/.zfunc $fpath) in ~/.zshrc)

Needs shtab: pip install 'codepickle[cli]'.
""",
}


def parser() -> argparse.ArgumentParser:
    """The parser of arguments."""
    top = argparse.ArgumentParser(
        prog="codepickle",
        description="Look at payloads, and at any other pickles, without loading them.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="store_true", help="print the version")
    commands = top.add_subparsers(dest="command", metavar="command")

    def command(name: str, what: str, file: bool = True) -> argparse.ArgumentParser:
        made = commands.add_parser(
            name,
            help=what,
            description=what[:1].upper() + what[1:] + ".",
            epilog="examples:\n" + _EXAMPLES[name] + "\n" + _CODES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if file:
            made.add_argument("file", help="a file, or - for standard input")
        return made

    def signed(made: argparse.ArgumentParser, required: bool) -> None:
        made.add_argument("--key-file", required=required, help="the key, as bytes: a secret of at least 16")
        made.add_argument("--key-id", default="", help="the key's identifier")
        made.add_argument("--ed25519", action="store_true", help="the key is one of Ed25519, of 32 bytes")

    inspect = command("inspect", "what is in a payload, and what loading it would do")
    form = inspect.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="as JSON")
    form.add_argument("--html", action="store_true", help="as a page, complete in itself")
    inspect.add_argument("--colour", choices=("auto", "always", "never"), default="auto", help="default: on a terminal")
    inspect.add_argument("--no-pager", action="store_true", help="write on without stopping")
    inspect.add_argument(
        "--fail",
        choices=("danger", "warning", "note", "never"),
        default="never",
        help="exit code 1 from this severity on",
    )
    signed(inspect, False)
    command("requirements", "which distributions a payload needs, as a requirements.txt")
    check = command("check", "whether a payload loads on a version of Python")
    check.add_argument("--python", type=_version, required=True, metavar="3.8", help="the version")
    run = command("run", "load a payload in another Python, and call what it is")
    run.add_argument("arguments", nargs="*", help="arguments, as literals of Python")
    run.add_argument("--python", required=True, metavar="3.8", help="a version, a path, or as for codepickle.run")
    run.add_argument("--timeout", type=float, metavar="SECONDS", help="how long it may take")
    signed(run, False)
    lower = command("lower", "a module in an older grammar")
    lower.add_argument("--python", type=_version, default=(3, 7), metavar="3.7", help="the version; 3.7 by default")
    for name, what in (("sign", "a payload in a signed envelope"), ("verify", "the payload in a signed envelope")):
        signing = command(name, what)
        signed(signing, True)
        signing.add_argument("--output", "-o", help="write it there; standard output by default")
    command("demo", "a function that goes to every Python of this machine", file=False)
    completion = command("completion", "a script that completes commands and options in a shell", file=False)
    completion.add_argument("shell", choices=("bash", "zsh", "tcsh"))
    return top


def _version(text: str) -> Tuple[int, int]:
    major, _, minor = text.partition(".")
    if major != "3" or not minor.isdigit():
        raise argparse.ArgumentTypeError("%r is no version like 3.8" % text)
    return 3, int(minor)


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Carries a command line out; its exit code."""
    top = parser()
    given = top.parse_args(arguments)
    if given.version:
        from . import __version__

        print("codepickle " + __version__)
        return FINE
    if given.command is None:
        top.print_help()
        return WRONG_USE
    from ._runtime import LoadError

    try:
        return int(_COMMANDS[given.command](given))
    except BrokenPipeError:
        # Who reads has enough, `head` for one; Python would complain once more at its end.
        sys.stdout = None
        return FINE
    except (OSError, LoadError, SyntaxError, UnicodeDecodeError, NotImplementedError) as error:
        print("codepickle: %s" % _safe(str(error)), file=sys.stderr)
        return UNREADABLE
    except ValueError as error:
        print("codepickle: %s" % _safe(str(error)), file=sys.stderr)
        return WRONG_USE
    except ImportError as error:
        if error.name not in ("codepickle", "codepickle._native"):
            raise
        print("codepickle: this command needs the native module, which this installation lacks", file=sys.stderr)
        return UNREADABLE


def _safe(text: str) -> str:
    from ._report import visible

    return visible(text)


def _read(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read()
    with open(name, "rb") as file:
        return file.read()


def _inspect(given: Any) -> int:
    from ._inspect import inspect
    from ._report_data import SEVERITIES

    report = inspect(_read(given.file), key=_public_key(given) if given.key_file else None)
    if given.json:
        import json

        print(json.dumps(report.to_dict(), indent=2, ensure_ascii=True))
    elif given.html:
        from ._report_html import page

        sys.stdout.write(page(report, given.file))
    else:
        from ._report import coloured, text

        terminal = sys.stdout.isatty()
        if given.colour == "always" or (given.colour == "auto" and terminal):
            shown = text(report, coloured)
        else:
            shown = text(report)
        _show(shown, terminal and not given.no_pager)
    if given.fail == "never" or report.worst is None:
        return FINE
    return FOUND if SEVERITIES.index(report.worst) <= SEVERITIES.index(given.fail) else FINE


def _show(text: str, paged: bool) -> None:
    import shutil

    if paged and text.count("\n") >= shutil.get_terminal_size().lines:
        import os
        import pydoc

        # `less` shows colours only if it is told to; -F and -X are what git gives it.
        os.environ.setdefault("LESS", "FRX")
        pydoc.pager(text)
    else:
        encoding = sys.stdout.encoding or "utf-8"
        print(text.encode(encoding, "backslashreplace").decode(encoding))


def _requirements(given: Any) -> int:
    from ._requirements import requirements

    print(requirements(_read(given.file)), end="")
    return FINE


def _check(given: Any) -> int:
    from ._inspect import inspect

    report = inspect(_read(given.file))
    problems: List[str] = []
    name = "%d.%d" % given.python
    for finding in report.findings:
        if finding.code in ("malformed", "signature"):
            problems.append(finding.message)
    for function in report.functions:
        oldest = min([function.minimum_version] + [form.oldest for form in function.lowered])
        if oldest > given.python:
            why = "; ".join(function.reasons)
            problems.append(
                "%s (%s, line %d) needs %d.%d: %s" % ((function.name, function.path, function.line) + oldest + (why,))
            )
    for part in report.bytecode:
        if not part.version.endswith(" " + name):
            problems.append("%s is bytecode of %s" % (part.name, part.version))
    if report.protocol == 5 and given.python < (3, 8):
        problems.append("protocol 5 is of 3.8")
    for problem in problems:
        print(_safe(problem))
    if not problems:
        print("loads on %s, as far as syntax and protocol go" % name)
    return FOUND if problems else FINE


def _lower(given: Any) -> int:
    from ._lowering import LoweringError, lower

    try:
        sys.stdout.write(lower(_read(given.file).decode("utf-8"), given.python))
    except LoweringError as error:
        print("codepickle: %s" % error, file=sys.stderr)
        return FOUND
    return FINE


def _secret(given: Any) -> bytes:
    with open(given.key_file, "rb") as file:
        return file.read()


def _private_key(given: Any) -> Any:
    """The key to sign with."""
    from ._signing import Key

    secret = _secret(given)
    return Key.ed25519(secret, id=given.key_id) if given.ed25519 else Key(secret, id=given.key_id)


def _public_key(given: Any) -> Any:
    """The key to verify with."""
    from ._signing import Key

    secret = _secret(given)
    return Key.ed25519_public(secret, id=given.key_id) if given.ed25519 else Key(secret, id=given.key_id)


def _write(given: Any, data: bytes) -> int:
    if given.output:
        with open(given.output, "wb") as file:
            file.write(data)
    else:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    return FINE


def _sign(given: Any) -> int:
    from ._signing import sign

    return _write(given, sign(_read(given.file), _private_key(given)))


def _verify(given: Any) -> int:
    payload = _verified(given)
    return FOUND if payload is None else _write(given, payload)


def _verified(given: Any) -> Optional[bytes]:
    """The payload in the envelope; None, and a message, if the signature does not hold."""
    from ._signing import SignatureError, verify

    key = _public_key(given)
    try:
        return verify(_read(given.file), key)
    except SignatureError as error:
        print("codepickle: %s" % error, file=sys.stderr)
        return None


def _run(given: Any) -> int:
    from ._executor import InterpreterDied, run
    from ._signing import MAGIC

    payload = _verified(given) if given.key_file else _read(given.file)
    if payload is None:
        return FOUND
    if payload[: len(MAGIC)] == MAGIC:
        print("codepickle: the payload is signed: running it takes a key (--key-file)", file=sys.stderr)
        return FOUND
    arguments = [_literal(argument) for argument in given.arguments]
    try:
        print(run(_caller(), payload, arguments, python=given.python, timeout=given.timeout))
    except (LookupError, InterpreterDied) as error:
        print("codepickle: %s" % _safe(str(error)), file=sys.stderr)
        return UNREADABLE if isinstance(error, LookupError) and error.__cause__ is None else FOUND
    except ImportError as error:
        if error.__cause__ is not None:
            return _failed(error)
        print("codepickle: %s" % error, file=sys.stderr)
        return UNREADABLE
    except Exception as error:
        return _failed(error)
    return FINE


def _failed(error: BaseException) -> int:
    shown = "%s: %s" % (type(error).__name__, error)
    for text in ([str(error.__cause__)] if error.__cause__ is not None else []) + [shown]:
        print(_safe(text), file=sys.stderr)
    return FOUND


def _caller() -> bytes:
    """What runs in the other Python, as a payload: this module is not there, and the loader comes with a payload."""
    from ._pickler import dumps

    def call(payload: bytes, arguments: List[Any]) -> str:
        import pickle

        loaded = pickle.loads(payload)
        return repr(loaded(*arguments) if callable(loaded) else loaded)

    return dumps(call)


def _literal(text: str) -> Any:
    from ast import literal_eval

    try:
        return literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _demo(given: Any) -> int:
    from ._demo import demo

    return FINE if demo(print) else FOUND


def _completion(given: Any) -> int:
    try:
        import shtab
    except ImportError:
        print("codepickle: completion needs shtab: pip install 'codepickle[cli]'", file=sys.stderr)
        return UNREADABLE
    top = parser()
    for action in _positionals(top):
        if action.dest in ("file", "key_file"):
            action.complete = shtab.FILE
    print(shtab.complete(top, given.shell))
    return FINE


def _positionals(top: argparse.ArgumentParser) -> Iterator[Any]:
    for action in top._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from _positionals(below)
        elif not action.option_strings or action.dest == "key_file":
            yield action


_COMMANDS = {
    "inspect": _inspect,
    "requirements": _requirements,
    "check": _check,
    "lower": _lower,
    "sign": _sign,
    "verify": _verify,
    "run": _run,
    "demo": _demo,
    "completion": _completion,
}
