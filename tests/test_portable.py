"""`codepickle.portable`: callables that any pickler carries, for a Python that has nothing installed."""

import asyncio
import copy
import functools
import inspect
import os
import pickle
import pickletools
import shutil
import subprocess
import sys
import threading

import cloudpickle
import codepickle
import pytest
from codepickle import portable

#: Loads a pickle from standard input, evaluates an expression over `obj`, and writes what a pickler makes of `obj` again.
HOP = """
import pickle, sys
obj = pickle.load(sys.stdin.buffer)
assert not [name for name in sys.modules if name.startswith("codepickle") and hasattr(sys.modules[name], "__file__")]
{0}
sys.stdout.buffer.write(pickle.dumps(obj, {1}))
"""


def hop(data, code="", protocol=4):
    """What a bare Python without anything installed makes of a pickle: it loads it, and pickles it again."""
    command = [sys.executable, "-I", "-S", "-W", "error", "-c", HOP.format(code, protocol)]
    done = subprocess.run(command, input=data, capture_output=True, timeout=60)
    assert not done.returncode, done.stderr.decode()
    return done.stdout


def make_counter(start):
    level = start

    def add(amount):
        nonlocal level
        level += amount
        return level

    return add, lambda: level


@portable
def factorial(n):
    """n!"""
    return n * factorial(n - 1) if n else 1


@portable
def even(n):
    return n == 0 or odd(n - 1)


@portable
def odd(n):
    return n != 0 and even(n - 1)


@pytest.mark.parametrize("dumps", [pickle.dumps, cloudpickle.dumps, codepickle.dumps])
def test_any_pickler_carries_it(dumps):
    assert pickle.loads(dumps(factorial))(5) == 120


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_protocol(protocol):
    data = pickle.dumps(factorial, protocol)
    assert pickle.loads(data)(5) == 120
    assert pickle.loads(hop(data, "assert obj(4) == 24", protocol))(5) == 120


def test_a_pickle_needs_builtins_only():
    data = pickle.dumps([factorial, even], 3)  # where a global is one opcode
    assert {arg for opcode, arg, _ in pickletools.genops(data) if opcode.name == "GLOBAL"} == {"builtins eval"}


def test_many_hops_with_and_without_a_call_on_the_way():
    data = pickle.dumps(factorial)
    assert hop(data) == hop(hop(data)) == hop(data, "assert obj(5) == 120")
    assert pickle.loads(hop(hop(hop(data, "obj(3)"))))(5) == 120


def test_by_cloudpickle_on_a_receiver_that_has_nothing_else(tmp_path):
    shutil.copytree(os.path.dirname(cloudpickle.__file__), str(tmp_path / "cloudpickle"))
    code = """
sys.path.append(%r)
import cloudpickle
again = cloudpickle.loads(cloudpickle.dumps(obj))
assert again == obj and again(5) == 120
""" % str(tmp_path)
    assert pickle.loads(hop(pickle.dumps(factorial), code))(5) == 120


def test_nothing_is_compiled_before_the_first_call():
    hop(
        pickle.dumps(factorial),
        "assert 'codepickle._runtime' not in sys.modules; obj(2); assert 'codepickle._runtime' in sys.modules",
    )


def test_recursion_is_through_itself():
    loaded = pickle.loads(pickle.dumps(factorial))
    assert loaded.__wrapped__.__globals__["factorial"] is loaded


def test_mutual_recursion():
    loaded = pickle.loads(hop(pickle.dumps(even)))
    assert loaded(10) and not loaded(11)
    hop(pickle.dumps([even, odd]), "assert obj[0](4) and obj[1](5)")


def test_shared_variables_of_one_function():
    def pair():
        add, level = make_counter(1)
        return lambda n: (add(n), level())

    loaded = pickle.loads(hop(pickle.dumps(portable(pair()))))
    assert loaded(2) == (3, 3)
    assert loaded(2) == (5, 5)


def test_functions_made_portable_together_share_their_variables():
    add, level = portable(*make_counter(40))
    assert (add(1), level()) == (41, 41)
    add, level = pickle.loads(hop(pickle.dumps((add, level)), "obj[0](100)"))
    # It is passed on as it came.
    assert level() == 41
    assert add(2) == 43
    assert level() == 43
    again = pickle.loads(pickle.dumps({"add": add, "level": level}))
    assert again["add"](1) == 42
    assert again["level"]() == 42


def test_travels_as_it_is_when_it_is_pickled():
    add, level = make_counter(0)
    carried = portable(level)
    add(5)
    first = pickle.loads(pickle.dumps(carried))
    add(5)
    second = pickle.loads(pickle.dumps(carried))
    assert (first(), second()) == (5, 10)


def test_loads_of_one_pickle_are_equal():
    data = pickle.dumps(factorial)
    first, second = pickle.loads(data), pickle.loads(data)
    assert first == second
    assert len({first, second}) == 1
    assert first != pickle.loads(pickle.dumps(even))
    assert factorial == factorial
    assert factorial != first
    assert first != 1


def test_bytes_are_the_same_each_time():
    assert pickle.dumps(factorial) == pickle.dumps(factorial)


def test_what_several_have_in_common_is_in_a_pickle_once():
    one, two = len(pickle.dumps(factorial)), len(pickle.dumps([factorial, even]))
    assert two < one + 2000


