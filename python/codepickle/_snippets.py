"""From a code object to the snippet that travels in its place, verified.

The cold path: the native module remembers the outcome per code object.
"""

from __future__ import annotations

import re
import sys
import weakref
from itertools import chain
from types import CodeType, FunctionType

from . import _native, _runtime
from ._compare import difference
from ._texts import excerpt, texts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

    from ._texts import Text

    #: A global (or free variable) and the attribute chains that start at it.
    Chains = Tuple[str, Tuple[str, ...]]

#: Names that the compiler makes free in a method by itself; no enclosing function binds them.
IMPLICIT_CELLS = frozenset(["__class__", "__classdict__", "__conditional_annotations__"])


class NoSource(Exception):
    """There is no text for a code object, or none that compiles to it; the message says why."""


class Plan:
    """How a code object travels as source. (A class of `typing.NamedTuple` takes as long to make as a plan.)"""

    __slots__ = ("args", "dig", "free", "globals", "named_cells", "qualname", "relative_import", "unread")

    def __init__(
        self,
        args: Optional[Tuple[Any, ...]],
        dig: Optional[Tuple[CodeType, str, int]],
        snippet: _native.Snippet,
        qualname: str,
        named_cells: bool,
        unread: Sequence[str],
    ) -> None:
        #: The arguments of the runtime's `c`, without trailing defaults; None while only `dig` is known.
        self.args = args
        #: The class unit's code object, and name and line of the method in it.
        self.dig = dig
        #: The globals that the running code uses.
        self.globals: Sequence[Chains] = snippet.globals
        #: The free variables with their attribute chains.
        self.free: Sequence[Chains] = snippet.free_chains
        #: Whether a relative import needs ``__package__``.
        self.relative_import: bool = snippet.relative_import
        #: The qualified name that follows from the snippet.
        self.qualname = qualname
        #: Whether cells travel by name: versions differ in which names are free variables.
        self.named_cells = named_cells
        #: The free variables whose cells stay here: up to 3.13 the annotation of a local variable makes them free, and
        #: nothing reads them.
        self.unread = unread


_unread = _runtime._ByIdentity()


def unread(function: FunctionType) -> Sequence[str]:
    """The free variables of `function` that only annotations of local variables name; none where it has no source."""
    code = function.__code__
    if code not in _unread:
        try:
            _unread[code] = tuple(plan(code, function).unread)
        except NoSource:
            _unread[code] = ()
    names: Sequence[str] = _unread.get(code, ())
    return names


def plan(code: CodeType, function: Optional[FunctionType]) -> Plan:
    """The verified snippet of `code`, the code of `function`.

    Raises:
        NoSource: there is no text, or none that compiles to `code`.
    """
    text = excerpt(code, function)
    found = text and _plan_from(text, code, function)
    if found:
        return found
    reasons: List[str] = []
    for text in texts(code, function):
        if text.file is None:
            reasons.append("%s does not parse: %s" % (text.origin, text.problem))
            continue
        if code.co_flags & _runtime.ITERABLE_COROUTINE and _runtime.COROUTINE not in text.futures:
            text.add_feature(_runtime.COROUTINE)
        candidates = text.file.functions(code.co_firstlineno + text.shift, code.co_name)
        if len(candidates) == 1 and text.origin == code.co_filename and _runtime.is_loaded(code):
            # `c` compiled this very text, though perhaps as an older grammar has it.
            snippet = text.file.snippet(candidates[0], code.co_freevars)
            return _as_loaded(code, _plan_of(code, function, snippet, text))
        found = _plan_from(text, code, function, reasons)
        if found:
            return _as_loaded(code, found)
    if not reasons:
        raise NoSource(
            "no source text was found for it (%s): it was made by exec(), at a prompt that keeps no text, or its "
            "file is gone" % code.co_filename
        )
    raise NoSource(reasons[0])


