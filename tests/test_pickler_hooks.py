"""What subclasses override: persistent_id, reducer_override, dispatch_table."""

import collections
import copyreg
import io
import pickle

import codepickle
import pytest

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


class Thing:
    def __init__(self, name="thing"):
        self.name = name


def dump(pickler_class, obj, protocol=None, **attributes):
    file = io.BytesIO()
    pickler = pickler_class(file, protocol)
    for name, value in attributes.items():
        setattr(pickler, name, value)
    pickler.dump(obj)
    return file.getvalue()


class Unpickler(pickle.Unpickler):
    def persistent_load(self, pid):
        return "loaded", pid


def load(data):
    return Unpickler(io.BytesIO(data)).load()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_persistent_id(protocol):
    class Pickler(codepickle.Pickler):
        def persistent_id(self, obj):
            return "id-%s" % obj.name if isinstance(obj, Thing) else None

    thing = Thing("x")
    assert load(dump(Pickler, [thing, {"k": thing}, 1], protocol)) == [("loaded", "id-x"), {"k": ("loaded", "id-x")}, 1]


def test_persistent_id_sees_everything_but_pids():
    seen = []

    class Pickler(codepickle.Pickler):
        def persistent_id(self, obj):
            seen.append(obj)
            return ["pid", 1] if obj == "replace" else None

    assert load(dump(Pickler, ["replace", (1.5, None)])) == [("loaded", ["pid", 1]), (1.5, None)]
    # The items of the pid itself are asked for, the pid is not: as in pickle.
    assert seen == [["replace", (1.5, None)], "replace", "pid", 1, (1.5, None), 1.5, None]


def test_persistent_id_on_the_instance():
    data = dump(codepickle.Pickler, ["a", "b"], persistent_id=lambda obj: 1 if obj == "a" else None)
    assert load(data) == [("loaded", 1), "b"]


def test_persistent_id_of_keys_and_containers():
    class Pickler(codepickle.Pickler):
        def persistent_id(self, obj):
            return {"deep": [1, (2,)]} if obj == (1, 2) else None

    with pytest.raises(TypeError):
        load(dump(Pickler, {(1, 2): "value"}))
    data = dump(Pickler, {"k": (1, 2), "l": {3, 4}})
    assert load(data) == {"k": ("loaded", {"deep": [1, (2,)]}), "l": {3, 4}}


def test_super():
    class Pickler(codepickle.Pickler):
        def persistent_id(self, obj):
            assert super().persistent_id(obj) is None
            return None

        def reducer_override(self, obj):
            if isinstance(obj, Thing):
                return Thing, ("replaced",)
            return super().reducer_override(obj)

    loaded = pickle.loads(dump(Pickler, [Thing(), len, 1j]))
    assert loaded[0].name == "replaced" and loaded[1:] == [len, 1j]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_reducer_override_is_not_asked_for_builtin_data(protocol):
    seen = []

    class Pickler(codepickle.Pickler):
        def reducer_override(self, obj):
            seen.append(obj)
            return NotImplemented

    thing = Thing()
    dump(Pickler, [1, "s", 1.5, None, (), {}, b"", bytearray(), set(), frozenset(), True, thing, len, Thing], protocol)
    assert thing in seen and len in seen and Thing in seen
    assert not [obj for obj in seen if type(obj) in (int, str, float, tuple, dict, list, bytes, set, bool)]


def test_reducer_override_on_the_instance():
    data = dump(
        codepickle.Pickler,
        [Thing()],
        reducer_override=lambda obj: (str, ("x",)) if isinstance(obj, Thing) else NotImplemented,
    )
    assert pickle.loads(data) == ["x"]
    with pytest.raises(TypeError):
        dump(codepickle.Pickler, Thing(), reducer_override=None)


def test_reducer_override_wins_over_dispatch_table():
    class Pickler(codepickle.Pickler):
        dispatch_table = {Thing: lambda obj: (str, ("table",))}

        def reducer_override(self, obj):
            return (str, ("override",)) if isinstance(obj, Thing) and obj.name == "o" else NotImplemented

    assert pickle.loads(dump(Pickler, [Thing("o"), Thing()])) == ["override", "table"]


class DictLike:
    def __init__(self, table):
        self.table = table

    def __getitem__(self, key):
        return self.table[key]


@pytest.mark.parametrize(
    "wrap", [dict, lambda d: collections.ChainMap({}, d), lambda d: collections.ChainMap(d, {}), DictLike]
)
def test_dispatch_table(wrap):
    table = wrap({Thing: lambda obj: (str, (obj.name,))})
    assert pickle.loads(dump(codepickle.Pickler, [Thing("a")], dispatch_table=table)) == ["a"]

    class Pickler(codepickle.Pickler):
        dispatch_table = table

    assert pickle.loads(dump(Pickler, [Thing("b")])) == ["b"]


def test_copyreg():
    class Local:
        pass

    copyreg.pickle(Local, lambda obj: (str, ("registered",)))
    try:
        assert pickle.loads(codepickle.dumps([Local()])) == ["registered"]
        assert pickle.loads(dump(codepickle.Pickler, [Local()])) == ["registered"]
    finally:
        del copyreg.dispatch_table[Local]


class Meta(type):
    pass


Made = Meta("Made", (), {})


def test_metaclass_with_a_reducer():
    copyreg.pickle(Meta, lambda cls: (str, (cls.__name__,)))
    try:
        assert pickle.loads(codepickle.dumps([Made])) == ["Made"]
    finally:
        del copyreg.dispatch_table[Meta]
    assert pickle.loads(codepickle.dumps([Made])) == [Made]


class Setter:
    """Six elements: a function that sets the state."""

    def __reduce__(self):
        return Setter, (), {"state": [self]}, None, None, set_state


def set_state(obj, state):
    obj.__dict__.update(state, by="setter")


@pytest.mark.skipif(pickle.HIGHEST_PROTOCOL < 5, reason="state_setter is 3.8+")
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_state_setter(protocol):
    loaded = pickle.loads(codepickle.dumps(Setter(), protocol))
    assert loaded.by == "setter" and loaded.state[0] is loaded


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_extension_codes(protocol):
    key = (__name__, "Thing")
    for code in (0x10, 0x1234, 0x123456):
        copyreg.add_extension(*key, code)
        try:
            data = codepickle.dumps([Thing, Thing], protocol)
            assert pickle.loads(data) == [Thing, Thing]
            assert (b"Thing" in data) == (protocol < 2)
        finally:
            copyreg.remove_extension(*key, code)


def test_fix_imports():
    assert b"__builtin__" in codepickle.dumps(range, 2)
    assert b"__builtin__" not in codepickle.dumps(range, 2, fix_imports=False)
    assert b"__builtin__" not in codepickle.dumps(range, 3)
    file = io.BytesIO()
    codepickle.Pickler(file, 2, fix_imports=False).dump(range)
    assert b"builtins" in file.getvalue()
