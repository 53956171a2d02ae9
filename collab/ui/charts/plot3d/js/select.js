// The tools in the corner: move, draw a box or a lasso around points, and copy the link to this view.
//
// Why: Plotly has no box and no lasso in a scene (plotly.js#3511), and `st.plotly_chart` reports no camera for a link.
// Unnecessary once both do; a link to the view then takes `st.plotly_chart`'s state.

import { cameraNumbers } from "./camera.js";
import { projector } from "./projection.js";

const LEAST = 6; // pixels that a box or lasso must measure in each direction

export function listenToTools(picture) {
  const { frame } = picture;
  const layer = frame.querySelector(".plot3d-select");
  for (const button of frame.querySelectorAll(".plot3d-tools button")) {
    const { tool } = button.dataset;
    button.addEventListener("click", () => (tool === "link" ? copyLink(picture, button) : takeTool(picture, tool)));
  }
  frame.addEventListener("keydown", (event) => {
    if (event.key === "Escape") takeTool(picture, "move");
  });
  let line = null;
  const place = ({ clientX, clientY }) => {
    const box = layer.getBoundingClientRect();
    return [clientX - box.left, clientY - box.top];
  };
  const show = () => layer.querySelector("path").setAttribute("d", line ? `M${outline(picture.tool, line).join("L")}Z` : "");
  layer.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    layer.setPointerCapture(event.pointerId);
    line = [place(event)];
  });
  layer.addEventListener("pointermove", (event) => {
    if (!line) return;
    line.push(place(event));
    show();
  });
  layer.addEventListener("pointerup", (event) => {
    if (!line) return;
    line.push(place(event));
    const around = outline(picture.tool, line);
    line = null;
    show();
    const reach = (axis) => Math.max(...around.map((each) => each[axis])) - Math.min(...around.map((each) => each[axis]));
    if (reach(0) < LEAST || reach(1) < LEAST) return;
    const onScreen = projector(picture.node);
    const items = onScreen ? filmsInside(picture.traces ?? [], onScreen, around) : [];
    if (items.length) picture.tell("selected", { items, how: event.shiftKey ? "add" : event.altKey ? "remove" : "replace" });
  });
  layer.addEventListener("pointercancel", () => {
    line = null;
    show();
  });
}

function takeTool(picture, tool) {
  picture.tool = tool;
  picture.frame.querySelector(".plot3d-select").toggleAttribute("hidden", tool === "move");
  for (const button of picture.frame.querySelectorAll(".plot3d-tools [aria-pressed]"))
    button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
}

// The corners of the shape drawn: of the box between its ends, or of the lasso itself.
export function outline(tool, line) {
  if (tool !== "box") return line;
  const [[left, top], [right, bottom]] = [line[0], line.at(-1)];
  return [[left, top], [right, top], [right, bottom], [left, bottom]];
}

// The films whose points lie inside the outline on the screen, at any depth.
export function filmsInside(traces, onScreen, around) {
  const inside = new Set();
  for (const trace of traces) {
    if (trace.meta !== "films") continue;
    for (let place = 0; place < trace.x.length; place++) {
      const spot = onScreen(trace.x[place], trace.y[place], trace.z?.[place]);
      if (spot && isInside(spot, around)) inside.add(Number(trace.customdata[place]));
    }
  }
  return [...inside];
}

// Whether a point is inside the outline: a ray from it crosses the outline an odd number of times.
function isInside([x, y], around) {
  let inside = false;
  around.forEach(([ax, ay], corner) => {
    const [bx, by] = around[(corner + 1) % around.length];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  });
  return inside;
}

async function copyLink(picture, button) {
  const link = linkTo(location.href, cameraNumbers(picture), picture.data.link);
  const copied = await copy(link);
  button.textContent = copied ? "Copied" : "Link is in the address bar";
  if (!copied) history.replaceState(history.state, "", link); // the browser does not let a page copy
  setTimeout(() => (button.textContent = "Copy link"), 2500);
}

// The page's own address with the camera in it; `changes` are other parameters, null to leave one out.
export function linkTo(address, camera, changes) {
  const link = new URL(address);
  link.searchParams.set("camera", camera.map((number) => Number(number.toFixed(4))).join(","));
  for (const [name, value] of Object.entries(changes))
    value === null ? link.searchParams.delete(name) : link.searchParams.set(name, value);
  return link.href;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text); // only works on https and on localhost
    return true;
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    const copied = document.execCommand("copy");
    field.remove();
    return copied;
  }
}
