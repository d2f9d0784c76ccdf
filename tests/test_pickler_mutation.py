"""Containers that change while they are being pickled: no crash, and the errors that pickle raises."""

import gc
import io
import pickle

import codepickle
import pytest

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


class Trigger:
    """Runs `action` when it is pickled."""

    action = None

    def __init__(self, tag=0):
        self.tag = tag

    def __reduce__(self):
        if Trigger.action is not None:
            action, Trigger.action = Trigger.action, None
            action()
        return Trigger, (self.tag,)


def dump_to_file(obj, protocol):
    file = io.BytesIO()
    codepickle.Pickler(file, protocol).dump(obj)
    return file.getvalue()


@pytest.fixture(params=[codepickle.dumps, dump_to_file], ids=["dumps", "Pickler"])
def dumps(request):
    yield request.param
    Trigger.action = None


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("size", [1, 2, 999, 1000, 1001])
def test_list_cleared(dumps, protocol, size):
    victim = [Trigger()] + [[i] for i in range(size - 1)]
    Trigger.action = victim.clear
    loaded = pickle.loads(dumps(victim, protocol))
    assert len(loaded) == 1


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_list_grows(dumps, protocol):
    victim = [Trigger(), 1, 2]
    Trigger.action = lambda: victim.extend(range(3000))
    assert len(pickle.loads(dumps(victim, protocol))) == 3003


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("size", [1, 2, 999, 1000, 1001])
@pytest.mark.parametrize("as_key", [False, True])
def test_dict_cleared(dumps, protocol, size, as_key):
    victim = {Trigger(): 0} if as_key else {"trigger": Trigger()}
    victim.update((i, [i]) for i in range(size - 1))
    Trigger.action = victim.clear
    try:
        pickle.loads(dumps(victim, protocol))
    except RuntimeError as error:
        assert "changed size during iteration" in str(error)
    else:
        assert size == 1


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_dict_grows(dumps, protocol):
    victim = {"trigger": Trigger(), "other": []}
    Trigger.action = lambda: victim.update((i, i) for i in range(10_000))
    with pytest.raises(RuntimeError, match="changed size during iteration"):
        dumps(victim, protocol)


def test_dict_replaces_itself(dumps):
    """Another table of the same size under our hands."""
    victim = {"trigger": Trigger()}
    victim.update((i, [i]) for i in range(100))

    def action():
        items = list(victim.items())
        victim.clear()
        for i in range(5000):
            victim[("x", i)] = i
        victim.clear()
        victim.update(items)

    Trigger.action = action
    try:
        pickle.loads(dumps(victim, 4))
    except RuntimeError as error:
        assert "changed size during iteration" in str(error)


@pytest.mark.parametrize("protocol", [4, pickle.HIGHEST_PROTOCOL])
@pytest.mark.parametrize("change", ["clear", "grow"])
def test_set(dumps, protocol, change):
    victim = {Trigger(i) for i in range(10)}
    Trigger.action = victim.clear if change == "clear" else lambda: victim.update(range(1000))
    with pytest.raises(RuntimeError, match="changed size during iteration"):
        dumps(victim, protocol)


def test_state_changes(dumps):
    class_of = type(Trigger())

    class Holder:
        pass

    global Holding
    Holding = Holder
    Holder.__qualname__ = "Holding"
    holder = Holder()
    holder.trigger = class_of()
    holder.more = [1]
    Trigger.action = lambda: setattr(holder, "new", 1)
    with pytest.raises(RuntimeError, match="changed size during iteration"):
        dumps(holder, 4)


def test_bytearray_resized_later(dumps):
    """What was written of a large buffer is what it was when its turn came."""
    array = bytearray(b"a" * 100_000)
    Trigger.action = lambda: array.extend(b"b" * 100_000)
    protocol = pickle.HIGHEST_PROTOCOL
    loaded, _ = pickle.loads(dumps([array, Trigger()], protocol))
    assert loaded == b"a" * 100_000
    assert len(array) == 200_000


def test_objects_freed_on_the_way(dumps):
    """Addresses of objects that only the pickler saw are not taken for one another."""

    class Source:
        def __reduce__(self):
            return list, ((str(i) * 3, [i], (i,)) for i in range(2000)).__class__ and (
                [(str(i) * 3, [i], (i,)) for i in range(2000)],
            )

    loaded = pickle.loads(dumps(Source(), 4))
    assert loaded == [(str(i) * 3, [i], (i,)) for i in range(2000)]


class Bomb:
    """Garbage with a finalizer, which the next collection runs."""

    def __init__(self, action):
        self.me = self
        self.action = action

    def __del__(self):
        self.action()


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "make",
    [
        lambda: {2**100 + i: "value %d" % i for i in range(5)},
        lambda: {"key %d" % i: 2**100 + i for i in range(5)},
        lambda: {"\ud800%d" % i: "value \udc80 %d" % i for i in range(5)},
        lambda: [2**100 + i for i in range(5)],
        lambda: ["\ud800%d" % i for i in range(5)],
        lambda: ["\ud800%d" % i * 30_000 for i in range(3)],
        lambda: [float(i) + 0.5 for i in range(5)],
        lambda: [("\ud800%d" % i, [2**100 + i]) for i in range(5)],
    ],
)
def test_cleared_by_a_finalizer(dumps, protocol, make):
    """Items of the simplest types, too, are held while they are written: what they need may collect garbage."""
    threshold = gc.get_threshold()
    gc.collect()
    gc.freeze()  # each of the many collections would look at all that the tests have imported
    try:
        for _ in range(20):
            gc.disable()
            gc.collect()
            expected, victim = make(), make()
            # The strings that take the place of what was freed, so that reading it shows.
            Bomb(lambda victim=victim: (victim.clear(), [b"\xff" * 60 for _ in range(50)]))
            gc.set_threshold(1, 1, 1)
            gc.enable()
            try:
                loaded = pickle.loads(dumps(victim, protocol))
            except RuntimeError as error:
                assert "changed size during iteration" in str(error)
                continue
            finally:
                gc.set_threshold(*threshold)
            if isinstance(loaded, dict):
                assert loaded.items() <= expected.items()
            else:
                assert loaded == expected[: len(loaded)]
    finally:
        gc.set_threshold(*threshold)
        gc.enable()
        gc.unfreeze()


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "make", [lambda: ["%d" % i for i in range(40_000)], lambda: {"%d" % i: "v%d" % i for i in range(20_000)}]
)
def test_cleared_by_the_file(protocol, make):
    """`write` is called in the middle of a container, between its items and between a key and its value."""
    expected, victim = make(), make()

    class File(io.BytesIO):
        def write(self, data):
            victim.clear()
            return super().write(data)

    file = File()
    try:
        codepickle.Pickler(file, protocol).dump(victim)
    except RuntimeError as error:
        assert protocol >= 4 and "changed size during iteration" in str(error)
        return
    loaded = pickle.loads(file.getvalue())
    if protocol < 4:
        assert loaded == expected
    else:
        assert loaded == expected[: len(loaded)] and 0 < len(loaded) < len(expected)
