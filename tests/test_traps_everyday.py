"""What breaks in daily use: errors that say nothing, bytes that differ, identity, threads, deep objects."""

import gc
import io
import pickle
import sys
import textwrap
import threading
import types
import weakref

import codepickle
import pytest
from helpers import evaluate_elsewhere, run_python, write

# Errors that name the path


class Holder:
    def __init__(self, **attributes):
        self.__dict__.update(attributes)


def error_of(obj):
    with pytest.raises(codepickle.PicklingError) as error:
        codepickle.dumps(obj)
    assert error.value.__cause__ is not None or error.value.__context__ is not None or "pickle" in str(error.value)
    return str(error.value)


def test_path_to_a_lock_in_an_attribute():
    message = error_of({"model": Holder(parts=[1, Holder(lock=threading.Lock())])})
    assert "['model']" in message
    assert "parts" in message
    assert "[1]" in message
    assert "lock" in message


def test_path_to_a_lock_in_a_closure():
    lock = threading.Lock()

    def hook():
        with lock:
            return 1

    message = error_of({"model": Holder(hook=hook)})
    assert "['model']" in message
    assert "hook" in message
    assert "'lock'" in message
    assert "_thread.lock" in message


def test_path_to_a_lock_in_a_global(make_module):
    module = make_module(
        "global_lock", "import threading\nguard = threading.Lock()\n\n\ndef f():\n    with guard:\n        return 1\n"
    )
    message = error_of([module.f])
    assert "guard" in message
    assert "[0]" in message


def test_path_to_a_lock_in_a_default_and_a_class(make_module):
    module = make_module(
        "other_locks",
        "import threading\n\n\ndef f(x=threading.Lock()):\n    return x\n\n\n"
        "class C:\n    shared = threading.RLock()\n",
    )
    assert "__defaults__" in error_of(module.f) or "default" in error_of(module.f)
    assert "shared" in error_of(module.C)


def test_path_to_generators_coroutines_frames_and_files(tmp_path):
    def gen():
        yield

    async def coro():
        pass

    running = coro()
    try:
        assert "generator" in error_of({"g": gen()})
        assert "['c']" in error_of({"c": running})
        assert "frame" in error_of({"f": sys._getframe()})
    finally:
        running.close()
    with open(tmp_path / "written", "w") as file:
        assert "['file']" in error_of({"file": file})


def test_thread_locals():
    assert "['t']" in error_of({"t": threading.local()})


def test_loggers_travel():
    import logging

    log = logging.getLogger("codepickle.tests.logger")
    assert codepickle.loads(codepickle.dumps([log]))[0] is log


def test_error_leaves_the_pickler_usable():
    file = io.BytesIO()
    pickler = codepickle.Pickler(file)
    with pytest.raises(codepickle.PicklingError):
        pickler.dump(threading.Lock())
    file.seek(0)
    file.truncate()
    pickler.clear_memo()
    pickler.dump([1])
    assert pickle.loads(file.getvalue()) == [1]


def test_exceptions_of_user_code_arrive():
    class Raises:
        def __reduce__(self):
            raise ZeroDivisionError("from __reduce__")

    with pytest.raises(Exception, match="from __reduce__") as error:
        codepickle.dumps({"x": Raises()})
    chain = [error.value, error.value.__cause__, error.value.__context__]
    assert any(isinstance(e, ZeroDivisionError) for e in chain)


# Bytes that are the same every time

DETERMINISM = """\
import codepickle, sys
import determined as m
codepickle.register_pickle_by_value(m)
data = codepickle.dumps([m.f, m.C, m.C(), {"b", "a", "c"}, frozenset("xyz"), m.make(1), m.E.A, m.D(1)], by_source=True)
print(data.hex())
"""

DETERMINED = """\
import dataclasses, enum

names = {"one", "two", "three", "four"}


def helper(x):
    return x in {"p", "q", "r"}, names


def f(x, y={"k": 1}):
    return helper(x), C, [g for g in names]


class C:
    __slots__ = ("a", "b")
    table = {"x", "y", "z"}

    def m(self):
        return f, __class__


class E(enum.Enum):
    A = 1
    B = 2


@dataclasses.dataclass
class D:
    x: int
    y: list = dataclasses.field(default_factory=list)


def make(n):
    def inner():
        return n, names
    return inner
"""


