"""Classes that travel by value: from a live class to its reduce value.

`reduce_class` gives a skeleton that holds no cycle, and a state with everything else, for the functions `t`, `e`, `n`,
`o` and `s` of `_runtime`. What Python itself puts on a class is left out: the receiver's Python puts there its own.
"""

from __future__ import annotations

import abc
import contextlib
import enum
import functools
import sys
import types
from collections import OrderedDict
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Set, Tuple, cast

from . import _runtime
from ._errors import refusal

Numbers = Dict[str, Dict[int, Any]]
Attributes = Dict[str, Any]
Reduced = Tuple[Any, ...]

#: What some Python version puts on every class, or computes of it, and none needs to be told.
_GENERATED = frozenset(
    [
        "__dict__",
        "__weakref__",
        "__module__",
        "__qualname__",
        "__slots__",
        "__slotnames__",  # what copyreg found once an instance was pickled
        "__static_attributes__",  # 3.13
        "__firstlineno__",  # 3.13
        "__classdictcell__",  # 3.12
        "__classcell__",
        "__annotate__",  # 3.14
        "__annotate_func__",  # 3.14
        "__annotations_cache__",  # 3.14
        "__conditional_annotations__",  # 3.14
        "__abstractmethods__",
        "_abc_impl",
        "_abc_registry",
        "_abc_cache",
        "_abc_negative_cache",
        "_abc_negative_cache_version",
        # typing.Protocol computes them anew.
        "__protocol_attrs__",
        "__non_callable_proto_members__",
        "__callable_proto_members_only__",
    ]
)

#: Classes that are not found under their own name: type(None), the types of functions, of cells.
_BUILTIN_TYPES: Dict[type, str] = {
    value: name for name, value in vars(types).items() if type(value) is type and value.__module__ == "builtins"
}
#: Set where a class statement made the class, or C code that could make another.
_HEAP_TYPE = 1 << 9
_SINGLETON_TYPES = {type(None): None, type(Ellipsis): Ellipsis, type(NotImplemented): NotImplemented}


class Expression:
    """Stands in a payload for the result of a call: pickled as `function(*arguments)`."""

    __slots__ = ("arguments", "function")

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.function = function
        self.arguments = arguments

    def __reduce__(self) -> Reduced:
        return self.function, self.arguments


def reduce_class(cls: Any, unit: Optional[types.CodeType] = None, numbers: Optional[Numbers] = None) -> Reduced:
    """The reduce value of a class that travels by value.

    Args:
        cls: the class.
        unit: the code object of its `class` statement, if its source was found.
        numbers: what tells equal classes of one payload apart; one dict per dump.
    """
    if cls in _SINGLETON_TYPES:
        return type, (_SINGLETON_TYPES[cls],)
    if type(cls) is type and cls in _BUILTIN_TYPES and sys.modules.get(cls.__module__) is not None:
        return _runtime.g, ("types", _BUILTIN_TYPES[cls])
    if not cls.__flags__ & _HEAP_TYPE:
        raise refusal("cannot pickle class %r: it is built in, and no module has it under a name" % cls.__qualname__)
    if numbers is None:
        numbers = {}
    from . import _declarations

    kind = _declarations.kind_of(cls)
    if kind is not None:
        return kind(cls, unit, numbers)
    return reduce_plain_class(cls, unit, numbers)


def reduce_plain_class(cls: Any, unit: Optional[types.CodeType], numbers: Numbers) -> Reduced:
    """A class that no declaration makes, or one that a decorator added to, as `dataclass` does."""
    from . import _dataclasses, _declarations

    identity = identify(cls, unit, numbers)
    module, qualname = module_of(cls), identity.qualname
    attributes, declarations = class_state(cls)
    protocol = _declarations.declare_protocol(cls, attributes)
    if protocol is not None:
        declarations["p"] = protocol
    state = state_of(attributes, declarations)
    if _dataclasses.is_dataclass(cls):
        # First, so that the methods that it makes are there for what the attributes lead to.
        declared = _dataclasses.declare_dataclass(cls, attributes)
        state = Expression(_runtime.d1, *declared), attributes, declarations
    doc = _runtime.unit_doc(unit)
    if doc is not None and attributes.setdefault("__doc__", None) == doc:
        del attributes["__doc__"]  # it follows from the text
    namespace: Dict[str, Any] = {}
    slots = declared_slots(cls)
    if _dataclasses.is_dataclass(cls):
        slots = _dataclasses.own_slots(cls, slots)
    if slots is not None:
        namespace["__slots__"] = slots
    for name in _OF_THE_CLASS:
        # Instances show another __class__, say. It cannot be set afterwards: that would be the attribute of the class.
        value = attributes.pop(name, None) if name != "__dict__" else cls.__dict__.get(name)
        if value is not None and type(value) is not types.GetSetDescriptorType:
            namespace[name] = value
    arguments = trim(
        (
            module,
            qualname,
            identity.bases,
            identity.captured,
            identity.number,
            unit,
            identity.meta,
            namespace or None,
            short_name(cls, qualname),
        ),
        (_REQUIRED, _REQUIRED, (), "", 0, None, None, None, None),
    )
    return _runtime.t, arguments, state, None, None, _runtime.s


