"""Signed payloads: an envelope around the bytes, which nothing reads before the signature holds.

========  =======
7 bytes   ``93 43 50 53 49 47 4e``: no pickle begins so
1 byte    1, the version of the envelope
1 byte    the algorithm: 1 is HMAC-SHA-256, 2 is Ed25519
1 byte    n, the length of the key's identifier
n bytes   the identifier, UTF-8
8 bytes   m, the length of the payload, big-endian
m bytes   the payload
the rest  the signature of all that is before it: 32 bytes, or 64
========  =======
"""

from __future__ import annotations

import os
from typing import Any, BinaryIO, Iterable, List, NamedTuple, Optional, Union

from ._runtime import LoadError

MAGIC = b"\x93CPSIGN"
_VERSION = 1
_HMAC, _ED25519 = 1, 2
_SIGNATURE_BYTES = {_HMAC: 32, _ED25519: 64}

#: A key that can be guessed is none. 16 bytes are what RFC 2104's users take at least; `Key.generate` makes 32.
_LEAST_SECRET = 16

#: What is read from a file at once: its header may claim any length.
_CHUNK = 1 << 20


class SignatureError(LoadError):
    """A payload is not signed by any of the keys given, or is signed and no key was given. Nothing of it was read."""


class Key:
    """A key to sign payloads with, or to verify them.

    Args:
        secret: At least 16 bytes that nobody else knows, for HMAC-SHA-256: who can verify can sign.
        id: What tells keys apart where they are rotated; at most 255 bytes of UTF-8. It travels in the clear.

    >>> import codepickle
    >>> old, new = codepickle.Key(b"0123456789abcdef", id="2024"), codepickle.Key.generate(id="2025")
    >>> payload = codepickle.dumps([1, 2], key=new)
    >>> codepickle.loads(payload, key=[new, old])
    [1, 2]
    >>> codepickle.loads(payload, key=old)
    Traceback (most recent call last):
    ...
    codepickle._signing.SignatureError: none of the keys given has signed this payload
    """

    __slots__ = ("_algorithm", "_private", "_public", "id")

    def __init__(self, secret: bytes, *, id: str = "") -> None:
        if not isinstance(secret, (bytes, bytearray)):
            raise TypeError("a secret is bytes, not %s" % type(secret).__name__)
        if len(secret) < _LEAST_SECRET:
            raise ValueError("a secret has at least %d bytes: Key.generate() makes one" % _LEAST_SECRET)
        self._set(_HMAC, bytes(secret), None, id)

    def _set(self, algorithm: int, private: Any, public: Any, id: str) -> None:
        if len(id.encode("utf-8")) > 255:
            raise ValueError("the identifier of a key has at most 255 bytes")
        self._algorithm, self._private, self._public, self.id = algorithm, private, public, id

    @classmethod
    def generate(cls, *, id: str = "") -> Key:
        """A new key for HMAC-SHA-256, of 32 random bytes."""
        return cls(os.urandom(32), id=id)

    @property
    def secret(self) -> bytes:
        """The secret, to keep it somewhere.

        Raises:
            TypeError: for keys of Ed25519.
        """
        if self._algorithm != _HMAC:
            raise TypeError("a key of Ed25519 has no secret to share")
        return bytes(self._private)

    @classmethod
    def ed25519(cls, private: bytes, *, id: str = "") -> Key:
        """A private key of Ed25519, 32 bytes, which signs and verifies. Needs the package `cryptography`."""
        key = _ed25519().Ed25519PrivateKey.from_private_bytes(private)
        made = cls.__new__(cls)
        made._set(_ED25519, key, key.public_key(), id)
        return made

    @classmethod
    def ed25519_public(cls, public: bytes, *, id: str = "") -> Key:
        """A public key of Ed25519, 32 bytes: it verifies, and cannot sign. Needs the package `cryptography`."""
        key = _ed25519().Ed25519PublicKey.from_public_bytes(public)
        made = cls.__new__(cls)
        made._set(_ED25519, None, key, id)
        return made

    def __repr__(self) -> str:
        return "<Key %r: %s>" % (self.id, "HMAC-SHA-256" if self._algorithm == _HMAC else "Ed25519")

    def __reduce__(self) -> Any:
        raise TypeError("a key is not pickled: it would travel with what it protects")

    def _sign(self, data: bytes) -> bytes:
        if self._algorithm == _HMAC:
            # They load OpenSSL, which whoever only looks for an envelope does not need.
            import hmac
            from hashlib import sha256

            return hmac.new(self._private, data, sha256).digest()
        if self._private is None:
            raise TypeError("a public key verifies; to sign takes the private one")
        return bytes(self._private.sign(data))

    def _verifies(self, signature: bytes, data: bytes) -> bool:
        if self._algorithm == _HMAC:
            from hmac import compare_digest

            return compare_digest(signature, self._sign(data))
        from cryptography.exceptions import InvalidSignature

        try:
            self._public.verify(signature, data)
        except InvalidSignature:
            return False
        return True


