"""A `Report` as a page: one file, which loads nothing and runs nothing."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Iterable, List

from ._report import visible

if TYPE_CHECKING:
    from ._report_data import Function, Report

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem;
  margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem } h3 { font-size: 1rem; margin-bottom: .2rem }
table { border-collapse: collapse; width: 100% }
td, th { text-align: left; padding: .2rem .6rem; border-bottom: 1px solid #ddd }
td { overflow-wrap: anywhere } pre { background: #f6f6f4; padding: .8rem; overflow-x: auto }
code, pre { font-size: .85rem }
.danger { color: #b00020; font-weight: bold } .warning { color: #8a5a00 } .note, small { color: #555 }
@media (prefers-color-scheme: dark) {
  body { color: #ddd; background: #16181a } pre { background: #202326 } td, th { border-color: #333 }
  .danger { color: #ff8080 } .warning { color: #e8b85a } .note, small { color: #aaa }
}
"""


def _text(text: object) -> str:
    return escape(visible(str(text)))


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = ["<table><tr>%s</tr>" % "".join("<th>%s</th>" % each for each in head)]
    lines += ["<tr>%s</tr>" % "".join("<td>%s</td>" % each for each in row) for row in rows]
    return "\n".join([*lines, "</table>"])


def page(report: Report, name: str) -> str:
    """The page. All that comes from the payload is escaped, and the page forbids itself scripts and the network."""
    parts: List[str] = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8"><title>%s</title>' % _text(name),
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        '<meta name="viewport" content="width=device-width"><style>%s</style></head><body>' % _STYLE,
        "<h1>%s</h1>" % _text(name),
        "<p>%s, protocol %d, %d bytes; needs Python %d.%d</p>"
        % ((_text(report.producer), report.protocol, report.size) + report.minimum_version),
        "<h2>Findings</h2>",
    ]
    if report.findings:
        rows = (
            (
                '<span class="%s">%s</span>' % (finding.severity, finding.severity),
                _text(finding.code),
                str(finding.offset),
                _text(finding.message),
            )
            for finding in report.findings
        )
        parts.append(_table(("severity", "code", "byte", ""), rows))
    else:
        parts.append("<p>None.</p>")
    if report.references:
        parts += ["<h2>Imports</h2>", _table(("name", "byte"), ((_text(r), str(r.offset)) for r in report.references))]
    calls = [call for call in report.calls if not call.format]
    if calls:
        rows2 = ((call.opcode, "<code>%s</code>" % _text(call.text), str(call.offset)) for call in calls)
        parts += ["<h2>Calls</h2>", _table(("opcode", "call", "byte"), rows2)]
    if report.functions:
        parts.append("<h2>Code</h2>")
    whole = any(finding.code in ("disguised", "unreadable-source") for finding in report.findings)
    for function in report.functions:
        parts += _function(function, whole)
    return "\n".join([*parts, "</body></html>\n"])


def _function(function: Function, whole: bool) -> List[str]:
    parts = ["<h3>%s %s</h3>" % (function.kind, _text(function.name))]
    details = ["%s, line %d" % (_text(function.path), function.line)] if function.source else []
    if function.future_features:
        details.append("future features: " + _text(", ".join(function.future_features)))
    if function.free_variables:
        details.append("free variables: " + _text(", ".join(function.free_variables)))
    if function.reads:
        details.append("reads: " + _text(", ".join(function.reads)))
    details += map(_text, function.reasons)
    if function.approval:
        details.append("approval <code>%s</code>" % function.approval)
    parts += ["<small>%s</small>" % "<br>".join(details)]
    if function.bound:
        parts.append(_table(("name", "value"), ((_text(name), _text(value)) for name, value in function.bound)))
    if whole and function.header + function.trailer:
        parts.append("<small class='danger'>Before and after the text stands what is compiled with it:</small>")
        parts += ["<pre>%s</pre>" % _text(part) for part in (function.header, function.trailer)]
    if function.source:
        parts.append("<pre>%s</pre>" % _text(function.source))
    for form in function.lowered:
        parts.append("<small>from Python %d.%d on:</small><pre>%s</pre>" % (form.oldest + (_text(form.source),)))
    return parts