def test_same_bytes_under_every_hash_seed(tmp_path):
    write(tmp_path / "determined.py", DETERMINED)
    seen = set()
    for seed in ("0", "1", "2", "12345", "random"):
        env = {"PYTHONHASHSEED": seed, "PYTHONDONTWRITEBYTECODE": "1"}
        seen.add(run_python("-c", "import sys; sys.path.insert(0, %r)\n" % str(tmp_path) + DETERMINISM, env=env)[1])
    assert len(seen) == 1


def test_same_bytes_from_another_checkout(tmp_path):
    seen = set()
    for place in ("here", "somewhere/else/entirely"):
        write(tmp_path / place / "determined.py", DETERMINED)
        code = "import sys; sys.path.insert(0, %r)\n" % str(tmp_path / place) + DETERMINISM
        seen.add(run_python("-c", code, env={"PYTHONDONTWRITEBYTECODE": "1"})[1])
    assert len(seen) == 1


def test_same_bytes_the_second_time(make_module):
    module = make_module("determined", DETERMINED)
    first = codepickle.dumps((module.f, module.C, module.D))
    module.f("p")
    module.C().m()
    repr(module.D(1))
    assert codepickle.dumps((module.f, module.C, module.D)) == first


def test_same_bytes_whether_strings_are_interned_or_not():
    one = ["key", {"key": "value"}, ("value",)]
    other = ["".join(["k", "ey"]), {"".join(["ke", "y"]): "".join(["va", "lue"])}, ("".join(["valu", "e"]),)]
    assert codepickle.dumps(one) == codepickle.dumps(other)


def test_same_bytes_after_passing_on(make_module):
    # What a worker dumps again is what it received, so that content stays a cache key along the way.
    module = make_module(
        "same_on_relay",
        DETERMINED
        + "\n\nclass Late:\n    name = 1\n    __doc__ = 'set after name'\n\n    def m(self):\n        'doc'\n",
    )
    code = "import codepickle, pickle, sys; print(codepickle.dumps(pickle.loads(bytes.fromhex(sys.argv[1]))).hex())"
    for obj in (module.f, module.C, module.E.A, module.D(1), module.make(2), module.Late):
        data = codepickle.dumps(obj)
        assert bytes.fromhex(run_python("-c", code, data.hex())[1]) == data, obj


# sys.modules is not scanned


def test_modules_are_not_scanned(make_module, monkeypatch):
    touched = []

    class Grumpy(types.ModuleType):
        def __getattr__(self, name):
            touched.append(name)
            raise RuntimeError("do not touch: %s" % name)

    monkeypatch.setitem(sys.modules, "grumpy_module", Grumpy("grumpy_module"))
    module = make_module("not_scanning", "def f():\n    return 1\n\n\nclass C:\n    pass\n")
    # One object without a module name, the case in which other picklers look everywhere.
    module.f.__module__ = None
    touched.clear()
    codepickle.dumps([module.f, module.C, lambda: 1, len])
    assert touched == []


# Identity


def test_a_class_loaded_twice_is_one_class(make_module):
    module = make_module("loaded_twice", "class C:\n    def m(self):\n        return 1\n")
    data = codepickle.dumps(module.C)
    again = codepickle.dumps([module.C()])
    code = """\
    import pickle, sys
    data, again = (bytes.fromhex(a) for a in sys.argv[1:])
    first, second = pickle.loads(data), pickle.loads(data)
    print(first is second, type(pickle.loads(again)[0]) is first)
    """
    assert run_python("-c", textwrap.dedent(code), data.hex(), again.hex())[1].strip() == "True True"


def test_a_class_comes_home_as_itself(make_module):
    module = make_module(
        "comes_home", "class C:\n    pass\n\n\ndef make():\n    class L:\n        pass\n    return L\n"
    )
    local = module.make()
    assert pickle.loads(codepickle.dumps(module.C)) is module.C
    assert pickle.loads(codepickle.dumps(local)) is local
    assert type(pickle.loads(codepickle.dumps(local()))) is local


def test_two_classes_of_one_factory_stay_two(make_module):
    module = make_module(
        "two_of_one", "def make(n):\n    class L:\n        def m(self):\n            return n\n    return L\n"
    )
    one, two = module.make([1]), module.make([2])
    data = codepickle.dumps((one, two, one(), two()))
    assert evaluate_elsewhere(
        data,
        "(obj[0] is obj[1], type(obj[2]) is obj[0], type(obj[3]) is obj[1], obj[2].m(), obj[3].m())",
    ) == (False, True, True, [1], [2])


