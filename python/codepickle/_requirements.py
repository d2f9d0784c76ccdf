"""``requirements``: which modules an object needs where it is loaded and run, and which distributions hold them."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Set, Tuple

from . import _native
from ._distributions import Distribution, Installed
from ._pickler import dumps
from ._stdlib_names import STDLIB_NAMES

#: What a payload names without its being a requirement of the code: the runtime that every payload refers to.
_RUNTIME = "codepickle._runtime"

#: From the strongest to the weakest.
_KINDS = ("load", "import", "conditional", "backport", "optional", "typing")

#: Where a backport is needed: what lowered text imports (`_lowered.py`), which may be installed nowhere here.
_MARKERS = {"exceptiongroup": 'python_version < "3.11"'}

#: What makes functions of bytecode in the payloads of others.
_BYTECODE_MAKERS = frozenset(
    [
        ("cloudpickle.cloudpickle", "_builtin_type"),
        ("cloudpickle.cloudpickle", "_make_function"),
        ("dill._dill", "_create_code"),
        ("marshal", "loads"),
        ("types", "CodeType"),
    ]
)

#: `sys.stdlib_module_names` is of 3.10. Before, nothing tells what a Python itself lacks from what it has.
_ALWAYS_STANDARD = (
    frozenset(["__main__", "__mp_main__", "__builtin__"])
    .union(sys.builtin_module_names)
    .union(getattr(sys, "stdlib_module_names", STDLIB_NAMES))
)


class Requirement(NamedTuple):
    """A module that is not of the standard library, and the distribution that it comes from."""

    #: The dotted name under which it is imported.
    module: str
    #: The distribution's name, as in requirements.txt; None if no installed one has the module.
    distribution: Optional[str]
    #: The version that is installed here.
    version: Optional[str]
    #: ``"load"``: `loads` imports it. ``"import"``: the code imports it when it runs. ``"conditional"``: in a branch.
    #: ``"backport"``: older Pythons need it for what the code's syntax is about (exceptiongroup, for ``except*``).
    #: ``"optional"``: it may be missing: in a ``try`` with ``except ImportError``, or a name in an annotation.
    #: ``"typing"``: under ``if TYPE_CHECKING``.
    kind: str
    #: The distributions that share a namespace package, of which the code does not tell which one it means.
    candidates: Tuple[str, ...] = ()

    @property
    def optional(self) -> bool:
        """Whether the code says that it can do without: the kinds ``"optional"`` and ``"typing"``."""
        return self.kind in ("optional", "typing")

    @property
    def marker(self) -> Optional[str]:
        """For a backport, which Pythons need it, as in requirements.txt: ``python_version < "3.11"``."""
        return _MARKERS[self.module] if self.kind == "backport" else None


def _one_line(text: str) -> str:
    """A payload may name a module anything, with a line of its own in the middle."""
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")


class Requirements(Sequence[Requirement]):
    """The requirements of an object, sorted by module; ``str()`` makes the text of a requirements.txt of them."""

    def __init__(self, items: Sequence[Requirement], notes: Sequence[str] = ()) -> None:
        self._items = tuple(items)
        #: What could not be found out: bytecode, imports by a name that the code computes.
        self.notes = tuple(notes)

    def __getitem__(self, index: Any) -> Any:
        return self._items[index]

    def __len__(self) -> int:
        return len(self._items)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Requirements):
            return NotImplemented
        return self._items == other._items and self.notes == other.notes

    def __hash__(self) -> int:
        return hash((self._items, self.notes))

    def __repr__(self) -> str:
        return "Requirements(%r, notes=%r)" % (list(self._items), list(self.notes))

    def __str__(self) -> str:
        return "".join(line + "\n" for line in self.lines())

    def lines(self) -> List[str]:
        """The lines of a requirements.txt: one per distribution, in alphabetical order; then comments.

        What is needed in some branch only ends in a comment that says so. What the code can do without, what belongs
        to no installed distribution, and the `notes` are comments.
        """
        needed: Dict[str, str] = {}
        comments: Dict[str, str] = {}
        named = sorted(
            (item for item in self._items if item.distribution is not None),
            key=lambda item: (str(item.distribution).lower(), _KINDS.index(item.kind), item.module),
        )
        for item in named:
            pinned = str(item.distribution) + ("==" + item.version if item.version else "")
            if pinned in needed or pinned in comments:
                continue
            if item.marker is not None:
                needed[pinned] = "%s; %s" % (pinned, item.marker)
            elif item.optional:
                why = "optional" if item.kind == "optional" else "for type checkers"
                comments[pinned] = "# %s  # %s: %s" % (pinned, why, item.module)
            else:
                needed[pinned] = pinned + ("  # conditional" if item.kind == "conditional" else "")
        unknown = []
        for item in self._items:
            if item.distribution is None:
                what = "no installed distribution has it"
                if item.candidates:
                    what = "a namespace package of " + ", ".join(item.candidates)
                if item.kind not in ("load", "import"):
                    what = "%s; %s" % ("for type checkers" if item.kind == "typing" else item.kind, what)
                unknown.append("# %s: %s" % (item.module, what))
        lines = [*needed.values(), *comments.values(), *unknown, *("# note: " + note for note in self.notes)]
        return [_one_line(line) for line in lines]


def requirements(
    obj: Any,
    *,
    by_source: Optional[bool] = None,
    pickle_by_reference: Optional[Callable[[Any], bool]] = None,
) -> Requirements:
    """The modules that an object, or a payload, needs where it is loaded and run; the standard library left out.

    Found are the modules, classes and functions that the object refers to, the globals that its code uses, submodules
    that it reaches through attributes, ``import`` statements inside functions, and ``importlib.import_module("name")``.
    An object is dumped to find them; a payload is read, and nothing in it is imported or executed. Modules are matched
    with the distributions that are installed here, so ask where the object was made.

    Codepickle itself is not listed, unless the code imports it: a payload needs it to load, or is self-contained.

    Args:
        obj: A payload as `bytes`, `bytearray` or `memoryview`; any other object is analysed as it would be dumped.
        by_source: As for `dumps`. Of code that travels as bytecode only what it refers to is known.
        pickle_by_reference: As for `dumps`: what goes by reference needs its module, what travels does not.

    Returns:
        `Requirement` objects, sorted by module. ``str()`` and ``lines()`` make a requirements.txt of them.

    Raises:
        PicklingError: `obj` cannot be dumped.
        LoadError: the payload is no pickle.

    >>> import codepickle
    >>> def mean(values):
    ...     import statistics, pytest
    ...     return statistics.mean(values)
    >>> [needed] = codepickle.requirements(mean)
    >>> needed.module, needed.distribution, needed.kind
    ('pytest', 'pytest', 'import')
    >>> str(codepickle.requirements(codepickle.dumps(mean))) == "pytest==%s\\n" % needed.version
    True
    """
    if isinstance(obj, (bytes, bytearray, memoryview)):
        data = bytes(obj)
    else:
        data = dumps(obj, by_source=by_source, pickle_by_reference=pickle_by_reference)
    found = _Findings(*_native.read_payload(data))
    wanted = _wanted(found)
    tops = {module.partition(".")[0] for module, _, _ in wanted} - _ALWAYS_STANDARD
    installed = Installed(tops)
    kinds: Dict[str, str] = {}
    for module, names, kind in wanted:
        if _is_standard(module, installed):
            continue
        for each in _modules(module, names, installed):
            kinds[each] = min(kinds.get(each, kind), kind, key=_KINDS.index)
    items = [_requirement(module, kinds[module], installed) for module in sorted(kinds)]
    notes = {_note(*note) for note in found.notes}
    notes.update(
        "code travels as bytecode, by %s.%s: what it imports when it runs is not known" % (module, name)
        for module, name, _ in found.references
        if (module, name) in _BYTECODE_MAKERS
    )
    return Requirements(items, sorted(notes))


class _Findings(NamedTuple):
    """What the native module found in a payload."""

    protocol: int
    references: List[Tuple[str, Optional[str], int]]
    imports: List[Tuple[str, List[str], str]]
    extensions: List[int]
    notes: List[Tuple[str, str, str]]


def _wanted(found: _Findings) -> List[Tuple[str, List[str], str]]:
    """All that is imported: a module, names that are taken from it and may be modules, and the kind."""
    wanted = list(found.imports)
    for module, name, _ in found.references:
        if name is not None:
            if found.protocol < 3:
                module = _renamed(module, name)
            if module == _RUNTIME:
                continue
        wanted.append((module, [], "load"))
    for code in found.extensions:
        module_and_name = _extension(code)
        if module_and_name is not None:
            wanted.append((module_and_name[0], [], "load"))
    return [each for each in wanted if each[0]]


def _renamed(module: str, name: str) -> str:
    """Python 3's name of a module: protocols below 3 write those of Python 2."""
    import _compat_pickle

    if (module, name) in _compat_pickle.NAME_MAPPING:
        return _compat_pickle.NAME_MAPPING[module, name][0]
    return _compat_pickle.IMPORT_MAPPING.get(module, module)


