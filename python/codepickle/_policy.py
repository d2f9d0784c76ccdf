"""``Policy``: loads what is allowed, and refuses the rest before any of it is imported, compiled or called."""

from __future__ import annotations

import sys
from functools import lru_cache
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Sequence, Set, Tuple

from . import _native
from ._runtime import LoadError, hex_digest

#: Modules that cannot be allowed as a whole: each of them runs what it is given.
_NEVER_WHOLE = frozenset(
    [
        "__builtin__",
        "builtins",
        "codepickle",
        "codepickle._runtime",
        "importlib",
        "nt",
        "os",
        "posix",
        "subprocess",
        "sys",
    ]
)


class Refusal(NamedTuple):
    """Something that a policy does not allow."""

    #: A name that stays: ``reference``, ``unapproved-code``, ``limit-bytes`` ... (docs/security.md lists them).
    code: str
    #: Where in the payload, in bytes.
    offset: int
    message: str


class PolicyError(LoadError):
    """A policy does not allow what a payload would do; nothing of it was done."""

    def __init__(self, refusals: Sequence[Tuple[str, int, str]]) -> None:
        #: What is not allowed, in the order of the payload.
        self.refusals = tuple(Refusal(*refusal) for refusal in refusals)
        shown = ["%s at byte %d: %s" % refusal for refusal in self.refusals[:5]]
        if len(self.refusals) > len(shown):
            shown.append("and %d more" % (len(self.refusals) - len(shown)))
        super().__init__(
            "the policy does not allow this payload: %s. `codepickle.inspect` shows all that is in it"
            % "; ".join(line.encode("unicode_escape").decode("ascii") for line in shown)
        )

    def __reduce__(self) -> Tuple[Any, ...]:
        return PolicyError, ([tuple(refusal) for refusal in self.refusals],)


def _refused(refusals: Sequence[Tuple[str, int, str]]) -> PolicyError:
    return PolicyError(refusals)


#: The limits that the native module checks, in its order.
_LIMITS = (
    "max_opcodes",
    "max_memo",
    "max_objects",
    "max_depth",
    "max_hashing",
    "max_long_keys",
    "max_source",
    "max_line",
    "max_digits",
    "max_nesting",
)


class Policy:
    """What a payload may do where it is loaded. By default: nothing but plain data.

    Args:
        allow: Names that may be imported, called, and whose instances may be filled: ``"decimal.Decimal"``, or
            ``"module:Outer.Inner"`` where the name has dots of its own.
        modules: Modules of which every name is allowed that is defined in them. What they import from elsewhere, names
            with dots, special names, and what is known to run code or the like are not.
        packages: Packages: the same for them and all modules below, but for programs (``package.__main__``).
        approved: Functions and classes, portable ones among them, or the `approval` of one in a report of `inspect`. An
            approval covers all that is compiled, made and bound for it: text, header, decorators, future features,
            lowered forms; globals, cells, defaults, attributes, bases, metaclass, and everything that those rest on.
            Not where it was written: file and line.
        max_bytes: Bytes of the payload. 64 MiB: a payload of code is some kilobytes.
        max_opcodes: Opcodes. 10 million take seconds.
        max_memo: Entries of the memo.
        max_objects: Objects other than strings and numbers.
        max_depth: Nesting of tuples, frozensets and calls: `hash` recurses on them in C, without a limit.
        max_hashing: Values that hashing the keys of all dicts and sets visits: a tuple of two references to a tuple
            of two references to ... takes for ever.
        max_long_keys: Keys that are integers beyond 64 bits, which can be made to collide.
        max_source: Bytes of the text of one function or class, with its lowered forms. 1 MiB.
        max_line: The line at which a text may begin: the compiler counts up to it.
        max_digits: Digits of an integer in decimal, in source, too: 4300, as CPython has it from 3.11 on.
        max_nesting: Nesting of source: 1000.

    >>> import codepickle
    >>> from codepickle import Policy
    >>> codepickle.loads(codepickle.dumps({"a": [1, 2]}), policy=Policy())
    {'a': [1, 2]}
    >>> def double(x):
    ...     return 2 * x
    >>> codepickle.loads(codepickle.dumps(double), policy=Policy())  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    codepickle._policy.PolicyError: the policy does not allow this payload: unapproved-code at byte ...
    >>> codepickle.loads(codepickle.dumps(double), policy=Policy(approved=[double]))(4)
    8
    """

    def __init__(
        self,
        *,
        allow: Iterable[str] = (),
        modules: Iterable[str] = (),
        packages: Iterable[str] = (),
        approved: Iterable[Any] = (),
        max_bytes: int = 64 << 20,
        max_opcodes: int = 10_000_000,
        max_memo: int = 1_000_000,
        max_objects: int = 1_000_000,
        max_depth: int = 1000,
        max_hashing: int = 10_000_000,
        max_long_keys: int = 10_000,
        max_source: int = 1 << 20,
        max_line: int = 1_000_000,
        max_digits: int = 4300,
        max_nesting: int = 1000,
    ) -> None:
        for argument in (allow, modules, packages):
            if isinstance(argument, str):
                raise TypeError("a policy takes lists of names, not the string %r" % argument)
        self._names = [_name(each) for each in allow]
        self._modules, self._packages = _whole(modules), _whole(packages)
        self._approvals = sorted({approval for each in approved for approval in _approvals(each)})
        self.max_bytes = max_bytes
        limits: Dict[str, int] = locals()
        self._limits = [_limit(name, limits[name]) for name in _LIMITS]

    def __repr__(self) -> str:
        return "<Policy: %d names, %d modules, %d packages, %d approvals>" % (
            len(self._names),
            len(self._modules),
            len(self._packages),
            len(self._approvals),
        )

    def loads(self, data: Any, *, buffers: Optional[Iterable[Any]] = None) -> Any:
        """Loads a payload if all that it does is allowed.

        Raises:
            PolicyError: something is not; nothing was imported, compiled or called.
            LoadError: this Python cannot load it.
        """
        size = memoryview(data).nbytes
        if size > self.max_bytes:
            raise PolicyError([("limit-bytes", 0, "%d bytes are more than the %d allowed" % (size, self.max_bytes))])
        rules = _Rules(self._names, self._modules, self._packages, self._approvals, list(known_heads()), self._limits)
        return _native.load_checked(bytes(data), rules, buffers)


