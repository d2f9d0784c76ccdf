"""What a Codepickle payload refers to.

A payload is an ordinary pickle; the globals that it names are the one-letter functions of this module
(docs/wire-format.md). The file stands alone: standard library only, CPython 3.7 to 3.15, PyPy and
WebAssembly builds. ``dumps(..., self_contained=True)`` ships it inside the payload.

A snippet is compiled, never executed: its code object is dug out of the constants of the compiled text.

Every process that loads a payload imports this: what only some payloads need is imported when they come.
"""

import builtins
import functools
import linecache
import operator
import re
import sys
import types
import warnings
import weakref
from _thread import RLock, _local, get_ident
from importlib import import_module

try:
    # The modules that `hashlib` falls back on: itself it loads OpenSSL, which takes longer than all that is here.
    if sys.implementation.name != "cpython":
        from hashlib import sha256
    elif sys.version_info >= (3, 12):
        from _sha2 import sha256
    else:
        from _sha256 import sha256
except ImportError:
    from hashlib import sha256

try:
    from _pickle import UnpicklingError  # the same: a process that only dumps need not import `pickle`
except ImportError:
    from pickle import UnpicklingError

WIRE_VERSION = 1


def cache_bytes(usual):
    """The bytes that a cache keeps, where the environment variable CODEPICKLE_CACHE_BYTES does not say."""
    text = __import__("os").environ.get("CODEPICKLE_CACHE_BYTES", "").strip()
    return int(text) if text.isdigit() else usual


#: Bytes of source text whose compiled code is kept. 32 MiB hold some 10,000 functions of a kilobyte;
#: what falls out is compiled again.
CODE_CACHE_BYTES = cache_bytes(32 * 1024 * 1024)
_ENTRY_BYTES = 2048  # what code takes besides, if its text is one line


class LoadError(UnpicklingError):
    """A payload cannot be loaded by this Python; the message says what it needs and what to do."""


class WireFormatError(LoadError):
    """The payload was written in a newer wire format than this Codepickle reads."""


class BytecodeVersionError(LoadError):
    """The payload carries bytecode of another Python version, or damaged bytecode."""


class SourceSyntaxError(LoadError, SyntaxError):
    """This Python's grammar does not accept the source text in the payload."""


class MissingModuleError(LoadError, ModuleNotFoundError):
    """The payload needs a module that cannot be imported here."""


def _python():
    name = {"cpython": "CPython", "pypy": "PyPy"}.get(sys.implementation.name, sys.implementation.name)
    return "%s %d.%d" % ((name,) + sys.version_info[:2])


def _magic():
    from importlib.util import MAGIC_NUMBER

    return int.from_bytes(MAGIC_NUMBER[:2], "little")


# --- code ---

#: Stands among the names of future features for what the decorator `types.coroutine` does to a generator's code.
COROUTINE = "types.coroutine"
ITERABLE_COROUTINE = 0x100

_COMPREHENSIONS = frozenset(["<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"])
_CODE = types.CodeType
_FUNCTION = types.FunctionType
#: Before 3.11 a code object does not know its qualified name.
_QUALNAMES_TRAVEL = not hasattr((lambda: None).__code__, "co_qualname")
#: New in 3.11; before, the package exceptiongroup has what they are.
_HAS_GROUPS = hasattr(builtins, "ExceptionGroup")
_lock = RLock()
_codes = {}  # arguments of c(), as they came -> code object, oldest first
_codes_bytes = 0


class _ByIdentity:
    """A weak mapping keyed by identity: code objects of different text may compare equal."""

    __slots__ = ("items",)

    def __init__(self):
        self.items = {}

    def get(self, key, default=None):
        item = self.items.get(id(key))
        return default if item is None or item[0]() is not key else item[1]

    def __contains__(self, key):
        item = self.items.get(id(key))
        return item is not None and item[0]() is key

    def __setitem__(self, key, value):
        items, number = self.items, id(key)

        def forget(ref):
            # PyPy calls back late, when the number may be that of another object.
            item = items.get(number)
            if item is not None and item[0] is ref:
                del items[number]

        items[number] = (weakref.ref(key, forget), value)

    def discard(self, key):
        if key in self:
            del self.items[id(key)]


_sources = _ByIdentity()  # code object -> the arguments of c(), or of d(), that made it
_qualnames = _ByIdentity()  # code object -> qualified name, where the code does not know it (before 3.11)
_methods = _ByIdentity()  # code object of a class body -> name and first line -> code object of a method
_dug = _ByIdentity()  # code object of a class body -> name and first line -> what d() returned
_files = weakref.WeakValueDictionary()  # file name -> code object that c() made of it
# Code object -> the global under which lowered text expects `codepickle._lowered`, or "", and the exception groups that
# it names where they are no builtins.
_helpers = _ByIdentity()
_helped = _helpers.items  # most processes load no such code


def _reset_after_fork():
    global _lock
    _lock = RLock()


if hasattr(__import__("os"), "register_at_fork"):
    __import__("os").register_at_fork(after_in_child=_reset_after_fork)


class _Lines:
    """The lines of a snippet at their real place: what `linecache` holds for it.

    The lines above the snippet are not stored, a function at line 50,000 costs no list of that length; nor is the text
    split before somebody asks.
    """

    __slots__ = ("_lines", "_text", "above")

    def __init__(self, above, text):
        self.above = above
        self._text = text
        self._lines = None

    @property
    def lines(self):
        if self._lines is None:
            lines = re.split("(?<=\n)", self._text.replace("\r\n", "\n").replace("\r", "\n"))
            if lines[-1] == "":
                lines.pop()
            elif not lines[-1].endswith("\n"):
                lines[-1] += "\n"
            self._lines = lines
        return self._lines

    def __len__(self):
        return self.above + len(self.lines)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if index < 0:
            index += len(self)
        if not 0 <= index < len(self):
            raise IndexError("line index out of range")
        return "\n" if index < self.above else self.lines[index - self.above]

    def __iter__(self):
        for index in range(len(self)):
            yield self[index]


def c(*snippet):
    """The code object of a snippet, compiled or from the cache (docs/wire-format.md, Code).

    Raises SourceSyntaxError where this Python's grammar accepts neither the text nor what `older` makes of it.
    """
    try:
        return _codes[snippet]
    except KeyError:
        return _new_code(snippet, *snippet)


def _new_code(
    snippet, text, line, path, header="", trailer="", column=0, decorators=0, futures="", name=None, older=None
):
    key = (text, line, path, header, trailer, column, decorators, futures, name, older)
    filename = snippet_filename(text, path, line, header)
    code = _files.get(filename)
    # What fell out of the cache lives on in functions: it stays one code object.
    if code is None or _sources.get(code) != key:
        code = compile_snippet(*key, filename=filename)
    return _remember(snippet, key, code)


def _remember(snippet, key, code):
    global _codes_bytes
    with _lock:
        found = _codes.setdefault(snippet, code)
        if found is code:
            _codes_bytes += len(key[0]) + _ENTRY_BYTES
            _sources[code] = key
            _files[code.co_filename] = code
            linecache.cache.setdefault(
                code.co_filename, (len(key[0]), None, _Lines(key[1] - 1, " " * key[5] + key[0]), code.co_filename)
            )
            while _codes_bytes > CODE_CACHE_BYTES and len(_codes) > 1:
                oldest = next(iter(_codes))
                dropped = _codes.pop(oldest)
                _codes_bytes -= len(oldest[0]) + _ENTRY_BYTES
                _forget_lines(dropped.co_filename)
    return found


def _forget_lines(filename):
    entry = linecache.cache.get(filename)
    if entry is not None and len(entry) == 4 and isinstance(entry[2], _Lines):
        del linecache.cache[filename]


def snippet_filename(text, path, line, header):
    """The file name under which a snippet is compiled: unique for its content and place."""
    digest = hex_digest(("%d\0%s\0%s" % (line, header, text)).encode("utf-8", "surrogatepass"))
    return "<codepickle %s/%s>" % (digest[:16], path)


def hex_digest(data):
    """SHA-256, in hexadecimal digits."""
    return sha256(data).hexdigest()


