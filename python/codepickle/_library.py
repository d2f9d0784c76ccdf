"""Instances of the standard library whose own reduce value is of one version.

What `__reduce_ex__` gives for them are the attributes or arguments that this version's implementation happens to have,
and another version refuses them, or it differs between versions, and so would the bytes. Here they are said by what
every version's constructor takes.

`dispatch` maps a type to its reducer. `LIBRARY` maps a module to the reducer for the instances of its classes: the
native pickler asks it by what a class says is its module, so that nothing needs to be imported here. A reducer may
return `NotImplemented`: the usual way. Subclasses that users define are none of these: they always go the usual way.
"""

from __future__ import annotations

import codecs
import collections
import copyreg
import functools
import operator
import re
import struct
import sys
import weakref

from . import _iterators, _runtime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Tuple

    Reduced = Any
    Reducer = Callable[[Any], Reduced]

dispatch: Dict[type, Reducer] = dict(_iterators.dispatch)
LIBRARY: Dict[str, Reducer] = {}
#: Enters the types of a module into the pickler's table, when the first instance of one of its classes comes.
LATER: Dict[str, Callable[[], None]] = {}


def noting(table: Dict[type, Reducer]) -> Callable[..., Callable[[Reducer], Reducer]]:
    """A decorator for reducers, which enters them into `table` under the types that it is given."""

    def reduces(*kinds: Any) -> Callable[[Reducer], Reducer]:
        def note(reducer: Reducer) -> Reducer:
            table.update(dict.fromkeys(kinds, reducer))
            return reducer

        return note

    return reduces


_reduces = noting(dispatch)


def _of(*modules: str) -> Callable[[Reducer], Reducer]:
    def note(reducer: Reducer) -> Reducer:
        @functools.wraps(reducer)
        def checked(obj: Any) -> Reduced:
            # A user's class may say anything. So does `ssl.Purpose` before 3.11.
            module = type(obj).__module__
            found = getattr(sys.modules.get("ssl" if module == "<unknown>" else module), type(obj).__qualname__, None)
            return reducer(obj) if found is type(obj) else NotImplemented

        for module in modules:
            LIBRARY[module] = checked
        return reducer

    return note


def call(function: Any, *arguments: Any, **keywords: Any) -> Reduced:
    """The reduce value of a call; no opcode passes keywords to an `__init__`."""
    return (functools.partial(function, *arguments, **keywords), ()) if keywords else (function, arguments)


def without(values: Dict[str, Any], *defaults: Any) -> Dict[str, Any]:
    """Those of `values` that are not one of the defaults: newer versions take more keywords."""
    return {name: value for name, value in values.items() if not any(value is default for default in defaults)}


@_of("pathlib", "pathlib._local")
def _reduce_path(obj: Any) -> Reduced:
    # 3.12 and 3.13 give the strings that it was made of.
    return (type(obj), obj.parts) if hasattr(obj, "parts") else NotImplemented


@_of("fractions")
def _reduce_fraction(obj: Any) -> Reduced:
    # 3.12 changed text to numbers.
    return type(obj), (obj.numerator, obj.denominator)


@_of("ipaddress")
def _reduce_address(obj: Any) -> Reduced:
    # 3.9 changed the number to text, which has a scope.
    return (type(obj), (str(obj),)) if hasattr(obj, "version") and not hasattr(obj, "netmask") else NotImplemented


@_of("signal", "socket", "ssl", "<unknown>")
def _reduce_constant(obj: Any) -> Reduced:
    """A member of an enum that was made of the module's constants: by value in 3.7, by its global name since."""
    import enum

    if not isinstance(obj, enum.Enum):
        return NotImplemented
    name = obj._name_
    if name is None or getattr(type(obj), name, None) is not obj:
        return type(obj), (obj._value_,)  # several flags at once
    if getattr(sys.modules.get(type(obj).__module__), name, None) is obj:
        return name
    return getattr, (type(obj), name)