def test_importable_function_travels_by_value(tmp_path, monkeypatch):
    (tmp_path / "portable_tool.py").write_text("step = 3\ndef up(x):\n    return x + step\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    import portable_tool

    hop(pickle.dumps(portable(portable_tool.up)), "assert obj(1) == 4")


def test_missing_module_is_named(tmp_path, monkeypatch):
    (tmp_path / "portable_help.py").write_text("def helper(x):\n    return x\ndef up(x):\n    return helper(x)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    import portable_help

    code = """
for attempt in (1, 2):
    try:
        obj(1)
    except ImportError as error:
        text = str(error)
    assert "portable_help" in text and "'up'" in text and "register_pickle_by_value" in text, text
"""
    data = pickle.dumps(portable(portable_help.up))
    hop(data, code)
    # And it comes back as it was.
    assert pickle.loads(hop(data))(1) == 1


def test_wraps():
    assert factorial.__name__ == "factorial"
    assert factorial.__doc__ == "n!"
    assert factorial.__module__ == __name__
    assert "factorial" in repr(factorial)
    loaded = pickle.loads(pickle.dumps(factorial))
    assert (loaded.__name__, loaded.__qualname__, loaded.__doc__) == ("factorial", "factorial", "n!")
    assert loaded.__module__ == __name__
    assert str(inspect.signature(loaded)) == "(n)"


def test_attributes_of_the_function():
    def f(x: int):
        return x

    f.tag = "mine"
    loaded = pickle.loads(pickle.dumps(portable(f)))
    assert loaded.tag == "mine"
    assert loaded.__annotations__ == {"x": int}
    assert not hasattr(loaded, "other")


def test_probing_for_a_protocol_loads_nothing():
    loaded = pickle.loads(pickle.dumps(factorial))
    assert not hasattr(loaded, "__dask_graph__")
    assert loaded._function is None


def test_as_decorator_with_options():
    @portable(min_python=(3, 8))
    def f(x):
        return x

    assert f(1) == 1
    assert pickle.loads(pickle.dumps(f))(2) == 2


def test_demands_source():
    namespace = {}
    exec("def made(): return 1", namespace)
    with pytest.raises(codepickle.PicklingError):
        pickle.dumps(portable(namespace["made"]))


def test_takes_what_can_be_called():
    with pytest.raises(TypeError, match="int"):
        portable(1)
    assert pickle.loads(pickle.dumps(portable(functools.partial(pow, 2))))(5) == 32
    assert portable(functools.partial(pow, 2)).__name__ == "partial"


def test_parameter_called_self():
    assert portable(lambda self, **more: (self, more))(self=1, x=2) == (1, {"x": 2})


def test_as_method():
    class Shop:
        rate = 2

        @portable
        def gross(self, net):
            return net * self.rate

    assert Shop().gross(4) == 8
    assert pickle.loads(codepickle.dumps(Shop))().gross(4) == 8
    assert pickle.loads(codepickle.dumps(Shop().gross))(4) == 8


def test_portable_class():
    @portable
    class Point:
        def __init__(self, x):
            self.x = x

    hop(pickle.dumps(Point), "assert obj(3).x == 3")


def test_coroutine_functions():
    async def f():
        return 7

    loaded = pickle.loads(pickle.dumps(portable(f)))
    if sys.version_info >= (3, 12):
        assert inspect.iscoroutinefunction(loaded)
        assert not inspect.iscoroutinefunction(factorial)
    assert asyncio.run(loaded()) == 7


def test_copies_are_itself():
    assert copy.copy(factorial) is factorial
    assert copy.deepcopy([factorial])[0] is factorial


def test_loads_once_for_many_threads():
    code = """
import threading, sys
sys.setswitchinterval(1e-6)
results, barrier = [], threading.Barrier(8)
def call():
    barrier.wait()
    results.append(obj())
threads = [threading.Thread(target=call) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
assert len({id(result) for result in results}) == 1, results
"""
    held = {"n": 0}

    def get():
        return held

    for _ in range(3):
        hop(pickle.dumps(portable(get)), code)


def test_first_calls_of_several_in_many_threads():
    code = """
import threading, sys
sys.setswitchinterval(1e-6)
barrier, results = threading.Barrier(8), []
def call(f):
    barrier.wait()
    results.append(f(5))
threads = [threading.Thread(target=call, args=(f,)) for f in obj]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
assert len(results) == 8, results
"""
    several = [portable(lambda x, y=y: x + y) for y in range(8)]
    hop(pickle.dumps(several), code)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_fork_while_another_thread_loads():
    entered, leave = threading.Event(), threading.Event()
    test_fork_while_another_thread_loads.waits = (entered, leave)

    class Slow:
        def __setstate__(self, state):
            events = getattr(test_fork_while_another_thread_loads, "waits", None)
            if events:
                events[0].set()
                events[1].wait(10)

        def __getstate__(self):
            return {"x": 1}

    slow = Slow()
    loaded = pickle.loads(pickle.dumps(portable(lambda: slow and 5)))
    # By reference, so that both sides know the same events.
    thread = threading.Thread(target=loaded)
    thread.start()
    entered.wait(5)
    pid = os.fork()
    if not pid:
        del test_fork_while_another_thread_loads.waits
        os._exit(0 if loaded() == 5 else 1)
    leave.set()
    thread.join()
    assert os.waitpid(pid, 0)[1] == 0


def test_a_part_of_its_payload_is_no_pickle():
    loaded = pickle.loads(pickle.dumps(factorial))
    with pytest.raises(pickle.UnpicklingError, match="part of the pickle"):
        pickle.loads(loaded._group._parts["payload"])


def test_pickled_bytes_inside_a_payload_are_a_pickle():
    """What a user's own reduce pickles for itself is complete."""

    class Box:
        def __getstate__(self):
            return pickle.dumps(factorial)

        def __setstate__(self, state):
            self.inside = pickle.loads(state)

    box = Box()
    loaded = pickle.loads(pickle.dumps(portable(lambda: box.inside(5) + factorial(0))))
    assert loaded() == 121