def compile_snippet(
    text,
    line,
    path,
    header="",
    trailer="",
    column=0,
    decorators=0,
    futures="",
    name=None,
    older=None,
    filename=None,
    prefix="",
):
    """Compile a snippet and dig its code object out, without a cache.

    `prefix` is one line put above the header (the sender states there what the module imports); it ends in a newline.
    """
    if name is None:
        name = defined_name(text, decorators)
        if not name.isascii():
            from unicodedata import normalize

            name = normalize("NFKC", name)
    if filename is None:
        filename = snippet_filename(text, path, line, header)
    flags = 0
    if futures:
        import __future__

        for feature in futures.split(","):
            flags |= getattr(getattr(__future__, feature, None), "compiler_flag", 0)
    helper, reason, inserted, params = "", None, (), ()
    if older is not None and sys.version_info[:2] < (3, older[0]):
        reason = older[1]
        form = next((form for form in older[2:] if (3, form[0]) <= sys.version_info[:2]), None)
        if form is not None:
            _, helper, changes, inserted = form[:4]
            text = lowered_text(text, changes, inserted)
            params, header = (form[4:] + ((), header)[len(form) - 4 :])[:2]
    whole, shift = _assemble(text, line, path, prefix + header, trailer, column, decorators)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if inserted or params:
                # What is on such a line counts as the line before: tracebacks stay on the lines of the original.
                inserted = [index + line + shift for index in inserted]
                module = import_module("codepickle._lowered").compile_lines(whole, filename, inserted, flags, params)
            else:
                module = _compile(whole, filename, flags, futures)
    except SyntaxError as error:
        raise SourceSyntaxError(
            "the source of %r (%s, line %d) needs another Python than %s: %s. "
            "Load it with the version that it was written for, or avoid the newer syntax."
            % (
                name,
                path,
                line,
                _python(),
                reason or "%s (line %s: %r)" % (error.msg, (error.lineno or 0) - shift, (error.text or "").strip()),
            )
        ) from None
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        raise LoadError("the source of %r (%s, line %d) does not compile: %s" % (name, path, line, error)) from None
    code, qualname = _dig(module, name, line + shift)
    if code is None:
        raise LoadError("the snippet at %s, line %d does not define %r: the payload is damaged" % (path, line, name))
    flags = ITERABLE_COROUTINE if COROUTINE in futures else 0
    if shift or flags:
        code = _change(code, -shift, flags)
    if not hasattr(code, "co_qualname"):
        _qualnames[code] = qualname
    groups = [] if _HAS_GROUPS else set(re.findall(r"\b(?:Base)?ExceptionGroup\b", text))
    if helper or groups:
        _helpers[code] = helper, groups
    return code


def _compile(text, filename, flags, futures):
    """What `compile` returns.

    That makes all classes of `ast` when it is first called, in case it were asked for a tree, which takes twice as long
    as a function does. The native module does not, where there is one.
    """
    native = getattr(sys.modules.get("codepickle._native"), "compile_text", None)
    code = None
    if native is not None and futures in ("", "annotations"):
        code = native(text, filename, futures == "annotations")
    return compile(text, filename, "exec", flags, True) if code is None else code


def defined_name(text, start=0):
    """The name that the `def` or `class` at `start` defines; "<lambda>" where there is none."""
    words = text[start:].replace("\\", " ").split(None, 3) + ["", ""]
    if words[0] == "async":
        del words[0]
    if words[0] not in ("def", "class"):
        return "<lambda>"
    # Without a regular expression: compiling one takes as long as a snippet does.
    name = words[1]
    for end in "([:":
        name = name.partition(end)[0]
    return name


def lowered_text(text, changes, inserted=()):
    """The text with other lines: pairs of an index, from 0, and the line; and the indices of those that are new."""
    lines = re.split("(?<=\n)", text)
    try:
        for index in inserted:
            lines.insert(index, "")
        for index, line in zip(changes[::2], changes[1::2]):
            lines[index] = line
        return "".join(lines)
    except (IndexError, TypeError):
        raise LoadError("the payload is damaged: its text for older Pythons does not fit") from None


def _assemble(text, line, path, header, trailer, column, decorators):
    """What is compiled for a snippet, and by how many lines it stands too low for want of room above.

    Below zero it stands too high: it is far down in its file.
    """
    body = text
    if decorators:
        # Decorators never run, and an old grammar may not know them (any expression: 3.9).
        body = _indent_of(text) + "@_" + "\n" * _count_lines(text[:decorators]) + text[decorators:]
    elif column:
        body = " " * column + text
    blank = line - 1 - header.count("\n")
    shift = max(-blank, 0)
    if blank > _MOST_BLANK and (sys.version_info < (3, 13) or "class" not in text):
        # Lines within code are counted from its first one; from 3.13 on a class keeps its line as a constant.
        shift, blank = _MOST_BLANK - blank, _MOST_BLANK
    return "\n" * blank + header + body + trailer + "\n", shift


#: Empty lines above a snippet, beyond which moving the compiled code takes less time than compiling them.
_MOST_BLANK = 500


def _indent_of(text):
    return text[: len(text) - len(text.lstrip(" \t\f"))]


def _count_lines(text):
    """Line ends as the tokenizer counts them: \\n, \\r\\n and \\r."""
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def _children(code):
    return [const for const in code.co_consts if isinstance(const, _CODE)]


def _dig(code, name, line, qualname=""):
    """The last code object called `name` at `line`, below a chain of single scopes; with its qualified name."""
    while True:
        children = _children(code)
        for child in reversed(children):
            if child.co_name == name and child.co_firstlineno == line:
                return child, qualname + name
        # Not always the last: 3.14 compiles annotations to a function beside what they annotate.
        holding = [child for child in children if _holds(child, name, line)]
        if not holding:
            return None, None
        child = holding[-1]
        if not child.co_name.startswith("<generic parameters"):  # 3.12, PEP 695
            # A class body lacks CO_OPTIMIZED; a comprehension has it, and no <locals> either.
            local = child.co_flags & 1 and child.co_name not in _COMPREHENSIONS
            qualname += child.co_name + (".<locals>." if local else ".")
        code = child


def _holds(code, name, line):
    """Whether a code object called `name` at `line` is somewhere in `code`."""
    pending = _children(code)
    while pending:
        child = pending.pop()
        if child.co_name == name and child.co_firstlineno == line:
            return True
        pending += _children(child)
    return False


def _change(code, by, flags=0):
    """The code `by` lines further down, with more flags."""
    consts = tuple(_change(const, by) if isinstance(const, _CODE) else const for const in code.co_consts)
    first = code.co_firstlineno + by
    flags |= code.co_flags
    if hasattr(code, "replace"):
        return code.replace(co_consts=consts, co_firstlineno=first, co_flags=flags)
    return _CODE(  # 3.7
        code.co_argcount,
        code.co_kwonlyargcount,
        code.co_nlocals,
        code.co_stacksize,
        flags,
        code.co_code,
        consts,
        code.co_names,
        code.co_varnames,
        code.co_filename,
        code.co_name,
        first,
        code.co_lnotab,
        code.co_freevars,
        code.co_cellvars,
    )


def d(code, name, line):
    """The code object of the method `name` whose first line is `line`, in the code of a class body."""
    # As `_dug.get` does: the call would take as long as all the rest.
    item = _dug.items.get(id(code))
    if item is None or item[0]() is not code:
        dug = _dug[code] = {}
    else:
        dug = item[1]
        found = dug.get((name, line))
        if found is not None:
            return found
    method = find_method(code, name, line)
    if not hasattr(method, "co_qualname") and method not in _qualnames:
        _qualnames[method] = "%s.%s" % (_qualnames.get(code, code.co_name), name)
    if code in _helpers:
        _helpers[method] = _helpers.get(code)
    if method not in _sources:
        _sources[method] = (code, name, line)
    dug[name, line] = method
    return method


def find_method(code, name, line):
    """What `d` returns, without remembering where it came from."""
    methods = _methods.get(code)
    if methods is None:
        methods = _methods[code] = {}
        for child in _children(code):
            methods[child.co_name, child.co_firstlineno] = child
            if child.co_name.startswith("<generic parameters"):
                methods.update(((inner.co_name, inner.co_firstlineno), inner) for inner in _children(child))
    try:
        return methods[name, line]
    except KeyError:
        raise LoadError(
            "the source of class %r has no method %r at line %d: the payload is damaged" % (code.co_name, name, line)
        ) from None


def b(magic, version, name, digest, data):
    """The code object in `data` (marshal), if this is the interpreter that wrote it."""
    if magic != _magic() or version != _python():
        raise BytecodeVersionError(
            "%r travels as bytecode of %s (magic number %d), this is %s (magic number %d). Its source was not found "
            "when it was dumped: load it with %s, or dump it where its source is available."
            % (name, version, magic, _python(), _magic(), version)
        )
    import zlib

    if zlib.crc32(data) != digest:
        raise BytecodeVersionError("the bytecode of %r is damaged: its checksum does not match" % name)
    import marshal

    code = marshal.loads(data)
    if not isinstance(code, _CODE):
        raise BytecodeVersionError("the bytecode of %r is no code object" % name)
    return code


# --- functions, cells, modules ---


