"""Broad rules: what allowing a module, several functions or a class must not bring along."""

import codepickle
import pytest
from codepickle import Policy, PolicyError

RUNTIME = b"ccodepickle._runtime\n"


def refusals(payload, policy):
    with pytest.raises(PolicyError) as caught:
        codepickle.loads(payload, policy=policy)
    return {refusal.code for refusal in caught.value.refusals}


@pytest.fixture
def broad(tmp_path, monkeypatch):
    """A package of somebody who imports what he likes."""
    package = tmp_path / "broad"
    (package / "below").mkdir(parents=True)
    (package / "__init__.py").write_text(
        "import functools, os\nfrom os import system\nfrom builtins import exec, setattr\n"
        "from functools import partial\nfrom _operator import attrgetter\n"
        "run = functools.partial(os.system)\nget = {}.get\nplain = {}\n"
        "def own(*args): return args\n"
        "class Data:\n    pass\n"
    )
    (package / "below" / "__init__.py").write_text("def own(*args): return args\n")
    (package / "__main__.py").write_text("raise SystemExit('it ran')\n")
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.parametrize("rule", ["modules", "packages"])
@pytest.mark.parametrize(
    "name", ["os", "system", "exec", "setattr", "partial", "attrgetter", "run", "get", "__builtins__"]
)
def test_what_a_module_has_from_elsewhere(broad, rule, name):
    policy = Policy(**{rule: ["broad"]})
    assert refusals(b"cbroad\n%s\n." % name.encode(), policy) == {"reference"}
    assert refusals(b"cbroad\n%s\n(Vid\ntR." % name.encode(), policy) == {"reference"}
    assert refusals(RUNTIME + b"g\n(Vbroad\nV%s\ntR." % name.encode(), policy) == {"reference"}


def test_what_is_its_own(broad):
    policy = Policy(packages=["broad"])
    assert codepickle.loads(b"cbroad\nown\n(Vid\ntR.", policy=policy) == ("id",)
    assert codepickle.loads(b"cbroad.below\nown\n(Vid\ntR.", policy=policy) == ("id",)
    assert codepickle.loads(b"cbroad\nplain\n.", policy=policy) == {}
    assert codepickle.loads(RUNTIME + b"m\n(Vbroad.below\ntR.", policy=policy).__name__ == "broad.below"


def test_programs_of_a_package(broad):
    policy = Policy(packages=["broad"])
    assert refusals(RUNTIME + b"m\n(Vbroad.__main__\ntR.", policy) == {"reference"}
    assert refusals(b"cbroad.__main__\nx\n.", policy) == {"reference"}


def test_nothing_is_called_before_all_names_are_looked_up(broad, tmp_path):
    (tmp_path / "acts.py").write_text("done = []\ndef act(*args): done.append(args)\n")
    payload = b"(cacts\nact\n(Vid\ntRcbroad\nsystem\nl."
    assert refusals(payload, Policy(modules=["acts", "broad"])) == {"reference"}
    import acts

    assert acts.done == []


@pytest.mark.parametrize(
    "module, name",
    [("numpy", "numpy.f2py.crackfortran.myeval"), ("logging", "logging.FileHandler"), ("typing", "typing.ForwardRef")],
)
def test_what_is_known_to_be_dangerous_takes_its_name(module, name):
    where, _, last = name.rpartition(".")
    payload = b"c%s\n%s\n." % (where.encode(), last.encode())
    assert refusals(payload, Policy(packages=[module])) == {"reference"}
    assert refusals(RUNTIME + b"g\n(V%s\nV%s\ntR." % (where.encode(), last.encode()), Policy(packages=[module]))


def test_a_name_that_is_listed_may_be_dangerous():
    import functools

    payload = b"cfunctools\nreduce\n."
    assert codepickle.loads(payload, policy=Policy(allow=["functools.reduce"])) is functools.reduce
    for whole in ["pickle", "ctypes", "pydoc", "subprocess", "importlib.util"]:
        with pytest.raises(ValueError, match="as a whole"):
            Policy(modules=[whole])


@pytest.mark.parametrize(
    "payload, names",
    [
        # A member of an enum, and a class that a call returned.
        (b"\x80\x04chttp\nHTTPStatus\nK\xc8\x85R}\x8c\x07_value_M\xf4\x01sb.", ["http.HTTPStatus"]),
        (b"\x80\x04cdecimal\nDecimal\n)\x81cbuiltins\ntype\nh\x00\x85R.", []),
        (
            b"\x80\x04cbuiltins\ntype\ncdecimal\nDecimal\n)R\x85RN}\x8c\x03newK\x01s\x86b.",
            ["builtins.type", "decimal.Decimal"],
        ),
    ],
)
def test_what_is_not_of_the_payload_is_not_changed(payload, names):
    assert refusals(payload, Policy(allow=names)) & {"change", "reference", "malformed"}
    import decimal
    import http

    assert http.HTTPStatus.OK.value == 200 and not hasattr(decimal.Decimal, "new")


def approvals(payload):
    return [function.approval for function in codepickle.inspect(payload).functions]


def test_approved_classes_that_the_runtime_takes_for_one():
    """Each is approved; together the second one would give the first its attributes."""

    def made(rate, put=b"q\x01"):
        return RUNTIME + b"t\n(Vm\nVTwin\ntR" + put + RUNTIME + b"s\n(h%c}Vrate\nI%d\nstR0" % (put[1], rate)

    first, second = made(1) + b".", made(2) + b"."
    policy = Policy(approved=approvals(first) + approvals(second))
    assert codepickle.loads(first, policy=policy).rate == 1
    both = made(1) + made(2, b"q\x02") + b"0."
    assert refusals(both, policy) == {"twin"}


def test_the_namespace_of_a_module_that_travels_is_one():
    """An approved function in a module; the module's namespace asked for once more, by another approved function."""

    def module(value, text, vars_put):
        return (
            (b"h\x00" if vars_put == b"q\x02" else RUNTIME + b"v\n(Vm\ntRq\x000h\x00")
            + b"0cbuiltins\nvars\n(h\x00tR"
            + vars_put
            + b"Vg\nI%d\ns0" % value
            + RUNTIME
            + b"f\n((V"
            + text
            + b"\nI1\nVa.py\nth%ctR" % vars_put[1]
        )

    first = module(1, b"def f(): return g", b"q\x01") + b"."
    second = (RUNTIME + b"v\n(Vm\ntRq\x000") + module(2, b"def h(): return g", b"q\x02") + b"."
    policy = Policy(approved=approvals(first) + approvals(second))
    assert codepickle.loads(first, policy=policy)() == 1
    assert codepickle.loads(second, policy=policy)() == 2
    both = b"(" + module(1, b"def f(): return g", b"q\x01") + module(2, b"def h(): return g", b"q\x02") + b"t."
    assert "unapproved-code" in refusals(both, policy)


def test_places_that_cost_or_hide():
    code = b"ccodepickle._runtime\nf\n((Vlambda: 1\nI2\nV%s\nV(\\u000a\nV)\nI%d\nt}tR."
    good = code % (b"a.py", 3)
    policy = Policy(approved=approvals(good) + approvals(code % (b"a.py", 10**12)))
    assert codepickle.loads(good, policy=policy)() == 1
    assert refusals(code % (b"a.py", 10**12), policy) == {"limit-place"}
    for path in (b"\x1b]0;a\x07", b"a\\u202e", b"a\\u200b", b"a\\u000ab"):
        assert refusals(code % (path, 3), policy) == {"limit-place"}, path
