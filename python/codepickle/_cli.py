"""The command line. What a command needs is imported when it runs, so that ``codepickle --help`` is there at once."""

from __future__ import annotations

import argparse
import sys
from typing import Any, List, Optional, Sequence, Tuple

#: Exit codes.
FINE, FOUND, WRONG_USE, UNREADABLE = 0, 1, 2, 3

_EPILOG = """\
examples:
  codepickle inspect job.pickle              what is in it, and what loading it would do
  codepickle inspect --fail danger - < job   exit code 1 if there is something dangerous
  codepickle inspect --html job.pickle > job.html
  codepickle requirements job.pickle         the lines of a requirements.txt
  codepickle check --python 3.8 job.pickle   would it load there?
  codepickle lower --python 3.7 module.py    the same program in an older grammar
  codepickle sign --key-file key job.pickle > job.signed
  codepickle verify --key-file key job.signed > job.pickle

A file may be -, which is standard input.

exit codes: 0 fine; 1 found what was asked for: a finding, a version that is too old, a wrong signature;
2 wrong use; 3 the file cannot be read.
"""


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

    def command(name: str, what: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=what, description=what[:1].upper() + what[1:] + ".")
        made.add_argument("file", help="a file, or - for standard input")
        return made

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
    command("requirements", "which distributions a payload needs, as a requirements.txt")
    check = command("check", "whether a payload loads on a version of Python")
    check.add_argument("--python", type=_version, required=True, metavar="3.8", help="the version")
    lower = command("lower", "a module in an older grammar")
    lower.add_argument("--python", type=_version, default=(3, 7), metavar="3.7", help="the version; 3.7 by default")
    for name, what in (("sign", "a payload in a signed envelope"), ("verify", "the payload in a signed envelope")):
        signing = command(name, what)
        signing.add_argument("--key-file", required=True, help="the secret, as bytes: at least 16 of them")
        signing.add_argument("--key-id", default="", help="the key's identifier")
        signing.add_argument("--output", "-o", help="write it there; standard output by default")
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
    from ._inspect import SEVERITIES, inspect

    report = inspect(_read(given.file))
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
        import pydoc

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


def _key(given: Any) -> Any:
    from ._signing import Key

    with open(given.key_file, "rb") as file:
        return Key(file.read(), id=given.key_id)


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

    return _write(given, sign(_read(given.file), _key(given)))


def _verify(given: Any) -> int:
    from ._signing import SignatureError, verify

    key = _key(given)
    try:
        payload = verify(_read(given.file), key)
    except SignatureError as error:
        print("codepickle: %s" % error, file=sys.stderr)
        return FOUND
    return _write(given, payload)


_COMMANDS = {
    "inspect": _inspect,
    "requirements": _requirements,
    "check": _check,
    "lower": _lower,
    "sign": _sign,
    "verify": _verify,
}
