// The camera of a scene and the zoom of a flat picture: kept for each picture, moved by keys, and as numbers for a link.
//
// Why: `st.plotly_chart` shows a changed figure as a new one and forgets the camera (streamlit#8882), and tells the page no
// camera that a link could hold; Plotly itself listens to no keys.
// Unnecessary once `st.plotly_chart` keeps the camera and reports it.

import { sceneOf } from "./projection.js";

const STEP = Math.PI / 24; // angle of one arrow key's turn
const STEEPEST = 1.5; // angle above or below the middle from which a key leads no further; straight up is π / 2
const MOST_ZOOMS = 50; // remembered zooms: the last ones

const cameras = new Map(); // picture's key -> camera, so that a picture that comes back keeps its view
const zooms = new Map(); // picture's key and axes -> ranges of a flat picture

// Puts the remembered view, or the one from the link, into a layout that is about to be drawn.
export function setView(picture, layout) {
  const { data } = picture;
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
  }
}

// Remembers what Plotly has just changed.
export function viewChanged(picture, change) {
  if (change?.["scene.camera"]) cameras.set(picture.data.key, structuredClone(change["scene.camera"]));
  else if (change?.["scene.camera.eye"] === null) { // the reset button restores the figure's camera, not Plotly's default
    cameras.delete(picture.data.key);
    if (picture.home) lookFrom(picture, picture.home);
  }
  if (!picture.flat) return;
  zooms.delete(picture.zoomKey); // moves it to the end of the map
  zooms.set(picture.zoomKey, rangesOf(picture.node));
  if (zooms.size > MOST_ZOOMS) zooms.delete(zooms.keys().next().value);
}

export function rememberCamera(picture) {
  if (!cameras.has(picture.data.key)) return; // never turned
  // After release the scene keeps moving for a moment without an event, so the camera is read from the scene itself.
  const camera = sceneOf(picture.node)?.getCamera?.();
  if (camera) cameras.set(picture.data.key, structuredClone(camera));
}

// The camera as nine numbers (eye, middle, up), or the four ends of two flat axes.
export function cameraNumbers({ node, flat }) {
  if (flat) return rangesOf(node);
  const camera = sceneOf(node)?.getCamera();
  return camera ? [camera.eye, camera.center, camera.up].flatMap(({ x, y, z }) => [x, y, z]) : [];
}

export function cameraOf([ex, ey, ez, cx, cy, cz, ux, uy, uz]) {
  return { eye: { x: ex, y: ey, z: ez }, center: { x: cx, y: cy, z: cz }, up: { x: ux, y: uy, z: uz } };
}

function rangesOf(node) {
  const { xaxis, yaxis } = node._fullLayout;
  return [...xaxis.range, ...yaxis.range];
}

// Arrow keys turn the scene or move the flat picture, + and - zoom.
export function listenToKeys(picture) {
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
  const camera = turned(sceneOf(picture.node).getCamera(), across, up, zoom);
  cameras.set(picture.data.key, camera);
  lookFrom(picture, camera);
}

// The camera after steps around the middle and upwards; `zoom` multiplies its distance.
export function turned({ eye, center }, across, up, zoom) {
  const [x, y, z] = ["x", "y", "z"].map((name) => eye[name] - center[name]);
  const reach = Math.hypot(x, y, z);
  const around = Math.atan2(y, x) + across * STEP;
  const height = Math.min(STEEPEST, Math.max(-STEEPEST, Math.asin(z / reach) + up * STEP));
  const [level, rise] = [reach * zoom * Math.cos(height), reach * zoom * Math.sin(height)];
  return {
    eye: { x: center.x + level * Math.cos(around), y: center.y + level * Math.sin(around), z: center.z + rise },
    center: { ...center },
    up: { x: 0, y: 0, z: 1 },
  };
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
  window.Plotly.relayout(picture.node, {
    "xaxis.range": moved(left, right, across, zoom),
    "yaxis.range": moved(low, high, up, zoom),
  });
}

// The ends of an axis after steps of a twelfth of its length; `zoom` multiplies the length.
export function moved(from, to, steps, zoom) {
  const [middle, reach] = [(from + to) / 2 + (steps * (to - from)) / 12, ((to - from) / 2) * zoom];
  return [middle - reach, middle + reach];
}
