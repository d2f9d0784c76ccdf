"""Any bytes as a signed envelope: nothing but `SignatureError` is raised, nothing is read that no key has signed, and a
length that the header claims takes no memory.

    python fuzz/envelope.py 10               for ten seconds, by chance that is the same in every run
    python fuzz/envelope.py corpus -max_total_time=600 -rss_limit_mb=512     by atheris (pip install atheris)
"""

import contextlib
import io
import os
import random
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "python"))
from codepickle import _signing

CORPUS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus", "envelope")
KEYS = [_signing.Key(bytes(range(32)), id="a"), _signing.Key(bytes(32)), _signing.Key(b"k" * 16, id="ü" * 100)]
PAYLOADS = [b"", b"N.", b"\x93CPSIGN" * 3, bytes(range(256))]
SIGNED = {_signing.sign(payload, key): payload for payload in PAYLOADS for key in KEYS}


def one_input(data):
    data = bytes(data)
    try:
        # Only what was signed: a forgery would be found here.
        assert SIGNED.get(data) == _signing.verify(data, KEYS), data
    except _signing.SignatureError:
        assert data not in SIGNED
    with contextlib.suppress(_signing.SignatureError):
        assert _signing.unsigned(data) in data
    file = io.BytesIO(data + b"rest")
    try:
        envelope = _signing.read_envelope(file, 1 << 20)
    except _signing.SignatureError:
        return
    assert (data + b"rest").startswith(envelope)


def seeds():
    found = list(SIGNED)
    for name in sorted(os.listdir(CORPUS)):
        with open(os.path.join(CORPUS, name), "rb") as file:
            found.append(file.read())
    return found


def changed(chance, given):
    data = bytearray(chance.choice(given))
    for _ in range(chance.randint(1, 4)):
        at = chance.randint(0, len(data))
        what = chance.randrange(4)
        if what == 0 and at < len(data):
            data[at] ^= 1 << chance.randrange(8)
        elif what == 1:
            del data[at : at + chance.randrange(16)]
        elif what == 2:
            data[at:at] = chance.choice([b"\xff" * 8, b"\x00", b"\x01\x01", _signing.MAGIC, b"\x80"])
        else:
            data[at:] = chance.choice(given)[chance.randrange(64) :]
    return bytes(data)


def by_chance(seconds):
    given, chance, until, runs = seeds(), random.Random(7), time.monotonic() + seconds, 0
    for data in given:
        one_input(data)
    while time.monotonic() < until:
        one_input(changed(chance, given))
        runs += 1
    print("fuzz envelope: %d inputs, %d of them from the corpus\n1 of 1 passed" % (runs + len(given), len(given)))


if __name__ == "__main__":
    if len(sys.argv) == 2 and sys.argv[1].isdigit():
        by_chance(int(sys.argv[1]))
    else:
        import atheris

        atheris.instrument_all()
        atheris.Setup(sys.argv, one_input)
        atheris.Fuzz()