def _plan_from(
    text: Text, code: CodeType, function: Optional[FunctionType], reasons: Optional[List[str]] = None
) -> Optional[Plan]:
    """The plan that a text gives; None, and `reasons` why, where nothing in it compiles to `code`.

    An excerpt, for which nobody asks for reasons, is a guess: it also has to name the scopes of the live function.
    """
    file = text.file
    assert file is not None
    candidates = file.functions(code.co_firstlineno + text.shift, code.co_name)
    if not candidates and not text.by_hand and reasons is not None:
        reasons.append(_missing(code, text.origin))
    for candidate in candidates:
        snippet = file.snippet(candidate, code.co_freevars)
        differs = _verify(code, snippet, text)
        if differs is None and (reasons is not None or _is_named(code, function, snippet)):
            if len(candidates) > 1:
                snippet = _first_twin(code, snippet, candidates, text)
            return _plan_of(code, function, snippet, text)
        if reasons is not None:
            if len(candidates) == 1 and _is_rewritten_as_it_was(code):
                return _plan_of(code, function, snippet, text)
            reasons.append(_changed(code, text.origin, differs or ""))
    return None


def _is_named(code: CodeType, function: Optional[FunctionType], snippet: _native.Snippet) -> bool:
    """Whether the scopes around a snippet are those of the function, where its code does not tell (before 3.11)."""
    return hasattr(code, "co_qualname") or getattr(function, "__qualname__", None) == snippet.qualname


def _first_twin(code: CodeType, snippet: _native.Snippet, candidates: Sequence[int], text: Text) -> _native.Snippet:
    """The first lambda on the line that differs from `snippet` in its column alone.

    Up to 3.10 they are one code object, and nobody can tell which of them it was: the payload says the same later on.
    """
    assert text.file is not None
    for candidate in candidates:
        twin = text.file.snippet(candidate, code.co_freevars)
        if twin.column == snippet.column:
            break
        if (twin.text, twin.line, twin.header, twin.trailer) == (
            snippet.text,
            snippet.line,
            snippet.header,
            snippet.trailer,
        ) and difference(code, _compile(twin, text, code.co_filename), columns=False) is None:
            return twin
    return snippet


def _missing(code: CodeType, origin: str) -> str:
    what = "lambda" if code.co_name == "<lambda>" else "'%s'" % code.co_name
    return "%s has no %s at line %d: the file was edited after it was imported, or the code was made elsewhere" % (
        origin,
        what,
        code.co_firstlineno,
    )


def _is_rewritten_as_it_was(code: CodeType) -> bool:
    from ._rewriters import is_rewritten, unchanged_since_import

    return is_rewritten(code) and unchanged_since_import(code.co_filename)


def _changed(code: CodeType, origin: str, field: str) -> str:
    from ._rewriters import is_rewritten

    if is_rewritten(code):
        return "a tool (pytest) has rewritten its code and %s cannot be shown to be unchanged since import" % origin
    return (
        "the text at %s, line %d compiles to other code than the one that runs (%s differs): the file was edited after "
        "it was imported, or a tool has rewritten the code" % (origin, code.co_firstlineno, field)
    )


def _verify(code: CodeType, snippet: _native.Snippet, text: Text) -> Optional[str]:
    """Compile the snippet here; the field in which it differs from the live code, or None."""
    try:
        if text.excerpts is not None and not text.futures and (_LINES_ARE_RELATIVE or "class" not in snippet.text):
            compiled = _compile_above(snippet, text)
            return difference(code, compiled, below=code.co_firstlineno - compiled.co_firstlineno)
        compiled = _compile(snippet, text, code.co_filename)
    except _runtime.LoadError as error:
        return str(error)
    if text.by_hand:
        return difference(code, compiled, positions=False)
    return difference(code, compiled)


#: From 3.13 on a class keeps its first line as a constant.
_LINES_ARE_RELATIVE = sys.version_info < (3, 13)


def _compile_above(snippet: _native.Snippet, text: Text) -> CodeType:
    """The code of a snippet, compiled at the first line that it can stand at, and as `compile` does.

    The lines above take time when there are 50,000 of them, and the first call of `compile` in a process makes all
    classes of `ast`, which takes longer than all the rest.
    """
    facts = _module_facts(snippet, text)
    compiled: CodeType = _runtime.compile_snippet(
        snippet.text,
        snippet.header.count("\n") + (2 if facts else 1),
        "",
        snippet.header,
        snippet.trailer,
        snippet.column,
        snippet.decorators,
        "",
        snippet.name,
        None,
        "",
        facts,
        _native.compile_module,
    )
    return compiled


