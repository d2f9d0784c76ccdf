"""Each file of `tests/attacks` is found by `inspect` and refused by `Policy`, and so is what a flipped bit makes of it."""

import os

import attacks_table
import codepickle
import pytest
from attacks_table import NAMES
from codepickle import Policy, PolicyError


def read(name):
    note, payload = attacks_table.read(name)
    assert note
    return payload


def is_data(value):
    """Whether it is plain data; what is nested deeply is not looked at further."""
    pending, seen = [value], set()
    while pending:
        value = pending.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, dict):
            pending += [*value, *value.values()]
        elif isinstance(value, (list, tuple, set, frozenset)):
            pending += value
        elif not (value is None or isinstance(value, (int, float, str, bytes, bytearray))):
            return False
    return True


def test_there_are_many():
    assert len(NAMES) >= 140


def test_the_page_lists_them():
    if not os.path.exists(attacks_table.PAGE):
        pytest.skip("the documentation is not here")
    with open(attacks_table.PAGE, encoding="utf-8") as file:
        assert file.read() == attacks_table.page(), "python tests/attacks_table.py writes it"


@pytest.mark.parametrize("name", NAMES)
def test_found_and_refused(name):
    payload = read(name)
    with pytest.raises(PolicyError) as caught:
        codepickle.loads(payload, policy=Policy())
    assert caught.value.refusals
    report = codepickle.inspect(payload)
    # What costs too much is for limits to refuse.
    if not any(refusal.code.startswith("limit-") for refusal in caught.value.refusals):
        assert report.worst in ("danger", "warning"), report
    str(report)


@pytest.mark.parametrize("name", [name for name in NAMES if len(read(name)) < 1000])
def test_flipped_bits(name):
    payload = read(name)
    for at in range(len(payload)):
        for bit in range(8):
            flipped = payload[:at] + bytes([payload[at] ^ 1 << bit]) + payload[at + 1 :]
            codepickle.inspect(flipped)
            try:
                back = codepickle.loads(flipped, policy=Policy())
            except PolicyError:
                continue
            except (codepickle.LoadError, ValueError, TypeError, AttributeError):
                # Of what is allowed, and fails: text that is no text, a list as a key.
                continue
            assert is_data(back), flipped
