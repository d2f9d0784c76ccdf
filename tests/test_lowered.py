"""What lowered text calls (`codepickle._lowered`): what `tests/lowering` does not reach."""

import builtins
import sys
import types

import pytest
from codepickle import _lowered

TEXT = """def f(x):
    inserted = 1
    return [
        inserted / x]
    inserted = 2
def g(): 1 / 0
inserted = 3
g"""


def test_inserted_lines_count_as_the_line_before():
    space = {}
    code = _lowered.compile_lines(TEXT, "m.py", [2, 5, 7])
    exec(code, space)
    assert space["f"].__code__.co_firstlineno == 1
    assert space["g"].__code__.co_firstlineno == 4
    for function, args, lines in (space["f"], (0,), {2, 3}), (space["g"], (), {4}):
        with pytest.raises(ZeroDivisionError) as caught:
            function(*args)
        assert caught.traceback[-1].lineno + 1 in lines
    assert _lowered.compile_lines("x = 1", "m.py", [1]).co_firstlineno == 1


def lowered(error, types):
    """A function with `except* types: pass`, in the form that the lowering gives it."""
    try:
        raise error
    except BaseException as star:
        star = _lowered.except_star(star)
        with star.clause(types):
            try:
                raise star.part
            except star.caught:
                pass
        if star.passes:
            raise
        with star:
            raise star.left  # noqa: B904
    return "handled"


def test_except_star_without_the_package(monkeypatch):
    monkeypatch.setattr(_lowered, "builtins", types.ModuleType("builtins"))
    monkeypatch.setitem(sys.modules, "exceptiongroup", None)
    with pytest.raises(ModuleNotFoundError, match="pip install exceptiongroup") as caught:
        lowered(ValueError(1), ValueError)
    assert caught.value.name == "exceptiongroup"
    assert isinstance(caught.value.__context__, ValueError)
    with pytest.raises(KeyboardInterrupt):
        lowered(KeyboardInterrupt(), ValueError)
    with pytest.raises(TypeError, match="do not inherit from BaseException"):
        lowered(ValueError(1), 1)


@pytest.mark.parametrize(
    "result, message",
    [
        (None, "Odd.split must return a tuple, not NoneType"),
        ([1, 2], "Odd.split must return a tuple, not list"),
        ((1,), "Odd.split must return a 2-tuple, got tuple of size 1"),
    ],
)
def test_what_split_returns(result, message):
    if sys.version_info < (3, 11):
        groups = pytest.importorskip("exceptiongroup")
    else:
        groups = builtins

    class Odd(groups.ExceptionGroup):
        def split(self, types):
            return result

    assert lowered(groups.ExceptionGroup("", [ValueError(1)]), ValueError) == "handled"
    with pytest.raises(TypeError, match=message):
        lowered(Odd("", [ValueError(1)]), ValueError)