def _compile(snippet: _native.Snippet, text: Text, filename: str) -> CodeType:
    assert text.file is not None
    compiled: CodeType = _runtime.compile_snippet(
        snippet.text,
        snippet.line - text.shift,
        "",
        snippet.header,
        snippet.trailer,
        snippet.column,
        snippet.decorators,
        text.futures,
        snippet.name,
        None,
        filename,
        _module_facts(snippet, text),
    )
    return compiled


def _module_facts(snippet: _native.Snippet, text: Text) -> str:
    """The two things outside of a function that CPython's compiler looks at, as one line for the header.

    From 3.11 a call on a name that the module imports compiles to LOAD_ATTR instead of LOAD_METHOD, and from 3.12 a
    module that uses `super` as a name gets no LOAD_SUPER_ATTR. The meaning is the same, so neither travels.
    """
    if "." not in snippet.text and "super" not in snippet.text:
        return ""
    file = text.excerpts or text.file
    assert file is not None
    # A local variable counts too, if it is called like an imported module; a name too many does no harm.
    imported = sorted(name for name in file.module_imports if name in snippet.text)
    facts = ["import " + ", ".join(imported)] if imported else []
    if file.module_uses_super:
        facts.append("super")
    return "; ".join(facts) + "\n" if facts else ""


def _plan_of(code: CodeType, function: Optional[FunctionType], snippet: _native.Snippet, text: Text) -> Plan:
    return Plan(
        _arguments(snippet, text, _path(code.co_filename, getattr(function, "__globals__", {}))),
        None,
        snippet,
        _qualname(code, snippet),
        _is_generic(snippet) or bool(snippet.unread),
        _unread_of(snippet),
    )


#: What reads variables that the text does not name.
_READERS = frozenset(["dir", "eval", "exec", "locals", "vars"])


def _unread_of(snippet: _native.Snippet) -> Sequence[str]:
    """The free variables that nothing reads; none where the code looks into its own variables."""
    if not snippet.unread or any(name in _READERS for name, _ in snippet.globals):
        return ()
    if any(chain.endswith(("_getframe", "currentframe")) for _, chains in snippet.globals for chain in chains):
        return ()
    return snippet.unread


#: A statement with type parameters (PEP 695).
_GENERIC = r"[ \t\f]*(?:async[\s\\]+)?(?:def|class)[\s\\]+\w+[\s\\]*\["


def _is_generic(snippet: _native.Snippet) -> bool:
    """Whether type parameters are in scope: which of them are free variables depends on the version."""
    if sys.version_info < (3, 12):
        return False
    lines = snippet.header.splitlines() + [snippet.text[snippet.decorators :]]
    return any("[" in line and re.match(_GENERIC, line) for line in lines)


def _as_loaded(code: CodeType, found: Plan) -> Plan:
    """Code that came out of a payload goes on as it came: from worker to worker the bytes stay the same."""
    source = _runtime.source_of(code)
    if source is None:
        return found
    if isinstance(source[0], CodeType):
        found.dig = source
    else:
        found.args = _trimmed(source)
    return found


def _qualname(code: CodeType, snippet: _native.Snippet) -> str:
    qualname: str = getattr(code, "co_qualname", snippet.qualname)  # 3.11
    return qualname


_DEFAULTS = ("", "", 0, 0, "", None, None)


def _arguments(snippet: _native.Snippet, text: Text, path: str) -> Tuple[Any, ...]:
    """The arguments of `c`; what has its default value at the end is left out."""
    assert text.file is not None
    follows = _runtime.defined_name(snippet.text, snippet.decorators) if snippet.kind != "lambda" else "<lambda>"
    rest: List[Any] = [
        snippet.header,
        snippet.trailer,
        snippet.column,
        snippet.decorators,
        text.futures,
        None if snippet.name == follows else snippet.name,
    ]
    args = (snippet.text, snippet.line - text.shift, path, *rest)
    return _trimmed((*args, _older(args, _OLDEST)))


#: The oldest grammar that payloads are made for, where the caller names none: minor version.
_OLDEST = 7


