"""Run cloudpickle's own test suite, unmodified, against Codepickle.

    python tests/upstream/cloudpickle_suite.py [--versions 3.8,3.9,3.11,3.13] [--modes none,false]

Without --versions, the Python that runs this is the one that is tested.

The tests come from cloudpickle's source package 2.2.1; `import cloudpickle` finds a stub
(tests/upstream/stub) that re-exports Codepickle. A test that fails must be listed in
cloudpickle_expected.txt, and what is listed must fail: the list is exact. During development,
CLOUDPICKLE_SUITE names a checkout of another cloudpickle, whose outcome is shown without that check.

Test dependencies and the source package are kept in .cache/upstream of the checkout.
The package under test is in the folder CODEPICKLE_PATH, or where the Python that runs this imports it from, or python/.
"""

import argparse
import concurrent.futures
import contextlib
import fnmatch
import glob
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
CHECKOUT = os.path.dirname(os.path.dirname(HERE))
CACHE = os.path.join(CHECKOUT, ".cache", "upstream")
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "matrix"))
import interpreters  # noqa: E402

VERSION = "2.2.1"
NEEDED = ["pytest", "psutil"]
# Without these, the tests that use them are skipped, as in cloudpickle's own CI.
OPTIONAL = ["numpy", "scipy", "tornado", "typing_extensions"]
EXPECTED = os.path.join(HERE, "cloudpickle_expected.txt")


