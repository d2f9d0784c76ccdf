"""ppft, the servers of Parallel Python, of any Python.

Needed where functions are submitted, nothing on the servers:

    from codepickle.integrations import ppft as on_ppft
    on_ppft.install()
    server = ppft.Server(0, ppservers=("10.0.0.7:35000",))
    server.submit(function, (1, 2))()

By itself ppft sends the text of a function and executes that: without closure and globals.
"""

from __future__ import annotations

from typing import Any, Dict

import codepickle

from ._engine import Changes, Integration

#: What the servers execute. It is all that they are told of Codepickle.
_TEXT = """\
def codepickle_call(payload):
    import pickle
    function, args = pickle.loads(payload)
    result = function(*args)
    try:
        import codepickle
    except ImportError:
        return result
    class Result:
        def __reduce__(self):
            return pickle.loads, (codepickle.dumps(result),)
    return Result()
"""


def change(changes: Changes, ppft: Any) -> None:
    """Have every `ppft.Server` send functions with what belongs to them."""
    server = ppft.Server
    original = server.submit
    space: Dict[str, Any] = {"__name__": __name__}
    exec(_TEXT, space)
    call = space["codepickle_call"]

    def submit(
        self: Any,
        func: Any,
        args: Any = (),
        depfuncs: Any = (),
        modules: Any = (),
        callback: Any = None,
        callbackargs: Any = (),
        group: Any = "default",
        globals: Any = None,
    ) -> Any:
        """As the original, but what `func` uses travels with it, and `depfuncs` and `globals` do not."""
        if not isinstance(args, tuple):
            raise TypeError("args argument must be a tuple")
        payload = codepickle.dumps((func, args), self_contained=True)
        # Where a server keeps the texts of functions that it has looked up.
        self._Server__sourcesHM[hash(call)] = _TEXT
        return original(self, call, (payload,), (), modules, callback, callbackargs, group)

    changes.attribute(server, "submit", submit)


integration = Integration(__name__, "ppft", "ppft", ("1.7", "2"), change, "pathos")
install = integration.install
uninstall = integration.uninstall
