"""Volunteers: whoever opens a page lends the browser's Python to a computation.

    npm install pyodide
    python examples/volunteer/server.py

The function below is pickled by this Python, whichever it is, and run by Pyodide's in each visitor's browser. The
server gives every visitor parts of the work, until all results are there; a part that a visitor took and did not bring
back goes to another one.
"""

import argparse
import collections
import http.server
import json
import os
import sys
import threading
import time

import codepickle

HERE = os.path.dirname(os.path.abspath(__file__))
#: All that is served of the npm package `pyodide`.
PYODIDE = ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "pyodide-lock.json", "python_stdlib.zip"]
PAGES = {"/": "page.html", "/page.js": "page.js", "/page.css": "page.css", "/worker.js": "worker.js"}
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".wasm": "application/wasm",
    ".json": "application/json",
    ".zip": "application/zip",
}
#: Seconds after which a part goes to another visitor.
LEASE = 60
#: Bytes of a result. A visitor may send anything.
MOST = 1 << 20

WIDTH, HEIGHT = 360, 240


def painter(width, height, limit):
    """A function that travels: a closure with a helper, as it is."""

    def escapes(c):
        z = 0j
        for step in range(limit):
            z = z * z + c
            if abs(z) > 2:
                return step
        return limit

    def row(y):
        return [escapes(complex(3 * x / width - 2.2, 2.4 * y / height - 1.2)) for x in range(width)]

    return row


class Work:
    """Parts of a computation, who has them, and what came back."""

    def __init__(self, function, arguments, check):
        #: Loads where nothing is installed: the loader is in it.
        self.payload = codepickle.dumps(function, self_contained=True)
        self.arguments = arguments
        self.results = {}
        self.visitors = collections.Counter()
        self.done = threading.Event()
        self._check = check
        self._lock = threading.Lock()
        self._left = collections.deque(range(len(arguments)))
        self._lent = {}

    def take(self):
        """The number of a part, or None if there is nothing to do at the moment."""
        with self._lock:
            now = time.monotonic()
            for part, since in list(self._lent.items()):
                if now - since > LEASE:
                    del self._lent[part]
                    self._left.append(part)
            if not self._left:
                return None
            part = self._left.popleft()
            self._lent[part] = now
            return part

    def give_back(self, part, result, visitor):
        """Takes a result, if it is one: it was computed by somebody whom nobody knows."""
        good = self._check(result)
        with self._lock:
            self._lent.pop(part, None)
            if part in self.results:
                return good
            if not good:
                self._left.append(part)
                return False
            self.results[part] = result
            self.visitors[visitor] += 1
            if len(self.results) == len(self.arguments):
                self.done.set()
        return True

    def state(self, since):
        """What the page shows: the results from number `since` on, in the order in which they came."""
        with self._lock:
            fresh = list(self.results.items())[since:]
            return {
                "total": len(self.arguments),
                "done": len(self.results),
                "visitors": len(self.visitors),
                "fresh": fresh,
            }


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "volunteer"

    def do_GET(self):
        if not self.is_ours():
            return
        path, _, query = self.path.partition("?")
        work = self.server.work
        if path in PAGES:
            self.send_file(os.path.join(HERE, PAGES[path]))
        elif path.startswith("/pyodide/") and path[len("/pyodide/") :] in PYODIDE:
            self.send_file(os.path.join(self.server.pyodide, path[len("/pyodide/") :]))
        elif path == "/function":
            self.answer(200, work.payload, "application/octet-stream")
        elif path == "/state":
            since = query[len("since=") :] if query.startswith("since=") else ""
            self.answer_json(work.state(int(since) if since.isdigit() and len(since) < 9 else 0))
        else:
            self.answer(404)

    def do_POST(self):
        # Pages of others cannot send this header.
        if not self.is_ours() or self.headers.get("X-Volunteer") is None:
            return self.answer(403)
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or len(length) > 9 or int(length) > MOST:
            self.close_connection = True
            return self.answer(413)
        body = self.rfile.read(int(length))
        work = self.server.work
        if self.path == "/take":
            part = work.take()
            return self.answer_json({"part": part, "arguments": None if part is None else work.arguments[part]})
        if self.path == "/give":
            try:
                given = json.loads(body)
                part, result = given["part"], given["result"]
            except (ValueError, TypeError, KeyError, RecursionError):
                return self.answer(400)
            if type(part) is not int or not 0 <= part < len(work.arguments):
                return self.answer(400)
            visitor = str(self.headers.get("X-Volunteer"))[:64]
            return self.answer(204 if work.give_back(part, result, visitor) else 400)
        return self.answer(404)

    def is_ours(self):
        """Whether the browser asks for this server by its name: no other page may pretend to be here."""
        name = (self.headers.get("Host") or "").rpartition(":")[0]
        if name in ("127.0.0.1", "localhost"):
            return True
        self.answer(421)
        return False

    def send_file(self, path):
        with open(path, "rb") as file:
            self.answer(200, file.read(), TYPES[os.path.splitext(path)[1]])

    def answer_json(self, value):
        self.answer(200, json.dumps(value).encode(), TYPES[".json"])

    def answer(self, status, body=b"", kind="text/plain"):
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        # All comes from here, and of code only WebAssembly is made on the way.
        self.send_header("Content-Security-Policy", "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'")
        self.end_headers()
        if status != 204:
            self.wfile.write(body)

    def log_message(self, form, *args):
        pass


def serve(work, pyodide, port=0):
    """A server on this machine alone, running in a thread."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    server.work = work
    server.pyodide = pyodide
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def picture():
    """The work of this example: the rows of a picture of the Mandelbrot set."""

    def is_row(result):
        good = isinstance(result, list) and len(result) == WIDTH
        return good and all(type(value) is int and 0 <= value <= 200 for value in result)

    return Work(painter(WIDTH, HEIGHT, 200), [[y] for y in range(HEIGHT)], is_row)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--pyodide", default=os.path.join("node_modules", "pyodide"), help="folder of the npm package")
    options = parser.parse_args()
    missing = [name for name in PYODIDE if not os.path.exists(os.path.join(options.pyodide, name))]
    if missing:
        sys.exit("%s lacks %s: npm install pyodide" % (options.pyodide, ", ".join(missing)))
    work = picture()
    server = serve(work, options.pyodide, options.port)
    print("http://127.0.0.1:%d/ gives work; open it in as many windows as you like" % server.server_port, flush=True)
    try:
        while not work.done.wait(1):
            pass
        print("done: %d rows from %d visitors" % (len(work.results), len(work.visitors)))
        # The last visitor wants to see the rest of the picture.
        time.sleep(5)
    except KeyboardInterrupt:
        pass
    server.shutdown()
    server.server_close()


if __name__ == "__main__":
    main()
