"""Exceptions: every builtin one, and what is attached to them."""

import builtins
import sys
import threading

from table import entry, refused

#: Those whose arguments are checked.
SPECIAL = {
    "UnicodeDecodeError": ("utf-8", b"\xff", 0, 1, "bad"),
    "UnicodeEncodeError": ("ascii", "é", 0, 1, "bad"),
    "IndentationError": ("text", ("f", 1, 2, "t")),
    "SyntaxError": ("text", ("f", 1, 2, "t")),
    "TabError": ("text", ("f", 1, 2, "t")),
    "UnicodeTranslateError": ("é", 0, 1, "bad"),
}
NEWER = {"EncodingWarning": (3, 10), "PythonFinalizationError": (3, 13), "ImportCycleError": (3, 15)}
#: They hold others.
GROUPS = ("BaseExceptionGroup", "ExceptionGroup", "_IncompleteInputError")
#: Of Windows.
ELSEWHERE = ("WindowsError",)


def builtin_exceptions():
    for name, cls in sorted(vars(builtins).items()):
        # IOError and EnvironmentError are OSError.
        is_one = isinstance(cls, type) and issubclass(cls, BaseException) and cls.__name__ == name
        if is_one and name not in GROUPS + ELSEWHERE:
            yield name, cls


def add(name, cls):
    arguments = SPECIAL.get(name, ("text", 2))

    def make():
        return cls(*arguments)

    def check(error):
        return type(error) is cls and error.args == make().args and str(error) == str(make())

    entry("builtin_" + name, make, check, since=NEWER.get(name, (3, 7)))


for _name, _class in builtin_exceptions():
    add(_name, _class)


def attributes(error, **expected):
    return all(getattr(error, name) == value for name, value in expected.items())


def caught(function, *arguments):
    """What a call raises, without its traceback."""
    try:
        function(*arguments)
    except BaseException as error:
        return error.with_traceback(None)


def shown(error):
    """The chain that a traceback shows."""
    chain = []
    while error is not None and error not in chain:
        chain.append(error)
        if error.__cause__ is not None:
            error = error.__cause__
        else:
            error = None if error.__suppress_context__ else error.__context__
    return [repr(link) for link in chain]


def is_plain(error):
    return error.__traceback__ is None and error.__cause__ is None and error.__context__ is None


