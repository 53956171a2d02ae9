// Draws a Plotly figure, 3-D or flat, that keeps its camera across changes and reports which point was clicked.
//
// Streamlit runs the default export when the picture appears and again whenever its data or the theme changes; the function
// it returns is run when the picture is removed. The DOM node survives the runs in between, and so does the camera.

const STILL = 5; // pixels that a pointer may move between press and release of a click; more is a turn
const PATIENCE = 400; // milliseconds after a click in which Plotly may still find the point under it
const WIDE = 0.85; // width / height above which the height limits the size of the scene
const STEP = Math.PI / 24; // angle of one arrow key's turn
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i; // renderers without a graphics card
const MOST_ZOOMS = 50; // remembered zooms: the last ones
const CONFIG = {
  displaylogo: false,
  scrollZoom: true,
  modeBarButtonsToRemove: [
    "sendChartToCloud", "resetCameraLastSave3d", "tableRotation", "orbitRotation", "pan3d", "zoom3d",
    "select2d", "lasso2d", "pan2d", "zoom2d", "autoScale2d",
  ],
};

const cameras = new Map(); // picture's key -> camera, so that a picture that comes back keeps its view
const zooms = new Map(); // picture's key and axes -> ranges of a flat picture
const pictures = new WeakMap(); // node -> state of the picture drawn in it
let loading = null; // the only promise of plotly.js on this browser page
let webGL = null; // the renderer of this browser, "" where there is none

export default function ({ data, parentElement, setTriggerValue }) {
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
  draw(picture, run).catch((error) => {
    console.error(error);
    say(picture, "The picture could not be drawn. The table says the same; reload the page to try again.");
  });

  return () => {
    if (picture.run !== run) return; // an outdated run must not remove the picture of the next one
    rememberCamera(picture);
    picture.resizing?.disconnect();
    clearTimeout(picture.redraw);
    clearInterval(picture.recovering);
    pictures.delete(node);
    window.Plotly?.purge(node); // gives the WebGL context back: a browser has only a few
  };
}

async function draw(picture, run) {
  const { node, data } = picture;
  if (!renderer()) {
    say(picture, "This browser shows no 3-D pictures (WebGL is off). The table says the same.");
    return;
  }
  await loadPlotly(data.script);
  if (picture.run !== run) return; // newer data came while the script was loading
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
  picture.flat = !layout.scene;
  picture.zoomKey = `${data.key}|${data.view}`;
  if (picture.flat) {
    if (data.camera?.length === 4 && !zooms.has(picture.zoomKey)) zooms.set(picture.zoomKey, data.camera);
    const zoom = zooms.get(picture.zoomKey);
    if (zoom) [layout.xaxis.range, layout.yaxis.range] = [zoom.slice(0, 2), zoom.slice(2)];
    layout.xaxis.uirevision = layout.yaxis.uirevision = picture.zoomKey;
  } else {
    if (data.camera?.length === 9 && !cameras.has(data.key)) cameras.set(data.key, cameraOf(data.camera));
    picture.home = structuredClone(layout.scene.camera);
    const camera = cameras.get(data.key);
    layout.scene = { ...layout.scene, ...(camera && { camera }) };
    fitWidth(layout.scene, node);
  }
  fitTitles(picture, layout);
  const family = getComputedStyle(picture.frame).getPropertyValue("--st-font").trim();
  if (family) {
    layout.font = { family, ...layout.font };
    layout.hoverlabel = { ...layout.hoverlabel, font: { family, ...layout.hoverlabel?.font } };
  }
}

// Plotly fits the height only: on a phone held upright the sides of the scene would be cut off.
function fitWidth(scene, node) {
  const share = Math.min(1, node.clientWidth / (WIDE * node.clientHeight));
  const { x, y, z } = scene.aspectratio ?? {};
  if (scene.aspectmode === "manual" && share > 0) scene.aspectratio = { x: x * share, y: y * share, z: z * share };
}

// Number arrays arrive as base64; hover texts, names and selections need them as numbers.
function decode(figure) {
  const types = { f8: Float64Array, f4: Float32Array, i4: Int32Array, u4: Uint32Array, i2: Int16Array, u2: Uint16Array, i1: Int8Array, u1: Uint8Array };
  for (const trace of figure.data) {
    for (const name of ["x", "y", "z", "customdata"]) {
      const packed = trace[name];
      if (!packed?.bdata || packed.shape) continue;
      const bytes = Uint8Array.from(atob(packed.bdata), (sign) => sign.charCodeAt(0));
      trace[name] = new types[packed.dtype](bytes.buffer);
    }
  }
}

