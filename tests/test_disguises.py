"""Source that is not what it looks like is told by `inspect`; what Codepickle writes always is."""

import functools
import os
import pickle
import tarfile

import codepickle
import pytest
from codepickle import _native, _runtime

HERE = os.path.dirname(os.path.abspath(__file__))


def made(*code):
    """A payload: the call of `f` with these arguments of `c`."""
    arguments = pickle.dumps((code, {}), 3)[2:-1]
    return b"\x80\x04ccodepickle._runtime\nf\n" + arguments + b"R."


def codes(*code):
    return {finding.code for finding in codepickle.inspect(made(*code)).findings}


def test_what_codepickle_wrote_is_what_it_looks_like():
    """Payloads of all cases from every Python: none is taken for something else."""
    wrong, count = [], 0
    for folder, _, names in os.walk(os.path.join(HERE, "payloads")):
        for archive in [name for name in names if name.endswith(".tar.xz")]:
            with tarfile.open(os.path.join(folder, archive)) as members:
                for member in members:
                    if not member.name.endswith(".pickle"):
                        continue
                    count += 1
                    if count % 5:  # all of them take ten seconds
                        continue
                    report = codepickle.inspect(members.extractfile(member).read())
                    wrong += [
                        (member.name, finding)
                        for finding in report.findings
                        if finding.code in ("disguised", "lowered", "unreadable-source", "twin", "unknown-runtime")
                    ]
    assert count > 1000 and not wrong


def test_disguised_source_is_shown_whole_and_has_no_approval():
    payload = made("lambda: safe()", 2, "a.py", "(\n", ", lambda: evil())")
    assert pickle.loads(payload).__code__.co_names == ("evil",)
    report = codepickle.inspect(payload)
    assert report.worst == "danger" and report.functions[0].approval is None
    assert "evil" in str(report)
    good = codepickle.inspect(made("lambda: safe()", 2, "a.py", "(\n", ")"))
    assert good.worst is None and good.functions[0].approval is not None


def test_lowered_forms():
    text = "lambda x, /: x"
    older = _native.older(text, 2, "(\n", ")", 0, 0, False, 13, 7)
    form = older[2]
    assert form[0] == 7 and codes(text, 2, "a.py", "(\n", ")", 0, 0, "", None, older) == set()
    for older in [
        (8, "3.8", (7, "", (0, "lambda x: evil(x)"), ())),
        (99, "3.8", form),
        (8, "3.8", (8, *form[1:])),
        (8, "3.8", (*form[:4], (), "(lambda x: evil(x),\n")),
        (8, "3.8", "form"),
    ]:
        assert codes(text, 2, "a.py", "(\n", ")", 0, 0, "", None, older) == {"lowered"}, older


def test_future_features_are_told():
    payload = made("def f(x: T): pass", 1, "a.py", "", "", 0, 0, "annotations")
    report = codepickle.inspect(payload)
    assert report.functions[0].future_features == ("annotations",)
    assert "future features: annotations" in str(report)


@pytest.mark.parametrize(
    "text, found",
    [
        ("def f(): return 'ä €'", set()),
        ("def naïve(größe): return größe", set()),
        ("def f(имя): return имя", set()),
        ("def f(名): return 名", set()),
        ("def f(): return s\u0430fe", {"lookalike"}),
        ("def f(): return \uff45val", {"lookalike"}),
        ("def f(): return 1 #\u202e", {"hidden-characters"}),
        ("def f(): return '\u200b'", {"hidden-characters"}),
    ],
)
def test_characters(text, found):
    assert codes(text, 1, "a.py") == found


def test_damaged_arguments_are_told():
    for code in [
        ("def f(): 1", 1, "a.py", None),
        ("def f(): 1", 1, "a.py", "", "", True),
        ("def f(): 1", 1, "a.py", "", "", -1),
    ]:
        assert codes(*code) & {"disguised", "place"}, code


def test_a_forged_payload_leaves_nothing_for_an_honest_one():
    """The runtime's caches: the same text, line and header with other parts around them, loaded first."""
    honest = ("def cached(x):\n    return x", 1, "cache.py")
    forged = [
        (*honest, "", "\ndef cached(x): return 666"),
        (*honest, "", "", 0, 0, "", None, (99, "", (7, "", (1, "    return 666"), ()))),
        ("def cached(x):\n    return 666", 1, "cache.py"),
        (honest[0], True, "cache.py"),
    ]
    for each in forged:
        function = pickle.loads(made(*each))
        assert function.__code__.co_name == "cached"
    function = pickle.loads(made(*honest))
    assert function(5) == 5
    assert _runtime.source_of(function.__code__)[:3] == honest
    assert codepickle.getsource(function).strip() == honest[0]


def test_a_forged_class_leaves_nothing_for_an_honest_one():
    """A class of the same name and module with another text has another token."""

    def class_of(text):
        payload = (
            b"\x80\x04ccodepickle._runtime\nt\n(\x8c\x01m\x8c\x01C)\x8c\x00K\x00ccodepickle._runtime\nc\n(\x8c"
            + bytes([len(text)])
            + text
            + b"K\x01\x8c\x04a.pytRtR."
        )
        return pickle.loads(payload)

    assert class_of(b"class C: a = 1") is class_of(b"class C: a = 1")
    assert class_of(b"class C: a = 2") is not class_of(b"class C: a = 1")


def test_partials_are_no_danger():
    report = codepickle.inspect(pickle.dumps(functools.partial(int, base=2), 4))
    assert report.worst == "warning" and "holder" in {finding.code for finding in report.findings}