def test_functions_share_globals_across_dumps_of_one_pickler(make_module):
    module = make_module(
        "one_pickler", "n = 0\n\n\ndef up():\n    global n\n    n += 1\n    return n\n\n\ndef get():\n    return n\n"
    )
    file = io.BytesIO()
    pickler = codepickle.Pickler(file)
    pickler.dump(module.up)
    pickler.dump(module.get)
    file.seek(0)
    unpickler = pickle.Unpickler(file)
    up, get = unpickler.load(), unpickler.load()
    assert up() == 1
    assert get() == 1


def test_worker_to_worker(make_module):
    module = make_module(
        "passed_on",
        "def make(n):\n    def up():\n        nonlocal n\n        n += 1\n        return n\n    return up\n\n\n"
        "class A:\n    def m(self):\n        return 'A'\n\n\n"
        "class B(A):\n    def m(self):\n        return super().m() + 'B'\n",
    )
    data = codepickle.dumps((module.make(1), module.B, [lambda x: x + 1, lambda x: x + 2]), by_source=True)
    code = """\
    import codepickle, pickle, sys
    obj = pickle.loads(bytes.fromhex(sys.argv[1]))
    obj[0]()
    print(codepickle.dumps(obj, by_source=True).hex())
    """
    for hop in range(3):
        _, out, _ = run_python("-c", textwrap.dedent(code), data.hex())
        data = bytes.fromhex(out)
        assert evaluate_elsewhere(data, "(obj[0](), obj[1]().m(), [f(1) for f in obj[2]])") == (hop + 3, "AB", [2, 3])


# Depth, size, threads, memory


def test_deep_list():
    # One line of Python more than a C stack would bear; loads() does not recurse, deallocation does not either.
    nested = []
    for _ in range(250_000):
        nested = [nested]
    data = codepickle.dumps(nested)
    assert len(data) > 250_000
    depth, nested = 0, pickle.loads(data)
    while nested:
        (nested,) = nested
        depth += 1
    assert depth == 250_000


def test_long_chain_of_instances():
    class Link:
        __slots__ = ("next",)

    first = None
    for _ in range(100_000):
        link = Link()
        link.next = first
        first = link
    data = codepickle.dumps(first)
    loaded, count = pickle.loads(data), 0
    while loaded is not None:
        loaded, count = loaded.next, count + 1
    assert count == 100_000
    while first is not None:  # Taken apart from the front: the interpreter's own deallocation would recurse.
        first = first.next


def test_recursion_of_functions_is_not_bounded():
    def outermost():
        return 0

    function = outermost
    for _ in range(5000):

        def wrap(inner=function):
            return inner

        function = wrap
    loaded = pickle.loads(codepickle.dumps(function))
    for _ in range(5000):
        loaded = loaded()
    assert loaded() == 0


def test_threads(make_module):
    module = make_module("threaded", DETERMINED)
    expected = codepickle.dumps((module.f, module.C, module.D))
    results, errors = [], []

    def work():
        try:
            for _ in range(30):
                results.append(codepickle.dumps((module.f, module.C, module.D)) == expected)
                pickle.loads(expected)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert len(results) == 240
    assert all(results)


def test_mutation_while_pickling():
    class Mutates:
        def __init__(self, container):
            self.container = container

        def __reduce__(self):
            if isinstance(self.container, dict):
                self.container["new"] = 1
            else:
                self.container.clear()
            return (str, ("mutated",))

    items = []
    items += [Mutates(items), 1, 2, 3]
    table = {}
    table["a"] = Mutates(table)
    for container in (items, table):
        try:
            data = codepickle.dumps(container)
        except (RuntimeError, codepickle.PicklingError):
            continue
        pickle.loads(data)


def test_reentrant_dumps():
    class Inner:
        def __reduce__(self):
            return pickle.loads, (codepickle.dumps(lambda: "inner"),)

    assert pickle.loads(codepickle.dumps([Inner(), Inner()]))[1]() == "inner"


def test_nothing_is_kept_alive(make_module):
    module = make_module(
        "kept", "def make():\n    class L:\n        pass\n    def f():\n        return L\n    return f\n"
    )
    f = module.make()
    reference, cls = weakref.ref(f), weakref.ref(f())
    codepickle.dumps((f, f()))
    del f
    gc.collect()
    assert reference() is None
    # The tracker of classes holds them weakly.
    assert cls() is None


def test_runs_under_a_small_stack(make_module):
    module = make_module("small_stack", "def f(x):\n    return " + "(" * 60 + "x" + ")" * 60 + "\n")
    results = []
    before = threading.stack_size(256 * 1024)
    try:
        thread = threading.Thread(target=lambda: results.append(codepickle.dumps(module.f, by_source=True)))
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert pickle.loads(results[0])(5) == 5
