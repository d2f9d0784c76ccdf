"""The steps of `make test`, in phases."""

import os
import re
import shutil
import subprocess
import sys

from common import CACHE, DIST, IN_CI, ROOT, VENVS, Failure, python_in, pythons
from interpreters import PACKAGES, PYTHONS, missing

TESTS = ROOT / "tests"
TOOLS = ROOT / "tools"
# The package under test for what runs on many Pythons: the wheel that fits them all, unpacked.
SITE = CACHE / "site"

# One that takes the older wheel, the commonest, the newest that is everywhere, and the newest there is.
PYTEST_ON = ["3.8", "3.11", "3.13", "3.15"]
UPSTREAM_ON = ["3.8", "3.9", "3.11", "3.13", "3.14"]
REQUIREMENTS_ON = ["3.11", "3.12", "3.13"]
COUNTED_ON = "3.11"
SANDBOX_ON = "3.13"
#: The release of Pyodide that the sandbox is tested with; the matrix has others, too.
PYODIDE = "314.0.7"


class Step:
    """Commands to run one after the other, and how to read what they print."""

    def __init__(self, name, *commands, env=None, figure=None):
        self.name = name
        self.commands = commands
        self.env = env or {}
        self._figure = figure and re.compile(figure)

    def count(self, output):
        """(passed, failed), as the output tells them; (0, 0) if it does not."""
        if re.search(r"^=.* in [\d.]+s.*=$|^\d+ .* in [\d.]+s", output, re.MULTILINE):  # pytest
            last = [line for line in output.splitlines() if re.search(r" in [\d.]+s", line)][-1]
            return _sum(r"(\d+) passed", last), _sum(r"(\d+) (?:failed|errors?)\b", last)
        if "test result:" in output:  # cargo test
            return _sum(r"test result: .*?(\d+) passed", output), _sum(r"test result: .*?(\d+) failed", output)
        if "tests run:" in output:  # cargo nextest
            last = [line for line in output.splitlines() if "run:" in line][-1]
            return _sum(r"(\d+) passed", last), _sum(r"(\d+) (?:failed|timed out)", last)
        # Our own scripts: "N of M passed", "N passed, N failed", "N passed, N expected failures"
        text = "\n".join(self.figures(output)) if self._figure else output
        passed = _sum(r"(\d+)(?: of \d+)? passed", text)
        failed = sum(int(total) - int(good) for good, total in re.findall(r"(\d+) of (\d+) passed", text))
        return passed, failed + _sum(r"(\d+) failed", text)

    def figures(self, output):
        """The lines that the summary shows."""
        if not self._figure:
            return []
        return [line.strip() for line in output.splitlines() if self._figure.search(line)]


def _sum(pattern, text):
    return sum(int(number) for number in re.findall(pattern, text))


class Phase:
    """Steps that may run side by side."""

    def __init__(self, steps, jobs=1, needed=False):
        self.steps = steps
        self.jobs = jobs
        #: Whether the phases that follow make no sense without it.
        self.needed = needed

    def only(self, wanted):
        return Phase([step for step in self.steps if wanted(step)], self.jobs, self.needed)


def phases(build=True):
    """All phases. Nothing is made or run here."""
    found = pythons()
    # Every Python that CI must have; elsewhere, whichever is found takes part, and the matrix names the others.
    lacking = missing(found, PYTHONS)
    if IN_CI and lacking:
        raise Failure("these Pythons are missing, and CI has to test them all: %s" % ", ".join(lacking))
    jobs = os.cpu_count() or 1
    script = [sys.executable, TOOLS / "build.py"]
    prepare = [sys.executable, TOOLS / "prepare.py"]
    cpython = [label for label in found if label[0].isdigit() and not label.endswith("t")]
    return [
        Phase([Step("wheels", [*script, "wheels"])] if build else [], needed=True),
        Phase([Step("environments", [*prepare, *_labels(found)], [*prepare, "--pyodide"])], needed=True),
        Phase([Step("installed wheels", [*prepare, "--check", *_labels(found)], figure=r"^wheels:")]),
        Phase(cargo_steps() + lint_steps()),
        Phase(pytest_steps(found) + pickletester_steps(found, cpython) + fidelity_steps(found, cpython), jobs),
        # These use all cores by themselves.
        Phase(
            names_steps()
            + library_steps(jobs)
            + suite_steps(found, jobs)
            + requirements_steps(found)
            + declared_steps()
            + instruction_steps(found)
            + opcode_steps()
            + matrix_steps(jobs)
            + determinism_steps(jobs)
            + payload_steps(jobs)
            + lowering_steps(found)
            + sandbox_steps(found)
            + engine_steps(jobs)
        ),
    ]


