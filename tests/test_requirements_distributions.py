"""`requirements`: from modules to distributions, and to the lines of a requirements.txt."""

import importlib
import json
import sys

import pytest
from codepickle import _distributions, requirements
from codepickle._distributions import Distribution, Installed


@pytest.fixture(params=["importlib.metadata", "own search"])
def site(request, tmp_path, monkeypatch):
    """A folder of installed packages on the path: `site(name, version, {file: text}, {metadata file: text})`."""
    if request.param == "own search":
        monkeypatch.setattr(_distributions, "_metadata", None)
    elif _distributions._metadata is None:
        pytest.skip("importlib.metadata is of 3.8")
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))

    def install(name, version, files, metadata=None, kind="dist-info"):
        place = folder / ("%s-%s.%s" % (name, version, kind))
        lines = ["%s,sha256=x,1" % (file if "," not in file else '"%s"' % file) for file in files]
        head = "Metadata-Version: 2.1\nName: %s\nVersion: %s\n\nName: not this\n" % (name, version)
        given = {"METADATA" if kind == "dist-info" else "PKG-INFO": head, "RECORD": "\n".join(lines) + "\n"}
        given.update(metadata or {})
        for file, text in files.items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(text)
        place.mkdir()
        for file, text in given.items():
            if text is not None:
                (place / file).write_text(text)
        importlib.invalidate_caches()
        return folder

    yield install
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None) or "").startswith(str(folder)):
            del sys.modules[name]


def owners(module):
    return [each.name for each in Installed([module.partition(".")[0]]).owners(module)]


def test_files_say_whose_a_module_is(site):
    site("Alpha.Dist", "1.0", {"reqalpha/__init__.py": "", "reqalpha/sub.py": "", "reqsingle.py": ""})
    site(
        "beta", "2", {"reqbeta/__init__.py": "", "reqbeta/_c.cpython-311-x86_64-linux-gnu.so": "", "reqabi.abi3.so": ""}
    )
    for module in ("reqalpha", "reqalpha.sub", "reqalpha.sub.attribute", "reqalpha.made.up", "reqsingle"):
        assert owners(module) == ["Alpha.Dist"]
    assert owners("reqbeta._c") == owners("reqabi") == ["beta"]
    assert owners("reqnone") == []
    found = Installed(["reqalpha"])
    assert found.owners("reqalpha") == (Distribution("Alpha.Dist", "1.0"),)
    assert found.has("reqalpha.sub") and not found.has("reqalpha.nothing") and not found.has("reqbeta")


def test_a_namespace_package_is_told_apart_by_the_longest_match(site):
    site("ns-core", "1", {"reqns/core/__init__.py": ""})
    site("ns-cloud-storage", "2", {"reqns/cloud/storage/__init__.py": "", "reqns/cloud/storage/_http.py": ""})
    site("ns-cloud-tasks", "3", {"reqns/cloud/tasks.py": ""})
    assert owners("reqns.core") == ["ns-core"]
    assert owners("reqns.cloud.storage._http") == owners("reqns.cloud.storage") == ["ns-cloud-storage"]
    assert owners("reqns.cloud.tasks") == ["ns-cloud-tasks"]
    assert owners("reqns.cloud") == ["ns-cloud-storage", "ns-cloud-tasks"]
    assert owners("reqns") == ["ns-cloud-storage", "ns-cloud-tasks", "ns-core"]

    def function():
        from reqns.cloud import storage

        return storage

    def vague():
        import reqns.cloud

        return reqns

    assert requirements(function).lines() == ["ns-cloud-storage==2"]
    assert requirements(vague).lines() == [
        "# reqns.cloud: a namespace package of ns-cloud-storage, ns-cloud-tasks",
    ]


def test_installations_without_a_list_of_files(site):
    no_record = {"RECORD": None}
    site("old", "1", {}, {"top_level.txt": "reqold\n_reqold\n", **no_record}, kind="egg-info")
    site(
        "older",
        "1",
        {},
        {"installed-files.txt": "../reqolder.py\n../reqolder/x.py\nPKG-INFO\n", **no_record},
        kind="egg-info",
    )
    assert owners("reqold.sub") == owners("_reqold") == ["old"]
    assert owners("reqolder") == ["older"]


def test_metadata_in_a_single_file(site):
    folder = site("other", "1", {})
    (folder / "ReqFile-3.egg-info").write_text("Metadata-Version: 1.1\nName: ReqFile\nVersion: 3\n")
    assert owners("reqfile") == []


