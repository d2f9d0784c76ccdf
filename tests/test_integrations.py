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
from codepickle.integrations._engine import Changes, Sent


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


def test_what_is_sent_makes_a_worker_answer_likewise(engine, monkeypatch):
    workers = []
    ours = Integration(
        "an_integration",
        "Engine",
        "an_engine",
        ("3", "4"),
        lambda changes, module: changes.attribute(module, "way", "ours"),
        in_worker=lambda: bool(workers),
    )
    module = types.ModuleType("an_integration")
    module.integration = ours
    monkeypatch.setitem(sys.modules, "an_integration", module)
    payload = codepickle.dumps(Sent(ours, [1, lambda: 2]))
    assert pickle.loads(payload)[1]() == 2
    assert engine.way == "its own"
    workers.append("this process")
    assert pickle.loads(payload)[0] == 1
    # Which versions are known is asked where it is installed by hand.
    assert engine.way == "ours"
    ours.uninstall()


@pytest.fixture
def parsl(monkeypatch):
    """As much of Parsl as the integration touches."""
    module = types.ModuleType("parsl")
    module.__version__ = "2025.9.22"
    module.serialize = types.ModuleType("parsl.serialize")
    facade = module.serialize.facade = types.ModuleType("parsl.serialize.facade")
    facade.methods_for_code = {b"C2": "dill's"}
    facade.methods_for_data = {b"02": "dill's"}
    for name in ("code", "data"):
        methods = getattr(facade, "methods_for_" + name)
        register = lambda s, methods=methods: methods.update({s.identifier: s})  # noqa: E731
        setattr(facade, "register_method_for_" + name, register)
    for part in (module, module.serialize, facade):
        monkeypatch.setitem(sys.modules, part.__name__, part)
    return facade


def test_parsl_takes_ours_first_and_still_reads_its_own(parsl):
    from codepickle.integrations import parsl as in_parsl

    with in_parsl.install():
        for methods in (parsl.methods_for_code, parsl.methods_for_data):
            assert len(methods) == 2
            ours = next(iter(methods.values()))
            data = ours.serialize(lambda x: x + 1)
            module, name = ours.identifier.decode().split(" ")
            # As Parsl finds the reader of an identifier that it does not know.
            assert getattr(sys.modules[module], name)().deserialize(data)(1) == 2
    assert (parsl.methods_for_code, parsl.methods_for_data) == ({b"C2": "dill's"}, {b"02": "dill's"})


def test_parsl_s_interchange_takes_every_version():
    from codepickle.integrations.parsl import _AnyVersion

    version = _AnyVersion("3.11.7")
    assert str.__str__(version) == "3.11.7"
    for mine in (version.rsplit(".", 1)[0], version):
        assert not (mine != "3.8" or "3.8" != mine)  # noqa: SIM300
        assert mine == "3.8"
    assert {version: 1}


def test_a_server_of_ppft_calls_what_comes_and_sends_functions_back():
    from codepickle.integrations import ppft

    space = {}
    exec(ppft._TEXT, space)
    step = 2
    payload = codepickle.dumps((lambda x: x + step, (1,)), self_contained=True)
    assert pickle.loads(pickle.dumps(space["codepickle_call"](payload))) == 3
    payload = codepickle.dumps((lambda: lambda: step, ()), self_contained=True)
    assert pickle.loads(pickle.dumps(space["codepickle_call"](payload)))() == 2


def test_ppft_keeps_what_submit_checks():
    from codepickle.integrations import ppft

    class Server:
        def __init__(self):
            self._Server__sourcesHM = {}

        def submit(self, *what):
            return what

    module = types.ModuleType("ppft")
    module.Server = Server
    changes = Changes()
    ppft.change(changes, module)
    server = Server()
    with pytest.raises(TypeError, match="tuple"):
        server.submit(len, [1])
    call, (payload,), depfuncs, modules, *_ = server.submit(lambda x: -x, (1,), modules=("math",))
    assert server._Server__sourcesHM == {hash(call): ppft._TEXT}
    assert (depfuncs, modules) == ((), ("math",))
    function, args = pickle.loads(payload)
    assert function(*args) == -1
    changes.undo()
    assert server.submit(1) == (1,)


@pytest.mark.parametrize(
    "name", ["executorlib", "globus_compute", "mlflow", "mpi4py", "multiprocess", "pathos", "prefect", "submitit"]
)
def test_a_missing_engine_is_no_import_error(name, monkeypatch):
    from importlib import import_module

    integration = import_module("codepickle.integrations." + name).integration
    monkeypatch.setitem(sys.modules, integration._module, None)
    with pytest.raises(UnsupportedVersion, match=r"pip install 'codepickle\[[a-z0-9-]+\]'"):
        integration.install()
