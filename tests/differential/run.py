"""The reader against `pickletools.genops`: the same opcodes, arguments and offsets, and the same pickles are refused.

    cargo build --release -p codepickle-stream --example ops
    python3.13 tests/differential/run.py --count 100000

Pickles are those of CPython's own tests, those that this repository keeps, the attacks, and objects made at random, each
changed in some bytes. Where the two differ on purpose is in DIFFERENCES.
"""

import argparse
import codecs
import glob
import os
import pickle
import pickletools
import random
import re
import runpy
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))

#: Where the reader goes another way than `pickletools`, and why; the message of the reader tells which.
DIFFERENCES = {
    # `pickle.loads` refuses both.
    "frame-too-long": "a frame that is longer than the data",
    "protocol-unknown": "a protocol that is not known",
    # genops decodes them as ASCII, the reader keeps bytes until they are used, and refuses then what is no text.
    "not-ascii": "a name, identifier or string of protocol 0 with other bytes than ASCII",
    # To `pickle.loads` it is a character as others.
    "backslash-in-a-name": "genops takes a backslash in a name for an escape",
    # `pickle.loads` refuses it as well.
    "lone-quote": "a string of protocol 0 that is one quote, both ends at once",
    # `pickle.loads` reads numbers as `int(text, 0)`; an index that is none is refused when it is used.
    "number-of-protocol-0": "a number or index of protocol 0 that is not decimal",
}

#: What is said of an opcode that `pickletools` refuses and the reader does not.
ACCEPTED = "the reader accepts it"


def seeds():
    """Pickles of all origins."""
    found = []
    for path in glob.glob(os.path.join(ROOT, "tests", "payloads", "**", "*"), recursive=True):
        if os.path.isfile(path) and not path.endswith((".py", ".txt", ".md", ".json")):
            with open(path, "rb") as file:
                found.append(file.read()[:20_000])
    for path in glob.glob(os.path.join(ROOT, "tests", "attacks", "*.py")):
        found.append(runpy.run_path(path)["PAYLOAD"][:2000])
    try:
        from test import pickletester
    except ImportError:
        print("CPython's own tests are not installed: without their pickles")
    else:
        for holder in (pickletester, pickletester.AbstractUnpickleTests):
            for name in dir(holder):
                value = getattr(holder, name, None)
                if isinstance(value, bytes) and len(value) > 2:
                    found.append(value)
    return found


def an_object(random, depth=0):
    """Any of the types that pickles have opcodes for."""
    kind = random.randrange(16 if depth < 4 else 9)
    if kind < 9:
        return [
            None,
            random.random() < 0.5,
            random.randrange(-(2**9), 2**9),
            random.randrange(-(2**70), 2**70),
            random.uniform(-1e9, 1e9),
            "".join(random.choice("a\\\n'\"ü\u20ac\U0001f40d\ud800 ") for _ in range(random.randrange(9))),
            bytes(random.randrange(256) for _ in range(random.randrange(9))),
            int,
            len,
        ][kind]
    items = [an_object(random, depth + 1) for _ in range(random.randrange(5))]
    if kind < 12:
        return [list, tuple, lambda items: [items, items]][kind - 9](items)
    return {str(index): item for index, item in enumerate(items)}


def changed(data, random):
    """The pickle with some bytes changed, left out, put in, or cut off."""
    data = bytearray(data)
    for _ in range(random.randrange(4)):
        at = random.randrange(len(data) + 1)
        how = random.randrange(5)
        if how == 0 and at < len(data):
            data[at] = random.randrange(256)
        elif how == 1 and at < len(data):
            data[at] ^= 1 << random.randrange(8)
        elif how == 2:
            del data[at : at + random.randrange(4)]
        elif how == 3:
            data[at:at] = random.choice(OPCODES)
        elif random.random() < 0.2:
            del data[at:]
    return bytes(data)


OPCODES = [opcode.code.encode("latin-1") for opcode in pickletools.opcodes]


def pickles(count, seed):
    rng, known = random.Random(seed), seeds()
    yield from known
    for number in range(count - len(known)):
        if number % 3:
            data = pickle.dumps(an_object(rng), rng.randrange(pickle.HIGHEST_PROTOCOL + 1))
        else:
            data = rng.choice(known)
        yield changed(data, rng)


