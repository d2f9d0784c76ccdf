"""`codepickle.Policy`: what is allowed loads, and nothing else does anything."""

import collections
import datetime
import decimal
import functools
import math
import pickle
import pickletools
import sys

import codepickle
import pytest
from codepickle import Policy, PolicyError

RATE = 2


def helper(x):
    return x * RATE


def scaled(x, more=1):
    return helper(x) + more + math.floor(0.5)


class Base:
    def __init_subclass__(cls):
        cls.made = True


class Account(Base):
    def __init__(self, balance=0):
        self.balance = balance

    def double(self):
        return helper(self.balance)


@pytest.fixture(autouse=True)
def travels():
    codepickle.register_pickle_by_value(sys.modules[__name__])
    yield
    codepickle.unregister_pickle_by_value(sys.modules[__name__])


def refusals(payload, policy=None):
    with pytest.raises(PolicyError) as caught:
        codepickle.loads(payload, policy=policy or Policy())
    return {refusal.code for refusal in caught.value.refusals}


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -(2**100),
        2**40,
        1.5,
        "text \ud800 ü\n\\u0041",
        [1, [2, [3]]],
        {"a": {"b": ()}},
        (1, 2, 3, 4),
        ("x",) * 3,
        [float("inf"), -0.0],
    ],
)
def test_data_loads_as_pickle_loads_it(value, protocol):
    for payload in (pickle.dumps(value, protocol), codepickle.dumps(value, protocol)):
        assert codepickle.loads(payload, policy=Policy()) == pickle.loads(payload) == value


def test_identity_and_cycles():
    shared = ["x"]
    value = [shared, shared, {"k": shared}]
    value.append(value)
    back = codepickle.loads(codepickle.dumps(value), policy=Policy())
    assert back[0] is back[1] is back[2]["k"] and back[3] is back


@pytest.mark.parametrize("value", [{1, 2}, frozenset([3]), b"bytes", bytearray(b"abc")])
def test_sets_and_bytes(value):
    back = codepickle.loads(
        pickle.dumps(value, 5 if sys.version_info >= (3, 8) else 4), policy=Policy(allow=["builtins.bytearray"])
    )
    assert back == value and type(back) is type(value)


def test_instances_of_allowed_names():
    value = [
        decimal.Decimal("1.5"),
        collections.OrderedDict(a=1),
        datetime.date(2020, 1, 2),
        functools.partial(math.pow, 2),
    ]
    names = ["decimal.Decimal", "collections.OrderedDict", "datetime.date", "functools.partial", "math.pow"]
    for protocol in range(5):
        more = ["copyreg._reconstructor", "builtins.object", "_codecs.encode"]
        back = codepickle.loads(pickle.dumps(value, protocol), policy=Policy(allow=names + more))
        assert back[:3] == value[:3] and back[3](3) == 8
    with pytest.raises(PolicyError):
        codepickle.loads(pickle.dumps(value), policy=Policy(allow=names[:3]))


def test_modules_and_packages():
    payload = pickle.dumps(decimal.Decimal(1))
    assert codepickle.loads(payload, policy=Policy(modules=["decimal"])) == 1
    assert codepickle.loads(pickle.dumps(collections.OrderedDict()), policy=Policy(packages=["collections"])) == {}
    # What a module imports is not its own.
    with pytest.raises(PolicyError, match="is of"):
        codepickle.loads(
            b"cdecimal\nnumbers\n.".replace(b"decimal\nnumbers", b"random\n_os"), policy=Policy(modules=["random"])
        )
    assert refusals(b"\x80\x04\x8c\x06random\x8c\x0a_os.system\x93.", Policy(modules=["random"])) == {"reference"}
    for whole in ("builtins", "os", "codepickle._runtime"):
        with pytest.raises(ValueError, match="as a whole"):
            Policy(modules=[whole])


def test_code_needs_an_approval():
    payload = codepickle.dumps(scaled)
    assert "unapproved-code" in refusals(payload)
    assert codepickle.loads(payload, policy=Policy(approved=[scaled]))(5) == 11
    report = codepickle.inspect(payload)
    approval = next(each.approval for each in report.functions if each.name == "scaled")
    assert codepickle.loads(payload, policy=Policy(approved=[approval]))(5) == 11
    # In any protocol, and with the runtime at its head.
    for options in ({"protocol": 0}, {"protocol": 2}, {"protocol": 5}, {"self_contained": True}):
        assert codepickle.loads(codepickle.dumps(scaled, **options), policy=Policy(approved=[approval]))(5) == 11


