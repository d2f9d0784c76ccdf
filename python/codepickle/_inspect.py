"""``inspect``: what loading a payload would do, told without doing it."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterable, List, Optional, Sequence, Set, Tuple, Union

from . import _native
from ._dangerous import is_holder, why_dangerous
from ._disguises import MOST_FORMS, disguise, hidden, is_relowered
from ._lowering import OLDEST
from ._report_data import SEVERITIES, Bytecode, Call, Finding, Form, Function, Reference, Report
from ._runtime import WIRE_VERSION, lowered_text
from ._signing import MAGIC, Keys, SignatureError, unsigned, verify

_RUNTIME = "codepickle._runtime"
_PORTABLE = "codepickle._portable"

#: Portable functions in portable functions; the policy has the same.
_MOST_LEVELS = 8

#: No file has more lines, and no number more digits: the compiler would count for long.
MOST_LINES, MOST_DIGITS = 1_000_000, 4300
_MANY_DIGITS = re.compile("[0-9_]{%d}" % (MOST_DIGITS + 1))


def inspect(payload: Union[bytes, bytearray, memoryview], *, key: Optional[Keys] = None) -> Report:
    """What is in a payload, and what loading it would do. Nothing in it is imported, compiled or called.

    It takes any pickle, Codepickle's or not. Of a pickle that cannot be read to its end it tells what comes before:
    `pickle.loads` would have done that by then. Time and memory grow with the length of the payload alone: 16 MiB and
    64 bytes for each of its bytes are what it may take to read it; beyond that, and beyond 10,000 entries in a list,
    the report ends in a finding that says so.

    Args:
        payload: The data; of a signed payload, what is in the envelope is looked at.
        key: Keys to verify the signature with.

    Returns:
        A report; ``print`` shows it.

    >>> import codepickle
    >>> report = codepickle.inspect(codepickle.dumps(lambda x: x + 1))
    >>> report.functions[0].source, report.producer, report.worst
    ('lambda x: x + 1', 'codepickle', None)
    >>> for finding in codepickle.inspect(b"cos\\nsystem\\n(S'id'\\ntR.").findings:
    ...     print(finding.severity, finding.code, finding.offset)
    danger dangerous-name 0
    warning call 19
    """
    data = bytes(payload)
    if data[: len(MAGIC)] != MAGIC:
        return _Reader(data).report()
    finding = Finding("signed", "note", 0, "signed; the key, and so who signed it, was verified")
    try:
        inner = unsigned(data) if key is None else verify(data, key)
        if key is None:
            finding = Finding("signed", "note", 0, "signed, by whom was not verified: no key was given")
    except SignatureError as error:
        inner, finding = b"", Finding("signature", "danger", 0, str(error))
    report = _Reader(inner or b"N.").report()
    return report._replace(size=len(data), signed=True, findings=(finding,) + report.findings)


_SEVERITY = {"mark-popped": "note", "protocol-lie": "warning", "stack-left": "warning"}

_ODDITIES = {
    "memo-overwritten": "a number of the memo gets another value: readers that do not follow it are misled",
    "protocol-repeated": "PROTO in the middle of the pickle changes what names mean",
    "protocol-lie": "an opcode is newer than the protocol that the pickle says it is of",
    "frame-crossed": "a frame ends within an opcode: some readers fail here, others do not",
    "frame-nested": "a frame begins within another",
    "mark-popped": "POP takes a mark, as only protocol 0 does",
    "duplicate": "DUP, which no pickler writes",
    "stack-left": "values are left over at the end",
    "after-stop": "data after the end, which readers do not look at",
}


class _Reader:
    """Puts a report together from what the native module tells."""

    def __init__(self, data: bytes, level: int = 0) -> None:
        self.data = data
        #: How many payloads of portable functions this one is inside of.
        self.level = level
        self.found: Dict[str, Any] = _native.inspect_payload(data)
        #: Where `eval` makes portable functions, as this installation's runtime does.
        self.portable: Set[int] = set()
        #: Whether some source is not what it looks like: then nothing here can be approved.
        self.disguised = False
        self.findings: List[Finding] = []
        self.codes: Dict[int, Tuple[str, Tuple[Any, ...]]] = {
            offset: (kind, arguments) for offset, kind, arguments in self.found["codes"]
        }

    def add(self, code: str, severity: str, offset: int, message: str) -> None:
        self.findings.append(Finding(code, severity, offset, message))

    def report(self) -> Report:
        found = self.found
        self.stream()
        inside = self.groups()
        references = self.references()
        calls = tuple(Call(*call) for call in self.calls())
        modules = {module for _, name in found["globals"] if name for module in [name[0]]}
        producers = [name for name in ("codepickle", "cloudpickle", "dill") if _imports(modules, name)]
        if inside:
            producers = ["codepickle"]
        bytecode = self.bytecode()
        for offset, (kind, arguments) in self.codes.items():
            if kind == "c" and arguments:
                text, line, _, header = _strings(arguments)
                names = _names(text, header, str((arguments + ("",) * 5)[4]), _name(text, arguments))
                self.source(offset, text, line, names[0] is None, arguments)
        functions = tuple(self.function(*unit) for unit in found["units"])
        rank = SEVERITIES.index
        own = Report(
            size=len(self.data),
            pickle_size=found["end"],
            protocol=found["protocol"],
            wire_version=WIRE_VERSION if _RUNTIME in modules or inside else None,
            producer=(producers + ["pickle"])[0],
            opcodes=found["opcodes"],
            objects=found["objects"],
            memo=found["memo"],
            functions=functions,
            references=references,
            calls=calls,
            bytecode=bytecode,
            findings=tuple(sorted(set(self.findings), key=lambda each: (each.offset, rank(each.severity), each.code))),
        )
        for start, report in inside:
            own = _merged(own, report, start)
        return own

    def groups(self) -> List[Tuple[int, Report]]:
        """The payloads of portable functions, and where they begin."""
        reports = []
        for offset, taken, digest, payload, start in self.found["groups"]:
            from ._policy import known_heads

            if digest in known_heads():
                self.portable.update([offset, *taken])
                self.add("portable", "note", offset, "portable functions, with the runtime that is installed here")
            else:
                self.add(
                    "unknown-runtime", "danger", offset, "portable functions, with a runtime that is not known here"
                )
            if self.level < _MOST_LEVELS:
                reports.append((start, _Reader(payload, self.level + 1).report()))
            else:
                self.add("limit-depth", "danger", offset, "portable functions in portable functions: not all were read")
        for offset in self.found["twins"]:
            self.add("twin", "warning", offset, "a class that the runtime takes for another one of this payload")
        return reports

    def stream(self) -> None:
        found = self.found
        if found["error"] is not None:
            message, offset, limit = found["error"]
            self.add(
                "limit-memory" if limit else "malformed",
                "danger",
                offset,
                message + "; what comes before, loading does all the same, and what follows was not read",
            )
        for code, offset in found["oddities"]:
            self.add(code, _SEVERITY.get(code, "warning"), offset, _ODDITIES[code])
        if found["omitted"]:
            self.add("limit-entries", "warning", found["end"], "%d more entries are not listed" % found["omitted"])
        if found["excessive"]:
            self.add("limit-code", "danger", 0, "the same code is named over and over: not all of it was read")

    def references(self) -> Tuple[Reference, ...]:
        listed: Dict[Tuple[str, Optional[str]], Reference] = {}
        for offset, pair in self.found["globals"]:
            if pair is None:
                self.add("computed-name", "danger", offset, "a name that is computed while loading")
                continue
            module, name = pair
            if pair == (_PORTABLE, "inner") and self.level:
                continue
            if module == _RUNTIME:
                if name not in _WIRE_NAMES:
                    self.add("not-of-the-format", "danger", offset, "%s.%s is not of the wire format" % pair)
            else:
                listed.setdefault((module, name), Reference(module, name, offset))
            if not (module + name).isprintable() or not name or not module:
                self.add("odd-name", "warning", offset, "%s is no name of anything" % ascii("%s.%s" % pair)[:200])
            if "." in name:
                self.add("dotted-name", "note", offset, "%s.%s leads through attributes" % pair)
        for module, name, needed, offset in self.found["references"]:
            if self.level and (module, name) == (_PORTABLE, "inner"):
                continue
            # What protocols below 3 call otherwise is there under its new name.
            if all(reference.offset != offset for reference in listed.values()) or name is None:
                listed.setdefault((module, name), Reference(module, name, offset, needed))
        for reference in listed.values():
            why = why_dangerous(reference.module, reference.name)
            if why and not self.is_format(reference):
                self.add("dangerous-name", "danger", reference.offset, "%s: %s" % (reference, why))
            elif is_holder(reference.module, reference.name):
                self.add("holder", "note", reference.offset, "%s calls what it holds, when it is used" % (reference,))
        return tuple(sorted(listed.values(), key=lambda each: each.offset))

    def is_format(self, reference: Reference) -> bool:
        """Whether Codepickle itself uses the name, and only as it does."""
        name = str(reference)
        if name not in ("builtins.setattr", "builtins.vars", "builtins.exec", "builtins.eval"):
            return False
        calls = [call for call in self.found["calls"] if call[2] == name]
        return bool(calls) and all(self.is_format_call(call) for call in calls)

    def is_format_call(self, call: Sequence[Any]) -> bool:
        offset, _, function, text, own = call
        if function == "builtins.exec":
            from ._policy import known_heads

            return any(at == offset and digest in known_heads() for at, digest in self.found["programs"])
        if function == "builtins.eval":
            return offset in self.portable
        if function == "builtins.setattr":
            return bool(own) and any(', "%s", ' % name in text for name in _OF_EXCEPTIONS)
        return bool(own) and "codepickle._runtime.v(" in text

    def calls(self) -> List[Tuple[str, str, str, int, bool]]:
        calls = []
        for each in self.found["calls"]:
            offset, opcode, function, text, own = each
            own = own and (not function.startswith("builtins.") or self.is_format_call(each))
            own = own or offset in self.portable
            if own and not self.level and _PORTABLE + ".inner" in (function, text.partition("(")[0]):
                own = False  # of the payload of a portable function, and not in one
            if function == "builtins.exec" and self.is_format_call(each):
                own = True
                self.add("self-contained", "note", offset, "brings the runtime along, the one that is installed here")
            calls.append((opcode, function, text, offset, own))
            if opcode == "PERSID":
                self.add("persistent-id", "warning", offset, "a persistent identifier: the reader decides what it is")
            elif opcode == "EXT":
                self.add("extension", "danger", offset, "an extension code: copyreg's registry decides what it is")
            elif not own and opcode != "REDUCE":
                made = function.startswith(_RUNTIME + ".") or text.startswith(_RUNTIME + ".")
                what = "fills an instance" if opcode in ("BUILD", "APPENDS", "SETITEMS") else "makes an instance"
                severity = "note" if made else "warning"
                self.add(opcode.lower(), severity, offset, "%s: %s" % (what, _short(text)))
            elif not own:
                self.add("call", "warning", offset, "calls %s" % _short(text))
        return calls

    def bytecode(self) -> Tuple[Bytecode, ...]:
        parts = []
        for offset, (kind, arguments) in self.codes.items():
            if kind == "b":
                _, version, name, _, data = (arguments + (None,) * 5)[:5]
                size = len(data) if isinstance(data, bytes) else 0
                parts.append(Bytecode(str(name), str(version), size, offset))
                self.add("bytecode", "warning", offset, "%s travels as bytecode, which nobody can review" % name)
        return tuple(parts)

    def function(
        self, offset: int, kind: str, arguments: Tuple[Any, ...], digest: Optional[bytes], bound: List[Tuple[str, str]]
    ) -> Function:
        name, code, place = "", None, None
        if kind == "f":
            code, place = self.code(arguments[:1])
        elif kind in ("t", "e", "n", "o"):
            name = str(arguments[1]) if len(arguments) > 1 else ""
            code, place = self.code(arguments[2:])
        snippet = code or ("",)
        text, line, path, header = _strings(snippet)
        name = name or (place[0] if place else _name(text, snippet))
        trailer, futures = (str(each) for each in (tuple(snippet) + ("",) * 8)[4:8:3])
        reads, free = _names(text, header, trailer, name)
        version, reasons = _needs(text, line)
        reads = reads or ()
        if code is None and kind == "f":
            reads = free = ()
        return Function(
            name=name,
            kind={"f": "function"}.get(kind, "class" if kind in ("t", "e", "n", "o") else "wrapper"),
            path=path,
            line=place[1] if place else line,
            source=text,
            header=header,
            trailer=trailer,
            future_features=tuple(part for part in str(futures).split(",") if part),
            lowered=_forms(text, snippet),
            free_variables=free,
            reads=reads,
            bound=tuple((key, value) for key, value in bound if key in reads),
            minimum_version=version,
            reasons=reasons,
            approval=None if digest is None or self.disguised else digest.hex(),
            offset=offset,
        )

    def source(self, offset: int, text: str, line: int, unreadable: bool, arguments: Tuple[Any, ...]) -> None:
        """What a reader would not see, and a compiler would choke on."""
        why = disguise(arguments)
        self.disguised |= why is not None
        if unreadable or (why is not None and why.endswith("cannot be parsed")):
            self.add("unreadable-source", "warning", offset, "source that cannot be parsed, or is nested too deeply")
        elif why is not None:
            self.add("disguised", "danger", offset, "source that is not what it looks like: %s" % why)
        elif not is_relowered(arguments):
            self.add("lowered", "warning", offset, "older Pythons get what lowering does not make of the text: read it")
        for finding in hidden(text):
            self.add(finding[0], finding[1], offset, finding[2])
        if not 1 <= line <= MOST_LINES:
            self.add("place", "warning", offset, "source that says it begins at line %d" % line)
        column, path = arguments[5] if len(arguments) > 5 else 0, arguments[2] if len(arguments) > 2 else ""
        if isinstance(column, int) and not 0 <= column <= MOST_LINES:
            self.add("place", "warning", offset, "source that says it begins at column %d" % column)
        if isinstance(path, str) and not path.isprintable():
            self.add("place", "warning", offset, "a path with characters that are not shown: %s" % ascii(path)[:200])
        if _MANY_DIGITS.search(text):
            self.add("digits", "warning", offset, "source with a number of more than %d digits" % MOST_DIGITS)

    def code(self, arguments: Sequence[Any]) -> Tuple[Optional[Tuple[Any, ...]], Optional[Tuple[str, int]]]:
        """The arguments of the `c` that some argument leads to; name and line of a method in it."""
        place = None
        pending = list(arguments)
        for _ in range(1000):  # classes in classes
            if not pending:
                break
            argument = pending.pop(0)
            if not (isinstance(argument, tuple) and argument[:1] == ("#",) and len(argument) == 3):
                continue
            kind, found = self.codes.get(argument[1], ("", ()))
            if kind == "c":
                return found, place
            if kind == "d":
                if place is None and len(found) > 2 and isinstance(found[2], int):
                    place = (str(found[1]), found[2])
                pending = list(found[:1])
        return None, place


def _merged(outer: Report, inner: Report, start: int) -> Report:
    """A report with what a payload inside does; places count from the beginning of the data."""

    def moved(entries: Any) -> Any:
        return tuple(each._replace(offset=each.offset + start) for each in entries)

    names = ("functions", "references", "calls", "bytecode", "findings")
    changed: Dict[str, Any] = {name: getattr(outer, name) + moved(getattr(inner, name)) for name in names}
    for name in ("opcodes", "objects", "memo"):
        changed[name] = getattr(outer, name) + getattr(inner, name)
    return outer._replace(**changed)


_OF_EXCEPTIONS = ("__cause__", "__context__", "__suppress_context__")

#: The functions of docs/wire-format.md.
_WIRE_NAMES = frozenset([*"cdbfkramvutenosghqwxlpjyzi", *(letter + "1" for letter in "gdzftwxa")])


def _short(text: str) -> str:
    return text if len(text) <= 100 else text[:97] + "..."


def _imports(modules: Iterable[str], name: str) -> bool:
    return any(module.partition(".")[0] == name for module in modules)


def _strings(snippet: Tuple[Any, ...]) -> Tuple[str, int, str, str]:
    text, line, path, header = (tuple(snippet) + (None,) * 4)[:4]
    return (
        text if isinstance(text, str) else "",
        line if isinstance(line, int) else 0,
        path if isinstance(path, str) else "",
        header if isinstance(header, str) else "",
    )


_DEFINITION = re.compile(r"[\s\\]*(?:async[\s\\]+)?(?:def|class)[\s\\]+(\w+)")


def _name(text: str, snippet: Tuple[Any, ...]) -> str:
    if len(snippet) > 8 and isinstance(snippet[8], str):
        return snippet[8]
    decorators = snippet[6] if len(snippet) > 6 and isinstance(snippet[6], int) else 0
    match = _DEFINITION.match(text, max(decorators, 0))
    return match.group(1) if match else "<lambda>"


def _names(text: str, header: str, trailer: str, name: str) -> Tuple[Optional[Tuple[str, ...]], Tuple[str, ...]]:
    """The globals that a text may read, None where it cannot be parsed, and its free variables."""
    free: Tuple[str, ...] = ()
    outer = re.match(r"\s*(?:async )?def [^(\n]*\(([\w, ]*)\)", header)
    if outer:
        free = tuple(part.strip() for part in outer.group(1).split(",") if part.strip())
    try:
        file = _native.SourceFile(header + text + trailer)
        line = header.count("\n") + 1
        numbers = file.functions(line, name) or file.classes(name)
        reads = {each for number in numbers for each, _ in file.snippet(number, list(free)).globals}
    except (SyntaxError, ValueError, LookupError, OverflowError):
        return None, free
    return tuple(sorted(reads)), free


def _needs(text: str, line: int) -> Tuple[Tuple[int, int], Tuple[str, ...]]:
    indented = text[:1] in (" ", "\t", "\f")
    try:
        found, _ = _native.constructs("if 1:\n" + text if indented else text)
    except (SyntaxError, UnicodeEncodeError):
        return OLDEST, ()
    above = line - 1 - indented
    reasons = tuple("%s, line %d" % (what, at + above) for what, at, _ in found)
    return (3, max([minor for _, _, minor in found], default=OLDEST[1])), reasons


def _forms(text: str, snippet: Tuple[Any, ...]) -> Tuple[Form, ...]:
    older = snippet[9] if len(snippet) > 9 else None
    forms = []
    for form in older[2 : 2 + MOST_FORMS] if isinstance(older, tuple) else ():
        try:
            oldest, _, changes, inserted = form[:4]
            forms.append(Form((3, int(oldest)), lowered_text(text, changes, inserted)))
        except Exception:
            continue  # a damaged form: there is none, then
    return tuple(forms)
