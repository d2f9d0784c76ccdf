"""A module's `__builtins__`, and `dict.get` out of it."""

PAYLOAD = b"\x80\x04cbuiltins\ndict.get\n(cnumpy\n__builtins__\nVexec\ntR(Vimport os\ntR."