def test_data_around_approved_functions_may_vary():
    policy = Policy(approved=[scaled], allow=["functools.partial"])
    back = codepickle.loads(
        codepickle.dumps({"call": functools.partial(scaled, more=4), "with": [1, 2]}), policy=policy
    )
    assert back["call"](1) == 6


@pytest.mark.parametrize("name", ["helper", "RATE", "math"])
def test_an_approval_covers_what_is_bound(name, monkeypatch):
    policy = Policy(approved=[scaled])
    monkeypatch.setitem(globals(), name, {"helper": lambda x: 0, "RATE": 3, "math": decimal}[name])
    assert "unapproved-code" in refusals(codepickle.dumps(scaled), policy)


def test_an_approval_covers_defaults_cells_and_attributes():
    def make(step, more=1):
        def inner(x, y=more):
            return x + step + y

        return inner

    policy = Policy(approved=[make(1)])
    assert codepickle.loads(codepickle.dumps(make(1)), policy=policy)(1) == 3
    assert refusals(codepickle.dumps(make(2)), policy)
    assert refusals(codepickle.dumps(make(1, 2)), policy)
    changed = make(1)
    changed.mark = 1
    assert refusals(codepickle.dumps(changed), policy)


def test_a_place_is_approved_where_it_is_data_too():
    """The tuple that a function's code is made of, once more as a value that the function uses."""

    def payload(line, shared):
        tuple_of_code = b"(\x8c\x16def f(): return T[1]+0K" + bytes([line]) + b"\x8c\x04a.pyt"
        return (
            b"\x80\x04\x8c\x13codepickle._runtime\x8c\x01f\x93" + tuple_of_code + b"\x94}\x94\x86R"
            b"h\x01\x8c\x01T" + (b"h\x00" if shared else b"K\x07") + b"s0."
        )

    def approval(data):
        return codepickle.inspect(data).functions[0].approval

    assert approval(payload(1, False)) == approval(payload(2, False))
    assert approval(payload(1, True)) != approval(payload(2, True))
    policy = Policy(approved=[approval(payload(1, True))])
    assert codepickle.loads(payload(1, True), policy=policy)() == 1
    assert "unapproved-code" in refusals(payload(2, True), policy)


def test_the_classic_attack_on_approvals():
    """`def f(x): return g(x)`, with another g."""
    space = {"__name__": "__main__", "g": helper}
    text = "def f(x):\n    return g(x)\n"
    exec(compile(text, "f.py", "exec"), space)
    f = space["f"]
    f.__source__ = text
    policy = Policy(approved=[f])
    assert codepickle.loads(codepickle.dumps(f), policy=policy)(2) == 4
    space["g"] = eval
    assert "unapproved-code" in refusals(codepickle.dumps(f), policy)


def test_what_is_approved_as_a_part_is_not_approved_by_itself():
    policy = Policy(approved=[scaled])
    assert refusals(codepickle.dumps([scaled, helper]), policy) & {"inner-code", "unapproved-code"}


def test_classes_and_their_instances():
    policy = Policy(approved=[Account])
    back = codepickle.loads(codepickle.dumps(Account(4)), policy=policy)
    assert back.double() == 8
    assert refusals(codepickle.dumps(Account(4)), Policy(approved=[Base])) & {"unapproved-code", "call"}


def test_state_does_not_set_the_class():
    payload = b"\x80\x04cdecimal\nContext\n)\x81N}\x8c\x09__class__cdecimal\nDecimal\ns\x86b."
    assert refusals(payload, Policy(modules=["decimal"])) == {"state"}


@pytest.mark.parametrize(
    "payload",
    [
        b"\x80\x04cmath\npi\n}\x8c\x01xK\x01sb.",  # of a name
        b"\x80\x04cdecimal\nDecimal\n\x8c\x01xK\x01s.",
        b"\x80\x04)K\x01a.",  # of a tuple
        b"\x80\x04cmath\npow\n(K\x01K\x02l\x52.",  # no tuple of arguments
    ],
)
def test_changes_of_what_takes_none(payload):
    with pytest.raises(PolicyError):
        codepickle.loads(payload, policy=Policy(modules=["math", "decimal"]))