def f(code, globals=None, closure=None, defaults=None, kwdefaults=None):
    """A function of `code`, which may be the tuple of the arguments of `c` or `d` that make it.

    Without a namespace it is the code object.
    Its cells are in the order of the sorted free variables' names, or in a dict by name: a free variable without a cell
    is one that this version alone counts as free, and never reads.
    """
    if type(code) is tuple and code:
        if type(code[0]) is str:
            try:
                code = _codes[code]
            except KeyError:
                code = _new_code(code, *code)
        else:
            code = d(*code)
    if type(globals) is not dict or type(code) is not _CODE:
        if type(code) is _CODE and globals is None:
            return code
        raise LoadError("the payload is damaged: a function needs a code object and a namespace")
    if "__builtins__" not in globals:
        globals["__builtins__"] = builtins
    if _helped and code in _helpers:
        _bind_helper(globals, _helpers.get(code), code.co_name)
    try:
        function = _FUNCTION(code, globals, None, defaults, closure and _cells(code, closure))
    except TypeError:  # no cells for free variables
        function = _FUNCTION(code, globals, None, defaults, _cells(code, None))
    if kwdefaults is not None:
        function.__kwdefaults__ = kwdefaults
    if _QUALNAMES_TRAVEL:
        qualname = _qualnames.get(code)
        if qualname is not None:
            function.__qualname__ = qualname
    return function


def use_native(functions):
    """Let `functions`, the class `codepickle._native.Functions`, make the functions of code that is known.

    It calls the `f` of this file for all the rest. Before 3.11, where qualified names are looked up, nothing is gained.
    """
    global f
    if not _QUALNAMES_TRAVEL:
        f = functions(f, _codes, _dug.items, _helped)


def _cells(code, closure):
    names = code.co_freevars
    if type(closure) is not tuple:
        return tuple([closure[name] if closure and name in closure else k() for name in names])
    if len(closure) != len(names):
        raise LoadError(
            "the payload is damaged: %r has %d free variables, %d cells came" % (code.co_name, len(names), len(closure))
        )
    if len(names) > 1:
        cells = dict(zip(sorted(names), closure))
        closure = tuple([cells[name] for name in names])
    return closure


def _bind_helper(globals, needed, function):
    name, groups = needed
    for group in groups:
        try:
            globals.setdefault(group, getattr(import_module(_BACKPORTS["builtins"]), group))
        except ImportError:
            break  # The name is unknown, as for any other code there.
    if not name:
        return
    lowered = import_module("codepickle._lowered")
    if globals.setdefault(name, lowered) is not lowered:
        raise LoadError(
            "%r needs the global name %r on %s, for what its syntax is rewritten to, and %r is something else in its "
            "module: rename that" % (function, name, _python(), name)
        )


if hasattr(types, "CellType"):
    k = types.CellType
else:

    def k(*contents):
        """A cell, empty or with contents; `types.CellType` is callable from 3.8."""
        if False:
            cell = None
        made = (lambda: cell).__closure__[0]
        if contents:
            (made.cell_contents,) = contents
        return made


def r(cell, value):
    """Fill a cell. Not by BUILD: PyPy's cells have a `__setstate__` of their own."""
    cell.cell_contents = value


def a(obj, attributes, slots=None):
    """Give a function, or a module made at run time, its `__dict__` entries and its special attributes.

    Not by BUILD: PyPy's functions have a `__setstate__` of their own.
    """
    if attributes:
        obj.__dict__.update(attributes)
        if "__type_params__" in attributes and hasattr(type(obj), "__type_params__"):
            # It came from, or through, a Python before 3.12, where it is an attribute like any other.
            obj.__type_params__ = obj.__dict__.pop("__type_params__")
    if slots:
        for name, value in slots.items():
            if name == "__annotate__":
                _annotate(obj, value)
            else:
                setattr(obj, name, value)


def _annotate(obj, lazy):
    """Let 3.14 and later evaluate the annotations that are text when they are asked for.

    `lazy` has the names of these annotations, and the local variables that their text names.
    """
    if sys.version_info < (3, 14):
        return
    annotationlib = import_module("annotationlib")
    form = annotationlib.Format
    values = dict(obj.__annotations__)
    names, variables = lazy

    def __annotate__(format):
        if format not in (form.VALUE, form.FORWARDREF, form.STRING):
            raise NotImplementedError(format)
        made = {}
        for name, value in values.items():
            if format == form.STRING:
                value = value if isinstance(value, str) else annotationlib.type_repr(value)
            elif name in names:
                try:
                    value = eval(value, _space_of(obj), variables)
                except Exception:
                    if format == form.VALUE:
                        raise
                    value = annotationlib.ForwardRef(value, owner=obj)
            made[name] = value
        return made

    obj.__annotate__ = __annotate__


def _space_of(obj):
    """The globals of a function, or of a class."""
    if not isinstance(obj, type):
        return getattr(obj, "__globals__", {})
    space = dict(vars(sys.modules.get(obj.__module__, builtins)))
    for value in vars(obj).values():
        # What came with the class goes before what is called `__main__` here.
        if isinstance(value, types.FunctionType) and value.__module__ == obj.__module__:
            space.update(value.__globals__)
    return space


def g1(namespace, names):
    """Give a namespace what only the text of annotations names: {name: (module, dotted name in it)}, if it is here."""
    for name, (module, path) in names.items():
        if name not in namespace:
            try:
                namespace[name] = g(module, path) if path else import_module(module)
            except Exception:
                continue


