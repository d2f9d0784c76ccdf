"""A `Report` as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Dict, List, Optional

if TYPE_CHECKING:
    from ._report_data import Function, Report

#: How the parts of a report are coloured on a terminal.
_COLOURS = {"title": "1", "danger": "1;31", "warning": "33", "note": "36", "dim": "2", "source": "32"}


def _plain(_kind: str, text: str) -> str:
    return text


def coloured(kind: str, text: str) -> str:
    """The text in the colour of its kind; source by its syntax, if Pygments is installed."""
    if kind == "source":
        highlighted = _highlighted(text)
        if highlighted is not None:
            return highlighted
    return "\x1b[%sm%s\x1b[0m" % (_COLOURS[kind], text)


def _highlighted(text: str) -> Optional[str]:
    try:
        from pygments import highlight
        from pygments.formatters import TerminalFormatter
        from pygments.lexers import PythonLexer
    except ImportError:
        return None
    # Line by line stays line by line.
    return str(highlight(text, PythonLexer(stripnl=False, ensurenl=False), TerminalFormatter()))


def visible(text: str) -> str:
    """The text with what a terminal would act on written out: a payload may hold escape sequences."""

    def shown(character: str) -> str:
        if character.isprintable() or character in "\n\t":
            return character
        return character.encode("unicode_escape").decode("ascii")

    return "".join(map(shown, text.replace("\r\n", "\n")))


def _one_line(text: str) -> str:
    return visible(text.replace("\n", "\\n"))


def text(report: Report, paint: Callable[[str, str], str] = _plain) -> str:
    """A report for people."""
    wire = "" if report.wire_version is None else ", wire format %d" % report.wire_version
    lines: List[str] = [
        paint("title", "%s, protocol %d%s, %d bytes" % (report.producer, report.protocol, wire, report.size)),
        "needs Python %d.%d" % report.minimum_version,
    ]
    counts: Dict[str, int] = {}
    for finding in report.findings:
        counts[finding.severity] = counts.get(finding.severity, 0) + 1
    lines.append("findings: " + (", ".join("%d %s" % (counts[name], name) for name in counts) or "none"))
    for finding in report.findings:
        mark = paint(finding.severity, "%-7s" % finding.severity)
        lines.append("  %s %s at byte %d: %s" % (mark, finding.code, finding.offset, _one_line(finding.message)))
    if report.references:
        lines += ["", paint("title", "imports")]
        lines += [
            "  %s%s" % (_one_line(str(each)), "" if each.needed else " (if it is there)") for each in report.references
        ]
    foreign = [call for call in report.calls if not call.format]
    if foreign:
        lines += ["", paint("title", "calls")]
        lines += ["  byte %d, %s: %s" % (call.offset, call.opcode, _one_line(call.text)) for call in foreign]
    for part in report.bytecode:
        lines += [
            "",
            paint("warning", "bytecode %s" % _one_line("%s (%s, %d bytes)" % (part.name, part.version, part.size))),
        ]
    # What is around the text is mirrored scopes, and of no interest, unless it is more than that.
    whole = any(finding.code in ("disguised", "unreadable-source") for finding in report.findings)
    for function in report.functions:
        lines += _function(function, paint, whole)
    return "\n".join(lines)


def _function(function: Function, paint: Callable[[str, str], str], whole: bool) -> List[str]:
    head = "%s %s" % (function.kind, function.name)
    if function.source:
        head += "  %s, line %d" % (function.path, function.line)
    lines = ["", paint("title", _one_line(head))]
    if function.minimum_version > (3, 7):
        lines.append("  %s" % "; ".join(map(_one_line, function.reasons)))
    for label, names in (
        ("future features", function.future_features),
        ("free variables", function.free_variables),
        ("reads", function.reads),
    ):
        if names:
            lines.append("  %s: %s" % (label, _one_line(", ".join(names))))
    lines += ["  %s = %s" % (_one_line(name), _one_line(value)) for name, value in function.bound]
    if function.approval:
        lines.append(paint("dim", "  approval %s" % function.approval))
    if whole and function.header + function.trailer:
        lines.append(paint("danger", "  before and after the text stands what is compiled with it:"))
        lines += ["  < " + line for line in visible(function.header).split("\n")]
        lines += ["  > " + line for line in visible(function.trailer).split("\n")]
    if function.source:
        lines += ["  | " + line for line in paint("source", visible(function.source)).split("\n")]
    for form in function.lowered:
        lines.append("  from Python %d.%d on:" % form.oldest)
        lines += [paint("dim", "  | " + line) for line in visible(form.source).split("\n")]
    return lines
