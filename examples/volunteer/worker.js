// Takes parts of the work and brings results back, as long as there are any.

import { loadPyodide } from "/pyodide/pyodide.mjs";

const visitor = crypto.randomUUID();

async function post(path, value) {
  const answer = await fetch(path, { method: "POST", headers: { "X-Volunteer": visitor }, body: JSON.stringify(value) });
  return answer.status === 200 ? answer.json() : null;
}

async function work() {
  const pyodide = await loadPyodide({ indexURL: "/pyodide/" });
  const payload = new Uint8Array(await (await fetch("/function")).arrayBuffer());
  pyodide.globals.set("payload", pyodide.toPy(payload));
  // An ordinary pickle: nothing is installed here.
  const call = pyodide.runPython(`
    import json, pickle, sys

    function = pickle.loads(payload)

    def call(arguments):
        return json.dumps(function(*json.loads(arguments)))

    call
  `);
  const version = pyodide.runPython("sys.version.split()[0]");
  postMessage({ status: `Python ${version} is at work.` });
  for (;;) {
    const { part, arguments: values } = await post("/take", {});
    if (part === null) {
      // Others have the rest; it comes back if they leave.
      await new Promise((resume) => setTimeout(resume, 2000));
      continue;
    }
    const result = JSON.parse(call(JSON.stringify(values)));
    await post("/give", { part, result });
    postMessage({ done: part });
  }
}

work().catch((error) => postMessage({ status: "Python stopped: " + error }));