def m(name):
    """The module `name`, imported."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise MissingModuleError(
            "the payload needs the module %r, which is not installed here (%s): install it, or dump it by value "
            "with register_pickle_by_value()" % (error.name or name, _python()),
            name=error.name,
            path=error.path,
        ) from error


def u(name, binds=None):
    """What a lazy import (PEP 810) of 3.15 stands for: a module, or an attribute of one; lazy again from 3.15 on.

    `name` is what was imported, `binds` the global that it was bound to: ``import a.b`` binds ``a``.
    """
    head, _, last = name.rpartition(".")
    if not all(part.isidentifier() for part in name.split(".")):
        raise LoadError("the payload is damaged: %r is no name to import" % name)
    if head and binds == name.split(".")[0]:
        statement, bound = "import %s" % name, binds
    elif head:
        statement, bound = "from %s import %s as _" % (head, last), "_"
    else:
        statement, bound = "import %s as _" % name, "_"
    namespace = {"__name__": __name__}
    try:
        exec(("lazy " if sys.version_info >= (3, 15) else "") + statement, namespace)
    except ImportError:
        m(head or name)  # raises, and says what is missing
        raise
    return namespace[bound]


def v(name, doc=None):
    """A module made at run time; its namespace follows."""
    module = types.ModuleType(name, doc)
    module.__dict__["__builtins__"] = builtins
    return module


def remember_source(code, args):
    """Note that `args` of `c` make `code`: the sender does so for the class texts that it compiled itself."""
    _sources[code] = args


def source_of(code):
    """The arguments of `c` that made `code` here, those of `d` for a method, or None."""
    return _sources.get(code)


def is_loaded(code):
    """Whether `c` made this code object, or one that it is inside of."""
    if code in _sources:
        return True
    pending = [_files.get(code.co_filename)]
    while pending and pending[-1] is not None:
        children = _children(pending.pop())
        if any(child is code for child in children):
            return True
        pending += children
    return False


def file_text(filename):
    """The whole text compiled under `filename` by `c`, by how many lines it stands too low, its futures; or None."""
    code = _files.get(filename)
    if code is None:
        return None
    args = _sources.get(code)
    return _assemble(*args[:7]) + (args[7].replace(COROUTINE, "").strip(","),)


def __getattr__(name):
    if re.match(r"[a-z][0-9]*$", name):

        def newer(*args, **kwargs):
            raise WireFormatError(
                "the payload uses %r of a newer wire format than version %d, the newest that this Codepickle reads: "
                "upgrade Codepickle here (%s)" % (name, WIRE_VERSION, _python())
            )

        return newer
    raise AttributeError("module %r has no attribute %r" % (__name__, name))


# --- classes ---
#
# A class is a skeleton (t, e, n, o), made before its contents so that cycles through it close, and a state (s). Its
# decorators do not run again, nor does a metaclass, an `__init_subclass__` or a `__set_name__` that itself travels:
# what they did is in the state.
#
# A class is recognised by its token: a digest of what it is made of (class_token). The process that defined a class
# resolves the token to that class and leaves it as it is; another process makes one class per token, and a later
# payload brings its attributes up to date.

_NO_DEFAULT = object()
_class_info = _ByIdentity()  # class or type variable -> (token, captured, number, made here by loading)
_by_token = weakref.WeakValueDictionary()
_live = _by_token.data  # token and number -> weak reference: get() of a WeakValueDictionary is written in Python
_unfinished = _ByIdentity()  # skeleton whose state is still to come -> the states of others that wait for it
_kept = _ByIdentity()  # class -> what its own Python cannot say about it, for pickling it again
_building = _local()
_digests = _ByIdentity()  # code of a class body -> unit_digest
_tokens = _ByIdentity()  # code of a class body -> {what else makes a token: the token}
_TOKENS_OF_A_TEXT = 100  # a factory may make any number of classes of one text


def unit_digest(code):
    """A digest of the source text of a class, b"" where there is none."""
    digest = _digests.get(code)
    if digest is None:
        source = _sources.get(code)
        if source is None:
            return b""
        if isinstance(source[0], _CODE):
            digest = sha256(unit_digest(source[0]) + ("%s:%d" % source[1:]).encode("utf-8")).digest()
        else:
            digest = sha256(source[0].encode("utf-8", "surrogatepass")).digest()
        _digests[code] = digest
    return digest


def unit_doc(code):
    """The docstring that the code of a class body sets, as this Python compiles it (3.13 dedents it); or None."""
    names = () if code is None else code.co_names
    if "__doc__" not in names or not all(name[:1] in "_." for name in names[: names.index("__doc__")]):
        return None  # none, or one that a later statement sets
    texts = [const for const in code.co_consts if isinstance(const, str)]
    # The other one is the qualified name. PyPy has the docstring first.
    return texts[1 if texts[0].rpartition(".")[2] == code.co_name else 0] if len(texts) > 1 else None


def class_token(module, qualname, bases=(), captured="", unit=None, meta=None, kind="class"):
    """The token of a class, without the number that tells equal ones in a payload apart.

    A class that travels by reference counts as the package that it is in and its qualified name: modules within the
    standard library and elsewhere are split and moved.
    """
    item = _tokens.items.get(id(unit))
    known = item[1] if item is not None and item[0]() is unit else None
    if not bases and meta is None:
        token = known and known.get((kind, module or "", qualname, captured, ""))
        if token:
            return token
    parts = [kind, module or "", qualname, captured]
    for base in (*bases, meta):
        if base is None:
            parts.append("")
            continue
        item = _class_info.items.get(id(base))
        if item is not None and item[0]() is base:
            parts.append("%s/%d" % item[1][0])
        else:
            name = getattr(base, "__qualname__", "")
            parts.append("%s:%s" % (str(base.__module__).partition(".")[0], _OLD_NAMES.get(name, name)))
    if known is None:
        known = {}
        if unit is not None:
            _tokens[unit] = known
    key = tuple(parts)
    token = known.get(key)
    if token is None:
        digest = sha256()
        for part in parts:
            part = part.encode("utf-8", "surrogatepass")
            digest.update(b"%d:%s" % (len(part), part))
        if unit is not None:
            digest.update(unit_digest(unit))
        token = digest.hexdigest()[:32]
        if len(known) < _TOKENS_OF_A_TEXT:
            known[key] = token
    return token


_OLD_NAMES = {"EnumType": "EnumMeta"}  # 3.11 renamed it and kept the old name


def register(cls, token, captured="", number=0):
    """Note that `cls`, defined in this process, is dumped under `token`: payloads that come back resolve to it."""
    with _lock:
        _class_info[cls] = (token, number), captured, number, False
        _by_token[token, number] = cls


def class_info(cls):
    """((token, number), captured, number, made by loading) of a class dumped or loaded here, else None."""
    return _class_info.get(cls)


def known(token, number):
    """The live class or type variable of that token, or None."""
    return _by_token.get((token, number))


def _track(cls, token, captured, number):
    """The class of that token: `cls`, or the one that another thread made meanwhile."""
    with _lock:
        found = _by_token.get((token, number))
        if found is not None:
            return found
        # Whoever finds the class by its token, without the lock, must find the rest.
        _class_info[cls] = (token, number), captured, number, True
        _unfinished[cls] = []
        _by_token[token, number] = cls
    return cls


def t(module, qualname, bases=(), captured="", number=0, unit=None, meta=None, namespace=None, name=None):
    """The skeleton of a class; its attributes follow by `s`.

    `captured` is the digest of the immutable values that the class was made with, `number` tells equal classes of
    one payload apart, `unit` is the code object of its `class` statement, `meta` its metaclass where that does not
    follow from the bases, `namespace` what must be there when the class is made (`__slots__`), `name` its
    `__name__` where that is not the end of `qualname`.
    """
    token = class_token(module, qualname, bases, captured, unit, meta)
    found = _live.get((token, number))
    if found is not None:
        found = found()
        if found is not None:
            return found
    body = {"__module__": module}
    doc = unit_doc(unit)
    if doc is not None:
        body["__doc__"] = doc
    body.update(namespace or ())
    typing = sys.modules.get("typing")
    if typing is not None and typing.Generic in bases:
        # Generic.__init_subclass__ refuses bases without it; the real ones are in the state.
        body["__orig_bases__"] = ()
    cls = _new_class(name or qualname.rpartition(".")[2], tuple(bases), body, meta)
    _identify(cls, module, qualname)
    return _track(cls, token, captured, number)


def _identify(cls, module, qualname):
    set_attribute = _own_metaclass(type(cls)).__setattr__
    set_attribute(cls, "__qualname__", qualname)
    if cls.__dict__.get("__module__") != module:
        set_attribute(cls, "__module__", module)


def _own_metaclass(meta):
    """The first metaclass that did not travel: its methods may run, those of one that travels may not."""
    for base in meta.__mro__:
        if base not in _class_info:
            return base
    return type


def _new_class(name, bases, body, meta, make=None):
    if meta is None:
        meta = type
        for base in bases:
            if issubclass(type(base), meta):
                meta = type(base)
    if make is None:
        make = _call_metaclass
    own = _own_metaclass(meta)
    try:
        with _without_hooks(bases, False):
            return make(own, meta, name, bases, body)
    except TypeError:
        # An imported __init_subclass__ or metaclass that needs the keywords of the class statement: what they did is
        # in the state.
        plain = own
        for plain in own.__mro__:
            if getattr(plain, "__module__", None) in ("abc", "builtins", "typing", "enum", "_py_abc"):
                break
        with _without_hooks(bases, True):
            return make(plain, meta, name, bases, body)


def _call_metaclass(own, meta, name, bases, body):
    if own is meta and own.__module__ not in ("builtins", "abc"):
        namespace = meta.__prepare__(name, bases)
        namespace.update(body)
        return meta(name, bases, namespace)
    return own.__new__(meta, name, bases, body)


def _is_python(method):
    # PyPy's builtin functions are functions, with a code object of another type.
    function = getattr(method, "__func__", method)
    return isinstance(function, types.FunctionType) and isinstance(function.__code__, _CODE)


class _without_hooks:
    """Skip the `__init_subclass__` of bases that travel, of all bases if `every`, for the class made in this thread."""

    def __init__(self, bases, every):
        self.every = every
        self.parents = parents = []
        for base in bases:
            for parent in base.__mro__:
                hook = parent.__dict__.get("__init_subclass__")
                if hook is None or any(parent is seen for seen in parents):
                    continue
                if parent in _class_info or (every and _is_python(hook)):
                    parents.append(parent)
        self.hooks = []

    def __enter__(self):
        if self.parents:
            _lock.acquire()
            # Read again: what was there without the lock may be the replacement of another thread.
            self.hooks = [(parent, parent.__dict__["__init_subclass__"]) for parent in self.parents]
            for parent, hook in self.hooks:
                type.__setattr__(parent, "__init_subclass__", self.replace(parent, hook))

    def replace(self, parent, hook):
        thread, every = get_ident(), self.every

        def __init_subclass__(cls, **kwargs):
            if get_ident() != thread:
                return hook.__get__(None, cls)(**kwargs)
            if not every:
                super(parent, cls).__init_subclass__(**kwargs)

        return classmethod(__init_subclass__)

    def __exit__(self, *error):
        if self.parents:
            for parent, hook in self.hooks:
                type.__setattr__(parent, "__init_subclass__", hook)
            _lock.release()


def s(cls, state):
    """Fill a class: `state` is a dict of attributes, or a tuple that ends in that dict and a dict of declarations.

    The declarations: `a` names of the abstract methods, sorted; `r` the registered subclasses of an ABC; `p` whether
    a Protocol checks at run time; `m` the members of an enum; `n` the defaults and docstrings of a namedtuple; `k`
    the key sets of a TypedDict. A dataclass has its `d1` before them in the tuple.

    The class is left alone if it was defined in this process. One thread fills at a time: of several that load
    one payload, each finds the class as another has left it.
    """
    item = _class_info.items.get(id(cls))
    if item is not None and item[0]() is cls and item[1][3]:
        with _lock:
            if type(state) is dict or not _waits(cls, state, _fill):
                _fill(cls, state)
    return cls


def _waits(cls, state, then):
    """Whether a dataclass has to wait for a base, whose fields must be there before its methods can be made."""
    if type(state) is tuple and len(state) == 3:
        for base in cls.__mro__[1:]:
            waiting = _unfinished.get(base)
            if waiting is not None and "__dataclass_fields__" not in base.__dict__:
                waiting.append((then, cls, state))
                return True
    return False


_set_type_attribute = type.__setattr__


def _fill(cls, state):
    attributes, declarations = state[-2:] if type(state) is tuple else (state, None)
    if type(cls) is type:  # neither an enum nor a protocol
        for name, value in attributes.items():
            _set_type_attribute(cls, name, value)
    else:
        set_attribute = _own_metaclass(type(cls)).__setattr__
        members = set(cls.__dict__.get("_member_map_", ()))  # a newer Python may see no member there
        for name, value in attributes.items():
            if name not in members:
                set_attribute(cls, name, value)
    if declarations:
        for key, apply in _DECLARATIONS:
            if key in declarations:
                apply(cls, declarations[key])
    own = cls.__dict__
    if "_is_protocol" in own:
        _protocol(cls)
    if "_field_defaults" in own:
        _typed_fields(cls)
    if not _unfinished.items:
        return
    waiting = _unfinished.get(cls)
    if waiting is not None:
        _unfinished.discard(cls)
        for then, late, its_state in waiting:
            if not _waits(late, its_state, then):
                then(late, its_state)


def _abstract(cls, names):
    cls.__abstractmethods__ = frozenset(names)


def _registered(cls, subclasses):
    import abc

    for subclass in subclasses:
        abc.ABCMeta.register(cls, subclass)


def _protocol(cls):
    """What `typing` computed of the still empty class (3.12+)."""
    typing = sys.modules.get("typing")
    members = getattr(typing, "_get_protocol_attrs", None)
    if members is not None and "__protocol_attrs__" in cls.__dict__:
        cls.__protocol_attrs__ = members(cls)
        if "__callable_proto_members_only__" in cls.__dict__:  # 3.12 alone
            cls.__callable_proto_members_only__ = all(_is_callable(cls, name) for name in cls.__protocol_attrs__)


def _is_callable(cls, name):
    try:
        return callable(getattr(cls, name, None))
    except Exception:  # a property of the class, which the user wrote
        return False


def _runtime_protocol(cls, flag):
    _protocol(cls)
    if flag:
        (getattr(sys.modules.get("typing"), "runtime_checkable", None) or g("typing", "runtime_checkable"))(cls)


# --- enums ---


class _Entry:
    """Stands for a member while the enum is made."""

    __slots__ = ("args", "given", "value")

    def __init__(self, value, args, given):
        self.value = value
        self.args = args
        self.given = given  # whether the arguments are those of the type's own reduce value


def e(
    module,
    qualname,
    bases,
    members,
    captured="",
    number=0,
    unit=None,
    meta=None,
    opaque=(),
    data=None,
    boundary=None,
    name=None,
):
    """The skeleton of an enum, with its members; arguments as `t`.

    `members` maps names to values in the order of definition. Those named in `opaque` have the name of the member
    that they stand for in place of the value: the value is no plain constant and follows by `s`. `data` maps names to
    the arguments of the mixed-in type where they are not the value; `boundary` is the name of a flag's boundary.

    The enum is made by this Python's own `enum`, without running an `__new__` or `__init__` that travels.
    """
    token = class_token(module, qualname, bases, captured, unit, meta, "enum")
    found = known(token, number)
    if found is not None:
        return found
    import enum

    entries = {}
    placeholders = {}
    for key, value in members.items():
        if key in opaque:
            value = placeholders.setdefault(value, object())
        given = (data or {}).get(key)
        entries[key] = _Entry(value, (value,) if given is None else given, given is not None)

    def make(own, meta, name, bases, body):
        if not issubclass(own, enum.EnumMeta):
            own = enum.EnumMeta
        namespace = enum.EnumMeta.__prepare__(name, bases)
        for key, value in body.items():
            namespace[key] = value
        namespace["__new__"] = _new_member
        namespace["__init__"] = _init_member
        for key, value in entries.items():  # not update(), which passes by the bookkeeping before 3.11
            namespace[key] = value
        kinds = getattr(enum, "FlagBoundary", None)
        if boundary is not None and kinds is not None:  # 3.11
            return own.__new__(meta, name, bases, namespace, boundary=getattr(kinds, boundary, None))
        return own.__new__(meta, name, bases, namespace)

    body = {"__module__": module, "__qualname__": qualname}
    if "__doc__" not in body and sys.version_info < (3, 11):
        body["__doc__"] = None  # else "An enumeration."
    cls = _new_class(name or qualname.rpartition(".")[2], tuple(bases), body, meta, make)
    _identify(cls, module, qualname)
    for key in ("__init__", "__new_member__"):
        if key in cls.__dict__:
            type.__delattr__(cls, key)
    _enum_constructor(cls, None)
    return _track(cls, token, captured, number)


def _new_member(cls, *args):
    entry = args[0]
    while isinstance(entry, tuple):
        entry = entry[0]
    data_type = cls._member_type_
    for base in data_type.__mro__:
        new = base.__dict__.get("__new__")
        if new is not None and (not _is_python(new) or (entry.given and base not in _class_info)):
            break  # not one that travels; a builtin class, which is written in Python on PyPy
    member = object.__new__(cls) if base is object else base.__new__(cls, *entry.args)
    member._value_ = entry.value
    return member


def _init_member(self, *args):
    pass


def _enum_constructor(cls, user):
    """Set what `enum` keeps about the `__new__` of the class: the user's, or the one that is inherited."""
    if user is not None:
        cls.__new_member__ = user
    if "_use_args_" not in cls.__dict__:  # before 3.11
        return
    try:
        new, _, use_args = type(cls)._find_new_(
            {} if user is None else {"__new__": user}, *type(cls)._get_mixins_(cls.__name__, cls.__bases__)
        )
    except Exception:
        return
    cls._new_member_ = new
    cls._use_args_ = use_args


