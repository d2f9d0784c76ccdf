"""Code of the user that comes back to the pickler, and many threads at once."""

import gc
import io
import pickle
import sys
import threading
import weakref

import codepickle
import pytest

PICKLER = None


class Reentrant:
    """Does `action` when it is pickled."""

    action = None

    def __init__(self, tag=0):
        self.tag = tag

    def __reduce__(self):
        if Reentrant.action is not None:
            Reentrant.action()
        return Reentrant, (self.tag,)


@pytest.fixture(autouse=True)
def no_action():
    yield
    Reentrant.action = None


def test_dump_inside_dump_of_the_same_pickler():
    file = io.BytesIO()
    pickler = codepickle.Pickler(file)
    caught = []

    def action():
        with pytest.raises(RuntimeError, match="in use") as info:
            pickler.dump(1)
        caught.append(info.value)

    Reentrant.action = action
    pickler.dump([Reentrant()])
    assert len(caught) == 1
    assert len(pickle.loads(file.getvalue())) == 1


@pytest.mark.parametrize(
    "use",
    [
        lambda pickler: pickler.clear_memo(),
        lambda pickler: pickler.memo.copy(),
        lambda pickler: pickler.memo.clear(),
        lambda pickler: setattr(pickler, "memo", {}),
        lambda pickler: pickler.__init__(io.BytesIO()),
    ],
    ids=["clear_memo", "copy", "clear", "set", "init"],
)
def test_memo_inside_dump(use):
    file = io.BytesIO()
    pickler = codepickle.Pickler(file)
    shared = []

    def action():
        with pytest.raises(RuntimeError, match="in use"):
            use(pickler)

    Reentrant.action = action
    pickler.dump([shared, Reentrant(), shared])
    first, _, second = pickle.loads(file.getvalue())
    assert first is second
    pickler.clear_memo()


def test_dumps_inside_dumps():
    Reentrant.action = lambda: codepickle.dumps([1, "two", (3,)])
    loaded = pickle.loads(codepickle.dumps([Reentrant(i) for i in range(100)]))
    assert [r.tag for r in loaded] == list(range(100))


def test_other_pickler_inside_dump():
    def action():
        file = io.BytesIO()
        codepickle.Pickler(file).dump({"a": [1]})
        assert pickle.loads(file.getvalue()) == {"a": [1]}

    Reentrant.action = action
    file = io.BytesIO()
    codepickle.Pickler(file).dump([Reentrant(), Reentrant()])
    assert len(pickle.loads(file.getvalue())) == 2


def test_dump_from_write():
    class File:
        def write(self, data):
            with pytest.raises(RuntimeError, match="in use"):
                pickler.dump(1)

    pickler = codepickle.Pickler(File())
    pickler.dump(list(range(100_000)))


def graph(seed):
    shared = {"seed": seed, "text": "é" * seed}
    return [shared, [shared, seed, {"k%d" % i: (i, [i], float(i)) for i in range(200)}, Reentrant(seed)]]


def run_threads(work, count=8):
    errors = []
    barrier = threading.Barrier(count)

    def body(n):
        try:
            barrier.wait()
            work(n)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=body, args=(n,)) for n in range(count)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
            assert not thread.is_alive(), "deadlock"
    finally:
        sys.setswitchinterval(interval)
    if errors:
        raise errors[0]


def check(loaded, n):
    assert loaded[0] is loaded[1][0] and loaded[1][1] == n and loaded[1][3].tag == n


def test_threads_dumps():
    def work(n):
        for _ in range(50):
            check(pickle.loads(codepickle.dumps(graph(n))), n)

    run_threads(work)


def test_threads_with_their_own_picklers():
    def work(n):
        for _ in range(50):
            file = io.BytesIO()
            codepickle.Pickler(file).dump(graph(n))
            check(pickle.loads(file.getvalue()), n)

    run_threads(work)


def test_threads_share_an_object():
    obj = graph(3)

    def work(n):
        for _ in range(50):
            check(pickle.loads(codepickle.dumps(obj)), 3)

    run_threads(work)


def test_threads_share_a_pickler():
    """Whoever comes second is told so; no pickle is ever mixed with another."""
    chunks = []

    class File:
        def write(self, data):
            chunks.append(data)

    pickler = codepickle.Pickler(File())
    done = []

    def work(n):
        for _ in range(50):
            try:
                pickler.dump(graph(n))
                done.append(n)
            except RuntimeError as error:
                assert "in use" in str(error)
            try:
                pickler.clear_memo()
            except RuntimeError as error:
                assert "in use" in str(error)

    run_threads(work)
    assert done


def test_garbage_with_cycles_is_collected():
    class Pickler(codepickle.Pickler):
        def persistent_id(self, obj):
            return None

    class File(io.BytesIO):
        pass

    file = File()
    pickler = Pickler(file)
    file.pickler = pickler
    pickler.me = pickler
    held = Reentrant()
    held.pickler = pickler
    pickler.dump([held])
    references = [weakref.ref(pickler), weakref.ref(file)]
    del pickler, file, held
    gc.collect()
    assert [reference() for reference in references] == [None, None]


def test_pickler_frees_its_memo_at_once():
    pickler = codepickle.Pickler(io.BytesIO())
    obj = Reentrant()
    reference = weakref.ref(obj)
    pickler.dump(obj)
    del obj
    assert reference() is not None, "the memo keeps what it knows by its address"
    del pickler
    assert reference() is None
