"""Dump the cases of tests/fixtures with every CPython, and keep the payloads: they have to load for ever.

    python tests/payloads/make.py          writes tests/payloads/wireN/codepickle-VERSION.tar.xz

To be called before a release, with the native module built (`make dev`) and all Pythons at hand. An archive that belongs
to a release is never written again. Besides `cpython3.11/CASE.pickle` it holds a few self-contained payloads, in
`cpython3.11-self-contained/`, and `index.json`: what each case asks of the Python that loads it.
"""

import argparse
import io
import json
import lzma
import os
import re
import subprocess
import sys
import tarfile
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
CHECKOUT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(CHECKOUT, "tests", "matrix"))
import cases  # noqa: E402
import interpreters  # noqa: E402
from interpreters import PACKAGES  # noqa: E402
from worker import Task, package_path  # noqa: E402

# They differ from others only in their head, which is the same in all.
SELF_CONTAINED_STRIDE = 30


def constant(name, file):
    """The value of a module's constant, without importing it."""
    with open(os.path.join(package_path(), "codepickle", file), encoding="utf-8") as source:
        return re.search(r"^%s = \"?([\w.]+)\"?$" % name, source.read(), re.MULTILINE).group(1)


def version():
    with open(os.path.join(CHECKOUT, "Cargo.toml"), encoding="utf-8") as manifest:
        return re.search(r'^version = "([^"]+)"$', manifest.read(), re.MULTILINE).group(1)


def target():
    folder = os.path.join(HERE, "wire" + constant("WIRE_VERSION", "_runtime.py"))
    return os.path.join(folder, "codepickle-%s.tar.xz" % version())


def is_released():
    tag = "v" + version()
    done = subprocess.run(["git", "tag", "--list", tag], cwd=CHECKOUT, stdout=subprocess.PIPE, check=True)
    return bool(done.stdout.strip())


def dump(producer, chosen, flags, root):
    """{member: bytes} of the cases that this Python can dump."""
    here = [c for c in chosen if c.min <= producer.version[:2] and (c.requires is None or producer.has(c.requires))]
    folder = os.path.join(root, "cpython" + producer.label + "".join(flags).replace("--", "-"))
    os.mkdir(folder)
    results = Task(
        producer, "produce.py", folder, [c.name for c in here], flags, path=package_path(), packages=PACKAGES
    ).run()
    for name, (state, error) in sorted(results.items()):
        if state != "ok":
            sys.exit("%s cannot be dumped by %s: %s" % (name, producer.label, error))
    found = {}
    for case in here:
        with open(os.path.join(folder, case.name + ".pickle"), "rb") as file:
            found["%s/%s.pickle" % (os.path.basename(folder), case.name)] = file.read()
    return found


def pack(members):
    """A tar file that depends on the members alone. What Pythons dump alike is next to each other, and costs nothing."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in sorted(members, key=lambda name: (os.path.basename(name), name)):
            entry = tarfile.TarInfo(name)
            entry.size = len(members[name])
            archive.addfile(entry, io.BytesIO(members[name]))
    return lzma.compress(buffer.getvalue(), preset=9 | lzma.PRESET_EXTREME)


def main():
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    if is_released():
        sys.exit("version %s is released: its payloads stay as they are" % version())
    producers = [i for i in interpreters.find() if i.can_dump]
    wanted = [label for label in interpreters.PYTHONS if label != "pypy"]
    lacking = interpreters.missing([i.label for i in producers], wanted)
    if lacking:
        sys.exit("not found: CPython %s" % ", ".join(lacking))
    found = cases.find()
    plain = [case for case in found if case.requires is None]  # they load where nothing is installed
    index = {case.name: {"min": case.loads, "requires": case.requires} for case in found}
    members = {"index.json": json.dumps(index, indent=0, sort_keys=True).encode()}
    with tempfile.TemporaryDirectory() as root:
        for producer in (i for i in producers if i.label in wanted):
            members.update(dump(producer, found, [], root))
            members.update(dump(producer, plain[::SELF_CONTAINED_STRIDE], ["--self-contained"], root))
    path = target()
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(pack(members))
    print("%s: %d payloads, %d bytes" % (os.path.relpath(path), len(members) - 1, os.path.getsize(path)))


if __name__ == "__main__":
    main()
