"""CPython's own tests of what syntax does, lowered and run by older Pythons.

    cargo build --release -p codepickle-source --example lower
    python3 tests/lowering/cpython.py --of python3.13 python3.7 python3.8 pypy3

The package `test` of 3.13 is lowered as a whole, `test.support` too. A test that fails and is not in cpython.txt is a failure; so is one that
is there, and passes.
"""

import argparse
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import tempfile

import tool

LISTED = os.path.join(tool.HERE, "cpython.txt")

NAMES = """
test_asyncgen test_augassign test_compare test_contextlib test_coroutines test_decorators test_dictcomps test_dynamic test_except_star
test_exception_variations test_fstring test_funcattrs test_generator_stop test_generators test_genexps test_grammar test_iter
test_keywordonlyarg test_listcomps test_named_expressions test_patma test_pep646_syntax test_positional_only_arg test_raise test_scope
test_setcomps test_string_literals test_subclassinit test_super test_type_aliases test_type_params test_unpack_ex test_with test_yield_from
"""
MODULES = NAMES.split()

#: What these import.
SUPPORT = """
__init__.py support/*.py support/*/*.py typinganndata/*.py test_import/__init__.py test_import/data/*/*.py
mapping_tests.py list_tests.py seq_tests.py string_tests.py
"""
MORE = ["test/" + name for name in SUPPORT.split()]


def listed(target, path=LISTED):
    """{(module, test): reason} of what fails there."""
    found = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            line = line.split("#")[0].strip()
            if line:
                targets, module, test, reason = line.split(None, 3)
                if any(matches(part, target) for part in targets.split(",")):
                    found[module, test] = reason
    return found


def matches(targets, target):
    """Whether `3.7-3.9`, `3.7` or `pypy` means the target."""
    if "pypy" in (targets, target):
        return targets == target
    first, _, last = targets.partition("-")
    return tool.number(first) <= tool.number(target) <= tool.number(last or first)


def without(text, test):
    """The text without the body of a test, on whose account the Python would crash or refuse all of it."""
    cls, name = test.split(".")
    start = re.compile(r"^class %s\b" % cls, re.MULTILINE).search(text).start()
    begin = re.compile(r"^    def %s\(.*" % name, re.MULTILINE).search(text, start)
    end = re.compile(r"^    (def|async|@)|^(class|def|if) ", re.MULTILINE).search(text, begin.end())
    body = text[begin.end() : end.start() if end else len(text)]
    skip = '    def %s(*args): raise unittest.SkipTest("left out")' % name
    return text[: begin.start()] + skip + "\n" * body.count("\n") + text[begin.end() + len(body) :]


def files_of(python, folder, patterns):
    """[[path, text]] of files in the standard library of a Python."""
    path = os.path.join(folder, "files.json")
    subprocess.run([python, os.path.join(tool.HERE, "texts.py"), path, "files", *patterns], check=True)
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def write_lowered(lower, files, version, path):
    """Lower files and write them as cpython_child.py reads them; {path: [text, inserted lines]}."""
    texts = {}
    for (name, _), answer in zip(files, tool.lower_all(lower, [text for _, text in files], version)):
        if answer.status == "error":
            print("   not for %s: %s: %s" % (version, name, answer.text))
        else:
            texts[name] = answer.text, answer.inserted
    with open(path, "w", encoding="utf-8") as file:
        json.dump(texts, file)
    return texts


class Check:
    """The tests, for one Python after the other."""

    def __init__(self, args, folder):
        self.args = args
        self.folder = folder
        patterns = ["test/" + name for module in MODULES for name in (module + ".py", module + "/*.py")]
        self.files = files_of(args.of, folder, patterns + MORE)
        self.raw = {}
        self.passed = self.failed = 0

    def target(self, python):
        version = tool.version_of(python)
        name = "pypy" if tool.is_pypy(python) else version
        expected = listed(name)
        files = []
        for path, text in self.files:
            for (module, test), reason in expected.items():
                if reason.startswith("out:") and path == "test/%s.py" % module:
                    text = without(text, test)
            files.append((path, text))
        path = os.path.join(self.folder, "texts-%s.json" % name)
        texts = write_lowered(self.args.lower, files, version, path)
        ran = skipped = 0
        failed = {}
        modules = self.args.only.split(",") if self.args.only else MODULES
        # What is not lowered is listed in library.txt.
        modules = [module for module in modules if "test/%s.py" % module in texts]
        lacks_groups = tool.lacks_groups(python, version)
        if lacks_groups:
            print("   left out on %s: what takes except*, for which the package exceptiongroup is missing" % name)
            modules = [module for module in modules if module != "test_except_star"]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for module, answer in zip(modules, pool.map(lambda module: self.run(python, name, path, module), modules)):
                ran += answer[0]
                skipped += answer[1]
                for test, why in answer[2].items():
                    if not (lacks_groups and test.startswith("ExceptStar")):
                        failed[module, test] = why
                if self.args.verbose:
                    print("   %s: %d ran, %d skipped, %d failed" % (module, answer[0], answer[1], len(answer[2])))
        self.raw[name] = failed
        expected = {
            key: reason for key, reason in expected.items() if key[0] in modules and not reason.startswith("out:")
        }
        for key in sorted(set(failed) - set(expected)):
            print("FAILED on %s: %s.%s: %s" % (name, *key, failed[key]))
        for key in sorted(set(expected) - set(failed)):
            print("FAILED on %s: %s.%s: passes, and is listed" % (name, *key))
        bad = len(set(failed) ^ set(expected))
        self.failed += bad
        self.passed += ran - skipped - len(failed)
        print(
            "%s: %d tests, %d passed, %d skipped, %d listed"
            % (name, ran, ran - skipped - len(failed), skipped, len(set(failed) & set(expected))),
            flush=True,
        )

    def run(self, python, name, texts, module):
        folder = os.path.join(self.folder, name, module)
        os.makedirs(folder)
        out = os.path.join(folder, "out.json")
        done = subprocess.run(
            [python, os.path.join(tool.HERE, "cpython_child.py"), out, texts, module],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=300,
        )
        if done.returncode:
            tail = done.stdout.decode(errors="replace").strip().splitlines()[-1:]
            return [0, 0, {"module": "exit code %d: %s" % (done.returncode, "".join(tail))}]
        with open(out, encoding="utf-8") as file:
            return json.load(file)[module]


def check_all(description, kind, what):
    """The command line of a script that runs CPython's tests: `kind` checks the older Pythons, `what` it is about."""
    parser = argparse.ArgumentParser(description=description.split("\n")[0])
    tool.add_option(parser)
    parser.add_argument(
        "--of", default=sys.executable, help="the Python whose tests these are; the list is that of 3.13"
    )
    parser.add_argument("--only", help="modules, joined by commas")
    parser.add_argument("--raw", help="a file for what failed, as JSON")
    parser.add_argument("--verbose", action="store_true", help="figures for each module")
    parser.add_argument("pythons", nargs="+")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        check = kind(args, folder)
        for python in args.pythons:
            check.target(python)
    if args.raw:
        raw = {name: {".".join(key): why for key, why in failed.items()} for name, failed in check.raw.items()}
        with open(args.raw, "w", encoding="utf-8") as file:
            json.dump(raw, file, indent=1)
    print("%s: %d passed, %d failed" % (what, check.passed, check.failed))
    return bool(check.failed)


if __name__ == "__main__":
    sys.exit(check_all(__doc__, Check, "lowered tests of CPython"))
