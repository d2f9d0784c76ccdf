"""examples/volunteer, with real browsers: headless Chromium, driven by chromedriver, computes the picture.

    python tests/volunteer/run.py        a part of make grid; needs chromium and chromedriver (Debian: chromium-driver)

What is under test is in the folder CODEPICKLE_PATH, by default .cache/site. A picture of the page is left in
.cache/volunteer.png.
"""

import base64
import contextlib
import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
CHECKOUT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [
    os.environ.get("CODEPICKLE_PATH") or os.path.join(CHECKOUT, ".cache", "site"),
    os.path.join(CHECKOUT, "tools"),
    os.path.join(CHECKOUT, "examples", "volunteer"),
]
import plan  # noqa: E402
import server as volunteer  # noqa: E402
from common import CACHE, Failure, main  # noqa: E402

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
#: Nothing of it talks to anybody but the server under test.
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
FLAGS += ["--disable-background-networking", "--disable-component-update", "--window-size=760,900"]
#: Seconds for the whole picture, on a machine that has much else to do.
TIMEOUT = 300


def ask(port, method, path, body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with contextlib.closing(connection):
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()


class Browser:
    """A session of WebDriver, which is JSON over HTTP."""

    def __init__(self, port, profile):
        self._port = port
        options = {"args": [*FLAGS, "--user-data-dir=" + profile], "binary": CHROMIUM}
        wanted = {"capabilities": {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options}}}
        self._session = ""
        self._session = "/session/" + self.command("POST", "/session", wanted)["sessionId"]

    def command(self, method, path, value=None):
        body = None if method in ("GET", "DELETE") else json.dumps(value or {})
        status, answer = ask(self._port, method, self._session + path, body)
        found = json.loads(answer)["value"]
        if status != 200:
            raise Failure("chromedriver: %s" % found.get("message", found))
        return found

    def open(self, url):
        self.command("POST", "/url", {"url": url})

    def text(self, name):
        script = "return document.getElementById(arguments[0]).textContent"
        return self.command("POST", "/execute/sync", {"script": script, "args": [name]})

    def screenshot(self, path):
        path.write_bytes(base64.b64decode(self.command("GET", "/screenshot")))


@contextlib.contextmanager
def browsers():
    """Yields a function that starts a browser with a profile of its own."""
    if not CHROMIUM or not shutil.which("chromedriver"):
        raise Failure("Chromium or chromedriver was not found: apt install chromium chromium-driver")
    with tempfile.TemporaryDirectory(prefix="volunteer-", ignore_cleanup_errors=True) as folder:
        process = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder
        )
        started = []
        try:
            for line in process.stdout:
                if "started successfully on port" in line:
                    port = int(line.rstrip(".\n").split()[-1])
                    break
            else:
                raise Failure("chromedriver did not start")

            def start():
                started.append(Browser(port, os.path.join(folder, "profile%d" % len(started))))
                return started[-1]

            yield start
        finally:
            for browser in started:
                with contextlib.suppress(Exception):
                    browser.command("DELETE", "")
            process.terminate()
            process.wait(20)


def strangers(port):
    """What the server refuses."""
    ours = {"Host": "127.0.0.1:%d" % port, "X-Volunteer": "stranger"}
    status, body = ask(port, "POST", "/take", "{}", **ours)
    part = json.loads(body)["part"]
    assert status == 200
    for body in (
        b"cos\nsystem\n(S'id'\ntR.",
        b"[" * 100_000,
        b"{}",
        b'{"part": -1, "result": 1}',
        b'{"part": "x", "result": 1}',
    ):
        assert ask(port, "POST", "/give", body, **ours)[0] == 400, body[:20]
    for wrong in ([], [1] * volunteer.WIDTH + [2], ["1"] * volunteer.WIDTH, [-1] * volunteer.WIDTH, None):
        assert ask(port, "POST", "/give", json.dumps({"part": part, "result": wrong}), **ours)[0] == 400, wrong
    assert ask(port, "POST", "/give", b"x" * (volunteer.MOST + 1), **ours)[0] == 413
    assert ask(port, "POST", "/take", "{}", Host=ours["Host"])[0] == 403
    assert ask(port, "GET", "/", Host="example.com:%d" % port)[0] == 421
    for path in ("/pyodide/../server.py", "/pyodide/package.json", "/server.py", "/pyodide/%2e%2e/x"):
        assert ask(port, "GET", path, Host=ours["Host"])[0] == 404, path
    # The part that the stranger spoilt is still to be had by others.
    return part


def cli():
    home = CACHE / "pyodide" / plan.PYODIDE / "node_modules" / "pyodide"
    if not home.exists():
        raise Failure("%s is missing: python tools/prepare.py --pyodide" % home)
    began = time.monotonic()
    work = volunteer.picture()
    server = volunteer.serve(work, str(home))
    url = "http://127.0.0.1:%d/" % server.server_port
    try:
        with browsers() as start:
            spoilt = strangers(server.server_port)
            first, second, third = start(), start(), start()
            for browser in (first, second, third):
                browser.open(url)
            while len(work.results) < volunteer.HEIGHT // 4 or len(work.visitors) < 3:
                assert time.monotonic() - began < TIMEOUT, (first.text("status"), len(work.results))
                time.sleep(0.1)
            # One leaves in the middle; what it had is given to others at once here.
            volunteer.LEASE = 5
            third.command("DELETE", "")
            first.screenshot(CACHE / "volunteer-begun.png")
            assert work.done.wait(TIMEOUT), "%d rows" % len(work.results)
            while "All done" not in first.text("status"):
                assert time.monotonic() - began < TIMEOUT, first.text("status")
                time.sleep(0.1)
            assert first.text("total") == "%d of %d" % (volunteer.HEIGHT, volunteer.HEIGHT)
            assert first.text("visitors") == "3"
            mine = [int(browser.text("mine")) for browser in (first, second)]
            assert all(mine), mine
            first.screenshot(CACHE / "volunteer.png")
    finally:
        server.shutdown()
        server.server_close()
    row = volunteer.painter(volunteer.WIDTH, volunteer.HEIGHT, 200)
    wrong = [y for y in range(volunteer.HEIGHT) if work.results[y] != row(y)]
    print(
        "volunteer: %d of %d passed, rows from %s visitors, row %d after a stranger"
        % (volunteer.HEIGHT - len(wrong), volunteer.HEIGHT, sorted(work.visitors.values()), spoilt)
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    main(cli)