def fetch_suite():
    """The folder of cloudpickle's unpacked source package."""
    target = os.path.join(CACHE, "cloudpickle-" + VERSION)
    if os.path.isdir(target):
        return target
    os.makedirs(CACHE, exist_ok=True)
    # Several of these processes may run side by side: each unpacks for itself, and the first one stays.
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
        subprocess.run(command + ["--dest", folder, "cloudpickle==" + VERSION], check=True)
        archive = glob.glob(os.path.join(folder, "cloudpickle-%s*.tar.gz" % VERSION))[0]
        with tarfile.open(archive) as tar:
            # Not every patch version of Python before 3.12 has the filter argument.
            tar.extractall(folder, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
        with contextlib.suppress(OSError):
            os.rename(os.path.join(folder, "cloudpickle-" + VERSION), target)
    return target


def package_path():
    """The folder of the package under test."""
    if os.environ.get("CODEPICKLE_PATH"):
        return os.path.abspath(os.environ["CODEPICKLE_PATH"])
    spec = importlib.util.find_spec("codepickle")
    if spec is not None and spec.origin:
        return os.path.dirname(os.path.dirname(os.path.abspath(spec.origin)))
    return os.path.join(CHECKOUT, "python")


def environment_for(interpreter):
    """The Python of a virtual environment that holds the suite's dependencies."""
    folder = os.path.join(CACHE, "venv-" + interpreter.label)
    python = os.path.join(folder, "Scripts" if os.name == "nt" else "bin", "python")
    stamp = os.path.join(folder, "complete")
    if os.path.exists(stamp):
        return python
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([interpreter.path, "-m", "venv", folder], check=True)
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run(pip + NEEDED, check=True)
    for package in OPTIONAL:
        subprocess.run(pip + ["--only-binary", ":all:", package], check=False)
    open(stamp, "w").close()
    return python


def site_packages(python):
    code = "import sysconfig; print(sysconfig.get_paths()['purelib'])"
    return subprocess.run([python, "-c", code], stdout=subprocess.PIPE, check=True).stdout.decode().strip()


def install(python, suite, package):
    """Make the package under test and the suite's helper package importable in all child processes."""
    # The suite sets PYTHONPATH for its children, so only a .pth file reaches them.
    site = site_packages(python)
    with open(os.path.join(site, "codepickle_under_test.pth"), "w") as file:
        file.write(package + "\n")
    helper = os.path.join(site, "_cloudpickle_testpkg")
    shutil.rmtree(helper, ignore_errors=True)
    shutil.copytree(os.path.join(suite, "tests", "cloudpickle_testpkg", "_cloudpickle_testpkg"), helper)


def lay_out(suite, folder):
    """Copy the tests, with the stub where cloudpickle's package stood."""
    shutil.copytree(os.path.join(suite, "tests"), os.path.join(folder, "tests"))
    shutil.copytree(os.path.join(HERE, "stub"), folder, dirs_exist_ok=True)


def run_suite(python, suite, mode, extra):
    """Return ({test id: (outcome, error)}, [collection errors])."""
    with tempfile.TemporaryDirectory(prefix="codepickle-upstream-") as folder:
        lay_out(suite, folder)
        report = os.path.join(folder, "report")
        env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "CODEPICKLE", "PYTEST"))}
        env["CODEPICKLE_UPSTREAM_BY_SOURCE"] = mode
        env["CODEPICKLE_UPSTREAM_REPORT"] = report
        env["PYTHONPATH"] = folder
        env["PYTHONDONTWRITEBYTECODE"] = "1"
        command = [python, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", "-p", "upstream_report", "--tb=short"]
        # The path's order makes `cloudpickle` the stub, whatever else is installed.
        command += ["--rootdir", folder, "tests"] + list(extra)
        done = subprocess.run(
            command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        text = done.stdout.decode(errors="replace")
        results, broken = {}, []
        if os.path.exists(report):
            with open(report) as file:
                for line in file:
                    record = json.loads(line)
                    if "collect" in record:
                        broken.append(record["collect"])
                    elif results.get(record["id"], ("", ""))[0] != "failed":
                        outcome = "xfailed" if record["xfail"] and record["outcome"] == "skipped" else record["outcome"]
                        results[record["id"]] = (outcome, record["error"])
        if done.returncode not in (0, 1):
            broken.append("pytest ended with %s\n%s" % (done.returncode, text[-3000:]))
        return results, broken, text


def read_expected():
    """[(test id pattern, versions, modes, reason)] of the committed list."""
    rows = []
    with open(EXPECTED, encoding="utf-8") as file:
        for line in file:
            line = line.split("#", 1)[0].strip()
            if line:
                name, where, reason = (part.strip() for part in line.split("|", 2))
                versions, modes = (part.strip() for part in where.split("/"))
                rows.append((name, versions, modes, reason))
    return rows


def matches(choice, value):
    return choice == "*" or value in choice.split(",")


def judge(results, version, mode, expected):
    """(passed, not applicable, problems)."""
    rows = [row for row in expected if matches(row[1], version) and matches(row[2], mode)]
    problems, applied = [], 0
    used = set()
    for name, (outcome, error) in sorted(results.items()):
        row = next((row for row in rows if fnmatch.fnmatchcase(name, row[0])), None)
        if row:
            used.add(row)
        if outcome == "failed":
            if row:
                applied += 1
            else:
                problems.append("%s fails: %s" % (name, " ".join(error.split())[:300]))
        elif row and outcome == "passed":
            problems.append("%s passes, but is listed: %s" % (name, row[3]))
    problems += ["%s is listed, but there is no such test" % row[0] for row in rows if row not in used]
    passed = sum(outcome == "passed" for outcome, _ in results.values())
    return passed, applied, problems


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--versions", default="%d.%d" % sys.version_info[:2])
    parser.add_argument("--modes", default="none,false", help="values of by_source: none, true, false")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--output", help="folder for pytest's full outputs")
    parser.add_argument("pytest", nargs="*", help="arguments for pytest, after --")
    options = parser.parse_args()

    other = os.environ.get("CLOUDPICKLE_SUITE")
    suite = other or fetch_suite()
    expected = [] if other else read_expected()
    found = {i.label: i for i in interpreters.find()}
    wanted = options.versions.split(",")
    missing = [v for v in wanted if v not in found]
    pythons = {}
    for version in wanted:
        if version in found:
            pythons[version] = environment_for(found[version])
            install(pythons[version], suite, package_path())

    failed = False
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        runs = [
            (version, mode, pool.submit(run_suite, python, suite, mode, options.pytest))
            for version, python in pythons.items()
            for mode in options.modes.split(",")
        ]
        for version, mode, future in runs:
            results, broken, text = future.result()
            passed, applied, problems = judge(results, version, mode, expected)
            if options.output:
                os.makedirs(options.output, exist_ok=True)
                with open(os.path.join(options.output, "%s-%s.txt" % (version, mode)), "w") as file:
                    file.write(text)
            skipped = sum(outcome in ("skipped", "xfailed") for outcome, _ in results.values())
            name = {"none": "None", "true": "True", "false": "False"}[mode]
            total = len(results) - skipped
            line = "cloudpickle suite CPython %s by_source=%s: %d of %d passed, %d not applicable"
            print(
                line % (version, name, passed, total - applied, applied) + (", %d skipped" % skipped if skipped else "")
            )
            for problem in problems + broken:
                print("    " + problem)
            failed |= bool(broken or not results or (problems and not other))
            sys.stdout.flush()
    if missing:
        print("cloudpickle suite: not found: " + ", ".join(missing))
    sys.exit(1 if failed or (missing and os.environ.get("CI") == "true") else 0)


if __name__ == "__main__":
    main()
