"""What the integrations share; the engines themselves are tried by tests/engines."""

import concurrent.futures
import multiprocessing
import multiprocessing.reduction
import pickle
import sys
import types
from multiprocessing import resource_sharer

import cloudpickle
import codepickle
import pytest
from codepickle.integrations import Integration, UnsupportedVersion
from codepickle.integrations import cloudpickle as in_cloudpickle
from codepickle.integrations import multiprocessing as in_multiprocessing
from codepickle.integrations._engine import Changes


def is_ours(data):
    return b"codepickle._runtime" in data


@pytest.fixture
def engine(monkeypatch):
    """An engine in version 2.5, and an integration that sets `engine.way`."""
    module = types.ModuleType("an_engine")
    module.__version__ = "2.5.1"
    module.way = "its own"
    monkeypatch.setitem(sys.modules, "an_engine", module)
    return module


def integration(versions=("2.0", "3"), change=None):
    def usual(changes, module):
        changes.attribute(module, "way", "ours")

    return Integration("an_integration", "Engine", "an_engine", versions, change or usual, "engine")


def test_install_and_uninstall_are_idempotent(engine):
    ours = integration()
    ours.uninstall()
    ours.install()
    ours.install()
    assert engine.way == "ours"
    assert ours.installed
    ours.uninstall()
    ours.uninstall()
    assert engine.way == "its own"
    assert not ours.installed


def test_the_end_of_a_context_leaves_what_it_found(engine):
    ours = integration()
    with ours.install():
        with ours.install():
            assert engine.way == "ours"
        assert engine.way == "ours"
    assert engine.way == "its own"
    ours.install()
    with pytest.raises(KeyError), ours.install():
        raise KeyError
    assert engine.way == "ours"


@pytest.mark.parametrize("versions", [("2.6", "3"), ("1.0", "2.5.1"), ("3", "4")])
def test_other_versions_are_refused(engine, versions):
    ours = integration(versions)
    with pytest.raises(UnsupportedVersion, match=r"Engine 2\.5\.1 .*%s.*any_version" % versions[1]):
        ours.install()
    assert engine.way == "its own"
    with ours.install(any_version=True):
        assert engine.way == "ours"


def test_a_missing_engine_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "an_engine", None)
    with pytest.raises(UnsupportedVersion, match=r"Engine is not installed.*codepickle\[engine\]"):
        integration().install()


def test_what_fails_in_the_middle_is_undone(engine):
    def change(changes, module):
        changes.attribute(module, "way", "half")
        raise LookupError

    ours = integration(change=change)
    with pytest.raises(LookupError):
        ours.install()
    assert engine.way == "its own"
    assert not ours.installed


def test_entries_of_dicts_come_back_in_their_place():
    mapping = {"a": 1, "b": 2, "c": 3}
    changes = Changes()
    changes.without(mapping, "b")
    changes.without(mapping, "missing")
    mapping["new"] = 4
    assert list(mapping) == ["a", "c", "new"]
    changes.undo()
    assert list(mapping.items()) == [("a", 1), ("b", 2), ("c", 3), ("new", 4)]


def test_an_integration_is_pickled_by_name():
    ours = in_multiprocessing.integration
    assert pickle.loads(pickle.dumps(ours)) is ours
    assert pickle.loads(codepickle.dumps(ours.install)) == ours.install


def test_every_way_into_cloudpickle_is_redirected():
    function = lambda x: x + 1  # noqa: E731
    assert not is_ours(cloudpickle.dumps(function))
    with in_cloudpickle.install():
        assert is_ours(cloudpickle.dumps(function))
        assert is_ours(cloudpickle.dumps(function, protocol=2))
        assert is_ours(cloudpickle.cloudpickle.dumps(type("C", (), {"f": function})))
        assert issubclass(cloudpickle.CloudPickler, codepickle.Pickler)
        assert issubclass(cloudpickle.Pickler, codepickle.Pickler)
        assert pickle.loads(cloudpickle.dumps(function))(1) == 2
    assert not is_ours(cloudpickle.dumps(function))
    assert not issubclass(cloudpickle.CloudPickler, codepickle.Pickler)


def test_reducers_that_others_registered_count():
    class Thing:
        pass

    class Later:
        pass

    cloudpickle.CloudPickler.dispatch[Thing] = lambda thing: (str, ("a thing",))
    try:
        with in_cloudpickle.redirect("cloudpickle"):
            assert pickle.loads(cloudpickle.dumps(Thing())) == "a thing"
            cloudpickle.CloudPickler.dispatch[Later] = lambda thing: (str, ("later",))
            assert pickle.loads(cloudpickle.dumps(Later())) == "later"
        assert pickle.loads(cloudpickle.dumps(Later())) == "later"
        assert types.CodeType in cloudpickle.CloudPickler.dispatch
    finally:
        del cloudpickle.CloudPickler.dispatch[Thing]
        cloudpickle.CloudPickler.dispatch.pop(Later, None)


def test_modules_registered_for_by_value_stay_so(make_module):
    module = make_module("engine_module", "def f(): return 5\n")
    codepickle.unregister_pickle_by_value(module)
    cloudpickle.register_pickle_by_value(module)
    try:
        with in_cloudpickle.install():
            assert cloudpickle.list_registry_pickle_by_value() == {"engine_module"}
            assert is_ours(cloudpickle.dumps(module.f))
        assert not codepickle.list_registry_pickle_by_value()
    finally:
        cloudpickle.unregister_pickle_by_value(module)


def test_processes_take_closures():
    step = 2
    context = multiprocessing.get_context("spawn")
    with in_multiprocessing.install(), concurrent.futures.ProcessPoolExecutor(1, context) as pool:
        assert pool.submit(lambda: step + 1).result(60) == 3
    with pytest.raises((AttributeError, pickle.PicklingError)):
        multiprocessing.reduction.ForkingPickler.dumps(lambda: step)


def test_reducers_of_multiprocessing_count():
    first, second = multiprocessing.Pipe()
    with in_multiprocessing.install():
        third, fourth = multiprocessing.Pipe()
        first.send({"pipe": third, "function": lambda: 5})
        received = second.recv()
        assert received["function"]() == 5
        fourth.send(1)
        assert received["pipe"].recv() == 1
    for connection in (first, second, third, fourth, received["pipe"]):
        connection.close()
    resource_sharer.stop(timeout=30)  # its thread would go on: later tests fork


def test_celery_arguments_survive_plain_pickle():
    pytest.importorskip("codepickle.integrations.celery")
    from codepickle.integrations import celery

    step = 2
    message = (lambda x: x + step,), {"f": lambda: step}, {"callbacks": None, "errbacks": None}
    args, kwargs, embed = pickle.loads(pickle.dumps(celery.loads(memoryview(codepickle.dumps(message)))))
    assert (args[0](1), kwargs["f"](), embed) == (3, 2, message[2])
    assert celery.loads(codepickle.dumps([1, 2, {}])) == [1, 2, {}]
