"""Every file of the standard library, lowered, compiles with older Pythons.

    cargo build --release -p codepickle-source --example lower
    python3 tests/lowering/library.py --of python3.13 python3.7 python3.9

What an older Python compiles as it is comes back as it is, and a lowered text is not lowered again. What fails is listed in
library.txt, and a file that is listed there and passes is a failure, too. `--folder` takes other files instead, without a list.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

import tool

LISTED = os.path.join(tool.HERE, "library.txt")


def listed(library, target):
    """{file: reason} of what is not lowered, for the library and the Python of these versions."""
    found = {}
    with open(LISTED, encoding="utf-8") as file:
        for line in file:
            line = line.split("#")[0].strip()
            if line:
                libraries, targets, name, reason = line.split(None, 3)
                first, _, last = targets.partition("-")
                is_meant = tool.number(first or "3.0") <= tool.number(target) <= tool.number(last)
                if is_meant and library in libraries.split(","):
                    found[name] = reason
    return found


class Check:
    """The files of one library, lowered for one Python after the other."""

    def __init__(self, args, folder):
        self.args = args
        self.temporary = folder
        self.version = tool.version_of(args.of)
        self.files = self.child(args.of, "read", *args.folder)
        self.compiled = set()
        self.failures = []

    def child(self, python, *arguments):
        out = os.path.join(self.temporary, "out.json")
        subprocess.run([python, "-X", "utf8", os.path.join(tool.HERE, "texts.py"), out, *arguments], check=True)
        with open(out, encoding="utf-8") as file:
            return json.load(file)

    def compile(self, python, texts):
        path = os.path.join(self.temporary, "texts.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(texts, file)
        return self.child(python, "compile", path)

    def target(self, python):
        """Lower everything for this Python, and compare."""
        version = tool.version_of(python)
        failures = {}
        answers = tool.lower_all(self.args.lower, [text for _, text in self.files], version)
        texts = []
        for (name, original), (status, text, inserted) in zip(self.files, answers):
            if status == "error":
                failures[name] = text
                continue
            texts.append((name, original, status == "lowered", text))
            if text.count("\n") != original.count("\n") + len(inserted):
                failures[name] = "lines were lost or added"
        refused = len(failures)
        self.check_compiled(python, texts, failures)
        self.check_again(version, texts, failures)
        expected = {} if self.args.folder else listed(self.version, version)
        for name, why in failures.items():
            if not why.startswith(expected.get(name, "?")):
                self.failures.append("%s -> %s: %s: %s" % (self.version, version, name, why))
        for name in sorted(set(expected) - set(failures)):
            self.failures.append("%s -> %s: %s: passes, and is listed" % (self.version, version, name))
        changed = sum(is_lowered for _, _, is_lowered, _ in texts)
        print(
            "%s -> %s: %d files, %d lowered, %d that cannot be"
            % (self.version, version, len(self.files), changed, refused),
            flush=True,
        )

    def check_compiled(self, python, texts, failures):
        # What an older Python compiled is not compiled again.
        fresh = [(name, text) for name, _, _, text in texts if (name, text) not in self.compiled]
        for (name, text), (error, _) in zip(fresh, self.compile(python, fresh)):
            if error:
                failures[name] = error
            else:
                self.compiled.add((name, text))
        changed = [(name, text) for name, text, is_lowered, _ in texts if is_lowered]
        for (name, _), (error, is_ambiguous) in zip(changed, self.compile(python, changed)):
            if not error and not is_ambiguous:
                failures[name] = "is rewritten, and compiles as it is"

    def check_again(self, version, texts, failures):
        changed = [(name, text) for name, _, is_lowered, text in texts if is_lowered]
        answers = tool.lower_all(self.args.lower, [text for _, text in changed], version)
        for (name, _), (status, _, _) in zip(changed, answers):
            if status != "same":
                failures[name] = "the lowered text is not taken as it is: %s" % status


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    tool.add_option(parser)
    parser.add_argument("--of", default=sys.executable, help="the Python whose library it is")
    parser.add_argument("--folder", action="append", default=[], help="other files; those that --of compiles")
    parser.add_argument("pythons", nargs="+")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        check = Check(args, folder)
        for python in sorted(args.pythons, key=lambda python: tool.number(tool.version_of(python))):
            check.target(python)
    for failure in check.failures:
        print("FAILED", failure)
    print("lowered libraries: %s passed, %d failed" % (len(check.compiled), len(check.failures)))
    return bool(check.failures)


if __name__ == "__main__":
    sys.exit(main())