def _enum_members(cls, declared):
    """`declared`: the user's `__new__`, {member: its attributes}, {member: its value}."""
    user, attributes, values = declared
    if user is not None:
        _enum_constructor(cls, getattr(user, "__func__", user))
    for name, value in (values or {}).items():
        member = cls._member_map_[name]
        try:
            if cls._value2member_map_.get(member._value_) is member:
                del cls._value2member_map_[member._value_]
        except TypeError:
            pass
        member._value_ = value
        try:
            cls._value2member_map_.setdefault(value, member)
        except TypeError:
            unhashable = cls.__dict__.get("_unhashable_values_")  # 3.12
            if unhashable is not None and not any(value is other for other in unhashable):
                unhashable.append(value)
            by_name = cls.__dict__.get("_unhashable_values_map_")  # 3.13
            if by_name is not None:
                by_name.setdefault(name, [])
                if not any(value is other for other in by_name[name]):
                    by_name[name].append(value)
    for name, items in (attributes or {}).items():
        member = cls._member_map_[name]
        for key, value in items.items():
            object.__setattr__(member, key, value)


# --- dataclasses ---


def d1(cls, fields, hints=None, flags=None, post_init=False, absent=()):
    """Make `cls` a dataclass by this Python's own `dataclasses`, before its attributes come.

    `fields` are those that the class itself declares: a name, or a tuple of the name and a dict: the arguments of
    `field()` that are not the default, and `kind`: "c" for a ClassVar, "i" for an InitVar. `hints` are the
    annotations, `flags` the arguments of the decorator that are not the default, `post_init` tells whether the
    generated `__init__` calls `__post_init__`, `absent` names generated methods that were deleted.
    """
    state = fields, hints or {}, (flags or {}, post_init, absent)
    with _lock:
        info = _class_info.get(cls)
        if info is not None and info[3] and not _waits(cls, state, _dataclass):
            _dataclass(cls, state)


