"""The names by which the standard library's classes and functions are written.

    python tools/names.py            walk the library of every Python found here and write python/codepickle/_moved.py
    python tools/names.py --check    compare the table with the libraries of the Pythons found here

A class or function says where it lives: `__module__` and `__qualname__`. What it says differs between versions, and may
lead nowhere. The table has what it says in some version, and what to write instead: the public name that exists in the
most versions and warns in none. Where the name exists in all versions as it is said, there is no row.

To write the table, every Python from 3.7 on should be there; the more are missing, the less it knows.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile

from common import PACKAGE, ROOT, Failure, environment, main, pythons

WALK = ROOT / "tests" / "names" / "walk.py"
TABLE = PACKAGE / "_moved.py"
# A library takes two seconds; a machine under load is slow, but not this slow.
TIMEOUT = 120

#: What no walk shows. The types behind iteration have a name nowhere but in a private module that every Python has;
#: numpy 2 renamed `numpy.core`, and answers there without a warning for what old pickles name and nothing else.
BY_HAND = {
    **{
        "builtins:" + name: "_collections_abc:" + name
        for name in """
            bytearray_iterator bytes_iterator dict_itemiterator dict_items dict_keyiterator dict_keys
            dict_valueiterator dict_values list_iterator list_reverseiterator longrange_iterator range_iterator
            set_iterator str_iterator tuple_iterator
        """.split()  # noqa: SIM905
    },
    "builtins:str_ascii_iterator": "_collections_abc:str_iterator",  # 3.11
    "numpy._core.multiarray:_reconstruct": "numpy.core.multiarray:_reconstruct",
    "numpy._core.multiarray:scalar": "numpy.core.multiarray:scalar",
    "numpy.rec:recarray": "numpy:recarray",
    "numpy.rec:record": "numpy:record",
    # Every pickle of bytes by the older protocols names it so, and whoever allows but some names allows this one.
    "_codecs:encode": "_codecs:encode",
    "shutil:usage": "shutil:_ntuple_diskusage",
    # Of Windows, where nobody walked.
    **{
        "nt:_path_" + name: "ntpath:" + name
        for name in "exists isdevdrive isdir isfile isjunction islink lexists normpath".split()  # noqa: SIM905
    },
    "nt:_path_splitroot_ex": "ntpath:splitroot",
    "asyncio.windows_events:_WindowsSelectorEventLoop": "asyncio:SelectorEventLoop",
    # Methods of the paths of 3.13.
    "pathlib._abc:PathBase": "pathlib:Path",
    "pathlib._abc:PurePathBase": "pathlib:PurePath",
    # What they say exists everywhere, until 3.14 has them in C.
    "asyncio.tasks:all_tasks": "asyncio:all_tasks",
    "asyncio.tasks:current_task": "asyncio:current_task",
    "importlib.abc:ResourceReader": "importlib.resources:ResourceReader",
    # The public names are deprecated, from 3.12 and 3.14 on.
    "asyncio.unix_events:_UnixDefaultEventLoopPolicy": "asyncio.unix_events:_UnixDefaultEventLoopPolicy",
    "importlib.resources.abc:ResourceReader": "importlib.resources:ResourceReader",
    "importlib.resources.abc:Traversable": "importlib.resources.abc:Traversable",
    "importlib.resources.abc:TraversableResources": "importlib.resources.abc:TraversableResources",
}
MODULES_BY_HAND = {"nt": "os", "numpy.core._multiarray_umath": "numpy", "numpy.ma.core": "numpy.ma"}

#: No names to write: pointer types, which mean another width on another platform; Windows' paths.
NO_TARGETS = {"ctypes.wintypes", "ntpath"}
#: Two public names for one object, equally old.
PREFERRED = {
    "concurrent.futures:CancelledError",
    "types:BuiltinFunctionType",
    "types:FunctionType",
    "weakref:ReferenceType",
}
#: Private modules that are not called after the public one.
FAMILIES = {
    "frozen_importlib": "importlib",
    "frozen_importlib_external": "importlib",
    "nt": "os",
    "posix": "os",
    "sre": "re",
}

#: So many names that one module has from another are said in one row.
FEW = 3


def walk(interpreter):
    """What tests/names/walk.py finds with this Python."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "names.json")
        command = [interpreter.path, "-I", "-B", str(WALK), out]
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=TIMEOUT,
            env=environment(),
            cwd=folder,
        )
        if done.returncode:
            raise Failure("%s cannot walk its library:\n%s" % (interpreter.label, done.stdout.decode(errors="replace")))
        with open(out) as file:
            return json.load(file)