class Failed(Exception):
    """Travels by value."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code = code

    def __reduce__(self):
        return type(self), (self.code, self.args[0])


def raised_from():
    try:
        1 / 0  # noqa: B018
    except ZeroDivisionError as error:
        raise ValueError("bad") from error


def raised_during():
    try:
        1 / 0  # noqa: B018
    except ZeroDivisionError:
        raise ValueError("bad")  # noqa: B904


def raised_from_none():
    try:
        1 / 0  # noqa: B018
    except ZeroDivisionError:
        raise ValueError("bad") from None


def three_deep():
    try:
        raised_during()
    except ValueError as error:
        raise KeyError("k") from error


def cyclic():
    first, second = ValueError(1), TypeError(2)
    first.__cause__, second.__cause__ = second, first
    return first


def noted():
    error = ValueError("x")
    error.__notes__ = ["a", "b"]
    return error


def with_attributes():
    error = KeyError("k")
    error.detail = {"a": [1]}
    return error


def caused_by_group_member():
    error = ValueError("x")
    error.__cause__ = KeyError("k")
    return builtins.ExceptionGroup("g", [error, TypeError("t")])


def syntax_error():
    return caught(compile, "a =\n", "f.py", "exec")


BOTH = ["ValueError('bad')", "ZeroDivisionError('division by zero')"]

entry(
    "file_not_found",
    lambda: FileNotFoundError(2, "no", "f"),
    lambda e: attributes(e, errno=2, strerror="no", filename="f"),
)
entry("os_error_by_errno", lambda: OSError(2, "no", "f"), lambda e: type(e) is FileNotFoundError and e.filename == "f")
entry(
    "os_error_two_files", lambda: OSError(17, "x", "f", None, "g"), lambda e: attributes(e, filename="f", filename2="g")
)
entry(
    "os_error_real", lambda: caught(open, "/no/such/file"), lambda e: attributes(e, errno=2, filename="/no/such/file")
)
entry("blocking", lambda: blocking(), lambda e: attributes(e, errno=11, characters_written=5))
entry(
    "unicode_decode",
    lambda: caught(b"\xff".decode, "utf-8"),
    lambda e: attributes(e, encoding="utf-8", object=b"\xff", start=0, end=1),
)
entry(
    "unicode_encode",
    lambda: caught("é".encode, "ascii"),
    lambda e: attributes(e, encoding="ascii", object="é", start=0, end=1),
)
entry(
    "import_error", lambda: ImportError("m", name="n", path="p"), lambda e: attributes(e, msg="m", name="n", path="p")
)
entry(
    "module_not_found",
    lambda: caught(__import__, "no_such_module"),
    lambda e: e.name == "no_such_module" and type(e) is ModuleNotFoundError,
)
entry("stop_iteration", lambda: StopIteration(5), lambda e: e.value == 5)
entry("stop_async_iteration", lambda: StopAsyncIteration(5), lambda e: e.args == (5,))
entry("system_exit", lambda: SystemExit(3), lambda e: e.code == 3)
entry("key_error", lambda: caught({}.__getitem__, "k"), lambda e: e.args == ("k",) and str(e) == "'k'")
entry(
    "syntax_error",
    syntax_error,
    lambda e: attributes(e, filename="f.py", lineno=1, msg="invalid syntax") and e.text.startswith("a ="),
)
entry(
    "syntax_error_made",
    lambda: SyntaxError("m", ("f", 1, 2, "t")),
    lambda e: attributes(e, msg="m", filename="f", lineno=1, offset=2, text="t"),
)
entry(
    "syntax_error_ends",
    lambda: SyntaxError("m", ("f", 1, 2, "t", 1, 4)),
    lambda e: attributes(e, lineno=1, end_lineno=1, end_offset=4),
    since=(3, 10),
)
entry("syntax_error_short", lambda: SyntaxError("m"), lambda e: attributes(e, msg="m", lineno=None))
entry(
    "indentation_error",
    lambda: caught(compile, "if 1:\na", "f.py", "exec"),
    lambda e: type(e) is IndentationError and e.lineno == 2,
)
entry("attribute_error", lambda: caught(getattr, "text", "nothing"), lambda e: "nothing" in str(e))
entry(
    "attribute_error_parts",
    lambda: caught(getattr, "text", "nothing"),
    lambda e: attributes(e, name="nothing", obj="text"),
    since=(3, 10),
)
entry(
    "attribute_error_of_lock",
    lambda: caught(getattr, LOCK, "nothing"),
    lambda e: e.name == "nothing" and getattr(e, "obj", None) is None,
    since=(3, 10),
)
entry("name_error", lambda: caught(eval, "no_such_name"), lambda e: "no_such_name" in str(e))
entry("name_error_name", lambda: caught(eval, "no_such_name"), lambda e: e.name == "no_such_name", since=(3, 10))
entry("cause", lambda: caught(raised_from), lambda e: shown(e) == BOTH and e.__suppress_context__)
entry("context", lambda: caught(raised_during), lambda e: shown(e) == BOTH and e.__cause__ is None)
entry("cause_none", lambda: caught(raised_from_none), lambda e: shown(e) == BOTH[:1] and e.__suppress_context__)
entry("chain", lambda: caught(three_deep), lambda e: shown(e) == ["KeyError('k')", *BOTH])
entry(
    "no_traceback", lambda: caught(raised_from), lambda e: e.__traceback__ is None and e.__cause__.__traceback__ is None
)
entry("plain_error", lambda: ValueError("x"), is_plain)
entry("cyclic_cause", cyclic, lambda e: e.__cause__.__cause__ is e)
entry("notes", noted, lambda e: e.__notes__ == ["a", "b"])
entry("error_attributes", with_attributes, lambda e: e.detail == {"a": [1]} and e.args == ("k",))
entry("unpicklable_cause", lambda: with_cause(ValueError(LOCK)), lambda e: e.args == ("x",) and e.__cause__ is None)
entry("reduced_by_itself", lambda: Failed(3, "t"), lambda e: (e.code, str(e)) == (3, "t"))
entry(
    "reduced_with_cause",
    lambda: with_cause(KeyError(1), Failed(3, "t")),
    lambda e: e.code == 3 and e.__cause__.args == (1,),
)
entry("error_in_list", lambda: [caught(raised_from)] * 2, lambda e: e[0] is e[1] and shown(e[0]) == BOTH)
entry(
    "group",
    lambda: builtins.ExceptionGroup("g", [ValueError(1), KeyError(2)]),
    lambda e: [x.args for x in e.exceptions] == [(1,), (2,)],
    since=(3, 11),
)
entry(
    "group_base",
    lambda: builtins.BaseExceptionGroup("g", [KeyboardInterrupt()]),
    lambda e: e.message == "g",
    since=(3, 11),
)
entry("group_causes", caused_by_group_member, lambda e: e.exceptions[0].__cause__.args == ("k",), since=(3, 11))


def blocking():
    error = BlockingIOError(11, "x", 5)
    return error


def with_cause(cause, error=None):
    error = error or ValueError("x")
    error.__cause__ = cause
    return error


LOCK = threading.Lock()  # it cannot be pickled
refused("error_argument", lambda: ValueError(sys._getframe()), "frame")
