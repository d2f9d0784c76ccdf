"""Print a digest of the payload of every fixture case, and of its fingerprint.

    python hashes.py CASES [--reverse]

One JSON object: {case: [digest of dumps(), fingerprint()]}. With `--reverse` the cases are dumped in the opposite order,
each twice, so that whatever the process did before differs.
"""

import hashlib
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "matrix"))
import cases  # noqa: E402
import codepickle  # noqa: E402
import produce  # noqa: E402


def main():
    found = cases.find(sys.argv[1])
    again = "--reverse" in sys.argv
    if again:
        found.reverse()
    own_main = sys.modules["__main__"]
    digests = {}
    for case in found:
        # What other packages generate is theirs: attrs writes hash() of a string into the text of `__hash__`.
        if sys.version_info[:2] < case.min or case.requires is not None:
            continue
        module = produce.load(case, as_main=False)
        codepickle.register_pickle_by_value(module)
        try:
            obj = module.payload(), module.check
            data = codepickle.dumps(obj, by_source=True)
            if again:
                data = codepickle.dumps(obj, by_source=True)
            digests[case.name] = hashlib.sha256(data).hexdigest(), codepickle.fingerprint(obj)
        except Exception as error:
            digests[case.name] = "%s: %s" % (type(error).__name__, error), ""
        finally:
            sys.modules["__main__"] = own_main
    print(json.dumps(digests))


if __name__ == "__main__":
    main()