def _older(args: Tuple[Any, ...], wanted: int) -> Optional[Tuple[Any, ...]]:
    """What a grammar that lacks the text's syntax reads in its place: the last argument of `c`."""
    from . import _native

    text, line, _, header, trailer, column, decorators, futures = args[:8]
    is_text = "annotations" in futures.split(",")
    return _native.older(text, line, header, trailer, column, decorators, is_text, sys.version_info[1], wanted)


def for_python(args: Tuple[Any, ...], wanted: int) -> Tuple[Any, ...]:
    """The arguments of `c`, for grammars from a minor version on.

    Raises:
        PicklingError: the text cannot be written for that version.
    """
    from ._errors import refusal

    args = (*args, *_DEFAULTS[len(args) - 3 :])[:9]
    older = _older(args, wanted)
    if older is not None and (len(older) == 2 or older[-1][0] > wanted):
        name = _runtime.defined_name(args[0], args[6])
        raise refusal(
            "%r (%s, line %d) cannot be written for Python 3.%d, which min_python demands: %s. Avoid that syntax, or "
            "raise min_python" % (name, args[2], args[1], wanted, older[1])
        )
    return _trimmed((*args, older))


def _path(filename: str, namespace: Dict[str, Any]) -> str:
    """`filename` relative to the root of its module: the payload must not depend on where the checkout is."""
    if filename.startswith("<codepickle ") and "/" in filename:
        return filename[:-1].split("/", 1)[1]
    parts = filename.replace("\\", "/").split("/")
    # A notebook's cell: its file name counts executions, or holds a process number.
    if filename.startswith("<ipython-input-") or any(part.startswith("ipykernel_") for part in parts[:-1]):
        return "ipython"
    name = namespace.get("__name__")
    keep = 1
    if isinstance(name, str) and name != "__main__":
        keep = name.count(".") + (2 if parts[-1] == "__init__.py" else 1)
    return "/".join(part for part in parts[-keep:] if part).strip("<>")


# --- classes ---


class ClassUnit:
    """The text of a class statement, of which the code of its methods is a part."""

    __slots__ = ("args", "code", "methods")

    def __init__(self, code: CodeType, args: Tuple[Any, ...], methods: Sequence[Tuple[CodeType, Plan]]) -> None:
        #: The compiled class body; `args` make it on the receiver.
        self.code = code
        #: The arguments of the runtime's `c` for it.
        self.args = args
        #: Live code objects of methods, each verified against `code`, with their plans.
        self.methods = methods


_units = _runtime._ByIdentity()
_unit_codes: weakref.WeakValueDictionary[Tuple[str, Tuple[Any, ...]], CodeType] = weakref.WeakValueDictionary()


def class_unit(cls: type) -> Optional[ClassUnit]:
    """The text of the class statement that made `cls`; None where no method proves it to be the right one."""
    if cls in _units:
        known: Optional[ClassUnit] = _units.get(cls)
        return known
    unit = _find_unit(cls)
    _units[cls] = unit
    return unit


def _find_unit(cls: type) -> Optional[ClassUnit]:
    methods = list(methods_of(cls))
    for function in methods:
        source = _runtime.source_of(function.__code__)
        if source is not None and isinstance(source[0], CodeType) and source[0].co_name == cls.__name__:
            return _loaded_unit(source[0], methods)
    tried = set()
    for function in methods:
        code = function.__code__
        if not function.__qualname__.startswith(cls.__qualname__ + "."):
            continue
        for text in chain([excerpt(code, function)], texts(code, function)):
            if text is None or text.file is None or text.by_hand:
                continue
            for candidate in text.file.functions(code.co_firstlineno + text.shift, code.co_name):
                owner = text.file.enclosing_class(candidate)
                if owner is None or (id(text.file), owner) in tried:
                    continue
                tried.add((id(text.file), owner))
                unit = _unit_at(cls, owner, text, code.co_filename, methods)
                if unit is not None:
                    return unit
    return None


