"""Portable functions under a policy: the runtime that is installed, and code that is approved."""

import pickle
import sys

import codepickle
import pytest
from codepickle import Policy, PolicyError

RATE = 3


def helper(x):
    return x + 1


def scaled(x):
    return helper(x) * RATE


@codepickle.portable
def factorial(n):
    return n * factorial(n - 1) if n else 1


portable_scaled = codepickle.portable(scaled)


@pytest.fixture(autouse=True)
def travels():
    codepickle.register_pickle_by_value(sys.modules[__name__])
    yield
    codepickle.unregister_pickle_by_value(sys.modules[__name__])


def refusals(payload, policy=None):
    with pytest.raises(PolicyError) as caught:
        codepickle.loads(payload, policy=policy or Policy())
    return {refusal.code for refusal in caught.value.refusals}


@pytest.mark.parametrize("dump", [pickle.dumps, codepickle.dumps])
@pytest.mark.parametrize("member, argument, result", [(factorial, 5, 120), (portable_scaled, 3, 12)])
def test_approved(dump, member, argument, result):
    payload = dump(member, 4)
    assert refusals(payload) == {"unapproved-code"}
    report = codepickle.inspect(payload)
    assert report.worst == "note" and report.producer == "codepickle"
    approved = [function.approval for function in report.functions if function.name == member.__name__]
    for policy in (Policy(approved=[member]), Policy(approved=approved)):
        back = codepickle.loads(payload, policy=policy)
        # Loaded already, from what was checked: no pickle is read at the first call.
        assert back._group._functions is not None and back(argument) == result
        assert codepickle.loads(pickle.dumps(back), policy=policy)(argument) == result


def test_inspect_shows_the_functions_inside():
    payload = pickle.dumps({"call": factorial, "with": [1]}, 4)
    report = codepickle.inspect(payload)
    (function,) = report.functions
    assert function.source.endswith("return n * factorial(n - 1) if n else 1")
    # Places count from the beginning of the data.
    assert payload[function.offset : function.offset + 1] == pickle.REDUCE
    assert {call.opcode for call in report.calls} == {"REDUCE", "BUILD"}
    assert all(call.format for call in report.calls)


def test_several_that_travel_together():
    both = codepickle.portable(scaled, helper)
    payload = pickle.dumps([*both, both[0]], 4)
    back = codepickle.loads(payload, policy=Policy(approved=[both[1]]))
    assert back[0](1) == 6 and back[1](1) == 2 and back[0] is back[2]
    assert refusals(pickle.dumps([*both, factorial], 4), Policy(approved=[both[0]])) == {"unapproved-code"}


def test_one_that_was_loaded_inside_of_another():
    loaded = pickle.loads(pickle.dumps(factorial))
    outer = codepickle.portable(lambda n: loaded(n) + 1)
    payload = pickle.dumps(outer, 4)
    assert codepickle.loads(payload, policy=Policy(approved=[outer]))(3) == 7
    assert {function.name for function in codepickle.inspect(payload).functions} == {"<lambda>", "factorial"}


def sent(inside):
    """`factorial` with another payload."""
    back = pickle.loads(pickle.dumps(factorial, 4))
    back._group._parts["payload"] = inside
    return pickle.dumps(back, 4)


@pytest.mark.parametrize(
    "inside",
    [
        b"\x80\x04cos\nsystem\n\x8c\x02id\x85R.",
        # A function of the group that is something else.
        b"\x80\x04ccodepickle._portable\ninner\nK\x00\x85Rcos\nsystem\nb.",
        b"\x80\x04ccodepickle._portable\ninner\n.",
        b"\x80\x04ccodepickle._portable\ninner\n\x8c\x010\x85R.",
        b"\x80\x04ccodepickle._portable\nGroup\n}\x85R.",
        b"not a pickle",
    ],
)
def test_other_payloads(inside):
    policy = Policy(approved=[factorial])
    assert refusals(sent(inside), policy) & {"reference", "malformed", "call", "unapproved-code"}
    if b"inner" not in inside or b"os" in inside:
        assert codepickle.inspect(sent(inside)).worst in ("danger", "warning")


def test_a_payload_without_its_functions():
    with pytest.raises(codepickle.LoadError, match="is missing"):
        codepickle.loads(sent(b"\x80\x04N."), policy=Policy())


@pytest.mark.parametrize(
    "old, new",
    [(b"def boot(z):", b"def evil(z):"), (b"group[index]", b"group.index_"), (b".Group(parts)", b".Evil_(parts)")],
)
def test_another_runtime(old, new):
    payload = pickle.dumps(factorial, 4)
    assert old in payload and len(old) == len(new)
    assert "reference" in refusals(payload.replace(old, new), Policy(approved=[factorial]))
    assert codepickle.inspect(payload.replace(old, new)).worst == "danger"


def test_every_tenth_bit_flip_is_refused_or_the_same():
    payload = pickle.dumps(factorial, 4)
    start = len(payload) - 600
    policy = Policy(approved=[factorial])
    for at in [*range(300), *range(300, start, 997), *range(start, len(payload))]:
        flipped = payload[:at] + bytes([payload[at] ^ 1 << at % 8]) + payload[at + 1 :]
        try:
            back = codepickle.loads(flipped, policy=policy)
        except (codepickle.LoadError, ValueError, TypeError, AttributeError, LookupError):
            continue
        assert back(5) == 120, at


def test_a_part_of_an_approved_function():
    """One that was loaded is data of the function that uses it, and approved with it."""
    loaded = pickle.loads(pickle.dumps(factorial))
    uses = eval("lambda n: loaded(n)", {"loaded": loaded, "__name__": "__main__"})
    uses.__source__ = "lambda n: loaded(n)"
    payload = codepickle.dumps(uses)
    assert codepickle.loads(payload, policy=Policy(approved=[uses]))(3) == 6
    assert refusals(payload, Policy(approved=[factorial]))


def test_one_payload_in_many_groups_is_refused_for_its_memory():
    """A pickle can name the same bytes over and over: what is read for each is bounded by the length of the whole."""
    group = pickle.loads(pickle.dumps(factorial, 4))._group
    groups = []
    for _ in range(40):
        parts = dict(group._parts, payload=group._parts["payload"])
        groups.append(type(group)(parts))
    few = pickle.dumps([each[0] for each in groups[:3]], 4)
    assert [back(5) for back in codepickle.loads(few, policy=Policy(approved=[factorial]))] == [120] * 3
    big = b"\x80\x04B" + (1 << 20).to_bytes(4, "little") + b"N" * (1 << 20) + b"0N."
    for each in groups:
        each._parts["payload"] = big
    many = pickle.dumps([each[0] for each in groups], 4)
    assert len(many) < 3 << 20
    assert refusals(many) == {"limit-memory"}
    assert codepickle.inspect(many).worst == "danger"
