"""Large payloads, and the out-of-band buffers of protocol 5."""

import io
import pickle
import pickletools

import codepickle
import pytest

LARGE = 100_000

needs_protocol_5 = pytest.mark.skipif(pickle.HIGHEST_PROTOCOL < 5, reason="protocol 5 is 3.8+")


class Chunks:
    def __init__(self):
        self.chunks = []

    def write(self, data):
        self.chunks.append(data)


def dump(obj, protocol, one_shot):
    file = Chunks()
    if one_shot:
        codepickle.dump(obj, file, protocol)
    else:
        codepickle.Pickler(file, protocol).dump(obj)
    return file.chunks


@pytest.mark.parametrize("one_shot", [True, False])
@pytest.mark.parametrize("protocol", range(3, pickle.HIGHEST_PROTOCOL + 1))
def test_large_bytes_reach_the_file_uncopied(one_shot, protocol):
    large = bytes(LARGE)
    chunks = dump(["before", large, "after", large], protocol, one_shot)
    assert sum(chunk is large for chunk in chunks) == 1
    loaded = pickle.loads(b"".join(chunks))
    assert loaded == ["before", large, "after", large] and loaded[1] is loaded[3]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize(
    "make", [lambda n: b"x" * n, lambda n: bytearray(b"x" * n), lambda n: "x" * n, lambda n: "\udc80é" * n]
)
@pytest.mark.parametrize("size", [0, 1, 255, 256, 65_535, 65_536, 200_000])
def test_sizes(protocol, make, size):
    obj = [make(size), make(size), 1]
    obj.append(obj[0])
    for data in [
        codepickle.dumps(obj, protocol),
        b"".join(dump(obj, protocol, False)),
        b"".join(dump(obj, protocol, True)),
    ]:
        loaded = pickle.loads(data)
        assert loaded == obj and type(loaded[0]) is type(obj[0])
        if size:
            assert loaded[3] is loaded[0]


@needs_protocol_5
@pytest.mark.parametrize("one_shot", [True, False])
@pytest.mark.parametrize("size", [10, LARGE])
@pytest.mark.parametrize("readonly", [True, False])
def test_in_band(one_shot, size, readonly):
    source = bytes(range(256)) * (size // 256 + 1)
    buffer = pickle.PickleBuffer(source if readonly else bytearray(source))
    loaded = pickle.loads(b"".join(dump([buffer, buffer], 5, one_shot)))
    assert loaded[0] == source and loaded[0] is loaded[1]
    assert type(loaded[0]) is (bytes if readonly else bytearray)


@needs_protocol_5
@pytest.mark.parametrize("readonly", [True, False])
def test_out_of_band(readonly):
    source = b"spam" if readonly else bytearray(b"spam")
    buffers = []
    data = codepickle.dumps([pickle.PickleBuffer(source)], buffer_callback=buffers.append)
    assert data[1] == 5, "buffers need protocol 5, which is then the default"
    assert b"spam" not in data
    names = [opcode.name for opcode, _, _ in pickletools.genops(data)]
    assert names.count("NEXT_BUFFER") == 1
    assert names.count("READONLY_BUFFER") == (1 if readonly else 0)
    assert pickle.loads(data, buffers=buffers)[0] is buffers[0]


@needs_protocol_5
def test_callback_decides():
    large, small = pickle.PickleBuffer(bytes(LARGE)), pickle.PickleBuffer(b"small")
    buffers = []

    def callback(buffer):
        if len(buffer.raw()) < 100:
            return True
        buffers.append(buffer)
        return False

    file = io.BytesIO()
    codepickle.Pickler(file, buffer_callback=callback).dump([large, small])
    assert pickle.loads(file.getvalue(), buffers=buffers)[1] == b"small"
    assert len(buffers) == 1


@needs_protocol_5
@pytest.mark.parametrize("protocol", range(5))
def test_older_protocols_refuse(protocol):
    with pytest.raises(pickle.PicklingError, match="PickleBuffer can only be pickled with protocol >= 5"):
        codepickle.dumps(pickle.PickleBuffer(b"x"), protocol)


@needs_protocol_5
def test_not_contiguous():
    view = memoryview(bytes(100))[::2]
    with pytest.raises(pickle.PicklingError, match="non-contiguous"):
        codepickle.dumps(pickle.PickleBuffer(view), 5)


@needs_protocol_5
def test_released():
    buffer = pickle.PickleBuffer(b"x")
    buffer.release()
    with pytest.raises(ValueError):
        codepickle.dumps(buffer, 5)


@needs_protocol_5
def test_callback_error():
    def callback(buffer):
        raise LookupError

    with pytest.raises(LookupError):
        codepickle.dumps([pickle.PickleBuffer(b"x")], buffer_callback=callback)


def test_default_protocol():
    assert codepickle.dumps(1)[1] == 4
    file = io.BytesIO()
    codepickle.Pickler(file).dump(1)
    assert file.getvalue()[1] == 4
    assert codepickle.dumps(1, -1)[1] == pickle.HIGHEST_PROTOCOL


def test_small_pickles_have_no_frame():
    assert codepickle.dumps(1) == b"\x80\x04K\x01."
    assert b"\x95" not in codepickle.dumps("x" * 50)[:3]
