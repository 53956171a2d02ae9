// Draws a Plotly figure, 3-D or flat, that keeps its camera across changes and reports which point was clicked.
//
// Why: `st.plotly_chart` makes a new chart of a changed figure (streamlit#8882) and never reports a click on a 3-D point.
// Unnecessary once it does neither, and once nothing else in this folder is needed.
//
// Streamlit runs the default export when the picture appears and again whenever its data or the theme changes; the function
// it returns is run when the picture is removed. The DOM node survives the runs in between, and so does the camera.

import { listenToKeys, rememberCamera, setView, viewChanged } from "./camera.js";
import { placeNames, setNames } from "./names.js";
import { sceneOf } from "./projection.js";
import { listenToTools } from "./select.js";
import { fitTitles } from "./titles.js";
import { watchTurns } from "./turning.js";
import { writeWords } from "./words.js";

const STILL = 5; // pixels that a pointer may move between press and release of a click; more is a turn
const PATIENCE = 400; // milliseconds after a click in which Plotly may still find the point under it
const WIDE = 0.85; // width / height above which the height limits the size of the scene
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i; // renderers without a graphics card
const CONFIG = {
  displaylogo: false,
  scrollZoom: true,
  modeBarButtonsToRemove: [
    "sendChartToCloud", "resetCameraLastSave3d", "tableRotation", "orbitRotation", "pan3d", "zoom3d",
    "select2d", "lasso2d", "pan2d", "zoom2d", "autoScale2d",
  ],
};

const pictures = new WeakMap(); // node -> state of the picture drawn in it
let webGL = null; // the renderer of this browser, "" where there is none

// `plotly` is the promise of plotly.js, which begins to load before this file.
export default function ({ data, parentElement, setTriggerValue }, plotly) {
  const frame = parentElement.querySelector(".plot3d");
  const node = frame.querySelector(".plot3d-drawing");
  frame.style.setProperty("--height", `${data.height}px`);
  frame.setAttribute("aria-label", data.alt);

  let picture = pictures.get(node);
  if (!picture) {
    picture = { frame, node, pointed: null, press: null, waiting: 0, drawn: false, names: [], tool: "move" };
    pictures.set(node, picture);
    listenToPointer(picture);
    listenToKeys(picture);
    listenToTools(picture);
  }
  picture.data = data;
  picture.tell = setTriggerValue;
  frame.querySelector(".plot3d-tools").hidden = !data.tools;
  const run = (picture.run = {});
  if (renderer()) {
    plotly.then(() => draw(picture, run)).catch((error) => {
      console.error(error);
      say(picture, "The picture could not be drawn. The table says the same; reload the page to try again.");
    });
  } else say(picture, "This browser shows no 3-D pictures (WebGL is off). The table says the same.");

  return () => {
    if (picture.run !== run) return; // an outdated run must not remove the picture of the next one
    picture.run = null;
    rememberCamera(picture);
    picture.resizing?.disconnect();
    clearTimeout(picture.redraw);
    clearInterval(picture.recovering);
    picture.drawn = false; // a later run may still come to this node, whose listeners are kept
    window.Plotly?.purge(node); // gives the WebGL context back: a browser has only a few
  };
}

async function draw(picture, run) {
  if (picture.run !== run) return; // newer data came, or the picture went, while plotly.js was loading
  const { node, data } = picture;
  rememberCamera(picture);
  // If only the names have changed, a large picture is not drawn again.
  const width = node.clientWidth;
  const same = picture.drawn && picture.figure === data.figure && picture.told === data.words && picture.width === width;
  if (!same) {
    const figure = JSON.parse(data.figure);
    decode(figure);
    writeWords(picture, figure);
    prepare(picture, figure);
    // software rendering uses one pixel per page pixel, not four as Plotly does by default
    const config = SOFTWARE.test(renderer()) ? { ...CONFIG, plotGlPixelRatio: 1 } : CONFIG;
    await window.Plotly.react(node, figure.data, figure.layout, config);
    if (picture.run !== run) return;
    Object.assign(picture, { figure: data.figure, told: data.words, width, traces: figure.data });
  }
  followScene(picture);
  setNames(picture);
  if (picture.drawn) return;
  picture.drawn = true;
  say(picture, "");
  listenToPlotly(picture);
}

// Sets camera or zoom, and adapts the layout to the page's font and the space available.
function prepare(picture, figure) {
  const { node, data } = picture;
  const { layout } = figure;
  layout.autosize = true;
  layout.uirevision = data.key;
  setView(picture, layout);
  if (!picture.flat) fitWidth(layout.scene, node);
  fitTitles(picture, layout);
  const family = getComputedStyle(picture.frame).getPropertyValue("--st-font").trim();
  if (family) {
    layout.font = { family, ...layout.font };
    layout.hoverlabel = { ...layout.hoverlabel, font: { family, ...layout.hoverlabel?.font } };
  }
}

