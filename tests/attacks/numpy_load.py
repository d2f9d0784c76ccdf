"""numpy.load with allow_pickle: a pickle in a file."""

PAYLOAD = b"cnumpy\nload\n(V/tmp/x\nNI01\ntR."
