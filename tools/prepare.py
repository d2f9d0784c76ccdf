"""Make the virtual environments of the tests and install the wheels from dist/ into them.

python tools/prepare.py LABEL=PATH...          .venv/pyLABEL for each Python, and .cache/site for all
python tools/prepare.py --check LABEL=PATH...  is what pip chose the right wheel, and does it work?
python tools/prepare.py --lint                 .venv/lint
python tools/prepare.py --requirements PATH    .venv/requirements, the packages of tests/requirements
python tools/prepare.py --groups LABEL=PATH... .venv/groupsLABEL, with exception groups, for each Python that has none
python tools/prepare.py --pyodide              .cache/pyodide/VERSION, where npm is installed
"""

import argparse
import email
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import plan
from common import CACHE, DIST, IN_CI, ROOT, Failure, environment, main, pip, pythons, run, venv, version
from interpreters import PACKAGES

# Their findings differ from version to version: pinned, so that a new release of theirs breaks nothing here.
LINTERS = ["ruff==0.14.5", "mypy==1.18.2", "zensical==0.0.73", "mkdocstrings-python==2.0.11"]
# The same, and each brings another Python: 3.14 and 3.15.
PYODIDES = [plan.PYODIDE, "315.0.0-alpha.2"]
# For all Pythons: pure Python that needs nothing else, the last release of each that 3.7 can import.
PACKAGES_OF_CASES = ["exceptiongroup==1.2.2"]
# The first pip that knows free-threaded builds.
PIP = "pip>=24.1"
FROM_DIST = ["--no-deps", "--no-index", "--find-links", DIST]
FIELDS = ["Name", "Version", "Summary", "Requires-Python", "Classifier", "Project-URL", "License-Expression"]
SMOKE = Path(__file__).resolve().parent / "smoke.py"


def requirements(name="requirements.txt"):
    lines = (ROOT / "tests" / name).read_text(encoding="utf-8").splitlines()
    return [line.split("#")[0].strip() for line in lines if line.split("#")[0].strip()]


def prepare(interpreters):
    tested = set(plan.chosen(interpreters, plan.PYTEST_ON) + plan.chosen(interpreters, plan.UPSTREAM_ON))
    for label, path in interpreters.items():
        try:
            python = venv("py" + label, requirements() if label in tested else [], path)
        except Failure:
            if label in tested or IN_CI:
                raise
            print("%s: left out, it cannot make a virtual environment" % label)
            continue
        # By name, so that pip chooses the wheel as it does for a user.
        pip(python, "install", "--quiet", "--force-reinstall", *FROM_DIST, wanted())
        print("%s: installed" % label)
    shutil.rmtree(str(plan.SITE), ignore_errors=True)
    # Any CPython may unpack it: the wheel for 3.7 fits all.
    pip(venv("build"), "install", "--quiet", "--no-deps", "--no-index", "--target", plan.SITE, plan.widest_wheel())
    packages()


def packages():
    """What cases of the matrix ask for (REQUIRES) and no Python brings along."""
    shutil.rmtree(PACKAGES, ignore_errors=True)
    try:
        pip(venv("build"), "install", "--quiet", "--no-deps", "--target", PACKAGES, *PACKAGES_OF_CASES)
    except Failure:
        if IN_CI:
            raise
        print("the matrix leaves out what needs %s" % ", ".join(PACKAGES_OF_CASES))


def wanted():
    return "codepickle==" + version()


def expected(interpreter):
    """The tag of the wheel that this Python has to get."""
    if not interpreter.can_dump:
        return "py3-none-any"
    return "cp310-abi3" if interpreter.version >= (3, 10) else "cp37-abi3"