@_of("statistics")
def _reduce_distribution(obj: Any) -> Reduced:
    # 3.10 gave it a __getstate__.
    return (type(obj), (obj.mean, obj.stdev)) if type(obj).__name__ == "NormalDist" else NotImplemented


@_of("platform")
def _reduce_uname(obj: Any) -> Reduced:
    """By the receiver's own, which knows how many parts it has: from 3.9 on the processor is found when it is read."""
    if type(obj).__name__ != "uname_result":
        return NotImplemented
    import platform

    from ._classes import Expression

    parts = {name: getattr(obj, name) for name in ("system", "node", "release", "version", "machine")}
    return operator.methodcaller("_replace", **parts), (Expression(platform.uname),)


@_of("traceback")
def _reduce_frame_summary(obj: Any) -> Reduced:
    # Its slots are others in 3.11, 3.13 and 3.15.
    if type(obj).__name__ != "FrameSummary":
        return NotImplemented
    reduced = call(type(obj), obj.filename, obj.lineno, obj.name, lookup_line=False, line=obj.line)
    return (*reduced, (None, {"locals": obj.locals})) if obj.locals else reduced


#: Of `zipfile.ZipInfo`; 3.13 has more.
_ZIP_SLOTS = """
    orig_filename compress_type comment extra create_system create_version extract_version reserved flag_bits volume
    internal_attr external_attr header_offset CRC compress_size file_size
""".split()  # noqa: SIM905


@_of("zipfile")
def _reduce_zip_info(obj: Any) -> Reduced:
    if type(obj).__name__ != "ZipInfo":
        return NotImplemented
    # 3.9 began to set the sizes at once.
    sizes = {} if hasattr(obj, "file_size") else {"compress_size": 0, "file_size": 0}
    slots = {name: getattr(obj, name) for name in _ZIP_SLOTS if hasattr(obj, name)}
    slots = {name: {**sizes, **slots}[name] for name in _ZIP_SLOTS if name in sizes or name in slots}
    return type(obj), (obj.filename, obj.date_time), (None, slots)


@_of("http.cookies")
def _reduce_cookie(obj: Any) -> Reduced:
    # What attributes a cookie may have differs, and it refuses any other; the empty ones are those that are not set.
    if type(obj).__name__ != "Morsel":
        return NotImplemented
    state = {"key": obj.key, "value": obj.value, "coded_value": obj.coded_value}
    return type(obj), (), state, None, iter([item for item in obj.items() if item[1] != ""])


@_of("configparser")
def _reduce_config(obj: Any) -> Reduced:
    """A parser: what it was told, and what it read. 3.14 and later keep the former in objects of private classes."""
    if not hasattr(obj, "_sections"):
        return NotImplemented
    state = vars(obj)
    comments, inline = _comment_prefixes(state)
    options: Dict[str, Any] = {}
    if comments != ("#", ";"):
        options["comment_prefixes"] = comments
    if inline:
        options["inline_comment_prefixes"] = inline
    if state["_delimiters"] != ("=", ":"):
        options["delimiters"] = state["_delimiters"]
    if state["_dict"] not in (dict, collections.OrderedDict):  # 3.8 changed the default
        options["dict_type"] = state["_dict"]
    for name, default in (("allow_no_value", False), ("strict", True), ("empty_lines_in_values", True)):
        if state["_" + name] != default:
            options[name] = state["_" + name]
    if state["default_section"] != "DEFAULT":
        options["default_section"] = state["default_section"]
    options["interpolation"] = state["_interpolation"]
    rest = {name: state[name] for name in ("_sections", "_defaults", "_proxies", "_converters")}
    return (*call(type(obj), **options), rest)


