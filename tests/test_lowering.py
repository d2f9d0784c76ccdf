"""Newer syntax for older Pythons, as its users meet it: `lower`, `minimum_version`, `min_python`, what receivers say."""

import pickle
import sys
import types

import codepickle
import pytest
from codepickle import _lowered, _runtime, _snippets

MATCH = '''\
"""Shapes."""
LIMIT = 2


def area(shape, /, unit=1):
    match shape:
        case {"radius": r} if (square := r * r) > LIMIT:
            return 3 * square * unit
        case [w, h]:
            return w * h * unit
        case other:
            raise ValueError(other)


class Shape:
    def __init__(self, side, /):
        self.side = side

    def doubled(self):
        return [d := self.side * 2, d]
'''


@pytest.fixture
def shapes(make_module):
    if sys.version_info < (3, 10):
        pytest.skip("needs match")
    return make_module("shapes", MATCH)


def by_name(obj):
    return obj.__module__ != "shapes"


def test_minimum_version():
    needs = codepickle.minimum_version(MATCH)
    assert needs.version == (3, 10) and not needs.notes
    assert needs.reasons == [
        "3.8: positional-only parameter, line 5",
        "3.10: match statement, line 6",
        "3.8: assignment expression, line 7",
        "3.8: positional-only parameter, line 16",
        "3.8: assignment expression, line 20",
    ]
    assert codepickle.minimum_version("x = 1\n") == ((3, 7), [], [])


def test_minimum_version_of_functions_and_classes(shapes):
    assert codepickle.minimum_version(shapes.area).reasons[1] == "3.10: match statement, line 6"
    assert codepickle.minimum_version(shapes.Shape).reasons[0] == "3.8: positional-only parameter, line 16"
    method = codepickle.minimum_version(shapes.Shape.doubled)
    assert method == ((3, 8), ["3.8: assignment expression, line 20"], [])


def test_notes_on_what_changed_its_meaning():
    text = """\
def f(a, b):
    one = [locals() for x in a]
    two = {x: eval("x") for x in vars() if dir()}
    return (locals() for x in [vars(x) for x in locals()]), [lambda: locals() for x in eval("b")]
def g(a): return [eval("x", {}, {}) for x in a]
"""
    needs = codepickle.minimum_version(text)
    assert needs.version == (3, 7)
    assert needs.notes == [
        "3.12: %s() in a comprehension sees the variables around it, line %d" % place
        for place in [("locals", 2), ("dir", 3), ("eval", 3)]
    ]


def test_lower_to_what_is_there_changes_nothing():
    assert codepickle.lower(MATCH, (3, 10)) is MATCH
    assert codepickle.lower("x = 1", (3, 7)) == "x = 1"


@pytest.mark.parametrize("target", [(3, 7), (3, 8), (3, 9)])
def test_lower_a_module(target):
    lowered = codepickle.lower(MATCH, target)
    assert codepickle.minimum_version(lowered).version <= target
    assert codepickle.lower(lowered, target) is lowered
    assert lowered.count("\n") == MATCH.count("\n")
    module = types.ModuleType("lowered_shapes")
    exec(compile(lowered, "<lowered>", "exec"), module.__dict__)
    assert module.__doc__ == "Shapes."
    assert module.area([2, 3]) == 6 and module.area({"radius": 2}, 2) == 24
    with pytest.raises(ValueError) as caught:
        module.area({"radius": 1})
    assert caught.traceback[-1].lineno + 1 == 12
    assert module.Shape(2).doubled() == [4, 4]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("'doc'\nx = (y := 1)\n", "'doc'; import codepickle._lowered as _ck\nx = (_ck.let(lambda: y, 1))\n"),
        ("x = (y := 1)\n", "import codepickle._lowered as _ck; x = (_ck.let(lambda: y, 1))\n"),
        (
            "#!/bin/python\n\nif (y := 1): pass\n",
            "#!/bin/python\nimport codepickle._lowered as _ck\nif (_ck.let(lambda: y, 1)): pass\n",
        ),
        ("if (y := 1): pass\n", "import codepickle._lowered as _ck\nif (_ck.let(lambda: y, 1)): pass\n"),
        (
            "from __future__ import annotations # early\nif (y := 1): pass\n",
            "from __future__ import annotations; import codepickle._lowered as _ck # early\nif (_ck.let(lambda: y, 1)): pass\n",
        ),
    ],
)
def test_where_the_helpers_are_imported(text, expected):
    assert codepickle.lower(text, (3, 7)) == expected
    namespace = {}
    exec(expected, namespace)
    assert namespace["y"] == 1


def test_lower_refuses_by_name():
    with pytest.raises(
        codepickle.LoweringError, match=r"3\.14: template string, line 3, cannot be written for Python 3\.9"
    ):
        codepickle.lower("\n\nx = t'{1}'\n", (3, 9))
    with pytest.raises(SyntaxError):
        codepickle.lower("def f(:\n")
    with pytest.raises(ValueError, match=r"3, 7"):
        codepickle.lower("x", (3, 6))
    with pytest.raises(TypeError, match="function or class"):
        codepickle.lower(3)


def test_the_producer_takes_its_own_text(shapes):
    data = codepickle.dumps(shapes.area, pickle_by_reference=by_name)
    loaded = pickle.loads(data)
    assert loaded([2, 3]) == 6
    assert "_ck" not in loaded.__globals__
    assert codepickle.getsource(loaded) == codepickle.getsource(shapes.area)


def test_only_changed_lines_travel_twice(shapes):
    both = codepickle.dumps(shapes.area, pickle_by_reference=by_name)
    one = codepickle.dumps(shapes.area, pickle_by_reference=by_name, min_python=(3, 10))
    assert b"_ck.match(shape)" in both and b"_ck" not in one
    assert both.count(b"return w * h * unit") == 2
    assert both.count(b"raise ValueError(other)") == 2
    assert len(one) < len(both) < 4 * len(one)