def check(interpreters):
    """Each Python has its wheel, the wheel works, and all wheels agree about the project."""
    failed, tried = [], 0
    with tempfile.TemporaryDirectory() as folder:
        for label, interpreter in sorted(interpreters.items(), key=lambda item: not item[1].can_dump):
            python = plan.venv_python(label)
            if not python.exists():
                continue
            tried += 1
            command = [str(python), "-W", "error", str(SMOKE), folder, label]
            done = subprocess.run(
                command, env=environment(), cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
            tag, _, rest = done.stdout.decode(errors="replace").partition("\n")
            good = not done.returncode and tag.startswith(expected(interpreter))
            print("%s: %s: %s" % (label, tag, "works" if good else "FAILED\n" + rest))
            if not good:
                failed.append(label)
    problems = [*free_threaded(), *metadata()]
    for problem in problems:
        print("problem: " + problem)
    print("wheels: %d of %d passed on their Python, %d problems" % (tried - len(failed), tried, len(problems)))
    return 1 if failed or problems or not tried else 0


def free_threaded():
    """A build without the GIL has an ABI of its own: pip must give it the loader, not an abi3 wheel."""
    with tempfile.TemporaryDirectory() as folder:
        as_if = ["--python-version", "3.13", "--implementation", "cp", "--abi", "cp313t"]
        as_if += ["--platform", "manylinux2014_x86_64", "--only-binary=:all:"]
        python = venv("pip", [PIP])
        pip(python, "download", "--quiet", "-d", folder, *FROM_DIST, *as_if, wanted())
        names = [path.name for path in Path(folder).iterdir()]
        if names != [plan.loader_wheel().name]:
            yield "a free-threaded build would get %s" % names


def metadata():
    """What PyPI shows must not depend on which wheel it looks at."""
    seen = {}
    for wheel in sorted(DIST.glob("*.whl")):
        with zipfile.ZipFile(str(wheel)) as archive:
            names = archive.namelist()
            text = archive.read(next(name for name in names if name.endswith(".dist-info/METADATA"))).decode()
        if "codepickle/py.typed" not in names:
            yield "%s lacks py.typed" % wheel.name
        fields = email.message_from_string(text)
        # The format's own version and how keywords are joined are the builders' business.
        comparable = {name: sorted(fields.get_all(name, [])) for name in FIELDS}
        comparable["readme"] = fields.get_payload().strip()
        seen[wheel.name] = comparable
    first = next(iter(seen))
    for name, fields in seen.items():
        for field, value in fields.items():
            if value != seen[first][field]:
                yield "%s and %s differ in %s" % (first, name, field)


def lint():
    found = [i for i in pythons().values() if i.implementation == "cpython" and i.version >= (3, 10)]
    # mypy no longer runs on the oldest Pythons that this package serves.
    python = sys.executable if sys.version_info >= (3, 10) else found and found[-1].path
    if not python:
        raise Failure("the linters need a Python 3.10 or later")
    venv("lint", LINTERS, python)


def groups(interpreters):
    """Below 3.11 lowered `except*` takes exception groups from a package, as on a user's machine."""
    for label, path in interpreters.items():
        venv("groups" + label, ["exceptiongroup"], path)
        print("%s: has exception groups" % label)
    return 0


def pyodide():
    """Install the Pyodides that load payloads in the matrix; they take no part in what needs a native module."""
    home = CACHE / "pyodide"
    npm = shutil.which("npm")
    if not npm:
        if IN_CI:
            raise Failure("npm was not found: the matrix needs Pyodide from there, and node to run it")
        print("npm was not found: the matrix does without Pyodide")
        return 0
    for folder in home.glob("*"):
        if folder.name not in PYODIDES:
            shutil.rmtree(str(folder))
    for wanted in PYODIDES:
        folder = home / wanted
        if (folder / "node_modules" / "pyodide" / "pyodide.asm.wasm").exists():
            continue
        folder.mkdir(parents=True, exist_ok=True)
        try:
            run([npm, "install", "--prefix", folder, "--silent", "--ignore-scripts", "pyodide@" + wanted])
        except Failure as failure:
            if IN_CI:
                raise
            print("the matrix does without Pyodide %s: %s" % (wanted, failure))
        else:
            print("pyodide %s: installed" % wanted)
    return 0


def cli():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pythons", nargs="*", metavar="LABEL=PATH")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--lint", action="store_true")
    parser.add_argument("--requirements", metavar="PATH")
    parser.add_argument("--groups", action="store_true")
    parser.add_argument("--pyodide", action="store_true")
    options = parser.parse_args()
    if options.lint:
        return lint()
    if options.requirements:
        venv("requirements", requirements("requirements/packages.txt"), options.requirements)
        return 0
    if options.pyodide:
        return pyodide()
    if options.check:
        named = [entry.partition("=")[0] for entry in options.pythons]
        return check({label: found for label, found in pythons().items() if label in named})
    interpreters = dict(entry.split("=", 1) for entry in options.pythons)
    return groups(interpreters) if options.groups else prepare(interpreters)


if __name__ == "__main__":
    main(cli)