def _dataclass(cls, state):
    fields, annotations, (flags, post_init, absent) = state
    set_attribute = _own_metaclass(type(cls)).__setattr__
    if "__dataclass_fields__" in cls.__dict__:
        if annotations:
            set_attribute(cls, "__annotations__", annotations)
        return
    import dataclasses
    import typing

    fields = [(entry, {}) if isinstance(entry, str) else entry for entry in fields]
    hints, slots, late, keywords = {}, {}, {}, set()
    for name, options in fields:
        options = dict(options)
        kind = options.pop("kind", None)
        hints[name] = {"c": typing.ClassVar, "i": dataclasses.InitVar}.get(kind, object)
        if options.get("kw_only"):
            keywords.add(name)
        if sys.version_info < (3, 10):
            options.pop("kw_only", None)
        if sys.version_info < (3, 14):
            options.pop("doc", None)
        slot = cls.__dict__.get(name)
        if isinstance(slot, types.MemberDescriptorType):
            slots[name] = slot
        default = options.get("default", _NO_DEFAULT)
        if default is not _NO_DEFAULT:
            if kind != "c" and type(default).__hash__ is None:
                # 3.11 refuses every unhashable default, older ones lists, dicts and sets.
                late[name] = default
                options["default"] = default = _Late()
            if name in slots and options.get("init") is False:
                # A slot has no class attribute to fall back to; 3.10 leaves it unset.
                late[name] = default
                del options["default"]
                options["default_factory"] = lambda default=default: default
        set_attribute(cls, name, dataclasses.field(**options))
    set_attribute(cls, "__annotations__", hints)
    arguments = dict(flags)
    for name in ("slots", "weakref_slot"):
        arguments.pop(name, None)
    if sys.version_info < (3, 10):
        arguments.pop("match_args", None)
        for base in cls.__mro__[1:]:
            keywords.update(_kept.get(base, {}).get("kw_only", ()))
        if keywords:
            _kept[cls] = {"kw_only": tuple(sorted(keywords))}
    own_init = bool(keywords) and sys.version_info < (3, 10) and arguments.get("init", True)
    if own_init:
        arguments["init"] = False
    post_init = post_init and "__post_init__" not in cls.__dict__
    if post_init:
        set_attribute(cls, "__post_init__", None)
    doc = cls.__dict__.get("__doc__")
    set_attribute(cls, "__doc__", " ")
    dataclasses.dataclass(cls, **arguments)
    if doc is None and "__doc__" not in absent:
        doc = Signature()
    set_attribute(cls, "__doc__", doc)
    for name, slot in slots.items():
        set_attribute(cls, name, slot)
    _late_defaults(cls, late, slots, set_attribute, dataclasses.MISSING)
    if own_init:
        set_attribute(cls, "__init__", _keyword_init(cls, keywords, dataclasses.MISSING, flags))
    if post_init:
        _own_metaclass(type(cls)).__delattr__(cls, "__post_init__")
    params = cls.__dataclass_params__
    for name, value in list(flags.items()) + [("init", flags.get("init", True))]:
        if hasattr(params, name):
            setattr(params, name, value)
    if keywords and hasattr(params, "kw_only"):  # 3.12
        params.kw_only = all(options.get("kw_only") for _, options in fields if options.get("kind") != "c")
    if flags.get("slots") and flags.get("frozen"):
        for name, method in (("__getstate__", _get_state), ("__setstate__", _set_state)):
            set_attribute(cls, name, getattr(dataclasses, "_dataclass%sstate" % name[2:6], method))
    set_attribute(cls, "__annotations__", annotations)
    own = cls.__dict__["__dataclass_fields__"]
    for name, _ in fields:
        if name in annotations:
            own[name].type = annotations[name]
    _sign(cls.__dict__.get("__init__"), own)
    for name in DATACLASS_METHODS:
        note_made(cls, name, cls.__dict__.get(name))
    for name in absent:
        if name in cls.__dict__ and name != "__doc__":
            _own_metaclass(type(cls)).__delattr__(cls, name)


DATACLASS_METHODS = (
    "__init__",
    "__repr__",
    "__eq__",
    "__lt__",
    "__le__",
    "__gt__",
    "__ge__",
    "__setattr__",
    "__delattr__",
    "__hash__",
)


def f1(name, options):
    """A field of a dataclass that something else than its class holds; `options` as those of `d1`; its type follows."""
    import dataclasses

    field = dataclasses.field()
    options = dict(options)
    kind = {"c": "_FIELD_CLASSVAR", "i": "_FIELD_INITVAR"}.get(options.pop("kind", None), "_FIELD")
    if name is not None:
        field._field_type = getattr(dataclasses, kind)
    field.name = name
    options["metadata"] = types.MappingProxyType(options.pop("metadata", {}))
    for option, value in options.items():
        if hasattr(field, option):
            setattr(field, option, value)
    return field


class Signature:
    """The docstring that `dataclasses` makes of the signature, when it is asked for: it costs a parse."""

    def __get__(self, obj, cls):
        return signature_doc(cls)


def signature_doc(cls):
    """The docstring that this Python's `dataclasses` generates for `cls`."""
    import inspect

    options = {}
    if sys.version_info >= (3, 14):
        options["annotation_format"] = import_module("annotationlib").Format.FORWARDREF
    try:
        return cls.__name__ + str(inspect.signature(cls, **options)).replace(" -> None", "")
    except (TypeError, ValueError):
        return cls.__name__


def _sign(init, fields):
    """Give a generated `__init__` the types of the fields."""
    if isinstance(init, types.FunctionType):
        signature = {f.name: f.type for f in fields.values() if f.init and f._field_type.name != "_FIELD_CLASSVAR"}
        signature["return"] = None
        init.__annotations__ = signature


class _Late:
    """Stands for an unhashable default."""


def _late_defaults(cls, late, slots, set_attribute, missing):
    """Put the unhashable defaults where their stand-ins are."""
    if not late:
        return
    fields = cls.__dict__["__dataclass_fields__"]
    stand_ins = {id(fields[name].default): value for name, value in late.items()}
    init = cls.__dict__.get("__init__")
    if isinstance(init, types.FunctionType):
        if init.__defaults__:
            init.__defaults__ = tuple([stand_ins.get(id(value), value) for value in init.__defaults__])
        if init.__kwdefaults__:
            init.__kwdefaults__ = {k: stand_ins.get(id(value), value) for k, value in init.__kwdefaults__.items()}
    for name, value in late.items():
        fields[name].default = value
        fields[name].default_factory = missing
        if name not in slots:
            set_attribute(cls, name, value)


def _keyword_init(cls, keywords, missing, flags):
    """The `__init__` of a dataclass with keyword-only fields, which `dataclasses` makes from 3.10 on."""
    space = {"unset": _NO_DEFAULT, "set_attribute": object.__setattr__}
    plain, named, body, late = [], [], [], []
    fields = [f for f in cls.__dict__["__dataclass_fields__"].values() if f._field_type.name != "_FIELD_CLASSVAR"]
    this = "self"
    while any(field.name == this for field in fields):
        this += "_"
    for number, field in enumerate(fields):
        initvar = field._field_type.name == "_FIELD_INITVAR"
        value = field.name
        parameter = field.name
        if field.default is not missing:
            space["d%d" % number] = field.default
            parameter += "=d%d" % number
        elif field.default_factory is not missing:
            space["f%d" % number] = field.default_factory
            parameter += "=unset"
            value = "f%d()" % number
            if field.init:
                value = "%s if %s is unset else %s" % (value, field.name, field.name)
        if field.init:
            (named if field.name in keywords else plain).append(parameter)
        elif field.default_factory is missing:
            continue
        if initvar:
            late.append(field.name)
        elif flags.get("frozen"):
            body.append("set_attribute(%s, %r, %s)" % (this, field.name, value))
        else:
            body.append("%s.%s = %s" % (this, field.name, value))
    if hasattr(cls, "__post_init__"):
        body.append("%s.__post_init__(%s)" % (this, ", ".join(late)))
    parameters = [this] + plain + (["*"] + named if named else [])
    # The names get a scope of their own, so that a field may be called as one of them.
    text = "def make(%s):\n def __init__(%s):\n  %s\n return __init__\n" % (
        ", ".join(space),
        ", ".join(parameters),
        "\n  ".join(body or ["pass"]),
    )
    made = {}
    exec(text, {"__builtins__": builtins, "__name__": cls.__module__}, made)
    init = made["make"](**space)
    init.__qualname__ = cls.__qualname__ + ".__init__"
    return init


def _get_state(self):
    return [getattr(self, name) for name in _state_names(self)]


def _set_state(self, state):
    for name, value in zip(_state_names(self), state):
        object.__setattr__(self, name, value)


def _state_names(self):
    return [f.name for f in type(self).__dataclass_fields__.values() if f._field_type.name == "_FIELD"]


def kept(cls):
    """What was received with a class loaded here and cannot be seen on it: a dict."""
    return _kept.get(cls, {})


# --- attrs ---


def t1(kind, *args):
    """What attrs keeps on a class, by the attrs that is here, of the values that it knows.

    ``t1("a", values)`` is an Attribute, ``t1("t", name, attributes)`` the tuple of them, ``t1("p", values)`` the
    properties of the class, None for an attrs without them.
    """
    make = m("attr._make")
    if kind == "t":
        return make._make_attr_tuple_class(args[0], [item.name for item in args[1]])(args[1])
    values = args[0]
    if kind == "p":
        props = getattr(make, "ClassProps", None)  # 25.4
        if props is None:
            return None
        made = props.__new__(props)
    else:
        made = make.Attribute.__new__(make.Attribute)
        values = dict({"inherited": False, "alias": values["name"].lstrip("_"), "alias_is_default": True}, **values)
    for name in type(made).__slots__:
        if name[:2] != "__":
            value = values.get(name)
            if kind == "p" and type(value) is tuple:
                value = getattr(getattr(props, value[0]), value[1])
            object.__setattr__(made, name, value)
    return made


# --- generated methods that something else than their class holds ---

_made = _ByIdentity()  # function that a library generated for a class -> weak reference to the class, its name


def note_made(cls, name, function):
    """Note that `function` is what a library generated as the method `name` of `cls`."""
    function = getattr(function, "__func__", function)
    if isinstance(function, types.FunctionType):
        _made[function] = weakref.ref(cls), name


def made_for(function):
    """(class, name) of a generated method, as far as that is known, else None."""
    found = _made.get(function)
    cls = found and found[0]()
    return None if cls is None else (cls, found[1])


def z1(cls, name, fresh=False):
    """The method `name` as a library generates it for `cls`, whatever the class has under that name by now.

    That of the class itself, or another one like it: always another one if `fresh`, to be changed.
    """
    own = cls.__dict__.get(name)
    if not fresh and made_for(getattr(own, "__func__", own)) == (cls, name):
        return getattr(own, "__func__", own)
    found = generate(cls, (name,)).get(name)
    if found is None:
        raise LoadError("the payload is damaged: no library generates %s.%s" % (cls.__qualname__, name))
    note_made(cls, name, found)
    return found