def test_min_python_leaves_out_what_is_older(shapes):
    data = codepickle.dumps(shapes.area, pickle_by_reference=by_name, min_python=(3, 9))
    assert b"_ck_shape" not in data and b"_ck.match(shape)" in data


@pytest.mark.parametrize("version", [(3, 6), (2, 7), (4, 0), (3, 300), (3,), 3.9, "3.9", (3, "9")])
def test_min_python_is_a_version(version):
    with pytest.raises((ValueError, TypeError), match="min_python must be"):
        codepickle.dumps(1, min_python=version)


def test_min_python_wants_source():
    with pytest.raises(ValueError, match="by_source=False"):
        codepickle.dumps(1, min_python=(3, 9), by_source=False)
    namespace = {}
    exec("def made(): return 1", namespace)
    with pytest.raises(codepickle.PicklingError, match="made"):
        codepickle.dumps(namespace["made"], min_python=(3, 9))


def test_min_python_of_a_pickler(shapes):
    import io

    file = io.BytesIO()
    pickler = codepickle.Pickler(file, pickle_by_reference=by_name, min_python=(3, 10))
    pickler.dump(shapes.area)
    assert b"_ck" not in file.getvalue() and pickle.loads(file.getvalue())([1, 2]) == 2
    file = io.BytesIO()
    codepickle.dump(shapes.area, file, pickle_by_reference=by_name, min_python=(3, 7))
    assert b"_ck_shape" in file.getvalue()


@pytest.mark.skipif(sys.version_info < (3, 14), reason="template strings")
def test_what_cannot_be_lowered(make_module):
    module = make_module("templates", "def outer():\n    def f(x):\n        return t'{x}'\n    return f\n")
    with pytest.raises(codepickle.PicklingError) as caught:
        codepickle.dumps({"key": module.outer()}, min_python=(3, 9))
    message = str(caught.value)
    assert "'f' (templates.py, line 2) cannot be written for Python 3.9" in message
    assert "3.14: template string, line 3" in message and "key" in message
    data = codepickle.dumps(module.outer())
    assert pickle.loads(data)(1).values == (1,)
    assert b"3.14: template string, line 3" in data


def test_a_receiver_says_what_it_lacks():
    older = (255, "3.255: a construct of tomorrow, line 7")
    with pytest.raises(
        codepickle.SourceSyntaxError, match=r"'f' \(m.py, line 5\).*3.255: a construct of tomorrow, line 7"
    ):
        _runtime.c("def f(): return tomorrow 1", 5, "m.py", "", "", 0, 0, "", None, older)


def test_a_receiver_takes_the_first_form_that_it_knows():
    forms = (
        (254, "", (0, "def f(): return 254")),
        (8, "", (0, "def f(): return 8")),
        (7, "", (0, "def f(): return 7")),
    )
    older = (255, "", *[(*form, ()) for form in forms])
    code = _runtime.c("def f(): return tomorrow 1", 5, "m.py", "", "", 0, 0, "", None, older)
    assert _runtime.f(code, {})() == (8 if sys.version_info >= (3, 8) else 7)
    assert _runtime.source_of(code)[0] == "def f(): return tomorrow 1"


def test_inserted_lines_do_not_count():
    text = "def f(x):\n    return 1 / x\n"
    changes = (0, "def f(x):\n", 1, "    y = x\n", 2, "    return 1 / y\n")
    code = _runtime.c(text, 10, "m.py", "", "", 0, 0, "", None, (255, "", (7, "", changes, (1,))))
    function = _runtime.f(code, {})
    assert function(2) == 0.5
    with pytest.raises(ZeroDivisionError) as caught:
        function(0)
    assert caught.traceback[-1].lineno + 1 == 11
    assert code.co_firstlineno == 10


@pytest.mark.parametrize("changes, inserted", [((9, "x\n"), ()), (("a", "x\n"), ()), ((0, 1), ()), ((), ("a",))])
def test_damaged_forms(changes, inserted):
    with pytest.raises(codepickle.LoadError):
        _runtime.c("def f(): return 1", 1, "m.py", "", "", 0, 0, "", None, (255, "", (7, "", changes, inserted)))


def test_the_helper_does_not_replace_a_global():
    older = (255, "", (7, "_ck", (0, "def f(): return _ck.same(1)"), ()))
    code = _runtime.c("def f(): return 2", 1, "m.py", "", "", 0, 0, "", None, older)
    space = {}
    assert _runtime.f(code, space)() == 1 and space["_ck"] is _lowered
    with pytest.raises(codepickle.LoadError, match="'_ck' is something else"):
        _runtime.f(code, {"_ck": 1})


def test_modules_by_value_forget_the_helper(make_module):
    module = make_module("holds_helper", "def f(): return 1\n")
    module._ck = _lowered
    codepickle.register_pickle_by_value(module)
    try:
        data = codepickle.dumps(module)
    finally:
        codepickle.unregister_pickle_by_value(module)
    assert b"_lowered" not in data


@pytest.mark.skipif(sys.version_info >= (3, 10), reason="has match")
def test_what_lowered_code_made_goes_on_as_source():
    text = "def make(k):\n    def inner(x):\n        match x:\n            case [a]: return a + k\n    return inner\n"
    older = _snippets._older((text, 1, "m.py", "", "", 0, 0, ""), 7)
    make = _runtime.f(_runtime.c(text, 1, "m.py", "", "", 0, 0, "", None, older), {"__name__": "__main__"})
    data = codepickle.dumps(make(10), by_source=True)
    assert b"match x:" in data and pickle.loads(data)([1]) == 11
