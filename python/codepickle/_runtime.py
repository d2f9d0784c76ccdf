"""What a Codepickle payload refers to.

A payload is an ordinary pickle; the globals that it names are the one-letter functions of this module
(docs/wire-format.md). The file stands alone: standard library only, CPython 3.7 to 3.15, PyPy and
WebAssembly builds. ``dumps(..., self_contained=True)`` ships it inside the payload.

A snippet is compiled, never executed: its code object is dug out of the constants of the compiled text.
"""

import builtins
import hashlib
import linecache
import pickle
import re
import sys
import threading
import types
import unicodedata
import warnings
import weakref
import zlib
from importlib import import_module
from importlib.util import MAGIC_NUMBER

WIRE_VERSION = 1

#: Bytes of source text whose compiled code is kept. 32 MiB hold some 30,000 functions of a kilobyte;
#: what falls out is compiled again.
CODE_CACHE_BYTES = 32 * 1024 * 1024


class LoadError(pickle.UnpicklingError):
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
    return int.from_bytes(MAGIC_NUMBER[:2], "little")


# --- code ---

_NAME = re.compile(r"[\s\\]*(?:async[\s\\]+)?(?:def|class)[\s\\]+(\w+)")
_COMPREHENSIONS = frozenset(["<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"])
_CODE = types.CodeType
_lock = threading.RLock()
_codes = {}  # snippet arguments -> code object, oldest first
_codes_bytes = 0


class _ByIdentity(object):
    """A weak mapping keyed by identity: code objects of different text may compare equal."""

    __slots__ = ("_items",)

    def __init__(self):
        self._items = {}

    def get(self, key, default=None):
        item = self._items.get(id(key))
        return default if item is None or item[0]() is not key else item[1]

    def __contains__(self, key):
        item = self._items.get(id(key))
        return item is not None and item[0]() is key

    def __setitem__(self, key, value):
        items, number = self._items, id(key)
        items[number] = (weakref.ref(key, lambda ref: items.pop(number, None)), value)


_sources = _ByIdentity()  # code object -> the arguments of c(), or of d(), that made it
_qualnames = _ByIdentity()  # code object -> qualified name, where the code does not know it (before 3.11)
_files = weakref.WeakValueDictionary()  # file name -> code object that c() made of it


def _reset_after_fork():
    global _lock
    _lock = threading.RLock()


if hasattr(__import__("os"), "register_at_fork"):
    __import__("os").register_at_fork(after_in_child=_reset_after_fork)


class _Lines(object):
    """The lines of a snippet at their real place: what `linecache` holds for it.

    The lines above the snippet are not stored, a function at line 50,000 costs no list of that length.
    """

    __slots__ = ("above", "lines")

    def __init__(self, above, text):
        self.above = above
        lines = re.split("(?<=\n)", text.replace("\r\n", "\n").replace("\r", "\n"))
        if lines[-1] == "":
            lines.pop()
        elif not lines[-1].endswith("\n"):
            lines[-1] += "\n"
        self.lines = lines

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


def c(text, line, path, header="", trailer="", column=0, decorators=0, futures="", name=None):
    """The code object of a snippet, compiled or from the cache (docs/wire-format.md, Code).

    Raises SourceSyntaxError where this Python's grammar does not accept the text.
    """
    key = (text, line, path, header, trailer, column, decorators, futures, name)
    try:
        return _codes[key]
    except KeyError:
        pass
    code = compile_snippet(*key)
    return _remember(key, code)


def _remember(key, code):
    global _codes_bytes
    with _lock:
        found = _codes.setdefault(key, code)
        if found is code:
            _codes_bytes += len(key[0]) + 512
            _sources[code] = key
            _files[code.co_filename] = code
            linecache.cache.setdefault(
                code.co_filename, (len(key[0]), None, _Lines(key[1] - 1, " " * key[5] + key[0]), code.co_filename)
            )
            while _codes_bytes > CODE_CACHE_BYTES and len(_codes) > 1:
                oldest = next(iter(_codes))
                dropped = _codes.pop(oldest)
                _codes_bytes -= len(oldest[0]) + 512
                _forget_lines(dropped.co_filename)
    return found


def _forget_lines(filename):
    entry = linecache.cache.get(filename)
    if entry is not None and len(entry) == 4 and isinstance(entry[2], _Lines):
        del linecache.cache[filename]


def snippet_filename(text, path, line, header):
    """The file name under which a snippet is compiled: unique for its content and place."""
    digest = hashlib.sha256(("%d\0%s\0%s" % (line, header, text)).encode("utf-8", "surrogatepass"))
    return "<codepickle %s/%s>" % (digest.hexdigest()[:16], path)


def compile_snippet(text, line, path, header="", trailer="", column=0, decorators=0, futures="", name=None,
                    filename=None, prefix=""):
    """Compile a snippet and dig its code object out, without a cache.

    `prefix` is one line put above the header (the sender states there what the module imports);
    it ends in a newline.
    """
    if name is None:
        match = _NAME.match(text, decorators)
        name = unicodedata.normalize("NFKC", match.group(1)) if match else "<lambda>"
    if filename is None:
        filename = snippet_filename(text, path, line, header)
    flags = 0
    if futures:
        import __future__

        for feature in futures.split(","):
            flags |= getattr(getattr(__future__, feature, None), "compiler_flag", 0)
    whole, shift = _assemble(text, line, path, prefix + header, trailer, column, decorators)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = compile(whole, filename, "exec", flags, True)
    except SyntaxError as error:
        raise SourceSyntaxError(
            "the source of %r (%s, line %d) needs another Python than %s: %s (line %s: %r). "
            "Load it with the version that it was written for, or avoid the newer syntax."
            % (name, path, line, _python(), error.msg, error.lineno, (error.text or "").strip())
        ) from None
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        raise LoadError("the source of %r (%s, line %d) does not compile: %s" % (name, path, line, error)) from None
    code, qualname = _dig(module, name, line + shift)
    if code is None:
        raise LoadError("the snippet at %s, line %d does not define %r: the payload is damaged" % (path, line, name))
    if shift:
        code = _shift_lines(code, -shift)
    if not hasattr(code, "co_qualname"):
        _qualnames[code] = qualname
    return code


