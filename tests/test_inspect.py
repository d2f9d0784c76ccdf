"""`codepickle.inspect`: what is in a payload, and what loading would do."""

import json
import math
import pickle
import sys

import cloudpickle
import codepickle
import pytest

LIMIT = 3


def helper(x):
    return x + LIMIT


def area(radius, factor=2):
    return helper(math.pi * radius * factor)


def counter():
    count = 0

    def step():
        nonlocal count
        count += 1
        return count

    return step


class Account:
    """Holds money."""

    def __init__(self, balance=0):
        self.balance = balance

    def deposit(self, amount):
        self.balance += amount
        return super().__repr__()


def by_value(obj, **options):
    codepickle.register_pickle_by_value(sys.modules[__name__])
    try:
        return codepickle.dumps(obj, **options)
    finally:
        codepickle.unregister_pickle_by_value(sys.modules[__name__])


def codes(payload):
    return [finding.code for finding in codepickle.inspect(payload).findings]


def function(report, name):
    return next(each for each in report.functions if each.name == name)


def test_a_function_with_all_that_is_about_it():
    report = codepickle.inspect(by_value(area))
    assert (report.producer, report.protocol, report.wire_version, report.worst) == ("codepickle", 4, 1, None)
    found = function(report, "area")
    assert found.source == codepickle.getsource(area).rstrip("\n") and found.line == area.__code__.co_firstlineno
    assert found.path.endswith("test_inspect.py") and found.kind == "function"
    assert found.reads == ("helper", "math") and found.free_variables == ()
    assert dict(found.bound)["math"] == 'codepickle._runtime.m("math")'
    assert function(report, "helper").reads == ("LIMIT",) and dict(function(report, "helper").bound)["LIMIT"] == "3"
    assert [str(each) for each in report.references] == ["math"]
    assert all(call.format for call in report.calls)


def test_free_variables_and_methods():
    found = function(codepickle.inspect(by_value(counter())), "step")
    assert found.free_variables == ("count",) and "nonlocal count" in found.source
    report = codepickle.inspect(by_value(Account(5)))
    assert function(report, "Account").kind == "class" and '"""Holds money."""' in function(report, "Account").source
    method = function(report, "deposit")
    assert method.line == Account.deposit.__code__.co_firstlineno
    assert {finding.severity for finding in report.findings} == {"note"}


@pytest.mark.skipif(sys.version_info < (3, 10), reason="match statements are of 3.10")
def test_new_syntax_is_shown_with_its_lowered_form():
    space = {"__name__": "__main__"}
    text = "def pick(x):\n    match x:\n        case [y]:\n            return y\n"
    exec(compile(text, "pick.py", "exec"), space)
    pick = space["pick"]
    pick.__source__ = text
    report = codepickle.inspect(codepickle.dumps(pick))
    found = function(report, "pick")
    assert found.minimum_version == (3, 10) and "match statement" in found.reasons[0]
    assert found.lowered and "match x:" not in found.lowered[0].source
    assert report.minimum_version == found.lowered[0].oldest


@pytest.mark.parametrize("protocol", range(6))
def test_foreign_pickles(protocol):
    report = codepickle.inspect(cloudpickle.dumps(lambda x: x, protocol=max(protocol, 2)))
    assert report.producer == "cloudpickle" and any("_make_function" in call.text for call in report.calls)
    assert report.worst == "danger", "types.CodeType"
    assert codes(pickle.dumps([1, "a", None, (2.5, b"x"), {"k": {3}}][: 5 if protocol > 3 else 3], protocol)) == []


def test_names_of_python_2_are_told_as_those_of_python_3():
    report = codepickle.inspect(b"c__builtin__\neval\n(V1\ntR.")
    assert [str(each) for each in report.references] == ["builtins.eval"] and report.worst == "danger"


def test_what_comes_before_damage_is_told():
    report = codepickle.inspect(b"cos\nsystem\n(S'id'\ntR\xff")
    assert [call.function for call in report.calls] == ["os.system"]
    assert {"malformed", "dangerous-name", "call"} <= {finding.code for finding in report.findings}


def test_a_name_that_is_computed():
    payload = b"\x80\x04cbuiltins\nstr\n\x8c\x02os\x85R\x8c\x06system\x93\x8c\x02id\x85R."
    assert pickle.loads(payload[:22] + b".") == "os"
    assert "computed-name" in codes(payload)


def test_self_contained_heads_are_told_apart():
    payload = by_value(area, self_contained=True)
    report = codepickle.inspect(payload)
    assert report.worst == "note" and codes(payload) == ["self-contained"]
    forged = payload.replace(b"boot(z, wire)\n", b"exec(z)#wire)\n")
    assert "dangerous-name" in codes(forged) and codepickle.inspect(forged).worst == "danger"


def test_reports_are_json_and_text():
    report = codepickle.inspect(by_value([area, Account(3), counter()]))
    assert json.loads(json.dumps(report.to_dict()))["producer"] == "codepickle"
    assert "  | def area(radius, factor=2):" in str(report)
    spoof = codepickle.inspect(b"cos\n\x1b[2Jsystem\n.")
    assert "\x1b" not in str(spoof)


def test_deep_and_wide_pickles_take_no_stack():
    deep = b"(" * 200_000 + b"t" * 200_000 + b"."
    assert codepickle.inspect(deep).objects == 200_000
    laughs = b"\x80\x04)" + b"2\x86" * 1000 + b"."
    assert "duplicate" in codes(laughs)


def test_memory_is_limited():
    report = codepickle.inspect(b"]" * 300_000 + b".")
    assert report.findings == () or report.findings[0].code in ("stack-left", "limit-memory")


def test_nothing_is_imported():
    codepickle.inspect(b"cthis\ns\n.")
    assert "this" not in sys.modules


def test_a_global_keeps_its_name_whatever_is_given_to_it():
    report = codepickle.inspect(b"\x80\x04cos\nsystem\nN}Vos\nK\x01s\x86b.")
    assert [str(reference) for reference in report.references] == ["os.system"]
    assert "computed-name" not in {finding.code for finding in report.findings}