def expected(data):
    """What `pickletools` finds: opcodes with offset and argument, and where it ends, or None."""
    found = []
    try:
        for opcode, argument, offset in pickletools.genops(data):
            found.append((offset, ord(opcode.code), opcode, argument))
    except (ValueError, UnicodeDecodeError, OverflowError, MemoryError, IndexError):
        return found, False
    return found, True


def same(opcode, argument, shown):
    """Whether the reader's argument is that of `pickletools`."""
    if not shown:
        return argument is None
    kind, rest = shown[0], shown[1:]
    if kind == "n":
        return int(rest) == argument
    if kind == "f":
        return rest == struct.pack(">d", argument).hex()
    raw = bytes.fromhex(rest)
    if isinstance(argument, (bytes, bytearray)):
        return raw == argument
    if kind == "b":
        if isinstance(argument, int):
            return int.from_bytes(raw, "little", signed=True) == argument
        return raw in (argument.encode("utf-8", "surrogatepass"), argument.encode("latin-1", "replace"))
    code = opcode.code
    if code == "S":
        return codecs.escape_decode(raw.strip()[1:-1])[0].decode("ascii") == argument
    if code == "V":
        return raw.decode("raw-unicode-escape") == argument
    if code == "F":
        return repr(float(raw)) == repr(argument)
    if isinstance(argument, int):
        digits = raw.strip().rstrip(b"L").decode("ascii")
        try:
            return int(digits, 0) == argument
        except ValueError:  # zeros before it
            return int(digits) == argument
    return raw in (argument.encode("utf-8", "surrogatepass"), argument.encode("latin-1", "replace"))


def why_other(data, offset, message):
    """Which of the DIFFERENCES it is; None if it is none."""
    code = data[offset : offset + 1]
    if code == b"\x95" and "too early" in message:
        return "frame-too-long"
    if code == b"\x80" and "protocol" in message:
        return "protocol-unknown"
    lines = data[offset + 1 :].split(b"\n", 2)[: 2 if code in (b"c", b"i") else 1]
    if code == b"S" and lines[0].strip() in (b"'", b'"'):
        return "lone-quote"
    if code in (b"c", b"i", b"P") and b"\\" in b"".join(lines):
        return "backslash-in-a-name"
    if message != ACCEPTED:
        return None
    if code in (b"c", b"i", b"P", b"S") and not b"".join(lines).isascii():
        return "not-ascii"
    number = rb"-?[0-9]+L?" if code == b"L" else rb"-?[0-9]+"
    if code in (b"I", b"L", b"g", b"p") and not re.fullmatch(number, lines[0]):
        return "number-of-protocol-0"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--reader",
        default=os.path.join(
            os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target")), "release", "examples", "ops"
        ),
    )
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    reader = subprocess.Popen([given.reader], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    tally, wrong, compared = dict.fromkeys(DIFFERENCES, 0), 0, 0
    accepted = 0
    for data in pickles(given.count, given.seed):
        reader.stdin.write(struct.pack("<I", len(data)) + data)
        reader.stdin.flush()
        found = []
        while True:
            line = reader.stdout.readline().decode()
            if line[:1] in ".!":
                break
            found.append(line.split())
        compared += 1
        wanted, good = expected(data)
        accepted += good and line[:1] == "."
        problem = None
        for ours, theirs in zip(found, wanted):
            offset, number, opcode, argument = theirs
            if (int(ours[0]), int(ours[1])) != (offset, number):
                problem = (offset, "another opcode")
            elif not same(opcode, argument, ours[2] if len(ours) > 2 else ""):
                problem = (offset, "another argument")
            if problem:
                break
        if problem is None and (len(found), line[:1] == ".") != (len(wanted), good):
            if len(found) > len(wanted):
                problem = (int(found[len(wanted)][0]), ACCEPTED)
            else:
                problem = (int(line.split()[1]), line.strip())
        if problem:
            why = why_other(data, *problem)
            if why is None:
                wrong += 1
                if wrong <= 10:
                    print("%r at %d: %s" % (data[:200], problem[0], problem[1]))
            else:
                tally[why] += 1
    reader.stdin.close()
    reader.wait()
    print("%d pickles, %d of them whole; different on purpose: %s" % (compared, accepted, tally))
    print("differential: %d passed, %d failed" % (compared - wrong, wrong))
    return 1 if wrong or compared < given.count else 0


if __name__ == "__main__":
    sys.exit(main())
