"""Signed payloads: `dumps(key=...)`, `loads(key=...)`, `sign`, `verify`."""

import io
import pickle

import codepickle
import pytest
from codepickle import Key, Policy, SignatureError

OLD, NEW = Key(b"0123456789abcdef", id="2024"), Key(b"fedcba9876543210fedcba9876543210", id="2025")
VALUE = {"a": [1, 2, 3]}


def test_signed_payloads_load_with_the_key():
    payload = codepickle.dumps(VALUE, key=NEW)
    assert codepickle.loads(payload, key=NEW) == VALUE
    assert codepickle.loads(payload, key=[OLD, NEW]) == VALUE
    assert codepickle.loads(payload, key=NEW, policy=Policy()) == VALUE
    assert codepickle.verify(payload, NEW) == codepickle.dumps(VALUE)
    secret = b"just some bytes, of which nobody knows"
    assert codepickle.loads(codepickle.dumps(VALUE, key=secret), key=secret) == VALUE
    double = codepickle.loads(
        codepickle.dumps(lambda x: 2 * x, 5 if pickle.HIGHEST_PROTOCOL > 4 else 4, key=NEW), key=NEW
    )
    assert double(4) == 8


def test_what_is_not_signed_by_a_key_is_refused():
    payload = codepickle.dumps(VALUE, key=NEW)
    for wrong in (OLD, [OLD], Key(NEW.secret, id="2024"), Key(OLD.secret, id="2025"), b"x" * 16):
        with pytest.raises(SignatureError, match="none of the keys"):
            codepickle.loads(payload, key=wrong)
    with pytest.raises(SignatureError, match="not signed"):
        codepickle.loads(codepickle.dumps(VALUE), key=NEW)
    with pytest.raises(SignatureError, match="takes a key"):
        codepickle.loads(payload)
    with pytest.raises(SignatureError, match="takes a key"):
        codepickle.loads(memoryview(payload), policy=Policy())
    with pytest.raises(pickle.UnpicklingError):
        pickle.loads(payload)
    with pytest.raises(ValueError, match="no key"):
        codepickle.loads(payload, key=[])


def test_stripping_the_signature_gives_nothing():
    payload = codepickle.dumps(VALUE, key=NEW)
    for cut in range(len(payload)):
        with pytest.raises(SignatureError):
            codepickle.loads(payload[:cut], key=NEW)
        with pytest.raises(SignatureError):
            codepickle.loads(payload[cut + 1 :], key=NEW)
    with pytest.raises(SignatureError):
        codepickle.loads(payload + b"x", key=NEW)


def test_every_flipped_bit_is_found():
    payload = codepickle.dumps(VALUE, key=NEW)
    for at in range(len(payload)):
        for bit in range(8):
            flipped = payload[:at] + bytes([payload[at] ^ 1 << bit]) + payload[at + 1 :]
            with pytest.raises(SignatureError):
                codepickle.loads(flipped, key=[NEW, OLD])
            assert codepickle.inspect(flipped) is not None


def test_nothing_is_read_before_the_signature_holds(monkeypatch):
    monkeypatch.setattr("codepickle._loading._load_pickle", lambda *rest: pytest.fail("it was read"))
    with pytest.raises(SignatureError):
        codepickle.loads(codepickle.sign(b"cos\nsystem\n.", OLD), key=NEW)


def test_files_hold_one_after_the_other():
    file = io.BytesIO()
    for value in (VALUE, 2, "three"):
        codepickle.dump(value, file, key=NEW)
    file.seek(0)
    assert [codepickle.load(file, key=NEW) for _ in range(3)] == [VALUE, 2, "three"]
    with pytest.raises(SignatureError, match="ended"):
        codepickle.load(file, key=NEW)
    file.seek(0)
    with pytest.raises(SignatureError, match="more than"):
        codepickle.load(file, key=NEW, policy=Policy(max_bytes=5))
    huge = codepickle.sign(b"", NEW)[:-40] + b"\x7f" + b"\xff" * 7
    with pytest.raises(SignatureError):
        codepickle.load(io.BytesIO(huge), key=NEW)


def test_keys_are_checked():
    with pytest.raises(ValueError, match="at least 16"):
        Key(b"short")
    with pytest.raises(TypeError):
        Key("text of some length, but text")
    with pytest.raises(ValueError, match="255"):
        Key(b"x" * 16, id="x" * 256)
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(OLD)
    assert "0123456789" not in repr(OLD)
    assert Key.generate().secret != Key.generate().secret


def test_ed25519():
    pytest.importorskip("cryptography")
    private = Key.ed25519(b"1" * 32, id="release")
    raw = private._public.public_bytes_raw()
    public = Key.ed25519_public(raw, id="release")
    payload = codepickle.dumps(VALUE, key=private)
    assert codepickle.loads(payload, key=public) == codepickle.loads(payload, key=private) == VALUE
    with pytest.raises(SignatureError):
        codepickle.loads(payload[:-1] + bytes([payload[-1] ^ 1]), key=public)
    # The public key is no secret: who signs with it as one is not believed.
    forged = codepickle.dumps(VALUE, key=Key(raw, id="release"))
    with pytest.raises(SignatureError):
        codepickle.loads(forged, key=public)
    with pytest.raises(TypeError, match="private"):
        codepickle.dumps(VALUE, key=public)


def test_inspect_tells():
    payload = codepickle.dumps(lambda x: x, key=NEW)
    report = codepickle.inspect(payload)
    assert report.signed and report.functions and report.findings[0].message.endswith("no key was given")
    assert "was verified" in codepickle.inspect(payload, key=NEW).findings[0].message
    assert codepickle.inspect(payload, key=OLD).worst == "danger"
