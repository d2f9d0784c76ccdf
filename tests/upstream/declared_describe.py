"""What a declared class does, as JSON-able facts: the same on the Python that dumped it and on the one that loaded it.

Runs on every Python from 3.7. What a version does in its own way by design (the repr of enum members, messages of
errors) is no fact; `FACTS_SINCE` says from which version on some others are.
"""

import collections
import dataclasses
import enum
import re
import sys

#: Facts that older versions have no notion of, and since when they are.
FACTS_SINCE = {"match_args": (3, 10), "keyword_only": (3, 10), "runtime_check": (3, 8), "subscript": (3, 9)}

_ADDRESS = re.compile(r"0x[0-9a-fA-F]+")


def describe(cls):
    """{fact: value} of a class."""
    facts = {"name": cls.__name__, "qualname": cls.__qualname__, "user functions": _user_functions(cls)}
    for kind, matches, tell in _KINDS:
        if matches(cls):
            facts["kind"] = kind
            tell(cls, facts)
    parameters = getattr(cls, "__parameters__", ())
    if isinstance(parameters, tuple) and parameters:
        facts["parameters"] = [str(getattr(p, "__name__", p)) for p in parameters]
    return {name: value for name, value in facts.items() if sys.version_info[:2] >= FACTS_SINCE.get(name, (3, 7))}


def outcome(function, *args, **kwargs):
    """The repr of a result, or the type of the exception."""
    try:
        return text(function(*args, **kwargs))
    except Exception as error:
        # TypeError and FrozenInstanceError and the like: which attribute is missing differs in its message alone.
        return "raises " + type(error).__name__


def text(value):
    """A repr without addresses, in which no order depends on hashing."""
    if isinstance(value, (set, frozenset)):
        return "{%s}" % ", ".join(sorted(map(text, value)))
    if isinstance(value, enum.Enum):
        return "member %s" % value._name_
    if type(value).__module__ in ("typing", "types", "_pypy_generic_alias"):
        return "<hint>"
    if isinstance(value, type):
        return "class %s" % value.__qualname__
    if isinstance(value, (list, tuple)) and type(value) in (list, tuple):
        return "%s(%s)" % (type(value).__name__, ", ".join(map(text, value)))
    if type(value) in (dict, collections.OrderedDict):  # _asdict() of namedtuples: 3.8 made it a dict
        return "dict(%s)" % ", ".join("%s: %s" % (text(k), text(v)) for k, v in value.items())
    return _ADDRESS.sub("0x", repr(value))


def _user_functions(cls):
    made = type(collections.namedtuple("made", "x").__dict__["_make"])
    return sorted(
        name
        for name, value in vars(cls).items()
        if not name.startswith("_")
        and name not in getattr(cls, "_fields", ())  # properties, in the namedtuples of 3.7
        and isinstance(value, (type(describe), property, staticmethod, made))
    )


# --- dataclasses ---


def _is_dataclass(cls):
    return "__dataclass_fields__" in vars(cls)


def _dataclass(cls, facts):
    facts["fields"] = [
        {
            "name": f.name,
            "default": "missing" if f.default is dataclasses.MISSING else text(f.default),
            "factory": f.default_factory is not dataclasses.MISSING,
            "init": f.init,
            "repr": f.repr,
            "hash": f.hash,
            "compare": f.compare,
            "metadata": outcome(dict, f.metadata),
            "kind": f._field_type.name,
        }
        for f in cls.__dataclass_fields__.values()
    ]
    params = cls.__dataclass_params__
    facts["params"] = {name: getattr(params, name) for name in ("init", "repr", "eq", "order", "unsafe_hash", "frozen")}
    facts["match_args"] = text(cls.__dict__.get("__match_args__"))
    facts["keyword_only"] = [f.name for f in cls.__dataclass_fields__.values() if getattr(f, "kw_only", False) is True]
    facts["slots"] = "__slots__" in vars(cls)
    facts["own methods"] = sorted(name for name in _DATACLASS_METHODS if name in vars(cls))
    made = _instance(cls, 1), _instance(cls, 1), _instance(cls, 2)
    if any(isinstance(one, str) for one in made):
        facts["instance"] = made[0]
        return
    one, same, other = made
    facts["instance"] = outcome(repr, one)
    facts["equal"] = outcome(lambda: (one == same, one == other, one != same))
    facts["order"] = [outcome(compare, one, other) for compare in _COMPARE]
    facts["hash"] = outcome(lambda: hash(one) == hash(same))
    facts["as dict"] = outcome(dataclasses.asdict, one)
    facts["as tuple"] = outcome(dataclasses.astuple, one)
    # 3.13 raises TypeError where older ones raise ValueError.
    facts["replaced"] = outcome(dataclasses.replace, one).replace("ValueError", "TypeError")
    names = [f.name for f in dataclasses.fields(cls)]
    if names:
        facts["assigned"] = outcome(setattr, one, names[0], 7)
        facts["deleted"] = outcome(delattr, one, names[0])
    # With slots it is a TypeError from 3.10 to 3.13, whose __setattr__ knows the class before it got slots.
    facts["new attribute"] = outcome(setattr, one, "some_new_attribute", 7).partition(" ")[0]


_DATACLASS_METHODS = ("__init__", "__repr__", "__eq__", "__lt__", "__setattr__", "__hash__", "__post_init__")
_COMPARE = [
    lambda a, b: a < b,
    lambda a, b: a <= b,
    lambda a, b: a > b,
    lambda a, b: a >= b,
]