def _comment_prefixes(state: Dict[str, Any]) -> Tuple[Tuple[str, ...], Tuple[str, ...]]:
    """What begins a comment, and what does so within a line."""
    if "_comments" not in state:
        prefixes = state.get("_prefixes")
        full = state["_comment_prefixes"] if prefixes is None else prefixes.full
        inline = state["_inline_comment_prefixes"] if prefixes is None else prefixes.inline
        return tuple(full or ()), tuple(inline or ())
    # 3.14 keeps nothing but the pattern that it made of them: ^(\#).*|(^|\s)(;.*)
    pattern = state["_comments"].pattern.pattern
    found = []
    for parts in (r"\^\(((?:\\.|[^\\()|])+)\)\.\*", r"\(\^\|\\s\)\(((?:\\.|[^\\()|.])+)\.\*\)"):
        found.append(tuple([re.sub(r"\\(.)", r"\1", prefix) for prefix in re.findall(parts, pattern)]))
    return found[0], found[1]


@_of("json.encoder")
def _reduce_json_encoder(obj: Any) -> Reduced:
    # PyPy has other attributes.
    options = {"separators": (obj.item_separator, obj.key_separator)}
    for name, default in (
        ("skipkeys", False),
        ("ensure_ascii", True),
        ("check_circular", True),
        ("allow_nan", True),
        ("sort_keys", False),
        ("indent", None),
        ("default", None),
    ):
        value = vars(obj).get(name, default)
        if value != default:
            options[name] = value
    return call(type(obj), **options)


@_of("json.decoder")
def _reduce_json_decoder(obj: Any) -> Reduced:
    # It holds a scanner, which is of C.
    if isinstance(obj, BaseException):
        return NotImplemented
    from json import decoder

    constant = decoder._CONSTANTS.__getitem__  # type: ignore[attr-defined]
    options = without(
        {
            "object_hook": obj.object_hook,
            "parse_float": obj.parse_float,
            "parse_int": obj.parse_int,
            "object_pairs_hook": obj.object_pairs_hook,
        },
        None,
        float,
        int,
    )
    if obj.parse_constant != constant:
        options["parse_constant"] = obj.parse_constant
    if not obj.strict:
        options["strict"] = False
    return call(type(obj), **options)


#: Fields that a version added: what is dumped by an older one has them, too.
_AST_FIELDS = {
    "Module": ("type_ignores",),  # 3.8
    "arguments": ("posonlyargs",),  # 3.8
    "FunctionDef": ("type_params",),  # 3.12
    "AsyncFunctionDef": ("type_params",),
    "ClassDef": ("type_params",),
}
#: What 3.7 makes of literals; 3.8 made them `Constant`, and 3.14 knows no other.
_AST_CONSTANTS = {"Num": "n", "Str": "s", "Bytes": "s", "NameConstant": "value", "Ellipsis": None}


@_of("ast", "_ast")
def _reduce_node(obj: Any) -> Reduced:
    """A node of a syntax tree: without its `__init__`, which asks for all fields from 3.13 on."""
    if not hasattr(obj, "_fields"):
        return NotImplemented
    import ast

    kind: Any = type(obj)
    state = dict(vars(obj))
    if sys.version_info < (3, 8) and kind.__name__ in _AST_CONSTANTS:
        field = _AST_CONSTANTS[kind.__name__]
        value = ... if field is None else state.pop(field)
        return (ast.Constant, (value,), state) if state else (ast.Constant, (value,))
    for field in _AST_FIELDS.get(kind.__name__, ()):
        state.setdefault(field, [])
    names = [name for name in (*kind._fields, *_AST_FIELDS.get(kind.__name__, ())) if state.get(name) is not None]
    names += [name for name in kind._attributes if name in state]
    ordered = {name: state.pop(name) for name in dict.fromkeys(names)}
    ordered.update({name: value for name, value in state.items() if value is not None})
    return copyreg.__newobj__, (kind,), ordered or None  # type: ignore[attr-defined]


# --- of modules that are there anyway ---


