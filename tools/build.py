"""Build the native module in place, the wheels and the source distribution.

python tools/build.py dev                  python/codepickle/_native.abi3.so, for working in place
python tools/build.py wheels               all wheels for this machine and the sdist, into dist/
python tools/build.py native [--target T]  only the two native wheels, for another target if wanted
python tools/build.py loader | sdist       only that
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

from common import CACHE, DIST, PACKAGE, ROOT, Failure, environment, main, on_path, pip, run, venv, version

MATURIN = "maturin>=1.9,<2"
# Links against an old glibc's symbols, so that a manylinux wheel needs no container.
ZIG = "ziglang>=0.13"
# A wheel of pure Python files: a builder without dependencies is enough.
FLIT = "flit_core>=3.12,<5"

# One crate, two wheels: pip prefers the second where it fits. See ARCHITECTURE.md for what it gains.
FEATURES = {"abi3-py37": [], "abi3-py310": ["--no-default-features", "--features", "abi3-py310"]}

# glibc 2.17 is in every Linux that has a Python we serve; musl 1.2 likewise.
MANYLINUX = "manylinux2014"
MUSLLINUX = "musllinux_1_2"


def cargo_environment():
    # PyO3's build script asks a Python about itself: let it be one that certainly exists.
    return environment(PYO3_PYTHON=sys.executable)


def target_folder():
    return os.environ.get("CARGO_TARGET_DIR", str(ROOT / "target"))


def dev():
    """Compile the native module for this machine and put it beside the Python files."""
    run(["cargo", "build", "--release", "--locked", "-p", "codepickle-python"], env=cargo_environment())
    built, name = {
        "win32": ("_native.dll", "_native.pyd"),
        "darwin": ("lib_native.dylib", "_native.abi3.so"),
    }.get(sys.platform, ("lib_native.so", "_native.abi3.so"))
    target = PACKAGE / name
    # Copied beside and moved over: overwriting a library that is loaded somewhere would kill that process.
    beside = target.with_name(name + ".new")
    shutil.copy(os.path.join(target_folder(), "release", built), str(beside))
    os.replace(str(beside), str(target))
    return target


def native(target=None, out=DIST):
    """Build the two abi3 wheels, each checked by maturin against the platform tag that it carries."""
    linux = "linux" in target if target else sys.platform.startswith("linux")
    python = venv("build", [MATURIN])
    platform = []
    if linux:
        compatibility = MUSLLINUX if "musl" in (target or "") or is_musl() else MANYLINUX
        try:
            python = venv("build-zig", [MATURIN, ZIG])
            platform = ["--zig", "--compatibility", compatibility]
        except Failure as failure:
            print("zig cannot be installed (%s): the wheels get the tag 'linux' and fit this machine only" % failure)
            platform = ["--compatibility", "linux"]
    if target:
        platform += ["--target", target]
    for flags in FEATURES.values():
        command = [python, "-m", "maturin", "build", "--release", "--locked", "--out", out, *platform, *flags]
        run(command, env=on_path(python))


def is_musl():
    probe = subprocess.run(["ldd", "--version"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return b"musl" in probe.stdout


def remove(pattern, folder):
    for old in folder.glob(pattern):
        old.unlink()


def loader(out=DIST):
    """Build the wheel without a native module: the same Python files, the same metadata."""
    remove("codepickle-*-py3-none-any.whl", out)
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=str(CACHE), prefix="loader-") as folder:
        lay_out_loader(os.path.join(folder, "codepickle"))
        for name in ("README.md", "LICENSE"):
            shutil.copy(str(ROOT / name), folder)
        with open(os.path.join(folder, "pyproject.toml"), "w", encoding="utf-8") as file:
            file.write(loader_project())
        pip(venv("build", [MATURIN]), "wheel", "--quiet", "--no-deps", "--wheel-dir", out, folder)


def lay_out_loader(target):
    """Copy the package's pure Python files: what the loader's wheel installs, and nothing more."""
    shutil.copytree(str(PACKAGE), target, ignore=shutil.ignore_patterns("*.so", "*.pyd", "*.new", "__pycache__"))


def loader_project():
    """pyproject.toml with another builder, and the version that maturin takes from Cargo.toml."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project = re.search(r"^\[project\].*?(?=^\[tool\.)", text, re.MULTILINE | re.DOTALL).group(0)
    project, found = re.subn(r'^dynamic = \["version"\]$', 'version = "%s"' % version(), project, flags=re.MULTILINE)
    if not found:
        raise Failure('pyproject.toml no longer says dynamic = ["version"]')
    return '[build-system]\nrequires = ["%s"]\nbuild-backend = "flit_core.buildapi"\n\n%s' % (FLIT, project)


def sdist(out=DIST):
    remove("codepickle-*.tar.gz", out)
    python = venv("build", [MATURIN])
    run([python, "-m", "maturin", "sdist", "--out", out], env=on_path(python))


def wheels():
    remove("codepickle-*", DIST)
    native()
    loader()
    sdist()
    for path in sorted(DIST.glob("codepickle-%s*" % version())):
        print("%9d  %s" % (path.stat().st_size, path.relative_to(ROOT)))


def cli():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["dev", "wheels", "native", "loader", "sdist"])
    parser.add_argument("--target", help="a Rust target triple, for `native`")
    options = parser.parse_args()
    DIST.mkdir(exist_ok=True)
    if options.what == "dev":
        print("built", dev())
    elif options.what == "native":
        native(options.target)
    else:
        {"wheels": wheels, "loader": loader, "sdist": sdist}[options.what]()


if __name__ == "__main__":
    main(cli)
