"""What `inspect` returns."""

from __future__ import annotations

from typing import Any, Dict, NamedTuple, Optional, Tuple

from ._lowering import OLDEST

#: From the worst to the least.
SEVERITIES = ("danger", "warning", "note")


class Finding(NamedTuple):
    """Something that a reader of the payload should know before it is loaded."""

    #: A name that stays: ``dangerous-name``, ``call``, ``malformed``, ... (docs/security.md lists them).
    code: str
    #: ``"danger"``: do not load it. ``"warning"``: not what Codepickle writes; look at it. ``"note"``: good to know.
    severity: str
    #: Where in the payload, in bytes.
    offset: int
    message: str


class Reference(NamedTuple):
    """A name that loading looks up, and so a module that it imports."""

    module: str
    #: None for the module itself.
    name: Optional[str]
    offset: int
    #: Whether loading fails where it is missing.
    needed: bool = True

    def __str__(self) -> str:
        return self.module if self.name is None else self.module + "." + self.name


class Call(NamedTuple):
    """A call that loading makes."""

    #: ``REDUCE``, ``NEWOBJ``, ``NEWOBJ_EX``, ``INST``, ``OBJ``; ``BUILD``, ``APPENDS`` and ``SETITEMS`` where they call
    #: methods; ``PERSID`` and ``EXT``.
    opcode: str
    #: What is called, in words.
    function: str
    #: The whole call, shortened.
    text: str
    offset: int
    #: Whether it is one of the wire format's: those make functions and classes, and execute nothing that travels.
    format: bool


class Form(NamedTuple):
    """What older Pythons compile in place of the source."""

    oldest: Tuple[int, int]
    source: str


class Function(NamedTuple):
    """A function or class that the payload makes."""

    name: str
    #: ``"function"``, ``"class"``, or ``"wrapper"`` for what the standard library puts around a function.
    kind: str
    #: Where it was written, relative to the root of its module.
    path: str
    line: int
    #: The text as written; of a method, that of its class.
    source: str
    #: Lines that mirror the scopes around it, and what closes the brackets that they open.
    header: str
    trailer: str
    #: The future features that it is compiled with.
    future_features: Tuple[str, ...]
    #: For older Pythons, where the text has newer syntax.
    lowered: Tuple[Form, ...]
    free_variables: Tuple[str, ...]
    #: The globals that the code may read, builtins included.
    reads: Tuple[str, ...]
    #: Those that travel, with their values in words.
    bound: Tuple[Tuple[str, str], ...]
    minimum_version: Tuple[int, int]
    reasons: Tuple[str, ...]
    #: What `Policy` takes to allow it: a SHA-256 of all that is compiled, made and bound for it. None where it cannot
    #: be approved.
    approval: Optional[str]
    offset: int


class Bytecode(NamedTuple):
    """Code that travels as bytecode: nobody can review it."""

    name: str
    version: str
    size: int
    offset: int


class Report(NamedTuple):
    """What is in a payload, and what loading it would do."""

    #: Bytes of data, and of the pickle in them.
    size: int
    pickle_size: int
    protocol: int
    #: The version of Codepickle's wire format; None if it is no payload of Codepickle.
    wire_version: Optional[int]
    #: ``"codepickle"``, ``"cloudpickle"``, ``"dill"`` or ``"pickle"``, by what the payload refers to.
    producer: str
    opcodes: int
    objects: int
    memo: int
    functions: Tuple[Function, ...]
    references: Tuple[Reference, ...]
    calls: Tuple[Call, ...]
    bytecode: Tuple[Bytecode, ...]
    findings: Tuple[Finding, ...]
    #: Whether the data are a signed envelope; a finding says whether the signature was verified.
    signed: bool = False

    @property
    def minimum_version(self) -> Tuple[int, int]:
        """The oldest Python that can compile all functions."""
        return max([_oldest(function) for function in self.functions], default=OLDEST)

    @property
    def worst(self) -> Optional[str]:
        """The severity of the worst finding."""
        found = {finding.severity for finding in self.findings}
        return next((severity for severity in SEVERITIES if severity in found), None)

    def to_dict(self) -> Dict[str, Any]:
        """The report as dicts, lists, strings and numbers, for `json`."""
        found: Dict[str, Any] = _plain(self)
        return dict(found, minimum_version=self.minimum_version, worst=self.worst)

    def __str__(self) -> str:
        from ._report import text

        return text(self)


def _plain(value: Any) -> Any:
    if hasattr(value, "_asdict"):
        return {name: _plain(part) for name, part in value._asdict().items()}
    return tuple(map(_plain, value)) if isinstance(value, tuple) else value


def _oldest(function: Function) -> Tuple[int, int]:
    return min([function.minimum_version] + [form.oldest for form in function.lowered])