#: Attributes of every class, which its instances may have in another meaning.
_OF_THE_CLASS = ("__dict__", "__name__", "__class__", "__bases__", "__mro__", "__basicsize__", "__text_signature__")


def state_of(attributes: Attributes, declarations: Attributes) -> Any:
    """What `_runtime.s` takes."""
    if "__annotations__" in attributes:
        from ._annotations import portable

        attributes["__annotations__"] = portable(attributes["__annotations__"])
    return (attributes, declarations) if declarations else attributes


def _hex_digest(data: bytes) -> str:
    # Not by `hashlib`, which loads OpenSSL: that takes longer than all that the first class takes here.
    return cast(str, _runtime.hex_digest(data))


_REQUIRED = object()


def trim(arguments: Tuple[Any, ...], defaults: Tuple[Any, ...]) -> Tuple[Any, ...]:
    """`arguments` without those at the end that equal the defaults."""
    length = len(arguments)
    while length and defaults[length - 1] is not _REQUIRED:
        value, default = arguments[length - 1], defaults[length - 1]
        if type(value) is not type(default) or value != default:
            break
        length -= 1
    return arguments[:length]


# --- the parts of a class ---


def module_of(cls: Any) -> Optional[str]:
    """`__module__` as a string, None if it is anything else."""
    module = cls.__dict__.get("__module__")
    return module if isinstance(module, str) else None


#: Typed by hand: mypy takes `type.__dict__` for the descriptor that it is on `type` itself.
_TYPE_ATTRIBUTES = cast(Dict[str, Any], vars(type))


def qualname_of(cls: Any) -> str:
    """`__qualname__` past any metaclass that hides it."""
    return cast(str, _TYPE_ATTRIBUTES["__qualname__"].__get__(cls))


def short_name(cls: Any, qualname: str) -> Optional[str]:
    """`__name__`, None where it is the end of the qualified name."""
    name = cast(str, _TYPE_ATTRIBUTES["__name__"].__get__(cls))
    return None if name == qualname.rpartition(".")[2] else name


def real_bases(cls: Any) -> Tuple[Any, ...]:
    """The bases, empty for `object` alone."""
    bases = cast(Tuple[Any, ...], _TYPE_ATTRIBUTES["__bases__"].__get__(cls))
    return () if bases == (object,) else bases


def explicit_metaclass(cls: Any) -> Any:
    """The metaclass, None where it follows from the bases."""
    meta: Any = type
    for base in cls.__bases__:
        if issubclass(type(base), meta):
            meta = type(base)
    return None if type(cls) is meta else type(cls)


def declared_slots(cls: Any) -> Any:
    """What to give as `__slots__` to make the same layout, None if it has none."""
    if "__slots__" not in cls.__dict__:
        return None
    slots = cls.__dict__["__slots__"]
    if isinstance(slots, (str, tuple, list)):
        return slots
    if isinstance(slots, dict):
        return slots
    try:
        names = list(slots)
    except TypeError:
        names = []
    # An iterator is consumed by now; the descriptors know.
    return tuple(names) or tuple(name for name, value in cls.__dict__.items() if is_slot(cls, value))


def is_slot(cls: Any, value: Any) -> bool:
    """Whether a class attribute is the descriptor of one of its slots."""
    return type(value) is types.MemberDescriptorType and value.__objclass__ is cls


