import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";

import { decode, fitWidth } from "../../../../collab/ui/charts/plot3d/js/plot3d.js";

let drawn, purged, canvas;

beforeEach(() => {
  [drawn, purged] = [[], 0];
  canvas = { getContext: () => ({ getExtension: () => null, getParameter: () => "a card" }) };
  globalThis.document = { createElement: () => canvas };
  globalThis.getComputedStyle = () => ({ getPropertyValue: () => "" });
  globalThis.ResizeObserver = class {
    observe() {}
    disconnect() {}
  };
  globalThis.window = { Plotly: { react: async (node, data) => drawn.push(data[0].name), purge: () => purged++ } };
});

// The component as a browser page loads it, with nothing remembered of another one.
let nLoaded = 0;
async function loaded() {
  return (await import(`../../../../collab/ui/charts/plot3d/js/plot3d.js?${nLoaded++}`)).default;
}

// The elements that the component looks for; they count their listeners.
function page() {
  const element = (more) => ({
    nListeners: 0,
    style: { setProperty() {} },
    setAttribute() {},
    addEventListener() {
      this.nListeners++;
    },
    getBoundingClientRect: () => ({}),
    querySelectorAll: () => [],
    ...more,
  });
  const node = element({ clientWidth: 800, clientHeight: 600, on() {} });
  const parts = {
    ".plot3d-drawing": node, ".plot3d-tools": element(), ".plot3d-message": element({ hidden: false }),
    ".plot3d-select": element(), ".plot3d-names": { replaceChildren() {} },
  };
  const frame = element({ querySelector: (selector) => parts[selector] });
  return { frame, node, message: parts[".plot3d-message"], parentElement: { querySelector: () => frame } };
}

function figure(name, names = []) {
  const drawing = JSON.stringify({ data: [{ name }], layout: { xaxis: {}, yaxis: {} } });
  return { key: "picture", view: "", figure: drawing, words: "", names, colours: {}, n_names: 0 };
}

const settled = () => new Promise(setImmediate);

test("numbers in base64 become numbers; those with a shape, and other values, stay", () => {
  const coded = (array, dtype) => ({ dtype, bdata: Buffer.from(array.buffer).toString("base64") });
  const matrix = { customdata: { ...coded(Int8Array.of(1, 2, 3, 4), "i1"), shape: "2, 2" } };
  const [x, y] = [coded(Float32Array.of(0.5, -2), "f4"), coded(Float64Array.of(0.1), "f8")];
  const trace = { x, y, customdata: coded(Uint16Array.of(7, 65535), "u2"), z: [1] };
  decode({ data: [trace, matrix] });
  assert.deepEqual([[...trace.x], [...trace.y], [...trace.customdata], trace.z], [[0.5, -2], [0.1], [7, 65535], [1]]);
  assert.equal(matrix.customdata.shape, "2, 2");
});

test("a scene shrinks in a picture that is narrow for its height", () => {
  const fitted = (width, height, mode = "manual") => {
    const scene = { aspectmode: mode, aspectratio: { x: 1, y: 2, z: 1 } };
    fitWidth(scene, { clientWidth: width, clientHeight: height });
    return scene.aspectratio;
  };
  assert.deepEqual(fitted(340, 800), { x: 0.5, y: 1, z: 0.5 }); // 340 / (0.85 · 800)
  assert.deepEqual(fitted(1000, 800), { x: 1, y: 2, z: 1 });
  assert.deepEqual(fitted(340, 800, "cube"), { x: 1, y: 2, z: 1 });
});

test("a figure is drawn when it changes, not for other names alone", async () => {
  const [show, { parentElement, message }] = [await loaded(), page()];
  for (const data of [figure("one"), figure("one", []), figure("two")]) {
    show({ parentElement, data }, Promise.resolve());
    await settled();
  }
  assert.deepEqual(drawn, ["one", "two"]);
  assert.equal(message.hidden, true);
});

test("only the newest of the figures that came while plotly.js was loading is drawn", async () => {
  const [show, { parentElement }] = [await loaded(), page()];
  let done;
  const plotly = new Promise((resolve) => (done = resolve));
  const first = show({ parentElement, data: figure("one") }, plotly);
  show({ parentElement, data: figure("two") }, plotly);
  first(); // Streamlit ends the older run last
  done();
  await settled();
  assert.deepEqual([drawn, purged], [["two"], 0]);
});

test("a removed picture gives its graphics back, and draws nothing that comes too late", async () => {
  const [show, { parentElement }] = [await loaded(), page()];
  let done;
  const remove = show({ parentElement, data: figure("one") }, new Promise((resolve) => (done = resolve)));
  remove();
  done();
  await settled();
  assert.deepEqual([drawn, purged], [[], 1]);
});

test("a picture that comes back to its place is drawn again and listens once", async () => {
  const [show, { parentElement, frame, node }] = [await loaded(), page()];
  show({ parentElement, data: figure("one") }, Promise.resolve())();
  const nListeners = [frame.nListeners, node.nListeners];
  show({ parentElement, data: figure("one") }, Promise.resolve());
  await settled();
  assert.deepEqual(drawn, ["one"]);
  assert.deepEqual([frame.nListeners, node.nListeners], nListeners);
});

test("what cannot be drawn is said", async ({ mock }) => {
  mock.method(console, "error", () => {});
  const failing = page();
  (await loaded())({ parentElement: failing.parentElement, data: figure("one") }, Promise.reject(new Error("offline")));
  await settled();
  assert.match(failing.message.textContent, /could not be drawn/);
  canvas = { getContext: () => null };
  const without = page();
  (await loaded())({ parentElement: without.parentElement, data: figure("one") }, Promise.resolve());
  await settled();
  assert.match(without.message.textContent, /WebGL is off/);
  assert.deepEqual(drawn, []);
});