function loadPlotly(script) {
  if (window.Plotly) return Promise.resolve();
  loading ??= new Promise((resolve, reject) => {
    const element = document.createElement("script");
    element.src = new URL(script, document.baseURI).href; // correct on a deep link and under a base path
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
      if (change?.["scene.camera"]) cameras.set(picture.data.key, structuredClone(change["scene.camera"]));
      else if (change?.["scene.camera.eye"] === null) { // the reset button restores the figure's camera, not Plotly's default
        cameras.delete(picture.data.key);
        if (picture.home) lookFrom(picture, picture.home);
      }
      if (!picture.flat) return;
      zooms.delete(picture.zoomKey); // moves it to the end of the map
      zooms.set(picture.zoomKey, rangesOf(node));
      if (zooms.size > MOST_ZOOMS) zooms.delete(zooms.keys().next().value);
      placeNames(picture);
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

function sceneOf(node) {
  const scene = node._fullLayout?.scene?._scene;
  return scene?.glplot ? scene : null;
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

function rangesOf(node) {
  const { xaxis, yaxis } = node._fullLayout;
  return [...xaxis.range, ...yaxis.range];
}

function rememberCamera(picture) {
  if (!cameras.has(picture.data.key)) return; // never turned
  // After release the scene keeps moving for a moment without an event, so the camera is read from the scene itself.
  const camera = sceneOf(picture.node)?.getCamera?.();
  if (camera) cameras.set(picture.data.key, structuredClone(camera));
}

// A camera as nine numbers, for the link: eye, middle, up.
function cameraOf([ex, ey, ez, cx, cy, cz, ux, uy, uz]) {
  return { eye: { x: ex, y: ey, z: ez }, center: { x: cx, y: cy, z: cz }, up: { x: ux, y: uy, z: uz } };
}

function cameraNumbers(picture) {
  const { node } = picture;
  if (picture.flat) return rangesOf(node);
  const camera = sceneOf(node)?.getCamera();
  return camera ? [camera.eye, camera.center, camera.up].flatMap(({ x, y, z }) => [x, y, z]) : [];
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

// Arrow keys turn the scene or move the flat picture, + and - zoom.
function listenToKeys(picture) {
  const { frame } = picture;
  frame.tabIndex = 0;
  frame.setAttribute("aria-description", "Arrow keys turn or move the picture, plus and minus zoom.");
  frame.addEventListener("keydown", (event) => {
    if (event.target !== frame || !picture.drawn || event.ctrlKey || event.metaKey || event.altKey) return;
    const across = { ArrowLeft: -1, ArrowRight: 1 }[event.key] ?? 0;
    const up = { ArrowUp: 1, ArrowDown: -1 }[event.key] ?? 0;
    const zoom = { "+": 0.9, "=": 0.9, "-": 1 / 0.9 }[event.key] ?? 1;
    if (!across && !up && zoom === 1) return;
    event.preventDefault();
    if (picture.flat) moveFlat(picture, across, up, zoom);
    else turnSolid(picture, across, up, zoom);
  });
}

function turnSolid(picture, across, up, zoom) {
  const camera = structuredClone(sceneOf(picture.node).getCamera());
  const [x, y, z] = ["x", "y", "z"].map((name) => camera.eye[name] - camera.center[name]);
  const reach = Math.hypot(x, y, z) * zoom;
  const around = Math.atan2(y, x) + across * STEP;
  const height = Math.min(1.5, Math.max(-1.5, Math.asin(z / Math.hypot(x, y, z)) + up * STEP));
  camera.eye = {
    x: camera.center.x + reach * Math.cos(height) * Math.cos(around),
    y: camera.center.y + reach * Math.cos(height) * Math.sin(around),
    z: camera.center.z + reach * Math.sin(height),
  };
  camera.up = { x: 0, y: 0, z: 1 };
  cameras.set(picture.data.key, camera);
  lookFrom(picture, camera);
}

// Sets the camera as Plotly does for a turn by hand; its `relayout` would rebuild every point for each press.
function lookFrom(picture, { eye, center, up = { x: 0, y: 0, z: 1 } }) {
  const scene = sceneOf(picture.node);
  const numbers = ({ x, y, z }) => [x, y, z];
  scene.camera.lookAt(numbers(eye), numbers(center), numbers(up));
  scene.saveLayout(picture.node.layout);
}

function moveFlat(picture, across, up, zoom) {
  const [left, right, low, high] = rangesOf(picture.node);
  const stretch = (from, to, by) => {
    const [middle, reach] = [(from + to) / 2 + (by * (to - from)) / 12, ((to - from) / 2) * zoom];
    return [middle - reach, middle + reach];
  };
  window.Plotly.relayout(picture.node, {
    "xaxis.range": stretch(left, right, across),
    "yaxis.range": stretch(low, high, up),
  });
}