def class_state(cls: Any) -> Tuple[Attributes, Attributes]:
    """The attributes of a class that travel, in their order, and the declarations that every class may have."""
    attributes: Attributes = {}
    declarations: Attributes = {}
    if cls.__dict__.get("__doc__") is not None:
        # First, wherever the class body has it: a class has a docstring from its creation on, also where it is loaded.
        attributes["__doc__"] = cls.__dict__["__doc__"]
    for name, value in cls.__dict__.items():
        if name in _GENERATED or is_slot(cls, value):
            continue
        if name == "__doc__" and value is None:
            continue
        if name == "__final__" and value is True:  # typing.final leaves it from 3.11 on
            continue
        if name in ("__type_params__", "__parameters__") and value == ():
            continue
        if name == "__annotations__":
            continue
        register_descriptor(value)
        attributes[name] = value
    if module_of(cls) is None and "__module__" in cls.__dict__ and cls.__dict__["__module__"] is not None:
        attributes["__module__"] = cls.__dict__["__module__"]
    if "__attrs_attrs__" in attributes:
        from ._attrs import declare_attrs

        declare_attrs(cls, attributes)
    if "__annotations__" in cls.__dict__ or sys.version_info >= (3, 14):
        from ._annotations import of_class

        annotations = of_class(cls)
        if annotations.values:
            attributes["__annotations__"] = annotations.values
        if annotations.lazy:
            declarations["l"] = annotations.lazy
    if isinstance(cls, abc.ABCMeta):
        abstract = getattr(cls, "__abstractmethods__", ())
        if abstract or any(getattr(base, "__abstractmethods__", ()) for base in cls.__mro__[1:]):
            declarations["a"] = tuple(sorted(abstract))
        registered = registered_subclasses(cls)
        if registered:
            declarations["r"] = registered
    return attributes, declarations


def registered_subclasses(cls: Any) -> List[Any]:
    """The virtual subclasses of an ABC, in an order that does not depend on addresses."""
    try:
        references = abc._get_dump(cls)[0]  # type: ignore[attr-defined]
    except Exception:
        return []
    live = [found for found in (reference() for reference in references) if found is not None]
    return sorted(live, key=lambda sub: (str(sub.__module__), sub.__qualname__))


def register_descriptor(value: Any) -> None:
    """Teach the pickler the class of a descriptor found on a class: a subclass of a builtin one."""
    kind = type(value)
    if kind not in _seen_types:
        _seen_types.add(kind)
        from . import _reducers

        _reducers.register_descriptor_type(kind)


_seen_types: Set[type] = {types.FunctionType, staticmethod, classmethod, property, str, int, tuple, dict, type}


# --- identity ---


class Identity(NamedTuple):
    """What the token of a class is made of, and its `captured` and `number` arguments."""

    kind: str
    module: str
    qualname: str
    bases: Tuple[Any, ...]
    unit: Optional[types.CodeType]
    meta: Any
    captured: str
    number: int


def identify(cls: Any, unit: Optional[types.CodeType], numbers: Numbers) -> Identity:
    """Find what makes the token of a class, and note the class under its token.

    `captured` and, for a class that was loaded, `number` are those of the first time: it stays one class though it
    changes.
    """
    from . import _declarations

    kind, bases, meta = _declarations.identity_of(cls)
    module, qualname = module_of(cls) or "", qualname_of(cls)
    for part in (*bases, meta):
        if part is not None:
            _identify_base(part, unit, cls, numbers)
    known = _runtime.class_info(cls)
    captured = captured_digest(cls, unit is not None) if known is None else known[1]
    token = _runtime.class_token(module, qualname, bases, captured, unit, meta, kind)
    number = take_number(cls, token, known, numbers)
    if known is None or not known[3]:
        _runtime.register(cls, token, captured, number)
    if "content" in numbers:
        number = next(place for place, other in enumerate(numbers[token].values()) if other is cls)
    return Identity(kind, module, qualname, bases, unit, meta, captured, number)


#: How many tokens have their numbers remembered: one entry for each class text of which a class was dumped.
_NUMBERED_TOKENS = 100_000
_next_numbers: OrderedDict[str, int] = OrderedDict()


def take_number(obj: Any, token: str, known: Optional[Tuple[Any, ...]], numbers: Numbers) -> int:
    """The number of `obj` among the classes of this process with the same token.

    Two classes that one factory made may differ in what no token can tell, an object that they hold, so they
    stay two classes for a receiver in whatever payloads they come. A number is never given twice: payloads outlive
    classes. Whoever is loaded keeps the number that it came with, if the payload does not have it already.
    """
    used = numbers.setdefault(token, {})
    for number, other in used.items():
        if other is obj:
            return number
    if known is not None and known[0][0] == token:
        number = known[2]
    else:
        with _runtime._lock:  # which a forked child has anew
            number = _next_numbers.pop(token, 0)
            while _runtime.known(token, number) not in (None, obj):
                number += 1
            _next_numbers[token] = number + 1
            while len(_next_numbers) > _NUMBERED_TOKENS:
                _next_numbers.popitem(last=False)
    while number in used:
        number += 1
    used[number] = obj
    return number