class _Rules(NamedTuple):
    """A policy for the native module."""

    names: List[Tuple[str, str]]
    modules: Set[str]
    packages: Set[str]
    approvals: List[bytes]
    heads: List[bytes]
    limits: List[int]


def _limit(name: str, value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("%s must be a number from 0 on, not %r" % (name, value))
    return min(value, 2**63 - 1)


def _name(text: str) -> Tuple[str, str]:
    module, colon, name = text.partition(":")
    if not colon:
        module, _, name = text.rpartition(".")
    if not module or not name:
        raise ValueError("%r is no name in a module: write 'module.name', or 'module:Outer.Inner'" % text)
    if module == "codepickle._runtime":
        raise ValueError("the functions of the wire format cannot be allowed: approve what they make")
    return module, name


def _whole(names: Iterable[str]) -> Set[str]:
    from ._dangerous import why_dangerous

    found = set(names)
    for name in found:
        why = "runs what it is given" if name in _NEVER_WHOLE else why_dangerous(name, "")
        if why:
            raise ValueError("%r cannot be allowed as a whole: it %s. Allow single names of it" % (name, why))
    return found


def _approvals(each: Any) -> List[bytes]:
    """The digests that approve something: those of itself, not of what it rests on."""
    if isinstance(each, bytes) and len(each) == 32:
        return [each]
    if isinstance(each, str):
        try:
            digest = bytes.fromhex(each)
        except ValueError:
            digest = b""
        if len(digest) != 32:
            raise ValueError("an approval is 64 hexadecimal digits, or the function or class itself, not %r" % each)
        return [digest]
    from ._portable import Portable

    if isinstance(each, Portable):
        return _approvals_of_group(each)
    return [approval_of(each)]


def approval_of(obj: Any) -> bytes:
    """The approval of a function or class, as a policy computes it of a payload that holds only this."""
    from ._pickler import dumps

    found = _native.inspect_payload(dumps(obj, by_source=True))
    units: Sequence[Any] = found["units"]
    root = found["root"]
    for offset, _, _, digest, _ in units:
        if offset == root and digest is not None:
            return bytes(digest)
    raise TypeError("only functions and classes that travel as source can be approved, not %r" % (obj,))


def _approvals_of_group(member: Any) -> List[bytes]:
    """Those of all functions that travel with a portable one."""
    from ._portable_groups import group_of

    payload = (member._group or group_of(member))._parts["payload"]
    found = _native.inspect_payload(payload)
    members = set(found["members"])
    units = {offset: digest for offset, _, _, digest, _ in found["units"] if offset in members}
    if members - set(units) or None in units.values() or not members:
        raise TypeError("only functions and classes that travel as source can be approved, not all of %r" % (member,))
    return [bytes(digest) for digest in units.values()]


def _begin_group(parts: Any) -> Tuple[Any, Dict[str, Any]]:
    """A group of portable functions whose payload is loaded next, and what was going on before."""
    from . import _portable

    group = _portable.Group(parts)
    before = dict(_portable._here.__dict__)
    _portable._here.group, _portable._here.loaded = group, {}
    return group, before


def _end_group(begun: Tuple[Any, Dict[str, Any]], good: bool) -> Any:
    from . import _portable

    group, before = begun
    loaded = _portable._here.__dict__.get("loaded", {})
    _portable._here.__dict__.clear()
    _portable._here.__dict__.update(before)
    if good:
        try:
            group._functions = [loaded[index] for index in range(len(group._members))]
        except KeyError:
            raise LoadError("the payload of a portable function is damaged: a function is missing") from None
    return group


def _is_shared(obj: Any) -> bool:
    """Whether an object that a call returned is part of the process rather than of a payload."""
    enum = sys.modules.get("enum")
    return isinstance(obj, (type, *_CODE_TYPES)) or (enum is not None and isinstance(obj, enum.Enum))


_CODE_TYPES = (FunctionType, BuiltinFunctionType, MethodType, ModuleType)


@lru_cache(maxsize=1)
def known_heads() -> Tuple[bytes, ...]:
    """Digests of what self-contained payloads of this version begin with, and have before lowered code; and of what
    portable functions bring along."""
    from . import _portable, _self_contained
    from ._portable_groups import _shared

    heads = (_self_contained.head(), _self_contained.lowered())
    shared = _shared()
    programs = [_portable.REBUILD.encode(), shared["boot"].encode(), shared["source"]]
    for module, text, space in shared["heads"]:
        programs += [module.encode(), text.encode(), space["z"]]
    known = [text.encode() + b"\0" + runtime for text, runtime in heads]
    known.append(b"".join(b"%d:%s" % (len(program), program) for program in programs))
    return tuple(bytes.fromhex(hex_digest(each)) for each in known)
