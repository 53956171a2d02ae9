// Draws a 3-D Plotly figure that keeps its camera through every change and tells which point was clicked.
//
// Streamlit runs the default export once when the picture appears and again whenever its data or the theme change; the
// function it returns is run when the picture goes. The DOM node outlives the runs in between, and so does the camera.

const STILL = 5; // pixels that a pointer may wander between press and release and still mean a click, not a turn
const PATIENCE = 400; // milliseconds after a click in which Plotly may still find out which point lies under it
const WIDE = 0.85; // width / height from which on the height decides how large the scene can be
const CONFIG = {
  displaylogo: false,
  modeBarButtonsToRemove: ["sendChartToCloud", "resetCameraLastSave3d", "tableRotation", "orbitRotation", "pan3d", "zoom3d"],
};

const cameras = new Map(); // picture's key -> camera, so that a picture which comes back is seen from the same side
const pictures = new WeakMap(); // node -> what is known of the picture drawn in it
let loading = null; // the one promise of plotly.js on this browser page

export default function ({ data, parentElement, setTriggerValue }) {
  const frame = parentElement.querySelector(".plot3d");
  const node = frame.querySelector(".plot3d-drawing");
  frame.style.setProperty("--height", `${data.height}px`);
  frame.setAttribute("aria-label", data.alt);

  let picture = pictures.get(node);
  if (!picture) {
    picture = { frame, node, pointed: null, press: null, waiting: 0, drawn: false };
    pictures.set(node, picture);
    listenToPointer(picture);
  }
  picture.data = data;
  picture.tell = (value) => setTriggerValue("picked", value);
  const run = (picture.run = {});
  draw(picture, run).catch((error) => {
    console.error(error);
    say(picture, "The picture could not be drawn. The table says the same; reload the page to try again.");
  });

  return () => {
    if (picture.run !== run) return; // an overtaken run must not take away the picture of the next one
    rememberCamera(picture);
    picture.resizing?.disconnect();
    clearTimeout(picture.redraw);
    pictures.delete(node);
    window.Plotly?.purge(node); // gives the WebGL context back: a browser has only a few
  };
}

async function draw(picture, run) {
  const { node, data } = picture;
  if (!hasWebGL()) {
    say(picture, "This browser shows no 3-D pictures (WebGL is off). The table says the same.");
    return;
  }
  await loadPlotly(data.script);
  if (picture.run !== run) return; // newer data came while the script was loading
  const figure = JSON.parse(data.figure);
  rememberCamera(picture);
  const camera = cameras.get(data.key);
  figure.layout.autosize = true;
  figure.layout.uirevision = data.key;
  figure.layout.scene = { ...figure.layout.scene, ...(camera && { camera }) };
  fitWidth(figure.layout.scene, node);
  const family = getComputedStyle(picture.frame).getPropertyValue("--st-font").trim();
  if (family) {
    figure.layout.font = { family, ...figure.layout.font };
    figure.layout.hoverlabel = { ...figure.layout.hoverlabel, font: { family, ...figure.layout.hoverlabel?.font } };
  }
  await window.Plotly.react(node, figure.data, figure.layout, CONFIG);
  if (picture.run !== run || picture.drawn) return;
  picture.drawn = true;
  say(picture, "");
  listenToPlotly(picture);
}

// Plotly fits the height alone: on a phone held upright the sides of the scene would be cut off.
function fitWidth(scene, node) {
  const share = Math.min(1, node.clientWidth / (WIDE * node.clientHeight));
  const { x, y, z } = scene.aspectratio ?? {};
  if (scene.aspectmode === "manual" && share > 0) scene.aspectratio = { x: x * share, y: y * share, z: z * share };
}

function loadPlotly(script) {
  if (window.Plotly) return Promise.resolve();
  loading ??= new Promise((resolve, reject) => {
    const element = document.createElement("script");
    element.src = new URL(script, document.baseURI).href; // right on a deep link and under a base path
    element.onload = resolve;
    element.onerror = () => {
      loading = null; // the next run may try again
      element.remove();
      reject(new Error(`could not load ${element.src}`));
    };
    document.head.append(element);
  });
  return loading;
}

function hasWebGL() {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("webgl2") ?? canvas.getContext("webgl");
  context?.getExtension("WEBGL_lose_context")?.loseContext(); // only asked for: do not hold one of the few
  return context !== null;
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
      if (change?.["scene.camera"]) cameras.set(picture.data.key, structuredClone(change["scene.camera"]));
      // the reset button: back to the camera that Plotly begins with
      else if (change?.["scene.camera.eye"] === null) cameras.delete(picture.data.key);
    });
  }
  // Plotly reports the point under the pointer as a hover, or as a click while a button is down or under a finger (the
  // end of a turn included). Both only say where the pointer is; whether it was a click is decided by its movement.
  for (const event of ["plotly_hover", "plotly_click"]) {
    node.on(event, ({ points }) => {
      picture.pointed = points[0].customdata ?? null;
      if (performance.now() < picture.waiting) pick(picture);
    });
  }
  node.on("plotly_unhover", () => (picture.pointed = null));
  // Plotly itself watches the window only; the sidebar changes the width without one. `draw` also fits the scene to it.
  let width = node.clientWidth;
  picture.resizing = new ResizeObserver(() => {
    if (node.clientWidth === width || node.clientWidth === 0) return;
    width = node.clientWidth;
    clearTimeout(picture.redraw);
    picture.redraw = setTimeout(() => draw(picture, picture.run), 100);
  });
  picture.resizing.observe(node);
}

function rememberCamera(picture) {
  if (!cameras.has(picture.data.key)) return; // never turned
  // Once let go, the scene swings on for a moment without an event; the scene itself knows where it has got to.
  const camera = picture.node._fullLayout?.scene?._scene?.getCamera?.();
  if (camera) cameras.set(picture.data.key, structuredClone(camera));
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
      // Two frames later Plotly has looked at this place, even when the click was shorter than a frame.
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
  picture.tell(picture.pointed);
}