Keys = Union[Key, bytes, Iterable[Union[Key, bytes]]]


def _ed25519() -> Any:
    try:
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError:
        raise ImportError("Ed25519 needs the package cryptography: pip install 'codepickle[ed25519]'") from None
    return ed25519


def _key(key: Any) -> Key:
    if isinstance(key, Key):
        return key
    if isinstance(key, (bytes, bytearray)):
        return Key(bytes(key))
    raise TypeError("a key is a codepickle.Key or bytes, not %s" % type(key).__name__)


def _keys(keys: Any) -> List[Key]:
    if isinstance(keys, (Key, bytes, bytearray)):
        keys = [keys]
    found = [_key(key) for key in keys]
    if not found:
        raise ValueError("no key was given to verify with")
    return found


def sign(payload: bytes, key: Union[Key, bytes]) -> bytes:
    """The payload in an envelope that `key` has signed.

    >>> import codepickle
    >>> key = codepickle.Key.generate(id="us")
    >>> codepickle.verify(codepickle.sign(b"anything", key), key)
    b'anything'
    """
    signer = _key(key)
    name = signer.id.encode("utf-8")
    header = MAGIC + bytes([_VERSION, signer._algorithm, len(name)]) + name + len(payload).to_bytes(8, "big")
    data = header + bytes(payload)
    return data + signer._sign(data)


class _Header(NamedTuple):
    algorithm: int
    id: bytes
    start: int
    end: int

    @property
    def size(self) -> int:
        """The length of the envelope."""
        return self.end + _SIGNATURE_BYTES[self.algorithm]


def _header(data: bytes) -> Optional[_Header]:
    """What comes before the payload; None if it is not there as a whole."""
    fixed = len(MAGIC) + 3
    if data[: len(MAGIC)] != MAGIC or len(data) < fixed:
        return None
    version, algorithm, length = data[len(MAGIC) : fixed]
    if version != _VERSION or algorithm not in _SIGNATURE_BYTES:
        raise SignatureError("the signed envelope is of a version that this Codepickle does not know")
    start = fixed + length + 8
    if len(data) < start:
        return None
    size = int.from_bytes(data[start - 8 : start], "big")
    return _Header(algorithm, data[fixed : fixed + length], start, start + size)


def verify(envelope: bytes, key: Keys) -> bytes:
    """The payload of an envelope that one of the keys has signed.

    Raises:
        SignatureError: none has, or it is no envelope.
    """
    keys = _keys(key)
    data = bytes(envelope)
    if data[: len(MAGIC)] != MAGIC:
        raise SignatureError("the payload is not signed, and a key was given")
    header = _header(data)
    if header is None or header.size != len(data):
        raise SignatureError("the signed envelope is damaged: its length is not what it says")
    signed, signature = data[: header.end], data[header.end :]
    good = False
    for candidate in keys:
        if candidate._algorithm == header.algorithm and candidate.id.encode("utf-8") == header.id:
            good |= candidate._verifies(signature, signed)
    if not good:
        raise SignatureError("none of the keys given has signed this payload")
    return data[header.start : header.end]


def unsigned(data: bytes) -> bytes:
    """The payload of an envelope, whoever may have signed it: to be looked at, and not loaded.

    Raises:
        SignatureError: it is damaged.
    """
    header = _header(data)
    if header is None or header.size != len(data):
        raise SignatureError("the signed envelope is damaged: its length is not what it says")
    return data[header.start : header.end]


def read_envelope(file: BinaryIO, most: Optional[int] = None) -> bytes:
    """One envelope from a file, which may hold more after it."""
    data = _read(file, len(MAGIC) + 3)
    if data[: len(MAGIC)] != MAGIC:
        raise SignatureError("the payload is not signed, and a key was given" if data else "the file has ended")
    data += _read(file, data[-1] + 8)
    header = _header(data)
    if header is None:
        raise SignatureError("the signed envelope is damaged: it ends too early")
    if most is not None and header.end - header.start > most:
        raise SignatureError("the signed payload has more than the %d bytes allowed" % most)
    return data + _read(file, header.size - len(data))


def _read(file: BinaryIO, size: int) -> bytes:
    parts = []
    while size > 0:
        part = file.read(min(size, _CHUNK))
        if not part:
            break
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