def _identify_base(cls: Any, unit: Optional[types.CodeType], of: Any, numbers: Numbers) -> None:
    """Give a base or metaclass that travels by value its token, which that of its subclass is made of."""
    from ._reference import by_reference

    if cls in _SINGLETON_TYPES or cls in _BUILTIN_TYPES or by_reference(cls):
        return
    find_unit: Callable[[Any], Any] = _no_unit
    if "bytecode" not in numbers:
        with contextlib.suppress(ImportError):  # on a Python without the native module
            from ._snippets import class_unit as find_unit
    if unit is None and find_unit(of) is not None:
        find_unit = _no_unit  # bytecode was asked for
    found = find_unit(cls)
    identify(cls, None if found is None else found.code, numbers)


def _no_unit(cls: Any) -> Any:
    return None


# --- what a class captured ---

#: They depend on the Python version, or follow from the text.
_NO_CONSTANTS = frozenset(
    ["__doc__", "__annotations__", "__final__", "__orig_bases__", "__parameters__", "__type_params__", "__hash__"]
)
_ATOMS = (int, float, complex, str, bytes, bool, type(None), type(Ellipsis))


def captured_digest(cls: Any, has_text: bool) -> str:
    """A digest of the constants that a class was made with; empty if there are none.

    They tell the classes of one factory apart: what its methods hold in cells and defaults, and the plain constants
    among its attributes. Where there is no text of the class statement, as for a class without methods, the names of
    its attributes, their code, its annotations and docstring tell its definitions apart.
    """
    from . import _declarations

    parts: List[str] = []
    attributes = _declarations.own_attributes(cls)
    for name, value in attributes.items():
        if name in _NO_CONSTANTS:
            continue
        if not has_text:
            parts.append(name)
        if type(value) in _ATOMS or type(value) in (tuple, frozenset):
            parts.append(f"{name}={_describe(value)}")
            continue
        if type(value) is property:
            functions: Tuple[Any, ...] = (value.fget, value.fset, value.fdel)
        elif isinstance(value, (staticmethod, classmethod)):
            functions = (value.__func__,)
        else:
            functions = (value,)
        for function in functions:
            if type(function) is types.FunctionType and not _is_borrowed(function, cls):
                parts += [f"{name}.{part}" for part in _captured(function)]
                if not has_text:
                    parts.append(f"{name}.code={_code_digest(function)}")
    if not has_text:
        from inspect import cleandoc  # which imports half of the library

        doc = attributes.get("__doc__")
        # The compiler dedents it from 3.13 on.
        parts.append(f"doc={cleandoc(doc) if isinstance(doc, str) else doc!r}")
        parts += [f"hint {name}:{_describe_hint(hint)}" for name, hint in attributes.get("__annotations__", {}).items()]
    parts += [f"member {_describe(member)}" for member in _declarations.constants_of(cls)]
    if not parts:
        return ""
    return _hex_digest("\n".join(sorted(parts)).encode("utf-8", "surrogatepass"))[:16]


def _describe_hint(hint: Any) -> str:
    """Only classes and text are the same in the `typing` of every version."""
    if isinstance(hint, str):
        return hint
    return str(hint.__qualname__) if issubclass(type(hint), type) else ""


def _is_borrowed(function: types.FunctionType, cls: Any) -> bool:
    """Whether a method is another module's function, as `functools.total_ordering` puts there."""
    if function.__module__ == cls.__module__:
        return False
    from ._reference import by_reference

    return by_reference(function)


def _code_digest(function: types.FunctionType) -> str:
    """A digest of the text of a function, of its bytecode where it has no text."""
    code = function.__code__
    from ._generated import looks_generated

    if looks_generated(function):
        return "generated"
    try:
        from . import _snippets

        arguments: Tuple[Any, ...] = _snippets.plan(code, function).args or ()
    except Exception:  # no source, or no native module
        arguments = ()
    if not arguments:
        return _hex_digest(b"".join([code.co_code, repr(code.co_names).encode(), _constants(code)]))
    if isinstance(arguments[0], types.CodeType):
        return f"{_runtime.unit_digest(arguments[0]).hex()}.{arguments[1]}"
    return _hex_digest(str(arguments[0]).encode("utf-8", "surrogatepass"))


