"""The head of a self-contained payload: the runtime itself, compressed."""

from __future__ import annotations

import zlib
from functools import lru_cache
from pathlib import Path
from typing import Tuple

# Runs before anything of the payload that needs the runtime. An installed Codepickle that reads this wire format
# is used as it is; otherwise the runtime goes into sys.modules under its own name, below a stand-in for the package.
_BOOTSTRAP = """\
import sys
def boot(z, wire):
    name = "codepickle._runtime"
    try:
        __import__(name)
        if sys.modules[name].WIRE_VERSION >= wire:
            return
    except ImportError:
        pass
    import types, zlib
    module = types.ModuleType(name)
    module.__package__ = "codepickle"
    if "codepickle" not in sys.modules:
        package = types.ModuleType("codepickle", "Stands in for Codepickle, which is not installed here.")
        package.__path__ = []
        sys.modules["codepickle"] = package
    sys.modules[name] = sys.modules["codepickle"]._runtime = module
    try:
        exec(compile(zlib.decompress(z), "<codepickle runtime>", "exec"), module.__dict__)
    except BaseException:
        del sys.modules[name]
        raise
boot(z, wire)
"""


# The same for what lowered text calls. It is not in the head, since few payloads need it.
_BOOTSTRAP_LOWERED = """\
import sys
def boot(z):
    try:
        __import__("codepickle._lowered")
        return
    except ImportError:
        pass
    import types, zlib
    for short, text in zip(("_lowered", "_lowered_types"), zlib.decompress(z).split(b"\\0")):
        name = "codepickle." + short
        module = types.ModuleType(name)
        module.__package__ = "codepickle"
        sys.modules[name] = module
        setattr(sys.modules["codepickle"], short, module)
        try:
            exec(compile(text, "<codepickle lowered>", "exec"), module.__dict__)
        except BaseException:
            del sys.modules[name]
            raise
boot(z)
"""


@lru_cache(maxsize=1)
def head() -> Tuple[str, bytes]:
    """The bootstrap's source, and the runtime's, compressed (what the bootstrap calls ``z``)."""
    from . import _runtime

    source = Path(_runtime.__file__).read_bytes()
    return _BOOTSTRAP, zlib.compress(source, 9)


@lru_cache(maxsize=1)
def lowered() -> Tuple[str, bytes]:
    """The same for what lowered text calls."""
    from . import _lowered

    path = Path(_lowered.__file__)
    texts = [path.read_bytes(), path.with_name("_lowered_types.py").read_bytes()]
    return _BOOTSTRAP_LOWERED, zlib.compress(b"\0".join(texts), 9)