def _labels(found):
    return ["%s=%s" % (label, interpreter.path) for label, interpreter in found.items()]


def chosen(found, wanted):
    """Those of `wanted` that are here; on a machine with none of them, the Python that runs this."""
    here = [label for label in wanted if label in found]
    return here or ["%d.%d" % sys.version_info[:2]]


def venv_python(label, prefix="py"):
    return python_in(VENVS / (prefix + label))


def cargo_steps():
    # The native module's crate is a cdylib that only a Python can load: its tests are the Python ones.
    pure = ["--workspace", "--exclude", "codepickle-python", "--locked"]
    python = {"PYO3_PYTHON": sys.executable}
    # nextest names the case that hangs or aborts; cargo's own runner does where it is not installed.
    runner = ["nextest", "run", "--no-fail-fast"] if shutil.which("cargo-nextest") else ["test", "--no-fail-fast"]
    # What is compiled for the rest is used again; libFuzzer itself takes a C++ compiler.
    shared = {"CARGO_TARGET_DIR": os.environ.get("CARGO_TARGET_DIR", str(ROOT / "target"))}
    no_fuzzer = ["--no-default-features", "--locked"]
    only_unit = [] if runner[0] == "nextest" else ["--all-targets"]
    return [
        Step("lint: cargo fmt", ["cargo", "fmt", "--all", "--check", "--", "--color", "never"]),
        Step(
            "lint: clippy",
            ["cargo", "clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"],
            env=python,
        ),
        Step(
            "lint: fuzz targets",
            ["cargo", "check", "--manifest-path", "fuzz/Cargo.toml", *no_fuzzer],
            env=shared,
        ),
        Step("rust", ["cargo", *runner, *only_unit, *pure]),
        Step(
            "fuzz",
            # Five seconds for each target; debug, as the tests above: overflows are errors, and it is compiled already.
            ["cargo", "run", "--manifest-path", "fuzz/Cargo.toml", *no_fuzzer, "--example", "replay", "--", "5"],
            [sys.executable, ROOT / "fuzz" / "envelope.py", "5"],
            env=shared,
            figure=r"passed$",
        ),
        Step("rust doctests", ["cargo", "test", "--doc", *pure]),
        Step(
            "differential",
            ["cargo", "build", "--release", "--locked", "-p", "codepickle-stream", "--example", "ops"],
            [sys.executable, TESTS / "differential" / "run.py"],
            # Some attacks are made of what Codepickle writes.
            env={"PYTHONPATH": str(SITE)},
            figure=r"^differential:",
        ),
    ]


def lint_steps():
    python = python_in(VENVS / "lint")
    return [
        Step(
            "lint: python",
            [sys.executable, TOOLS / "prepare.py", "--lint"],
            [python, "-m", "ruff", "check", "--no-cache", "."],
            [python, "-m", "ruff", "format", "--check", "--no-cache", "."],
            [python, "-m", "mypy", "--strict", "--cache-dir", CACHE / "mypy"],
        ),
        # After the one that makes the environment. Strict: a link or a name that leads nowhere fails.
        Step("lint: documentation", [python, "-m", "zensical", "build", "--strict"]),
    ]