def _constants(code: types.CodeType) -> bytes:
    parts = []
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            parts.append(const.co_code + _constants(const))
        else:
            parts.append(_describe(const).encode("utf-8", "surrogatepass"))
    return b",".join(parts)


def _captured(function: types.FunctionType, describe: Optional[_Describe] = None) -> Iterator[str]:
    from ._generated import looks_generated

    if looks_generated(function):
        return  # what it holds is of one Python version
    describe = describe or _Describe()
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or ()))
    cells.pop("__class__", None)
    for name in _unread(function) if cells else ():
        cells.pop(name, None)
    for name, cell in cells.items():
        with contextlib.suppress(ValueError):  # empty
            yield f"{name}={describe(cell.cell_contents)}"
    if function.__defaults__:
        yield f"={describe(function.__defaults__)}"
    if function.__kwdefaults__:
        yield f"*={describe(function.__kwdefaults__)}"


def _unread(function: types.FunctionType) -> Sequence[str]:
    """The free variables that count as such on some versions only."""
    try:
        from ._snippets import unread
    except ImportError:  # on a Python without the native module
        return ()
    return unread(function)


def _describe(value: Any) -> str:
    return _Describe()(value)


def content_digest(value: Any) -> str:
    """A digest of what `_describe` says."""
    return _hex_digest(_describe(value).encode("utf-8", "surrogatepass"))[:16]


class _Describe:
    """Text that is equal for equal values, in every process; what cannot be told counts as its type."""

    #: So many values are looked at, so deep: a digest is made once a class, and costs no more than some milliseconds.
    MOST_VALUES = 10_000
    DEEPEST = 16

    def __init__(self) -> None:
        self.left = self.MOST_VALUES
        self.open: List[int] = []

    def __call__(self, value: Any) -> str:
        kind = type(value)
        if kind in _ATOMS:
            return f"{kind.__name__}:{value!r}"
        self.left -= 1
        if self.left < 0 or len(self.open) >= self.DEEPEST or id(value) in self.open:
            return f"<{kind.__qualname__}>"
        self.open.append(id(value))
        try:
            return self._inside(kind, value)
        finally:
            self.open.pop()

    def _inside(self, kind: type, value: Any) -> str:
        if kind in (tuple, list):
            return f"{kind.__name__}[{','.join([self(item) for item in value])}]"
        if kind in (set, frozenset):
            return f"{kind.__name__}[{','.join(sorted([self(item) for item in value]))}]"
        if kind is dict:
            return f"dict[{','.join([f'{self(key)}:{self(item)}' for key, item in list(value.items())])}]"
        if kind is types.FunctionType:
            if value.__module__ != "__main__" and _is_importable(value):
                return f"function:{value.__module__}.{value.__qualname__}"
            digest = _code_digest(value)
            name = value.__name__ if digest == "generated" else value.__qualname__  # before 3.10 that of their maker
            return f"function:{name}:{digest}({';'.join(_captured(value, self))})"
        if issubclass(kind, type):
            return f"class:{value.__qualname__}"
        if kind is types.MethodType:
            return f"method:{self(value.__func__)}:{self(value.__self__)}"
        if kind is functools.partial:
            return f"partial:{self(value.func)}{self(value.args)}{self(value.keywords)}"
        if kind in (types.ModuleType, types.BuiltinFunctionType):
            return f"{kind.__name__}:{getattr(value, '__module__', '')}.{value.__name__}"
        if kind.__module__ in ("typing", "types", "annotationlib"):
            return "<hint>"  # the classes behind type hints differ in every version
        if isinstance(value, enum.Enum):
            return f"<{kind.__qualname__}>{value.name}:{self(value.value)}"  # versions differ in its other state
        return f"<{kind.__qualname__}>{self._state(kind, value)}"

    def _state(self, kind: type, value: Any) -> str:
        state = getattr(value, "__dict__", None)
        if type(state) is dict and state:
            return self(state)
        if getattr(kind, "__module__", "").partition(".")[0] == "numpy" and hasattr(value, "tobytes"):
            return _hex_digest(value.tobytes())
        return ""


def _is_importable(function: types.FunctionType) -> bool:
    from ._reference import by_reference

    return by_reference(function)
