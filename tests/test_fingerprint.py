"""`fingerprint`: what changes it, and what does not."""

import importlib.util
import sys

import codepickle
import pytest

MODULE = '''
RATE = 3


def scaled(x, offset=1):
    return helper(x) * RATE + offset


def helper(x):
    return x


def unused():
    return 0


def make(captured):
    def inner(x):
        return x + captured
    return inner


class Account:
    """An account."""

    limit = 10

    def deposit(self, amount):
        return amount + self.limit
'''


@pytest.fixture
def fingerprint_of(tmp_path, monkeypatch):
    """Write a module's text to a file of its own, import it as `m`, and give the fingerprint of what `get` finds in it."""
    written = []

    def fingerprint(text, get, folder=None, **options):
        path = tmp_path / (folder or str(len(written))) / "m.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
        spec = importlib.util.spec_from_file_location("m", str(path))
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, "m", module)
        spec.loader.exec_module(module)
        codepickle.register_pickle_by_value(module)
        try:
            return codepickle.fingerprint(get(module), **options)
        finally:
            codepickle.unregister_pickle_by_value(module)

    return fingerprint


GETTERS = {
    "function": lambda m: m.scaled,
    "closure": lambda m: m.make(5),
    "class": lambda m: m.Account,
    "instance": lambda m: m.Account(),
    "several": lambda m: [m.scaled, m.Account, m.make, m.Account().deposit],
}


@pytest.mark.parametrize("which", sorted(GETTERS))
def test_it_does_not_change_with_the_place(fingerprint_of, which):
    get = GETTERS[which]
    first = fingerprint_of(MODULE, get)
    assert len(first) == 64 and set(first) <= set("0123456789abcdef")
    assert fingerprint_of(MODULE, get, folder="else where") == first
    assert fingerprint_of("# a comment\n\nOTHER = 1\n" + MODULE, get) == first
    assert fingerprint_of(MODULE.replace("return 0", "return 1  # nobody uses it"), get) == first


@pytest.mark.parametrize(
    "which, old, new",
    [
        ("function", "* RATE", "/ RATE"),
        ("function", "offset=1", "offset=2"),
        ("function", "RATE = 3", "RATE = 4"),
        ("function", "return x\n", "return +x\n"),
        ("function", "return helper", "# a comment inside\n    return helper"),
        ("closure", "x + captured", "captured + x"),
        ("class", "limit = 10", "limit = 11"),
        ("class", "An account.", "The account."),
        ("class", "amount + self", "amount - self"),
        ("instance", "limit = 10", "limit = 11"),
        ("several", "RATE = 3", "RATE = 3.0"),
    ],
)
def test_it_changes_with_the_content(fingerprint_of, which, old, new):
    assert MODULE.count(old) == 1
    get = GETTERS[which]
    assert fingerprint_of(MODULE.replace(old, new), get) != fingerprint_of(MODULE, get)


def test_it_changes_with_captured_values(fingerprint_of):
    assert fingerprint_of(MODULE, lambda m: m.make(5)) != fingerprint_of(MODULE, lambda m: m.make(6))
    assert fingerprint_of(MODULE, lambda m: [m.make(5)]) == fingerprint_of(MODULE, lambda m: [m.make(5)])


def test_equal_classes_of_one_factory_are_numbered_as_they_are_met():
    def make():
        class Point:
            def get(self):
                return 1

        return Point

    classes = [make() for _ in range(3)]
    for cls in classes:
        codepickle.dumps(cls)
    assert len({codepickle.fingerprint(cls) for cls in classes}) == 1
    assert codepickle.fingerprint(classes[:2]) == codepickle.fingerprint(classes[1:])
    assert codepickle.fingerprint(classes[:2]) != codepickle.fingerprint([classes[0], classes[0]])


def test_a_fingerprint_survives_loading():
    def outer(x, table={"a": (1, 2)}):  # noqa: B006
        return [inner(x) for inner in (lambda y: y + x, abs)], table

    assert codepickle.fingerprint(codepickle.loads(codepickle.dumps(outer))) == codepickle.fingerprint(outer)


def test_without_source_it_is_refused_or_of_bytecode():
    namespace = {"__name__": "made"}
    exec("def made(): return 1", namespace)
    with pytest.raises(codepickle.PicklingError, match="made"):
        codepickle.fingerprint(namespace["made"])
    with pytest.warns(codepickle.PortabilityWarning):
        first = codepickle.fingerprint(namespace["made"], by_source=None)
    assert codepickle.fingerprint(namespace["made"], by_source=None) == first
    assert codepickle.fingerprint(namespace["made"], by_source=False) == first


def test_what_goes_by_reference_counts_as_its_name(fingerprint_of):
    other = MODULE.replace("return x\n", "return +x\n")
    by_name = {"pickle_by_reference": lambda obj: getattr(obj, "__name__", "") != "scaled"}
    get = GETTERS["function"]
    assert fingerprint_of(MODULE, get, **by_name) == fingerprint_of(other, get, **by_name)