def _instance(cls, number):
    """An instance from numbers; a str that names the exception if it takes none."""
    positional, keywords = [], {}
    for position, field in enumerate(cls.__dataclass_fields__.values()):
        if not field.init or field._field_type.name == "_FIELD_CLASSVAR":
            continue
        if field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING:
            continue
        keywords[field.name] = number * 10 + position
    try:
        return cls(*positional, **keywords)
    except Exception as error:
        return "raises " + type(error).__name__


# --- enums ---


def _is_enum(cls):
    return isinstance(cls, enum.EnumMeta)


def _enum(cls, facts):
    members = cls.__members__
    facts["members"] = {name: member._name_ for name, member in members.items()}
    facts["values"] = {name: _value_text(member._value_) for name, member in members.items()}
    facts["by name"] = all(outcome(lambda n=name: cls[n] is members[n]) == "True" for name in members)
    facts["by value"] = [outcome(lambda m=member: cls(m._value_) is m) for member in members.values()]
    facts["mixed in"] = [base.__name__ for base in (int, str, float, bytes, tuple, frozenset) if issubclass(cls, base)]
    facts["data"] = {
        name: [outcome(base.__repr__, member) for base in (int, str, float) if isinstance(member, base)]
        for name, member in members.items()
    }
    facts["state"] = {
        name: sorted(key for key in vars(member) if not key.startswith("_")) for name, member in members.items()
    }
    facts["hash"] = outcome(lambda: len({member._name_: hash(member) for member in members.values()}))
    facts["contains"] = [outcome(lambda m=member: m in cls) for member in members.values()]
    if issubclass(cls, enum.Flag):
        single = [m for m in members.values() if isinstance(m._value_, int) and m._value_ > 0]
        facts["or"] = [outcome(lambda a=a, b=b: _number(a | b)) for a in single[:4] for b in single[:4]]
        facts["and"] = [outcome(lambda a=a, b=b: _number(a & b)) for a in single[:4] for b in single[:4]]
    else:
        facts["order"] = [member._name_ for member in cls]
    for name in ("__str__", "__repr__", "__format__"):
        maker = getattr(type(next(iter(members.values()), None)), name, None)
        # The library's own differ by version.
        if members and str(getattr(maker, "__module__", "")).startswith("test"):
            facts[name] = {
                key: outcome(getattr(member, name), *(("",) if name == "__format__" else ()))
                for key, member in members.items()
            }


def _number(value):
    return int(getattr(value, "_value_", value))


def _value_text(value):
    return text(int(value)) if isinstance(value, int) and not isinstance(value, bool) else text(value)


# --- tuples, typed dicts, protocols ---


def _is_namedtuple(cls):
    return issubclass(cls, tuple) and "_fields" in vars(cls)


def _namedtuple(cls, facts):
    facts["fields"] = list(cls._fields)
    facts["defaults"] = text(cls._field_defaults)
    values = list(range(1, len(cls._fields) + 1))
    try:
        made = cls(*values)
    except Exception as error:
        facts["instance"] = "raises " + type(error).__name__
        return
    facts["instance"] = outcome(repr, made)
    facts["as dict"] = outcome(lambda: dict(made._asdict()))
    facts["replaced"] = [outcome(lambda f=field: made._replace(**{f: 0})) for field in cls._fields]
    facts["made"] = outcome(cls._make, values)
    facts["too few"] = outcome(cls)
    facts["annotated"] = sorted(_annotations(cls))


def _annotations(cls):
    try:
        return list(getattr(cls, "__annotations__", None) or ())
    except NameError:  # 3.14
        import annotationlib

        return list(annotationlib.get_annotations(cls, format=annotationlib.Format.FORWARDREF))


def _is_typed_dict(cls):
    return "__total__" in vars(cls) and issubclass(cls, dict)


def _typed_dict(cls, facts):
    facts["total"] = cls.__total__
    facts["required"] = sorted(getattr(cls, "__required_keys__", ()))
    facts["optional"] = sorted(getattr(cls, "__optional_keys__", ()))
    facts["annotated"] = sorted(_annotations(cls))
    facts["instance"] = outcome(lambda: dict(cls(a=1)))


def _is_protocol(cls):
    return bool(vars(cls).get("_is_protocol"))


def _protocol(cls, facts):
    facts["runtime_check"] = bool(getattr(cls, "_is_runtime_protocol", False))
    names = set()
    for base in cls.__mro__:
        if vars(base).get("_is_protocol") and base.__module__ not in ("typing", "typing_extensions"):
            names.update(name for name in vars(base) if not name.startswith("_"))
    facts["members"] = sorted(names)
    if facts["runtime_check"] and names:
        facts["object is one"] = outcome(isinstance, object(), cls)
        facts["whole is one"] = outcome(isinstance, type("Whole", (), dict.fromkeys(names, print))(), cls)
    facts["called"] = outcome(lambda: isinstance(cls(), cls))


_KINDS = [
    ("dataclass", _is_dataclass, _dataclass),
    ("enum", _is_enum, _enum),
    ("namedtuple", _is_namedtuple, _namedtuple),
    ("TypedDict", _is_typed_dict, _typed_dict),
    ("Protocol", _is_protocol, _protocol),
]