def pytest_steps(found):
    steps = []
    for label in chosen(found, PYTEST_ON):
        pytest = [venv_python(label), "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        steps.append(Step("pytest %s" % label, [*pytest, "tests"]))
        steps.append(Step("doctests %s" % label, [*pytest, "--doctest-modules", "--pyargs", "codepickle"]))
    return steps


def suite_steps(found, jobs):
    """cloudpickle's suite makes environments of its own, for all versions in one process."""
    script = TESTS / "upstream" / "cloudpickle_suite.py"
    versions = ",".join(chosen(found, UPSTREAM_ON))
    command = [sys.executable, script, "--versions", versions, "--jobs", jobs]
    return [Step("cloudpickle's suite", command, env={"CODEPICKLE_PATH": str(SITE)}, figure=r"^cloudpickle suite")]


def pickletester_steps(found, cpython):
    """CPython's own tests of each version; some distributions leave them out."""
    script = TESTS / "upstream" / "pickletester.py"
    there = [label for label in cpython if IN_CI or has_tests(found[label].path)]
    env = {"PYTHONPATH": str(SITE)}
    return [
        Step("pickletester %s" % label, [found[label].path, script], env=env, figure=r"^pickletester CPython")
        for label in there
    ]


def has_tests(path):
    return not subprocess.call([path, "-c", "import test.pickletester"], stderr=subprocess.DEVNULL)


def fidelity_steps(found, cpython):
    env = {"CODEPICKLE_PATH": str(SITE)}
    script = TESTS / "fidelity" / "run.py"
    return [
        Step("fidelity %s" % label, [found[label].path, script], env=env, figure=r"^fidelity CPython")
        for label in cpython
    ]


def opcode_steps():
    """What the compilers of all Pythons make of the cases for opcodes."""
    return [Step("opcodes", [sys.executable, TESTS / "opcodes" / "run.py"], figure=r"^opcodes")]


def names_steps():
    """The library of every Python, against the table of what moved."""
    return [Step("names", [sys.executable, TOOLS / "names.py", "--check"], figure=r"^names of the standard library")]


def declared_steps():
    """The classes of CPython's own tests, dumped by the newest Python that has them and loaded by all."""
    script = TESTS / "upstream" / "declared_classes.py"
    env = {"CODEPICKLE_PATH": str(SITE)}
    return [Step("declared classes", [sys.executable, script], env=env, figure=r"^declared classes:")]


def determinism_steps(jobs):
    env = {"CODEPICKLE_PATH": str(SITE)}
    command = [sys.executable, TESTS / "determinism" / "run.py", "--jobs", jobs]
    return [Step("determinism", command, env=env, figure=r"^determinism:")]


def instruction_steps(found):
    """Counted for one Python; where that is missing, for Rust alone."""
    command = [sys.executable, TOOLS / "instructions.py"]
    if COUNTED_ON in found:
        command += ["--python", venv_python(COUNTED_ON)]
    return [Step("instructions", command, figure=r"^instructions:")]


def requirements_steps(found):
    """One Python is enough; the packages that are pinned there need 3.11 or later."""
    labels = [label for label in REQUIREMENTS_ON if label in found][:1]
    prepare = [sys.executable, TOOLS / "prepare.py", "--requirements"]
    command = [python_in(VENVS / "requirements"), TESTS / "requirements" / "run.py"]
    env = {"CODEPICKLE_PATH": str(SITE)}
    return [
        Step("requirements", [*prepare, found[label].path], command, env=env, figure=r"^requirements:")
        for label in labels
    ]


def library_steps(jobs):
    """Instances of the standard library, from every Python to every other."""
    env = {"CODEPICKLE_PATH": str(SITE)}
    command = [sys.executable, TESTS / "stdlib" / "run.py", "--jobs", jobs, "--traceback", "12"]
    return [Step("library", command, env=env, figure=r"^standard library instances: \d+ of")]


def matrix_steps(jobs):
    env = {"CODEPICKLE_PATH": str(SITE)}
    command = [sys.executable, TESTS / "matrix" / "run.py", "--jobs", jobs, "--traceback", "30"]
    commands = [[*command, "--json", CACHE / "matrix.json"]]
    if IN_CI:  # Elsewhere some Pythons may be missing, which the image shows.
        commands.append([sys.executable, TOOLS / "draw.py", "--check"])
    return [Step("matrix", *commands, env=env, figure=r"^(version matrix|dumped by|[\d.]+ .* \d+/\d+)")]


#: The tests of 3.15 that are about syntax alone. `methods.py` runs all of them, in minutes.
OF_SYNTAX = [
    "test_patma",
    "test_named_expressions",
    "test_positional_only_arg",
    "test_except_star",
    "test_fstring",
    "test_type_params",
    "test_type_aliases",
    "test_grammar",
    "test_unpack_ex",
    "test_listcomps",
]


def lowering_steps(found):
    """Lowered text on older Pythons. What is new is written, and what fails is listed, for the library of 3.13."""
    if "3.13" not in found:
        return []
    newest = found["3.13"].path
    latest = found["3.15"].path if "3.15" in found else None
    found = {
        label: python.path
        for label, python in found.items()
        if label in ["3.%d" % minor for minor in range(7, 13)] or label.startswith("pypy3.9")
    }
    if not found:
        return []
    # Exception groups come from a package where Python has none.
    lacking = {label: path for label, path in found.items() if label not in ("3.11", "3.12")}
    prepare = [sys.executable, TOOLS / "prepare.py", "--groups", *("%s=%s" % entry for entry in lacking.items())]
    older = {**found, **{label: venv_python(label, "groups") for label in lacking}}
    few = [path for label, path in older.items() if label not in ("3.8", "3.10", "3.12")]
    library = [path for label, path in found.items() if label in ("3.7", "3.9", "3.12")]
    # One without the package, which has to say what is missing.
    bare = list(lacking.values())[:1]
    scripts = TESTS / "lowering"
    build = ["cargo", "build", "--release", "--locked", "-p", "codepickle-source", "--example", "lower"]
    equal = r"^(\d+ calls equal|programs:|lowered|dumped tests)"
    # As bare as possible: what is installed in some Python changes what the tests find.
    bare_env = {"CODEPICKLE_PATH": str(SITE), "PYTHONPATH": PACKAGES}
    methods = [[newest, scripts / "methods.py", *found.values()]]
    if latest:
        of_latest = ["--of", latest, "--only", ",".join(OF_SYNTAX)]
        oldest = [path for label, path in found.items() if label == "3.7" or label.startswith("pypy")]
        methods.append([newest, scripts / "methods.py", *of_latest, *oldest])
    return [
        Step("lowering: calls", build, prepare, [newest, scripts / "run.py", *older.values(), *bare], figure=equal),
        Step("lowering: programs", build, prepare, [newest, scripts / "programs.py", *few], figure=equal),
        Step("lowering: library", build, [newest, scripts / "library.py", *library], figure=equal),
        Step(
            "lowering: CPython's tests", build, prepare, [newest, scripts / "cpython.py", *older.values()], figure=equal
        ),
        Step("lowering: CPython's methods", build, *methods, env=bare_env, figure=equal),
    ]


def engine_steps(jobs):
    """Real engines with workers of other Pythons; `make grid` runs all of it."""
    env = {"CODEPICKLE_PATH": str(SITE)}
    command = [sys.executable, TESTS / "engines" / "run.py", "--ci", "--modes", "codepickle", "--jobs", jobs]
    return [Step("engines", command, env=env, figure=r"^engines:")]


def sandbox_steps(found):
    """What is in no other step: each start of Pyodide takes two seconds. With one Python, where node is."""
    home = CACHE / "pyodide" / PYODIDE
    if not (IN_CI or (shutil.which("node") and home.exists())):
        return []
    label = chosen(found, [SANDBOX_ON])[0]
    pytest = [venv_python(label), "-m", "pytest", "-q", "-p", "no:cacheprovider", TESTS / "test_sandbox.py"]
    return [Step("sandbox", pytest, env={"CODEPICKLE_PYODIDE": str(home)})]


def payload_steps(jobs):
    env = {"CODEPICKLE_PATH": str(SITE)}
    command = [sys.executable, TESTS / "payloads" / "check.py", "--jobs", jobs, "--traceback", "30"]
    return [Step("kept payloads", command, env=env, figure=r"^kept payloads")]


def loader_wheel():
    return only_one("py3-none-any")


def widest_wheel():
    """The native wheel that every CPython takes."""
    return only_one("cp37-abi3-*")


def only_one(tags):
    wheels = sorted(DIST.glob("codepickle-*-%s.whl" % tags))
    if len(wheels) != 1:
        raise Failure("dist/ holds %d wheels for %s: run tools/build.py wheels" % (len(wheels), tags))
    return wheels[0]