def _unit_at(cls: type, owner: int, text: Text, filename: str, methods: Sequence[FunctionType]) -> Optional[ClassUnit]:
    assert text.file is not None
    qualname, line, _ = text.file.class_info(owner)
    if qualname != cls.__qualname__ or line != cls.__dict__.get("__firstlineno__", line):
        return None
    members = text.file.methods(owner)
    places = {(member, place - text.shift): number for member, place, number in members}
    live = [
        m
        for m in methods
        if m.__code__.co_filename == filename and (m.__code__.co_name, m.__code__.co_firstlineno) in places
    ]
    if not live:
        return None
    free = {cell for m in live for cell in m.__code__.co_freevars} - IMPLICIT_CELLS
    snippet = text.file.snippet(owner, sorted(free))
    args = _arguments(snippet, text, _path(filename, live[0].__globals__))
    # The classes that one statement made share their text, in the payload as here.
    unit = _unit_codes.get((filename, args))
    if unit is None:
        try:
            unit = _compile(snippet, text, filename)
        except _runtime.LoadError:
            return None
        _runtime.remember_source(unit, args)
        _unit_codes[filename, args] = unit
    found: List[Tuple[CodeType, Plan]] = []
    for function in live:
        code = function.__code__
        place = (code.co_name, code.co_firstlineno)
        try:
            compiled = _runtime.find_method(unit, *place)
        except _runtime.LoadError:
            continue
        if _is_method(code, compiled, places[place], text):
            part = text.file.snippet(places[place], code.co_freevars)
            _unread[code] = tuple(_unread_of(part))
            found.append(
                (
                    code,
                    Plan(
                        None,
                        (unit, *place),
                        part,
                        _qualname(code, part),
                        _is_generic(part) or bool(part.unread),
                        _unread_of(part),
                    ),
                )
            )
    if not found:
        return None
    return ClassUnit(unit, args, found)


def _is_method(code: CodeType, compiled: CodeType, number: int, text: Text) -> bool:
    """Whether `compiled`, dug out of the class at the place of `code`, is the same code.

    Of equal lambdas on one line it is the last: they are one, as in `_first_twin`.
    """
    assert text.file is not None
    differs = difference(code, compiled)
    if differs != "co_linetable" or code.co_name != "<lambda>" or difference(code, compiled, columns=False) is not None:
        return differs is None
    last = text.file.snippet(number, code.co_freevars)
    for candidate in text.file.functions(code.co_firstlineno + text.shift, code.co_name):
        snippet = text.file.snippet(candidate, code.co_freevars)
        if snippet.text == last.text and difference(code, _compile(snippet, text, code.co_filename)) is None:
            return True
    return False


def _loaded_unit(unit: CodeType, methods: Sequence[FunctionType]) -> Optional[ClassUnit]:
    """The unit of a class that came out of a payload."""
    args = _runtime.source_of(unit)
    if args is None:
        return None
    found = []
    for function in methods:
        source = _runtime.source_of(function.__code__)
        if source is not None and source[0] is unit:
            found.append((function.__code__, plan(function.__code__, function)))
    return ClassUnit(unit, _trimmed(args), found)


def _trimmed(args: Tuple[Any, ...]) -> Tuple[Any, ...]:
    kept = list(args)
    while len(kept) > 3 and kept[-1] == _DEFAULTS[len(kept) - 4]:
        kept.pop()
    return tuple(kept)


def methods_of(cls: type) -> Iterator[FunctionType]:
    """The functions in a class's own dict, behind the usual descriptors and wrappers."""
    from ._generated import guarded_repr

    seen = set()
    pending = list(reversed(list(cls.__dict__.values())))
    while pending:
        value = pending.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, FunctionType):
            yield value
            pending.append(value.__dict__.get("__wrapped__") or guarded_repr(value))
        elif isinstance(value, (staticmethod, classmethod)):
            pending.append(value.__func__)
        elif isinstance(value, property):
            pending += [value.fdel, value.fset, value.fget]
        else:
            state = getattr(type(value), "__dict__", {})
            for attribute in ("func", "__wrapped__"):  # cached_property, partialmethod, lru_cache
                if attribute in state or attribute in getattr(value, "__dict__", ()):
                    pending.append(getattr(value, attribute, None))


def unit_arguments(code: CodeType) -> Optional[Tuple[Any, ...]]:
    """The arguments of `c` for a code object that `class_unit` compiled, or that `c` made; None for others."""
    source = _runtime.source_of(code)
    return None if source is None or isinstance(source[0], CodeType) else _trimmed(source)
