// A Python for code that one does not trust: Pyodide, in a Node that is left with as little as it can do without.
//
//     node [flags of _sandbox.py] _sandbox.mjs HOME
//
// HOME is the folder of the npm package `pyodide`. Messages come by standard input and go by standard output: a byte, the
// number of parts; their lengths, 8 bytes each, big-endian; the parts.
//
// Python in WebAssembly has no system calls: it can do what JavaScript does for it. So nothing of JavaScript is handed to
// it, texts alone cross; and should it get hold of an object of JavaScript all the same, there is nothing to be had there:
// text is not run as code, and what reaches the network, processes and files is gone or refused.

import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const { readSync, writeSync } = fs;
const exit = process.reallyExit.bind(process);
const home = process.argv[2];

function fail(text) {
  writeSync(2, text + "\n");
  exit(3);
}

if (!process.permission || process.permission.has("fs.write") || process.permission.has("child")) {
  fail("node was started without its permission model: nothing is run");
}

// --- messages

function readExactly(length) {
  const data = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    let count;
    try {
      count = readSync(0, data, done, length - done, null);
    } catch (error) {
      if (error.code === "EAGAIN") continue;
      if (error.code !== "EOF") throw error;
      count = 0;
    }
    if (!count) exit(0);
    done += count;
  }
  return data;
}

function receive() {
  const count = readExactly(1)[0];
  const heads = readExactly(8 * count);
  const parts = [];
  for (let i = 0; i < count; i++) parts.push(readExactly(Number(heads.readBigUInt64BE(8 * i))));
  return parts;
}

function writeAll(data) {
  let done = 0;
  while (done < data.length) {
    try {
      done += writeSync(1, data, done, data.length - done);
    } catch (error) {
      if (error.code !== "EAGAIN") exit(0);
    }
  }
}

function send(...parts) {
  const head = Buffer.alloc(1 + 8 * parts.length);
  head[0] = parts.length;
  parts.forEach((part, i) => head.writeBigUInt64BE(BigInt(part.length), 1 + 8 * i));
  writeAll(Buffer.concat([head, ...parts]));
}

function stream(kind) {
  const name = Buffer.from(kind);
  return {
    write(data) {
      send(name, Buffer.from(data));
      return data.length;
    },
  };
}

// --- what Node offers, before Pyodide could keep it

// What it says of itself goes to standard error, without a look at what that is.
const say = (...words) => writeSync(2, words.map(String).join(" ") + "\n");
globalThis.console = Object.freeze({ log: say, info: say, warn: say, error: say, debug: say, trace: say, assert() {} });

// Frames of a stack show whose they are: instances of WebAssembly, for one.
Object.defineProperty(Error, "prepareStackTrace", { value: (error) => String(error), writable: false, configurable: false });

// Pyodide tells Python what the program is called, and that is nobody's business.
process.argv = ["python"];

// Pyodide asks for the constants of files, which the permission model refuses with the rest.
process.binding = () => ({ constants: {}, fs: {} });

for (const name of [
  "fetch", "WebSocket", "EventSource", "XMLHttpRequest", "Worker", "BroadcastChannel", "MessageChannel", "navigator",
  "localStorage", "sessionStorage", "Request", "Response", "Headers", "FormData",
]) {
  delete globalThis[name];
}

const kept = new Set(["versions", "version", "platform", "release", "argv", "browser", "umask", "getuid", "exitCode"]);

function strip(object) {
  for (const name of Reflect.ownKeys(object)) {
    if (kept.has(name) || name === "constructor") continue;
    try {
      delete object[name];
    } catch {
      // Checked below.
    }
  }
}

// --- Pyodide

const { loadPyodide } = await import(pathToFileURL(path.join(home, "pyodide.mjs")));
const pyodide = await loadPyodide({
  indexURL: home,
  env: { HOME: "/home/pyodide" },
  jsglobals: Object.freeze(Object.create(null)),
  stdin: () => null,
});
pyodide.setStdout(stream("stdout"));
pyodide.setStderr(stream("stderr"));

strip(process);
strip(Object.getPrototypeOf(process));
for (const name of ["getBuiltinModule", "kill", "_kill", "dlopen", "binding", "_linkedBinding", "mainModule", "_rawDebug"]) {
  if (process[name] !== undefined) fail("process." + name + " cannot be taken away from this Node: nothing is run");
}
// Node looks in there before it asks whether a process may be started: it may not.
process.env = Object.freeze(Object.create(null));
// `require` is Pyodide's own, which knows how to start processes.
for (const name of ["process", "global", "require", "module"]) delete globalThis[name];

send(Buffer.from("ready"), Buffer.from(pyodide.version));
pyodide.globals.set("_source", receive()[0].toString());
const call = pyodide.runPython(`
def _enter(source):
    scope = {"__name__": "__sandbox__"}
    exec(compile(source, "<codepickle far side>", "exec"), scope)
    return scope["enter_sandbox"]()

_enter(globals().pop("_source"))
`);
pyodide.globals.delete("_enter");
pyodide.unregisterJsModule("js");
pyodide.unregisterJsModule("pyodide_js");

// New code of WebAssembly's would be another way around.
for (const name of ["Module", "Instance", "compile", "instantiate", "compileStreaming", "instantiateStreaming"]) {
  delete WebAssembly[name];
}

// What all objects of JavaScript share cannot be changed, to listen to what Pyodide and this file do with theirs. Objects of
// their own kinds may have properties that these have, too: sealed is enough for them, and frozen would forbid it.
for (const kind of [Object, Error, ...[EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]]) {
  Object.seal(kind.prototype);
  Object.seal(kind);
}
for (const kind of [
  Array, ArrayBuffer, BigInt, Boolean, Buffer, DataView, Date, Function, Map, Number, Promise, Proxy, RegExp, Set, String, Symbol,
  Uint8Array, Object.getPrototypeOf(Uint8Array), WeakMap, WeakRef, WeakSet, FinalizationRegistry,
  Object.getPrototypeOf(function* () {}), Object.getPrototypeOf(async () => {}), Object.getPrototypeOf([].values()),
]) {
  if (kind.prototype) Object.freeze(kind.prototype);
  Object.freeze(kind);
}
for (const object of [Object, Reflect, JSON, Math, Atomics, WebAssembly, globalThis.console]) Object.freeze(object);

// Nothing waits: promises and timers never get their turn.
for (;;) {
  const parts = receive().map((part) => part.toString("base64"));
  let answer;
  try {
    answer = call(parts.join(" "));
  } catch (error) {
    fail("Python is damaged: " + error);
  }
  send(...answer.split(" ").map((part) => Buffer.from(part, "base64")));
}
