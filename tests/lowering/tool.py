"""What the scripts here share: calling the example `lower`, and the Pythons."""

import os
import subprocess
import sys
from typing import List, NamedTuple

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


def default():
    """Where `cargo build --release -p codepickle-source --example lower` puts it."""
    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
    return os.path.join(target, "release", "examples", "lower" + (".exe" if os.name == "nt" else ""))


def add_option(parser):
    parser.add_argument("--lower", default=default(), help="the example `lower`; default: that of the release profile")


class Answer(NamedTuple):
    """What became of a text: its status is `same`, `lowered` or `error`, and then the text is the message."""

    status: str
    text: str
    #: The numbers of the lines that the original does not have.
    inserted: List[int]


def lower_all(tool, texts, version):
    """An Answer for each text, in order."""
    if not os.path.exists(tool):
        sys.exit("%s is missing: cargo build --release -p codepickle-source --example lower" % tool)
    stream = b"".join(b"%d\n%s" % (len(data), data) for data in (text.encode() for text in texts))
    out = subprocess.run([tool, version, "-"], input=stream, stdout=subprocess.PIPE, check=True).stdout
    answers = []
    at = 0
    while at < len(out):
        end = out.index(b"\n", at)
        status, length, *inserted = out[at:end].decode().split()
        at = end + 1 + int(length)
        lines = [int(line) for part in inserted for line in part.split(",")]
        answers.append(Answer(status, out[end + 1 : at].decode(), lines))
    return answers


def lower(tool, text, version):
    """The text for that version, and the lines that are inserted; raises ValueError if there is none."""
    [answer] = lower_all(tool, [text], version)
    if answer.status == "error":
        raise ValueError(answer.text)
    return answer.text, answer.inserted


def version_of(python):
    """Such as `3.7`."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    return subprocess.check_output([python, "-c", code]).decode().strip()


def is_pypy(python):
    code = "import sys; print(sys.implementation.name)"
    return subprocess.check_output([python, "-c", code]).decode().strip() == "pypy"


def lacks_groups(python, version):
    """Whether exception groups are neither there nor to be had from the package."""
    if number(version) >= (3, 11):
        return False
    return bool(subprocess.run([python, "-c", "import exceptiongroup"], stderr=subprocess.DEVNULL).returncode)


def number(version):
    """Such as `(3, 7)`."""
    return tuple(map(int, version.split(".")))