@_reduces(weakref.WeakSet)
def _reduce_weak_set(obj: Any) -> Reduced:
    return weakref.WeakSet, (list(obj),)


@_reduces(weakref.WeakValueDictionary, weakref.WeakKeyDictionary)
def _reduce_weak_dict(obj: Any) -> Reduced:
    return type(obj), (dict(obj),)


@_reduces(struct.Struct)
def _reduce_struct(obj: Any) -> Reduced:
    return struct.Struct, (obj.format,)


@_reduces(codecs.CodecInfo)
def _reduce_codec(obj: Any) -> Reduced:
    # A tuple of four, whose constructor takes eight.
    try:
        known = codecs.lookup(obj.name)
    except LookupError:
        return NotImplemented
    return (codecs.lookup, (obj.name,)) if known == obj else NotImplemented


def enter_logging(table: Dict[type, Reducer]) -> None:
    """Add the reducers for what a `logging.Formatter` holds."""
    import logging

    for kind in (logging.PercentStyle, logging.StrFormatStyle, logging.StringTemplateStyle):
        table[kind] = _reduce_log_style


def _reduce_log_style(obj: Any) -> Reduced:
    # 3.10 gave it defaults.
    defaults = getattr(obj, "_defaults", None)
    return (type(obj), (obj._fmt,), {"_defaults": defaults}) if defaults else (type(obj), (obj._fmt,))


def _register_system_values() -> None:
    """`sys.version_info` and its like, of types that nobody can instantiate: where it is loaded, that Python's own."""
    for name in ("version_info", "flags", "float_info", "int_info", "hash_info", "thread_info"):
        value = getattr(sys, name)

        def reduce(obj: Any, name: str = name, value: Any = value) -> Reduced:
            return (_runtime.g, ("sys", name)) if obj is value else NotImplemented

        dispatch[type(value)] = reduce


_register_system_values()


# --- exceptions ---


def _state_of_error(obj: Any, *names: str) -> Dict[str, Any]:
    """The attributes of an exception, and those of `names` that are set; 3.12 began to pickle some of them."""
    state = dict(vars(obj))
    for name in names:
        value = getattr(obj, name, None)
        if value is not None:
            state[name] = value
    return state


@_reduces(NameError, UnboundLocalError)
def _reduce_name_error(obj: Any) -> Reduced:
    state = _state_of_error(obj, "name")
    return (type(obj), obj.args, state) if state else (type(obj), obj.args)


@_reduces(AttributeError)
def _reduce_attribute_error(obj: Any) -> Reduced:
    state = _state_of_error(obj, "name", "obj")
    if "obj" in state:
        from . import _native

        try:
            _native.dumps(state["obj"])
        except Exception:
            # An error must not be lost because of the object that it is about.
            del state["obj"]
    return (type(obj), obj.args, state) if state else (type(obj), obj.args)


@_reduces(SyntaxError, IndentationError, TabError)
def _reduce_syntax_error(obj: Any) -> Reduced:
    # 3.10 added where it ends, and 3.9 takes no more than four numbers and texts.
    args, state = obj.args, dict(vars(obj))
    if len(args) == 2 and isinstance(args[1], tuple) and len(args[1]) > 4:
        state.update(
            {name: getattr(obj, name) for name in ("end_lineno", "end_offset") if hasattr(obj, name)}, args=args
        )
        args = (args[0], args[1][:4])
    return (type(obj), args, state) if state else (type(obj), args)


def error_reducer(cls: Any) -> Any:
    """The reducer for a subclass of such an exception that leaves pickling to it; None for other classes."""
    for base in (AttributeError, NameError, SyntaxError):
        if issubclass(cls, base):
            names = ("__reduce_ex__", "__reduce__", "__getstate__", "__setstate__")
            same = all(getattr(cls, name, None) is getattr(base, name, None) for name in names)
            return dispatch[base] if same else None
    return None