def walk_all(found):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(found, pool.map(walk, found.values())))


def is_private(name):
    module, _, attribute = name.partition(":")
    # `posix` and `nt`, which are `os`, exist on one platform each.
    return attribute.startswith("_") or module in ("nt", "posix") or any(p.startswith("_") for p in module.split("."))


def family(module):
    """The top-level package, `_io` being one with `io`."""
    name = module.split(".")[0].strip("_")
    return FAMILIES.get(name, name)


class Library:
    """The libraries of several versions, put together."""

    def __init__(self, walks):
        self.walks = walks
        self.exists = collections.Counter(name for walked in walks.values() for name in walked["names"])
        self.deprecated = {name for walked in walks.values() for name in walked["deprecated"]}

    def objects(self, label):
        """All public classes and functions: (what it says of itself, whether that is true, names, the listed ones)."""
        names = self.walks[label]["names"]
        groups = collections.defaultdict(list)
        for name, (number, kind, *_) in names.items():
            if kind != "o":
                groups[number].append(name)
        for group in groups.values():
            _, _, module, qualname, true, _ = names[group[0]]
            said = "%s:%s" % (module or "", qualname)
            listed = {name for name in group if self._is_listed(name, names[name][5], said, true)}
            yield said, true, set(group), listed

    def _is_listed(self, name, listed, said, true):
        """Whether it is a name for users: of `__all__`, or in a module without one the module's own."""
        if is_private(name) or name.partition(":")[0] in NO_TARGETS:
            return False
        return bool(listed or (listed is None and (self._implements(said, name) or not true)))

    def _near(self, name, said):
        """Whether the modules are of one family."""
        return said.startswith(":") or family(name.partition(":")[0]) == family(said.partition(":")[0])

    def _implements(self, said, name):
        """Whether it says the implementation's name: of `_io` for `io`, of `math.integer` for `math`."""
        module = name.partition(":")[0]
        return self._near(name, said) and (said.startswith((":", "_", module + ".", module + ":")))

    def candidates(self, said, true, group, listed):
        """The names that may be written for an object."""
        if said in BY_HAND and BY_HAND[said] in group:
            return {BY_HAND[said]}
        found = set(listed)
        attribute = said.partition(":")[2]
        for name in group:
            if self._near(name, said) and not is_private(name) and name.partition(":")[0] not in NO_TARGETS:
                more = self.exists[name] > self.exists[said]
                if more or (said.startswith("_") and name.partition(":")[2] == attribute):
                    found.add(name)
        # 3.13 and 3.14 made some names public and kept the private ones.
        found |= {name.replace(":", ":_") for name in found if name.replace(":", ":_") in group}
        if found and true:
            found.add(said)
        return found

    def rank(self, name, said, listed):
        """The best name has the greatest rank."""
        module, _, attribute = name.partition(":")
        said_module, _, said_attribute = said.partition(":")
        parent = said_module.startswith(module + ".") or said_module.strip("_") == module
        last = (-module.count("."), -len(module), module, -len(attribute), attribute)
        return (
            name not in self.deprecated,
            not is_private(module + ":"),
            self.exists[name],
            not is_private(name),
            name == said,
            name in PREFERRED,
            attribute == said_attribute,
            name in listed,
            parent,
            last,
        )

    def rows(self):
        """{what an object says of itself: the name to write}, where they differ."""
        choices = collections.defaultdict(set)
        for label in self.walks:
            if label.startswith("pypy"):
                continue
            for said, true, group, listed in self.objects(label):
                found = self.candidates(said, true, group, listed)
                if found:
                    choices[said].add(max(found, key=lambda name: self.rank(name, said, listed)))
        rows = {}
        for said, names in choices.items():
            best = max(names, key=lambda name: self.rank(name, said, ()))
            if best != said:
                rows[said] = best
        return rows