def test_an_editable_installation(site, tmp_path, monkeypatch):
    project = tmp_path / "a project"
    (project / "src" / "reqeditable").mkdir(parents=True)
    (project / "src" / "reqeditable" / "__init__.py").write_text("raise AssertionError('imported')")
    monkeypatch.syspath_prepend(str(project / "src"))
    direct = {"url": project.as_uri(), "dir_info": {"editable": True}}
    site("editable", "0.1", {"editable.pth": ""}, {"direct_url.json": json.dumps(direct)})
    assert owners("reqeditable") == ["editable"]
    assert "reqeditable" not in sys.modules
    for broken in ("", "[]", "{", '{"url": 1, "dir_info": {"editable": true}}'):
        (tmp_path / "site-packages" / "editable-0.1.dist-info" / "direct_url.json").write_text(broken)
        assert owners("reqeditable") == []


def test_the_first_on_the_path_wins(site, tmp_path, monkeypatch):
    folder = site("doubled", "1", {"reqdoubled.py": ""})
    other = tmp_path / "other"
    (other / "doubled-2.dist-info").mkdir(parents=True)
    (other / "doubled-2.dist-info" / "METADATA").write_text("Name: Doubled\nVersion: 2\n")
    (other / "doubled-2.dist-info" / "RECORD").write_text("reqdoubled.py,,\n")
    sys.path.append(str(other))
    try:
        assert Installed(["reqdoubled"]).owners("reqdoubled") == (Distribution("doubled", "1"),)
    finally:
        sys.path.remove(str(other))
    assert folder


def test_strange_metadata_are_survived(site):
    site("nameless", "1", {"reqnameless.py": ""}, {"METADATA": "Version: 1\n"})
    site("versionless", "1", {"reqversionless.py": ""}, {"METADATA": "Name: versionless\n"})
    site("comma", "1", {"reqcomma/a,b.txt": "", "reqcomma/x.py": ""})
    site("empty", "1", {}, {"METADATA": "", "RECORD": '\n,,\n../../bin/x,,\n/abs,,\n"broken\n'})
    assert owners("reqnameless") == []
    assert owners("reqcomma.x") == ["comma"]

    def function():
        import reqversionless

        return reqversionless

    assert requirements(function).lines() == ["versionless"]


def test_lines(site):
    for name in ("Aaa", "bbb", "ccc", "ddd", "eee"):
        site(name, "1", {"req%s/__init__.py" % name.lower(): "", "req%s/sub.py" % name.lower(): ""})

    def function(flag):
        import reqbbb
        import reqbbb.sub
        import requnknown

        try:
            import reqccc
            import reqnever
        except ImportError:
            reqccc = None
        if flag:
            import reqaaa
            import reqbbb as again
        if False:
            import reqeee
        if flag:
            from reqddd import sub
        return reqaaa, reqbbb, reqccc, reqnever, requnknown, again, reqeee, sub, lambda: __import__(flag)

    found = requirements(function)
    assert found.lines()[:-1] == [
        "Aaa==1  # conditional",
        "bbb==1",
        "ddd==1  # conditional",
        "# ccc==1  # optional: reqccc",
        "# eee==1  # for type checkers: reqeee",
        "# reqnever: optional; no installed distribution has it",
        "# requnknown: no installed distribution has it",
    ]
    assert found.lines()[-1].startswith("# note: test_requirements_distributions.py, line ")
    assert str(found) == "\n".join(found.lines()) + "\n"


def test_a_dropped_module_that_lives_on(site):
    dropped = sorted(set(_dropped()))
    if not dropped:
        pytest.skip("this Python does not tell what it has dropped")
    name = dropped[0]
    namespace = {"__name__": "made"}
    exec("def function(): import %s" % name, namespace)
    namespace["function"].__source__ = "def function(): import %s" % name
    assert requirements(namespace["function"]).lines() == []
    site("legacy", "7", {name + ".py": ""})
    assert requirements(namespace["function"]).lines() == ["legacy==7"]


def _dropped():
    names = getattr(sys, "stdlib_module_names", None)
    return () if names is None else (name for name in ("asyncore", "cgi", "binhex", "formatter") if name not in names)


def test_what_is_installed_here():
    def function():
        return pytest

    (found,) = requirements(function)
    assert (found.module, found.distribution, found.version) == ("pytest", "pytest", pytest.__version__)
    assert found.kind == "load" and not found.optional and found.candidates == ()