def test_limits():
    assert refusals(b"N." + b"x" * 100, Policy(max_bytes=10)) == {"limit-bytes"}
    assert refusals(pickle.dumps([[]] * 5 + [[] for _ in range(50)]), Policy(max_objects=20)) == {"limit-objects"}
    assert refusals(b"(" * 2000 + b"t" * 2000 + b".") == {"limit-depth"}
    assert refusals(pickle.dumps(list(range(300))), Policy(max_opcodes=100)) == {"limit-opcodes"}
    laughs = b"\x80\x04})" + b"".join(b"\x94h%c\x86" % index for index in range(60)) + b"Ns."
    assert refusals(laughs) == {"limit-hashing"}
    assert refusals(b"}(" + b"L%dL\nN" % 2**70 * 10_001 + b"u.") == {"limit-long-keys"}
    doubled = b"".join(b"q%ch%c\x86" % (index, index) for index in range(60))
    view = b"\x80\x04ccodepickle._runtime\ni\n(\x8c\x01k](" + b")" + doubled + b"etR."
    assert refusals(view) == {"limit-hashing"}
    assert refusals(b"L" + b"9" * 5000 + b"L\n.") == {"limit-digits"}
    assert refusals(b"(L" + b"9" * 5000 + b"L\nt.") == {"limit-digits"}
    assert refusals(codepickle.dumps(scaled), Policy(approved=[scaled], max_source=10)) == {"limit-source"}
    assert refusals(codepickle.dumps(scaled), Policy(approved=[scaled], max_nesting=0)) == {"limit-nesting"}


def test_places_are_not_approved_and_must_be_some():
    payload = codepickle.dumps(scaled, protocol=0)
    line = b"I%d\n" % scaled.__code__.co_firstlineno
    policy = Policy(approved=[scaled])
    assert line in payload
    assert codepickle.loads(payload.replace(line, b"I7\n"), policy=policy)(1) == 3
    assert refusals(payload.replace(line, b"I999999999\n"), policy) == {"limit-place"}
    assert refusals(payload.replace(line, b"Vx\n"), policy) == {"limit-place"}


def test_bytecode_is_never_allowed():
    payload = codepickle.dumps(scaled, by_source=False)
    approvals = [each.approval for each in codepickle.inspect(payload).functions if each.approval]
    assert "bytecode" in refusals(payload, Policy(approved=approvals))


def test_buffers():
    if sys.version_info < (3, 8):
        pytest.skip("protocol 5 is of 3.8")
    buffers = []
    payload = pickle.dumps(pickle.PickleBuffer(bytearray(b"abc")), 5, buffer_callback=buffers.append)
    assert bytes(codepickle.loads(payload, policy=Policy(), buffers=buffers)) == b"abc"


def test_every_bit_flip_is_refused_or_is_data():
    """No flip in an approved payload makes it do something that is not approved."""
    payload = codepickle.dumps(scaled)
    policy = Policy(approved=[scaled])
    loaded = 0
    for at in range(len(payload)):
        for bit in range(8):
            flipped = payload[:at] + bytes([payload[at] ^ 1 << bit]) + payload[at + 1 :]
            codepickle.inspect(flipped)
            try:
                back = codepickle.loads(flipped, policy=policy)
            except PolicyError:
                continue
            loaded += 1
            # The place, and the protocol.
            assert back(5) == 11
    assert loaded < 8 * len(payload) // 10


def test_errors_travel_and_are_one_line():
    with pytest.raises(PolicyError) as caught:
        codepickle.loads(b"cos\nsys\x1btem\n.", policy=Policy())
    assert "\x1b" not in str(caught.value)
    assert pickle.loads(pickle.dumps(caught.value)).refusals == caught.value.refusals


def test_the_plan_is_what_pickle_does():
    """Protocol 0 to 5 of objects with all kinds of reduces: the same as `pickle.loads`."""
    values = [
        collections.Counter("abca"),
        collections.deque([1, 2]),
        datetime.timedelta(3),
        decimal.Decimal("2"),
        range(3),
        slice(1),
    ]
    names = [
        "collections.Counter",
        "collections.deque",
        "datetime.timedelta",
        "decimal.Decimal",
        "builtins.range",
        "builtins.slice",
    ]
    for protocol in range(5):
        payload = pickletools.optimize(pickle.dumps(values, protocol))
        more = ["_codecs.encode"]
        assert codepickle.loads(payload, policy=Policy(allow=names + more)) == values


def test_files(tmp_path):
    path = tmp_path / "payload"
    path.write_bytes(codepickle.dumps([1, scaled]))
    with path.open("rb") as file, pytest.raises(PolicyError):
        codepickle.load(file, policy=Policy())
    with path.open("rb") as file:
        assert codepickle.load(file, policy=Policy(approved=[scaled]))[1](5) == 11