def compact(rows):
    """Rows as ({module: the module that has its names}, {module: {name: name to write}})."""
    counts = collections.defaultdict(collections.Counter)
    for said, name in rows.items():
        (module, _, attribute), (other, _, same) = said.partition(":"), name.partition(":")
        counts[module][other] += attribute == same and module != ""
    modules = dict(MODULES_BY_HAND)
    for module, others in counts.items():
        other, count = min(others.items(), key=lambda item: (-item[1], item[0]))
        if count >= FEW and module != "builtins":
            modules[module] = other
    names = collections.defaultdict(dict)
    for said, name in list(rows.items()) + list(BY_HAND.items()):
        module, _, attribute = said.partition(":")
        if name != ("%s:%s" % (modules[module], attribute) if module in modules else said):
            names[module][attribute] = name
    return modules, names


def apply(modules, names, said):
    """The name that the table gives for what an object says of itself."""
    module, _, qualname = said.partition(":")
    found = names.get(module, {})
    if qualname in found:
        return found[qualname]
    return "%s:%s" % (modules[module], qualname) if module in modules else said


def newer_typing(library):
    """The names of `typing` that some version lacks."""
    versions = [label for label in library.walks if not label.startswith("pypy")]
    names = {name for label in versions for name in library.walks[label]["names"] if name.startswith("typing:")}
    lacking = {name for name in names if any(name not in library.walks[label]["names"] for label in versions)}
    return sorted(
        name.partition(":")[2]
        for name in lacking
        if not is_private(name) and any(library.walks[label]["names"].get(name, [None] * 6)[5] for label in versions)
    )


def text_of(modules, names, typing_names):
    lines = [
        '"""Names of the standard library that differ between versions; written by tools/names.py.',
        "",
        "The keys are what a class or function says of itself in some version from 3.7 to 3.15.",
        '"""',
        "",
        "#: module -> the public module that has its objects under the same names",
        "MODULES = {",
        *['    "%s": "%s",' % item for item in sorted(modules.items())],
        "}",
        "",
        "#: module -> {qualified name: the name to write}",
        "NAMES = {",
    ]
    for module, found in sorted(names.items()):
        lines.append('    "%s": {' % module)
        lines += ['        "%s": "%s",' % item for item in sorted(found.items())]
        lines.append("    },")
    lines += ["}", "", "#: What `typing` did not have in 3.7.", "NEWER_TYPING = frozenset(", "    ["]
    lines += ['        "%s",' % name for name in typing_names]
    lines += ["    ]", ")", ""]
    return "\n".join(lines)


def table():
    """The committed table."""
    sys.path.insert(0, str(PACKAGE))
    try:
        import _moved
    finally:
        sys.path.pop(0)
    return _moved.MODULES, _moved.NAMES


def check(library):
    """{row that the table lacks or has wrong: why}, for the libraries found here."""
    modules, names = table()
    wrong = {}
    count = 0
    for label in library.walks:
        if label.startswith("pypy"):
            continue
        for said, true, group, listed in library.objects(label):
            found = library.candidates(said, true, group, listed)
            if not found:
                continue
            count += 1
            best = max(found, key=lambda name: library.rank(name, said, listed))
            given = apply(modules, names, said)
            written = given if given in group else said
            if written == said and not true:
                wrong[said] = best, label, "leads nowhere"
            elif library.exists[written] < library.exists[best] and not library.deprecated & {written, best}:
                lacking = [other for other in library.walks if written not in library.walks[other]["names"]]
                wrong[said] = best, label, "does not exist in " + ", ".join(lacking)
            elif is_private(written) and not is_private(best) and written == said:
                wrong[said] = best, label, "is private"
    return wrong, count


def command():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    options = parser.parse_args()
    found = pythons()
    library = Library(walk_all(found))
    if options.check:
        wrong, count = check(library)
        for said, (best, label, why) in sorted(wrong.items()):
            print("%s: what says it is %s must be written as %s: the name written now %s" % (label, said, best, why))
        print("names of the standard library: %d of %d passed (%s)" % (count - len(wrong), count, ", ".join(found)))
        if wrong:
            print("every Python from 3.7 on being there, this brings the table up to date: python tools/names.py")
        return 1 if wrong else 0
    modules, names = compact(library.rows())
    TABLE.write_text(text_of(modules, names, newer_typing(library)), encoding="utf-8")
    print("%s: %d modules, %d names" % (TABLE.relative_to(ROOT), len(modules), sum(map(len, names.values()))))
    return 0


if __name__ == "__main__":
    main(command)
