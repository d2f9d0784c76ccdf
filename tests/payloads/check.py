"""Load the payloads that are kept here, of every release and from every Python, with every Python that is found.

    python tests/payloads/check.py [--jobs N] [--traceback LINES]

Payloads of the same bytes are loaded once. What a case asks of the Python that loads it stands in the archive, since
the case may have changed since then. CODEPICKLE_PATH is the folder that holds the package under test.
"""

import argparse
import concurrent.futures
import glob
import json
import os
import sys
import tarfile
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "matrix"))
import interpreters  # noqa: E402
from interpreters import PACKAGES  # noqa: E402
from worker import Task, make_loader  # noqa: E402


def read(path):
    """(what each case asks for, {(producer, case): bytes}) of an archive."""
    payloads = {}
    with tarfile.open(path) as archive:
        for entry in archive:
            data = archive.extractfile(entry).read()
            if entry.name == "index.json":
                index = json.loads(data.decode())
            else:
                producer, _, name = entry.name[: -len(".pickle")].partition("/")
                payloads[producer, name] = data
    return index, payloads


def rounds(payloads):
    """Lay the payloads out in folders of one payload per case, so that none finds what another one left behind.

    Yields ({case: (producers, bytes)}, whether they are self-contained).
    """
    for self_contained in (False, True):
        variants = {}
        for (producer, name), data in sorted(payloads.items()):
            if producer.endswith("-self-contained") == self_contained:
                variants.setdefault(name, {}).setdefault(data, []).append(producer)
        for number in range(max(map(len, variants.values()), default=0)):
            chosen = {name: list(found.items())[number] for name, found in variants.items() if number < len(found)}
            yield {name: (producers, data) for name, (data, producers) in chosen.items()}, self_contained


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--traceback", type=int, default=0, metavar="LINES")
    options = parser.parse_args()
    found = interpreters.find(pyodide=True)
    archives = sorted(glob.glob(os.path.join(HERE, "wire*", "*.tar.xz")))
    passed = failed = 0
    with tempfile.TemporaryDirectory() as root, concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        loader = make_loader(os.path.join(root, "loader"))
        under_way = []
        for path in archives:
            index, payloads = read(path)
            modules = sorted({case["requires"] for case in index.values() if case["requires"]})
            has = {(i.label, module): i.has(module) for i in found for module in modules}
            for chosen, self_contained in rounds(payloads):
                folder = tempfile.mkdtemp(dir=root)
                for name, (_, data) in chosen.items():
                    with open(os.path.join(folder, name + ".pickle"), "wb") as file:
                        file.write(data)
                how = {"python_flags": ["-I", "-S"]} if self_contained else {"path": loader, "packages": PACKAGES}
                for consumer in found:
                    names = [
                        name
                        for name in chosen
                        if consumer.version[:2] >= tuple(index[name]["min"])
                        and (not index[name]["requires"] or has[consumer.label, index[name]["requires"]])
                    ]
                    task = Task(consumer, "consume.py", folder, names, **how)
                    under_way.append((path, chosen, consumer, pool.submit(task.run)))
        for path, chosen, consumer, future in under_way:
            for name, (state, error) in sorted(future.result().items()):
                producers = chosen[name][0]
                if state == "ok":
                    passed += len(producers)
                    continue
                failed += len(producers)
                lines = error.strip().splitlines() or [""]
                print(
                    "FAILED %s, %s of %s in %s: %s"
                    % (os.path.basename(path), name, ", ".join(producers), consumer.label, lines[0])
                )
                print("\n".join("    | " + line for line in lines[-options.traceback :] if options.traceback))
    print(
        "kept payloads: %d of %d passed, %d archives in %d Pythons"
        % (passed, passed + failed, len(archives), len(found))
    )
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