// Plotly fits the height only: on a phone held upright the sides of the scene would be cut off.
export function fitWidth(scene, node) {
  const share = Math.min(1, node.clientWidth / (WIDE * node.clientHeight));
  const { x, y, z } = scene.aspectratio ?? {};
  if (scene.aspectmode === "manual" && share > 0) scene.aspectratio = { x: x * share, y: y * share, z: z * share };
}

// Number arrays arrive as base64; hover texts, names and selections need them as numbers.
export function decode(figure) {
  const types = {
    f8: Float64Array, f4: Float32Array,
    i4: Int32Array, u4: Uint32Array, i2: Int16Array, u2: Uint16Array, i1: Int8Array, u1: Uint8Array,
  };
  for (const trace of figure.data) {
    for (const name of ["x", "y", "z", "customdata"]) {
      const packed = trace[name];
      if (!packed?.bdata || packed.shape) continue;
      const bytes = Uint8Array.from(atob(packed.bdata), (sign) => sign.charCodeAt(0));
      trace[name] = new types[packed.dtype](bytes.buffer);
    }
  }
}

function renderer() {
  if (webGL !== null) return webGL;
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("webgl2") ?? canvas.getContext("webgl");
  if (!context) return (webGL = "");
  const more = context.getExtension("WEBGL_debug_renderer_info");
  webGL = String(context.getParameter(more ? more.UNMASKED_RENDERER_WEBGL : context.RENDERER)) || "unknown";
  context.getExtension("WEBGL_lose_context")?.loseContext(); // it was only queried: do not hold one of the few
  return webGL;
}

function say(picture, text) {
  const message = picture.frame.querySelector(".plot3d-message");
  message.textContent = text;
  message.hidden = text === "";
}

function listenToPlotly(picture) {
  const { node } = picture;
  for (const event of ["plotly_relayout", "plotly_relayouting"]) {
    node.on(event, (change) => {
      viewChanged(picture, change);
      if (picture.flat) placeNames(picture);
    });
  }
  node.on("plotly_afterplot", () => placeNames(picture));
  node.on("plotly_webglcontextlost", ({ event }) => {
    event.preventDefault(); // or the browser does not restore the graphics
    const lost = sceneOf(node)?.glplot;
    clearInterval(picture.recovering);
    picture.recovering = setInterval(() => { // Plotly then makes a new scene without an event
      if (sceneOf(node)?.glplot === lost) return;
      clearInterval(picture.recovering);
      followScene(picture);
      sceneOf(node)?.glplot.update();
    }, 250);
  });
  // Plotly reports the point under the pointer as a hover, or as a click while a button is down or under a finger (the
  // end of a turn included). Both only give the pointer's place; its movement decides whether it was a click.
  for (const event of ["plotly_hover", "plotly_click"]) {
    node.on(event, ({ points }) => {
      picture.pointed = points[0].customdata ?? null;
      if (performance.now() < picture.waiting) pick(picture);
    });
  }
  node.on("plotly_unhover", () => (picture.pointed = null));
  // Plotly itself watches the window only, but the sidebar changes the width too. `draw` also fits the scene to it.
  let width = node.clientWidth;
  picture.resizing = new ResizeObserver(() => {
    if (node.clientWidth === width || node.clientWidth === 0) return;
    width = node.clientWidth;
    clearTimeout(picture.redraw);
    picture.redraw = setTimeout(() => draw(picture, picture.run), 100);
  });
  picture.resizing.observe(node);
}

// Adds the names to a scene; it is a new one after the browser has lost the graphics of the one before.
function followScene(picture) {
  const glplot = sceneOf(picture.node)?.glplot;
  if (!glplot || glplot.followed) return;
  glplot.followed = true;
  const before = glplot.onrender; // Plotly's own: axes and hover
  glplot.onrender = () => {
    before?.();
    try {
      placeNames(picture);
    } catch (error) { // an error in Plotly's frame would stop its drawing
      console.warn("The names are left out:", error);
      picture.frame.querySelector(".plot3d-names").replaceChildren();
      glplot.onrender = before;
    }
  };
  watchTurns(glplot);
}

function listenToPointer(picture) {
  const { node } = picture;
  node.addEventListener(
    "pointerdown",
    (event) => {
      const onButton = event.target.closest(".modebar, .legend");
      picture.waiting = 0;
      picture.press = event.button === 0 && !onButton ? { x: event.clientX, y: event.clientY } : null;
    },
    true,
  );
  node.addEventListener(
    "pointerup",
    (event) => {
      const press = picture.press;
      picture.press = null;
      if (!press || Math.hypot(event.clientX - press.x, event.clientY - press.y) > STILL) return;
      // Two frames later Plotly has checked this place, even if the click was shorter than a frame.
      requestAnimationFrame(() =>
        requestAnimationFrame(() => {
          if (picture.pointed !== null) pick(picture);
          else picture.waiting = performance.now() + PATIENCE;
        }),
      );
    },
    true,
  );
}

function pick(picture) {
  picture.waiting = 0;
  picture.tell("picked", picture.pointed);
}
