"""CPython's own tests of what syntax does, each dumped from source by the newest Python and run by older ones.

    cargo build --release -p codepickle-source --example lower
    python3 tests/lowering/methods.py --of python3.13 python3.7 python3.8 pypy3

Of each test module every class is pickled by value, and every method by itself. A fresh process of the older Python, which has
the loader alone, makes test cases of them: a test passes if it does as the method of its class, and as a method by itself.

What tests give to `exec` and the like, and the examples of doctests, are texts and no code: those that the newest Python accepts are
lowered, each for itself. What tests import from the package `test` is lowered as in `cpython.py`.

What fails is in methods.txt, and for the tests of 3.15 in methods-3.15.txt, by name and with the reason. A test that fails and is not
there is a failure; so is one that is there, and passes. The Python that runs this script starts all others: `--of` may be one that sees
no other.
"""

import concurrent.futures
import json
import os
import pickle
import shutil
import subprocess
import sys

import cpython
import tool

#: What fails, by the Python whose tests they are.
LISTED = {"3.13": "methods.txt", "3.15": "methods-3.15.txt"}
PACKAGE = os.environ.get("CODEPICKLE_PATH") or os.path.join(tool.ROOT, "python")

MODULES = cpython.MODULES


class Check:
    """The tests, for one Python after the other."""

    def __init__(self, args, folder):
        self.args = args
        self.folder = folder
        self.modules = args.only.split(",") if args.only else MODULES
        self.files = cpython.files_of(args.of, folder, cpython.MORE)
        self.loader = loader_only(folder)
        self.listed = os.path.join(tool.HERE, LISTED[tool.version_of(args.of)])
        self.raw = {}
        self.passed = self.failed = 0
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            self.dumped = dict(zip(self.modules, pool.map(self.dump, self.modules)))

    def path(self, *names):
        path = os.path.join(self.folder, *names)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def dump(self, module):
        """What the newest Python made of a module."""
        path = self.path("dumped", module, module)
        done = subprocess.run(
            [self.args.of, os.path.join(tool.HERE, "methods_dump.py"), path, module],
            cwd=os.path.dirname(path),
            env={**os.environ, "PYTHONPATH": PACKAGE},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        if done.returncode:
            sys.exit("%s cannot be dumped: %s" % (module, done.stdout.decode(errors="replace")))
        with open(path, "rb") as file:
            return pickle.load(file)

    def target(self, python):
        version = tool.version_of(python)
        name = "pypy" if "pypy" in os.path.basename(python) else version
        texts = self.path(name, "texts.json")
        cpython.write_lowered(self.args.lower, self.files, version, texts)
        listed = cpython.listed(name, self.listed)
        out = [key for key, why in listed.items() if why.startswith("out:")]
        modules = self.modules
        lacks_groups = tool.lacks_groups(python, version)
        if lacks_groups:
            print("   left out on %s: what takes except*, for which the package exceptiongroup is missing" % name)
            modules = [module for module in modules if module != "test_except_star"]
        failed = {}
        good = 0
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            answers = pool.map(lambda module: self.run(python, name, version, texts, out, module), modules)
            for module, (passed, bad) in zip(modules, answers):
                good += len(passed - set(bad))
                failed.update({(module, test): why for test, why in bad.items()})
                if self.args.verbose:
                    print("   %s: %d passed, %d failed" % (module, len(passed - set(bad)), len(bad)))
        if lacks_groups:
            failed = {key: why for key, why in failed.items() if "exceptiongroup" not in why}
        self.raw[name] = failed
        listed = {key: why for key, why in listed.items() if key[0] in modules and not why.startswith("out:")}
        for key in sorted(set(failed) - set(listed)):
            print("FAILED on %s: %s %s: %s" % (name, *key, failed[key]))
        for key in sorted(set(listed) - set(failed)):
            print("FAILED on %s: %s %s: passes, and is listed" % (name, *key))
        bad = len(set(failed) ^ set(listed))
        self.failed += bad
        self.passed += good
        print("%s: %d passed, %d listed, %d failed" % (name, good, len(set(failed) & set(listed)), bad), flush=True)

    def run(self, python, name, version, texts, left_out, module):
        """The tests that passed in some form, and why those failed that failed in some form."""
        data = self.dumped[module]
        forms = []
        answers = tool.lower_all(self.args.lower, [text for text, _ in data["texts"]], version)
        for (text, mode), answer in zip(data["texts"], answers):
            if answer.status == "lowered":
                forms.append((text, mode, answer.text, answer.inserted))
        compiled = self.path(name, module, "compiled.json")
        with open(compiled, "w", encoding="utf-8") as file:
            json.dump({"forms": forms, "out": [test for where, test in left_out if where == module]}, file)
        out = self.path(name, module, "out.jsonl")
        done = subprocess.run(
            [
                python,
                "-S",  # What is installed in one Python, typing_extensions, changes what tests find.
                os.path.join(tool.HERE, "methods_child.py"),
                out,
                self.path("dumped", module, module),
                texts,
                compiled,
            ],
            cwd=os.path.dirname(out),
            env={**os.environ, "CODEPICKLE_PATH": self.loader},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=300,
        )
        told = []
        if os.path.exists(out):
            with open(out, encoding="utf-8") as file:
                told = [json.loads(line) for line in file]
        if not told or told[-1] != ["done"]:
            tail = done.stdout.decode(errors="replace").strip().splitlines()[-1:]
            test, form = told[-1][1:3] if told else ("module", "")
            told.append(["ended", test, form, "failed: exit code %d: %s" % (done.returncode, "".join(tail))])
        passed = set()
        bad = {}
        for what, *facts in told:
            if what == "ended":
                test, form, outcome = facts
                if outcome == "passed":
                    passed.add(test)
                else:
                    bad.setdefault(test, "as %s: %s" % (form, outcome))
        for test, outcome in data["outcomes"].items():
            is_method = test.rpartition(".")[0] in data["classes"]
            if is_method and outcome == "passed" and (module, test) not in left_out and test not in passed:
                bad.setdefault(test, "nothing was told of it")
        return passed, bad


def loader_only(folder):
    """What the loader-only wheel installs, and nothing more."""
    package = os.path.join(folder, "loader", "codepickle")
    os.makedirs(package)
    for name in ("_runtime.py", "_lowered.py", "_lowered_types.py"):
        shutil.copy(os.path.join(PACKAGE, "codepickle", name), package)
    with open(os.path.join(package, "__init__.py"), "w", encoding="utf-8"):
        pass
    return os.path.dirname(package)


if __name__ == "__main__":
    sys.exit(cpython.check_all(__doc__, Check, "dumped tests of CPython"))
