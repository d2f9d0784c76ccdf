"""What a policy and a signature cost at load time, as ratios to loading without.

    python benches/trust.py [--rounds N]

`rows` is for benches/run.py: what is loaded, how, and the seconds of each as what `run.figure` returns.
"""

import argparse
import sys

import codepickle
from codepickle import Key, Policy


def small(x, y=2):
    """Two lines."""
    return x * y + 1


class Account:
    """A class with methods, and an instance of it."""

    def __init__(self, balance=0):
        self.balance = balance

    def deposit(self, amount):
        self.balance += amount
        return self

    def report(self):
        return "balance: %d" % self.balance


def objects():
    """Name, object, and a policy that allows it."""
    data = [{"name": "row %d" % index, "value": index * 0.5, "tags": ("a", "b")} for index in range(1000)]
    yield "data, 1000 dicts", data, Policy()
    yield "a function of two lines", small, Policy(approved=[small])
    yield "a portable function", codepickle.portable(small), Policy(approved=[codepickle.portable(small)])
    yield "an instance and its class", Account(3), Policy(approved=[Account])


def keys():
    yield "HMAC-SHA-256", Key(bytes(32)), Key(bytes(32))
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    except ImportError:
        return
    public = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()
    yield "Ed25519", Key.ed25519(bytes(32)), Key.ed25519_public(public.public_bytes_raw())


def functions(obj, policy):
    """{how: a call that loads it so}; "plain" is what the others are compared with."""
    payload = codepickle.dumps(obj)
    made = {
        "plain": lambda: codepickle.loads(payload),
        "policy": lambda: codepickle.loads(payload, policy=policy),
        "inspect": lambda: codepickle.inspect(payload),
    }
    for name, private, public in keys():
        signed = codepickle.sign(payload, private)
        made[name] = lambda signed=signed, public=public: codepickle.loads(signed, key=public)
    return made


def rows(measured, rounds):
    """[(what, {how: seconds})]; `measured` is that of benches/run.py."""
    if __name__ != "__main__":  # as what a script defines
        codepickle.register_pickle_by_value(sys.modules[__name__])
    return [(name, measured(functions(obj, policy), rounds)) for name, obj, policy in objects()]


def main():
    import run

    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=9)
    found = rows(run.measured, options.parse_args().rounds)
    ways = list(found[0][1])
    print("| loads | %s |" % " | ".join(ways))
    print("| --- |%s" % (" ---: |" * len(ways)))
    for name, seconds in found:
        plain = seconds["plain"]["median"]
        cells = ["%.1f µs" % (plain * 1e6)] + ["%.1f x" % (seconds[way]["median"] / plain) for way in ways[1:]]
        print("| %s | %s |" % (name, " | ".join(cells)))


if __name__ == "__main__":
    main()
