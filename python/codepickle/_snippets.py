"""From a code object to the snippet that travels in its place, verified.

The native module remembers the outcome per code object. It does by itself what most code needs, whose text lies in a
file where it says; what is here looks at every text that there may be, and at classes.
"""

from __future__ import annotations

import sys
import weakref
from itertools import chain
from types import CodeType, FunctionType

from . import _native, _runtime
from ._native import difference
from ._texts import excerpt, texts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterator, List, Optional, Sequence, Tuple

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
        dig: Optional[Tuple[CodeType, str, int]],
        args: Optional[Tuple[Any, ...]],
        globals: Sequence[Chains],
        free: Sequence[Chains],
        relative_import: bool,
        qualname: str,
        named_cells: bool,
        unread: Sequence[str],
    ) -> None:
        #: The class unit's code object, and name and line of the method in it.
        self.dig = dig
        #: The arguments of the runtime's `c`, without trailing defaults; None while only `dig` is known.
        self.args = args
        #: The globals that the running code uses.
        self.globals = globals
        #: The free variables with their attribute chains.
        self.free = free
        #: Whether a relative import needs ``__package__``.
        self.relative_import = relative_import
        #: The qualified name that follows from the snippet.
        self.qualname = qualname
        #: Whether cells travel by name: versions differ in which names are free variables.
        self.named_cells = named_cells
        #: The free variables whose cells stay here: up to 3.13 the annotation of a local variable makes them free, and
        #: nothing reads them.
        self.unread = unread


def _plan_of(
    code: CodeType,
    snippet: _native.Snippet,
    args: Optional[Tuple[Any, ...]],
    dig: Optional[Tuple[CodeType, str, int]] = None,
) -> Plan:
    return Plan(
        dig,
        args,
        snippet.globals,
        snippet.free_chains,
        snippet.relative_import,
        getattr(code, "co_qualname", snippet.qualname),  # 3.11
        snippet.named_cells,
        snippet.unread,
    )


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
    found = _native.excerpt_plan(code, function)
    return plan_from_texts(code, function) if found is None else Plan(None, *found)


def plan_from_texts(code: CodeType, function: Optional[FunctionType]) -> Plan:
    """The same, from whole texts, wherever they are."""
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
            return _as_loaded(code, _plan_of(code, snippet, _arguments(code, function, snippet, text)))
        found = _plan_from(text, code, function, reasons)
        if found:
            return _as_loaded(code, found)
    if not reasons:
        raise NoSource(
            "no source text was found for it (%s): it was made by exec(), at a prompt that keeps no text, or its "
            "file is gone" % code.co_filename
        )
    raise NoSource(reasons[0])


def _plan_from(text: Text, code: CodeType, function: Optional[FunctionType], reasons: List[str]) -> Optional[Plan]:
    """The plan that a text gives; None, and `reasons` why, where nothing in it compiles to `code`."""
    file = text.file
    assert file is not None
    candidates = file.functions(code.co_firstlineno + text.shift, code.co_name)
    if not candidates and not text.by_hand:
        reasons.append(_missing(code, text.origin))
    for candidate in candidates:
        snippet = file.snippet(candidate, code.co_freevars)
        differs = _verify(code, snippet, text)
        if differs is None and len(candidates) > 1:
            snippet = _first_twin(code, snippet, candidates, text)
        if differs is None or (len(candidates) == 1 and _is_rewritten_as_it_was(code)):
            return _plan_of(code, snippet, _arguments(code, function, snippet, text))
        reasons.append(_changed(code, text.origin, differs))
    return None


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
        compiled = _compile(snippet, text, code.co_filename)
    except _runtime.LoadError as error:
        return str(error)
    if text.by_hand:
        return difference(code, compiled, positions=False)
    return difference(code, compiled)


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
        snippet.facts(text.excerpts or text.file),
    )
    return compiled


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


_DEFAULTS = ("", "", 0, 0, "", None, None)


def _arguments(
    code: CodeType, function: Optional[FunctionType], snippet: _native.Snippet, text: Text
) -> Tuple[Any, ...]:
    """The arguments of `c`; what has its default value at the end is left out."""
    assert text.file is not None
    path = _native.source_path(code.co_filename, getattr(function, "__globals__", {}).get("__name__"))
    return _native.snippet_arguments(text.file, snippet, text.shift, path, text.futures)


def _older(args: Tuple[Any, ...], wanted: int) -> Optional[Tuple[Any, ...]]:
    """What a grammar that lacks the text's syntax reads in its place: the last argument of `c`."""
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
    args = _arguments(live[0].__code__, live[0], snippet, text)
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
            _unread[code] = tuple(part.unread)
            found.append((code, _plan_of(code, part, None, (unit, *place))))
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