def _assemble(text, line, path, header, trailer, column, decorators):
    """What is compiled for a snippet, and by how many lines it stands too low for want of room above."""
    body = text
    if decorators:
        # Decorators never run, and an old grammar may not know them (any expression: 3.9).
        body = _indent_of(text) + "@_" + "\n" * _count_lines(text[:decorators]) + text[decorators:]
    elif column:
        body = " " * column + text
    blank = line - 1 - header.count("\n")
    return "\n" * max(blank, 0) + header + body + trailer + "\n", max(-blank, 0)


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
        for child in reversed(children):
            if child.co_name.startswith("__annotat"):  # 3.14's lazy annotations
                continue
            break
        else:
            return None, None
        if not child.co_name.startswith("<generic parameters"):  # 3.12, PEP 695
            # A class body lacks CO_OPTIMIZED; a comprehension has it, and no <locals> either.
            local = child.co_flags & 1 and child.co_name not in _COMPREHENSIONS
            qualname += child.co_name + (".<locals>." if local else ".")
        code = child


def _shift_lines(code, by):
    consts = tuple(_shift_lines(const, by) if isinstance(const, _CODE) else const for const in code.co_consts)
    first = code.co_firstlineno + by
    if hasattr(code, "replace"):
        return code.replace(co_consts=consts, co_firstlineno=first)
    return _CODE(  # 3.7
        code.co_argcount, code.co_kwonlyargcount, code.co_nlocals, code.co_stacksize, code.co_flags, code.co_code,
        consts, code.co_names, code.co_varnames, code.co_filename, code.co_name, first, code.co_lnotab,
        code.co_freevars, code.co_cellvars,
    )


def d(code, name, line):
    """The code object of the method `name` whose first line is `line`, in the code of a class body."""
    method = find_method(code, name, line)
    if not hasattr(method, "co_qualname") and method not in _qualnames:
        _qualnames[method] = "%s.%s" % (_qualnames.get(code, code.co_name), name)
    if method not in _sources:
        _sources[method] = (code, name, line)
    return method


def find_method(code, name, line):
    """What `d` returns, without remembering where it came from."""
    found = []
    for child in _children(code):
        if child.co_name == name and child.co_firstlineno == line:
            found.append(child)
        elif child.co_name.startswith("<generic parameters"):
            found += [g for g in _children(child) if g.co_name == name and g.co_firstlineno == line]
    if not found:
        raise LoadError("the source of class %r has no method %r at line %d: the payload is damaged"
                        % (code.co_name, name, line))
    return found[-1]


def b(magic, version, name, digest, data):
    """The code object in `data` (marshal), if this is the interpreter that wrote it."""
    if magic != _magic() or version != _python():
        raise BytecodeVersionError(
            "%r travels as bytecode of %s (magic number %d), this is %s (magic number %d). Its source was not found "
            "when it was dumped: load it with %s, or dump it where its source is available."
            % (name, version, magic, _python(), _magic(), version)
        )
    if zlib.crc32(data) != digest:
        raise BytecodeVersionError("the bytecode of %r is damaged: its checksum does not match" % name)
    import marshal

    code = marshal.loads(data)
    if not isinstance(code, _CODE):
        raise BytecodeVersionError("the bytecode of %r is no code object" % name)
    return code


# --- functions, cells, modules ---


def f(code, globals, closure=None):
    """A function of `code`; the cells of `closure` are in the order of the sorted free variables' names."""
    if type(code) is not _CODE or type(globals) is not dict:
        raise LoadError("the payload is damaged: a function needs a code object and a namespace")
    if "__builtins__" not in globals:
        globals["__builtins__"] = builtins
    names = code.co_freevars
    if closure is not None:
        if len(closure) != len(names):
            raise LoadError("the payload is damaged: %r has %d free variables, %d cells came"
                            % (code.co_name, len(names), len(closure)))
        by_name = dict(zip(sorted(names), closure))
        closure = tuple([by_name[name] for name in names])
    function = types.FunctionType(code, globals, None, None, closure)
    qualname = _qualnames.get(code)
    if qualname is not None:
        function.__qualname__ = qualname
    return function


if hasattr(types, "CellType"):
    k = types.CellType
else:

    def k():
        """An empty cell; `types.CellType` is callable from 3.8."""
        if False:
            cell = None
        return (lambda: cell).__closure__[0]


def m(name):
    """The module `name`, imported."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise MissingModuleError(
            "the payload needs the module %r, which is not installed here (%s): install it, or dump it by value "
            "with register_pickle_by_value()" % (error.name or name, _python()),
            name=error.name, path=error.path,
        ) from error


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


def file_text(filename):
    """The whole text compiled under `filename` by `c`, and by how many lines it stands too low; or None."""
    code = _files.get(filename)
    if code is None:
        return None
    return _assemble(*_sources.get(code)[:7])


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