def _extension(code: int) -> Optional[Tuple[str, str]]:
    import copyreg

    registered: Dict[int, Tuple[str, str]] = getattr(copyreg, "_inverted_registry", {})
    return registered.get(code)


def _is_standard(module: str, installed: Installed) -> bool:
    top = module.partition(".")[0]
    # What this Python has dropped may live on as a distribution of that name (`cgi`, `asyncore`).
    return top in _ALWAYS_STANDARD or (top in STDLIB_NAMES and not installed.has(top))


def _modules(module: str, names: Sequence[str], installed: Installed) -> Set[str]:
    """The modules that ``from module import names`` imports."""
    found = {module + "." + name for name in names if _is_module(module + "." + name, installed)}
    if not found or len(found) < len(names):
        found.add(module)
    return found


def _is_module(name: str, installed: Installed) -> bool:
    return isinstance(sys.modules.get(name), ModuleType) or installed.has(name)


def _requirement(module: str, kind: str, installed: Installed) -> Requirement:
    owners: Tuple[Distribution, ...] = installed.owners(module)
    if kind == "backport" and not owners:
        return Requirement(module, module, None, kind)
    if len(owners) == 1:
        return Requirement(module, owners[0].name, owners[0].version, kind)
    return Requirement(module, None, None, kind, tuple(owner.name for owner in owners))


def _note(kind: str, subject: str, details: str) -> str:
    if kind == "bytecode":
        return "%s travels as bytecode of %s: what it imports when it runs is not known" % (subject, details)
    if kind == "computed":
        return "%s imports a module by a name that it computes" % subject
    if kind == "relative":
        return "%s imports %r relative to a package that is not known" % (subject, details)
    return "%s cannot be parsed: %s" % (subject, details)