def generate(cls, names, post_init=None, slots=False):
    """{name: function}: methods that a library generates for `cls`, made anew from the declaration."""
    own = cls.__dict__
    scratch = object
    if "__dataclass_fields__" in own:
        scratch = scratch_dataclass(cls, names, post_init, slots)
    elif "_fields" in own:
        import collections

        scratch = collections.namedtuple(cls.__name__, cls._fields, rename=True)
    functions = {}
    for name in names if scratch is not object else ():
        # The class is held meanwhile: a garbage collection would empty its dict.
        function = getattr(scratch.__dict__.get(name), "__func__", scratch.__dict__.get(name))
        if isinstance(function, types.FunctionType):
            functions[name] = function
            if "_fields" in own and name == "__new__":
                defaults = [cls._field_defaults[field] for field in cls._fields if field in cls._field_defaults]
                function.__defaults__ = tuple(defaults) or None
    return functions


def scratch_dataclass(cls, names=(), post_init=None, slots=False):
    """A dataclass that inherits all fields of `cls`, so that `dataclasses` makes methods for them."""
    import dataclasses

    own = cls.__dict__
    fields, params = own["__dataclass_fields__"], own["__dataclass_params__"]
    base = type("base", (), {"__dataclass_fields__": fields, "__dataclass_params__": params})
    space = {"__module__": cls.__module__, "__qualname__": cls.__qualname__, "__doc__": " "}
    if hasattr(cls, "__post_init__") if post_init is None else post_init:
        space["__post_init__"] = None
    made = type(cls.__name__, (base,), space)
    flags = {"order": "__lt__" in names, "unsafe_hash": True, "frozen": params.frozen}
    if slots:
        flags["slots"] = True
    keywords = _kept.get(cls, {}).get("kw_only")
    if keywords:
        flags["init"] = False
        made.__init__ = _keyword_init(cls, keywords, dataclasses.MISSING, {"frozen": params.frozen})
    made = dataclasses.dataclass(**flags)(made)
    _sign(made.__dict__.get("__init__"), fields)
    for name in ("__setattr__", "__delattr__"):
        function = made.__dict__.get(name)
        for variable, cell in zip(function.__code__.co_freevars, function.__closure__) if function else ():
            if variable in ("cls", "__class__"):  # the latter: 3.14
                cell.cell_contents = cls
    return made


def a1(function, state):
    """Change a function by what `a` takes after it."""
    a(function, *state)


# --- named tuples, typed dicts ---


def n(module, qualname, fields, captured="", number=0, unit=None, bases=None, name=None):
    """The skeleton of a namedtuple class, made by this Python's own `collections.namedtuple`; arguments as `t`.

    `bases` are given for a generic one.
    """
    token = class_token(module, qualname, bases or (), captured, unit, None, "namedtuple")
    found = known(token, number)
    if found is not None:
        return found
    import collections

    cls = collections.namedtuple(name or qualname.rpartition(".")[2], fields, rename=True)
    _identify(cls, module, qualname)
    if bases:
        try:
            cls.__bases__ = bases
            generic = bases[-1].__dict__["__class_getitem__"]
            cls.__class_getitem__ = classmethod(generic.__func__)
        except (TypeError, KeyError, AttributeError):
            pass  # Generic named tuples are of 3.11.
    for method in list(cls.__dict__):
        if method != "__replace__":  # 3.13: a second name of _replace
            note_made(cls, method, cls.__dict__[method])
    return _track(cls, token, captured, number)


def _try_to_set(obj, name, value):
    try:
        setattr(obj, name, value)
    except (AttributeError, TypeError):
        return


def _namedtuple(cls, declared):
    """`declared`: the defaults of the last fields, {field: docstring}."""
    defaults, docs = declared
    if made_for(cls.__new__):
        cls.__new__.__defaults__ = defaults
    cls._field_defaults = dict(zip(cls._fields[len(cls._fields) - len(defaults) :], defaults)) if defaults else {}
    for name, doc in docs.items():
        _try_to_set(cls.__dict__[name], "__doc__", doc)


def _typed_fields(cls):
    """What `typing.NamedTuple` adds to a namedtuple."""
    annotations = vars(cls).get("__annotations__")
    if annotations:
        if sys.version_info < (3, 9):
            cls._field_types = annotations
        else:
            import typing

            if "__orig_bases__" not in cls.__dict__:
                cls.__orig_bases__ = (typing.NamedTuple,)


def o(module, qualname, captured="", number=0, unit=None, total=True, parameters=None, name=None):
    """The skeleton of a TypedDict class, a `dict` subclass where there is no TypedDict; arguments as `t`.

    `parameters` are the type variables of a generic one.
    """
    token = class_token(module, qualname, (), captured, unit, None, "TypedDict")
    found = known(token, number)
    if found is not None:
        return found
    name = name or qualname.rpartition(".")[2]
    cls = None
    try:
        typed_dict = g("typing", "TypedDict")
        if parameters:
            try:
                import typing

                cls = types.new_class(name, (typed_dict, typing.Generic[parameters]), {"total": total})
            except TypeError:
                pass  # Generic typed dicts are of 3.11.
        if cls is None:
            cls = typed_dict(name, {}, total=total)
    except (LoadError, TypeError):
        cls = type(name, (dict,), {"__total__": total, "__annotations__": {}})
    _identify(cls, module, qualname)
    return _track(cls, token, captured, number)


def _typed_dict_keys(cls, keys):
    for name, items in keys.items():
        setattr(cls, name, frozenset(items))
    if "__mutable_keys__" not in keys and hasattr(cls, "__mutable_keys__"):  # 3.13
        cls.__mutable_keys__ = cls.__required_keys__ | cls.__optional_keys__


_DECLARATIONS = (
    ("a", _abstract),
    ("r", _registered),
    ("p", _runtime_protocol),
    ("m", _enum_members),
    ("n", _namedtuple),
    ("k", _typed_dict_keys),
    ("l", _annotate),
)


# --- names and types that not every Python has ---


def g(module, name):
    """The object `name`, a dotted path, of a module of the standard library; or what stands for it in older Pythons."""
    found = m(module)
    try:
        for part in name.split("."):
            found = getattr(found, part)
        return found
    except AttributeError:
        pass
    backport = _BACKPORTS.get(module)
    if backport is not None:
        try:
            return getattr(import_module(backport), name)
        except (ImportError, AttributeError):
            pass
    make = _STAND_INS.get((module, name))
    if make is not None:
        key = "_stand_in_" + name
        try:
            if key not in globals():
                globals()[key] = make()
            return globals()[key]
        except ImportError:  # `_lowered_types` is not in every self-contained payload
            pass
    hint = "" if backport is None else "; the package %s may have it" % backport
    raise LoadError("the payload needs %s.%s, which %s does not have%s" % (module, name, _python(), hint))


_BACKPORTS = {"typing": "typing_extensions", "builtins": "exceptiongroup"}


def _protocol_stand_in():
    """typing.Protocol is of 3.8."""
    import abc

    return abc.ABCMeta("Protocol", (object,), {"__module__": "typing", "__slots__": (), "_is_protocol": True})


def _cached_property_stand_in():
    """functools.cached_property is of 3.8."""

    class cached_property:
        def __init__(self, func):
            self.func = func
            self.attrname = None
            self.__doc__ = func.__doc__

        def __set_name__(self, owner, name):
            self.attrname = name

        def __get__(self, instance, owner=None):
            if instance is None:
                return self
            found = instance.__dict__.get(self.attrname, _NO_DEFAULT)
            if found is _NO_DEFAULT:
                found = instance.__dict__[self.attrname] = self.func(instance)
            return found

    return cached_property


def _str_enum_stand_in():
    """enum.StrEnum is of 3.11."""
    import enum

    cls = enum.EnumMeta.__new__(
        enum.EnumMeta, "StrEnum", (str, enum.Enum), enum.EnumMeta.__prepare__("StrEnum", (str, enum.Enum))
    )
    cls.__module__ = "enum"
    cls.__str__ = str.__str__
    cls.__format__ = str.__format__
    cls._generate_next_value_ = lambda name, start, count, last_values: name.lower()
    return cls


def _singledispatchmethod_stand_in():
    """functools.singledispatchmethod is of 3.8."""
    import functools

    class singledispatchmethod:
        def __init__(self, func):
            self.dispatcher = functools.singledispatch(func)
            self.func = func

        def register(self, cls, method=None):
            return self.dispatcher.register(cls, func=method)

        def __get__(self, instance, owner=None):
            def _method(*args, **kwargs):
                return self.dispatcher.dispatch(args[0].__class__).__get__(instance, owner)(*args, **kwargs)

            _method.register = self.register
            functools.update_wrapper(_method, self.func)
            return _method

    return singledispatchmethod


