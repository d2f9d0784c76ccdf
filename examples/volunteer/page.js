// Shows how far the work is. The work itself is done by worker.js, so that the page never stands still.

const show = (id, text) => { document.getElementById(id).textContent = text; };
const context = document.getElementById("picture").getContext("2d");
const worker = new Worker("/worker.js", { type: "module" });
let mine = 0;
let seen = 0;
let stopped = false;

worker.onmessage = ({ data }) => {
  if (data.status) show("status", data.status);
  if (data.done) show("mine", ++mine);
};
worker.onerror = (event) => show("status", "Python stopped: " + (event.message || "it could not be loaded"));

document.getElementById("stop").onclick = ({ target }) => {
  worker.terminate();
  stopped = true;
  target.disabled = true;
  show("status", "Stopped. What you took goes to others.");
};

function paint(y, row) {
  const image = context.createImageData(row.length, 1);
  row.forEach((steps, x) => {
    const light = steps >= 200 ? 0 : Math.sqrt(steps / 200);
    image.data.set([255 * light ** 0.7, 255 * light, 80 + 175 * light ** 0.5, 255].map((v) => (steps >= 200 ? 0 : v)), 4 * x);
    image.data[4 * x + 3] = 255;
  });
  context.putImageData(image, 0, y);
}

async function follow() {
  const state = await (await fetch("/state?since=" + seen)).json();
  for (const [y, row] of state.fresh) paint(y, row);
  seen += state.fresh.length;
  const progress = document.getElementById("progress");
  progress.max = state.total;
  progress.value = state.done;
  show("total", `${state.done} of ${state.total}`);
  show("visitors", state.visitors);
  if (state.done === state.total) {
    if (!stopped) show("status", "All done. Thank you.");
    document.getElementById("stop").disabled = true;
    return;
  }
  setTimeout(() => follow().catch(lost), 250);
}

function lost() {
  show("status", "The server is gone. Trying again …");
  setTimeout(() => follow().catch(lost), 2000);
}

follow().catch(lost);