def _enum_property_stand_in():
    return types.DynamicClassAttribute


def _same(obj):
    return obj


def _lowered_types():
    """What lowered text takes for classes that `typing` lacks: what travels must be of the same."""
    return import_module("codepickle._lowered_types")


_STAND_INS = {
    ("dataclasses", "KW_ONLY"): lambda: "KW_ONLY",  # an annotation
    ("typing", "Protocol"): _protocol_stand_in,
    ("typing", "final"): lambda: _same,
    ("typing", "override"): lambda: _same,
    ("typing", "runtime_checkable"): lambda: _same,
    ("typing", "NoDefault"): lambda: _lowered_types().NoDefault,
    ("typing", "ParamSpec"): lambda: _lowered_types().ParamSpec,
    ("typing", "TypeAliasType"): lambda: _lowered_types().TypeAliasType,
    ("typing", "TypeVarTuple"): lambda: _lowered_types().TypeVarTuple,
    ("functools", "cached_property"): _cached_property_stand_in,
    ("functools", "singledispatchmethod"): _singledispatchmethod_stand_in,
    ("enum", "StrEnum"): _str_enum_stand_in,
    ("enum", "ReprEnum"): lambda: __import__("enum").Enum,
    ("enum", "property"): _enum_property_stand_in,
    ("enum", "EnumType"): lambda: __import__("enum").EnumMeta,
    ("types", "NoneType"): lambda: type(None),
    ("types", "EllipsisType"): lambda: type(Ellipsis),
    ("types", "NotImplementedType"): lambda: type(NotImplemented),
    ("types", "CellType"): lambda: type(_a_cell()),
}


def _a_cell():
    cell = None
    return (lambda: cell).__closure__[0]


def h(kind, *args):
    """A type hint, or the nearest that this Python has: a hint never keeps a payload from loading.

    ``h("c", module, name)`` is a class, its name as text where it is not found, ``h("n", name)`` the member of
    `typing`, ``h("s", origin, parameters)`` the subscription of a class or of the `typing` member of that name,
    ``h("u", members)`` a union, ``h("o", members)`` one written with ``|``, ``h("f", text)`` a forward reference.
    """
    import typing

    try:
        if kind == "n":
            return _typing_name(args[0])
        if kind == "c":
            try:
                return g(*args)
            except Exception:
                return "%s.%s" % args
        if kind == "o":
            try:
                return functools.reduce(operator.or_, args[0])
            except TypeError:  # before 3.10, and where a member is but a name here
                return typing.Union[args[0]]
        if kind == "f":
            return typing.ForwardRef(*args)
        if kind == "u":
            return typing.Union[args[0]]
        origin, parameters = args
        if isinstance(origin, str):
            origin = _typing_name(origin)
    except Exception:
        return typing.Any
    if origin is typing.Any:  # the name is of a newer Python
        if args[0] == "Annotated":
            return parameters[0]
        return parameters if args[0] in _QUALIFIERS else origin
    try:
        return origin[parameters]
    except Exception:
        pass
    try:
        # Builtin and collections' classes are subscriptable from 3.9 on.
        return _typing_name(_TYPING_NAMES.get(origin.__name__, origin.__name__))[parameters]
    except Exception:
        return origin


_QUALIFIERS = frozenset(["Final", "Required", "NotRequired", "ReadOnly", "Unpack"])
_TYPING_NAMES = {
    "list": "List",
    "dict": "Dict",
    "set": "Set",
    "frozenset": "FrozenSet",
    "tuple": "Tuple",
    "type": "Type",
    "deque": "Deque",
    "defaultdict": "DefaultDict",
    "Set": "AbstractSet",
    "AbstractContextManager": "ContextManager",
    "AbstractAsyncContextManager": "AsyncContextManager",
}


def _typing_name(name):
    import typing

    try:
        return g("typing", name)
    except LoadError:
        return typing.Any


def q(kind, name, module, number=0, arguments=(), options=None):
    """A type variable, NewType or type alias: the one of that token, or a new one.

    `kind` is its class's name in `typing`: TypeVar (`arguments`: the constraints), ParamSpec, TypeVarTuple, NewType
    (the supertype), TypeAliasType (the value). `options` are keyword arguments. `number` tells those of one name apart;
    None stands for one that is like no other.
    """
    import typing

    token = class_token(module, name, kind=kind)
    found = None if number is None else known(token, number)
    if found is not None:
        return found
    options = dict(options or {})
    if kind == "NewType":
        made = typing.NewType(name, *arguments)
    elif kind == "TypeAliasType":
        try:
            factory = g("typing", kind)
        except LoadError:  # before 3.12
            return arguments[0]
        # Its module is that of the caller.
        space = {"__name__": module, "make": factory, "name": name, "arguments": arguments, "options": options}
        made = eval("make(name, *arguments, **options)", space)
    else:
        is_parameter = number is None or "default" in options
        made = _type_variable(kind, name, arguments, options, is_parameter and sys.version_info < (3, 12))
    _try_to_set(made, "__module__", module)
    if number is None:
        return made
    with _lock:
        found = _by_token.get((token, number))
        if found is not None:
            return found
        try:
            _class_info[made] = (token, number), "", number, True
            _by_token[token, number] = made
        except TypeError:
            pass
    return made


def _type_variable(kind, name, arguments, options, is_lowered):
    """`is_lowered`: it is to be of the class that lowered text would give it."""
    import typing

    if is_lowered:
        try:
            return _lowered_types().parameter(kind, name, arguments, **options)
        except ImportError:
            pass
    try:
        factory = g("typing", kind)
    except LoadError:
        factory = typing.TypeVar
    dropped = {}
    while True:
        try:
            made = factory(name, *arguments, **options)
            break
        except TypeError:
            newer = [option for option in ("default", "infer_variance") if option in options]  # 3.13, 3.12
            if not newer:
                raise
            dropped[newer[0]] = options.pop(newer[0])
    if "default" in dropped:
        _try_to_set(made, "__default__", dropped["default"])
        _try_to_set(made, "has_default", lambda: True)
    return made


# --- wrappers ---


def w():
    """A generic function of `functools.singledispatch`; filled by `x`."""
    import functools

    # Defined here: what is registered must not be shared.
    def function(*args, **kwargs):
        raise NotImplementedError("the payload that defines this function was not loaded to its end")

    return functools.singledispatch(function)


def x(function, state):
    """Fill a generic function: the implementations as pairs of class and function, its attributes."""
    implementations, attributes = state
    for cls, implementation in implementations:
        function.register(cls, implementation)
    a(function, None, attributes)
    names = function.__code__.co_freevars
    if "funcname" in names:  # what its errors call it
        function.__closure__[names.index("funcname")].cell_contents = function.__name__


def w1(kind, *options):
    """A function that a decorator of the standard library made; what it is around follows by `x1`."""

    def function():
        raise NotImplementedError("the payload that defines this function was not loaded to its end")

    make = g(*_WRAPPERS[kind])
    return (make(*options) if options else make)(function)


_WRAPPERS = {
    "c": ("contextlib", "contextmanager"),
    "a": ("contextlib", "asynccontextmanager"),
    "r": ("reprlib", "recursive_repr"),
}


def x1(function, state):
    """Fill what `w1` made: the function inside, and what `a` takes."""
    inner, attributes, slots = state
    for variable, cell in zip(function.__code__.co_freevars, function.__closure__):
        if variable in ("func", "user_function"):
            cell.cell_contents = inner
    wrapped = {name: inner for name in function.__dict__ if name == "__wrapped__"}
    function.__dict__.clear()
    a(function, dict(wrapped, **(attributes or {})), slots)


def l(function, maxsize=128, typed=False):  # noqa: E743
    """A function under `functools.lru_cache`, its cache empty."""
    import functools

    return functools.lru_cache(maxsize, typed)(function)


def p(function, name=None, doc=None):
    """A `functools.cached_property` of `function`, which its class knows as `name`."""
    made = g("functools", "cached_property")(function)
    if name is not None:
        made.attrname = name
    if doc is not None:
        made.__doc__ = doc
    return made


def j(dispatcher, function):
    """A `functools.singledispatchmethod` with a generic function that exists."""
    made = g("functools", "singledispatchmethod")(function)
    made.dispatcher = dispatcher
    return made


def y(cls, base, arguments):
    """An instance of `cls`, a subclass of the builtin descriptor `base`; its own `__init__` does not run again."""
    made = base.__new__(cls, *arguments)
    base.__init__(made, *arguments)
    return made


def z(cls, name):
    """What a class has under `name` in its own dict, unbound."""
    return cls.__dict__[name]


def i(kind, items, ordered=False):
    """A view of a dict: `kind` is "k" for keys, "v" for values, "i" for items; `items` a list."""
    if ordered:
        from collections import OrderedDict as dict_type
    else:
        dict_type = dict
    if kind == "k":
        return dict_type.fromkeys(items).keys()
    if kind == "v":
        return dict_type(enumerate(items)).values()
    return dict_type(items).items()
