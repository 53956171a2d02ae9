// Names on the picture beside their points: as many as have room, placed again in every frame.
//
// Why: Plotly draws all texts of a trace, one over the other (plotly.js#4674).
// Unnecessary once Plotly leaves out texts without room, in scenes too.

import { projector } from "./projection.js";

const SIDES = ["top", "right", "left", "bottom"]; // of its point, where a name may be placed, the best first
const GAP = 6; // pixels between a point and its name
const GAP_OF_MARKED = 11; // the same for a point with a ring or a frame

// Makes an element for each new name and measures it once.
export function setNames(picture) {
  const layer = picture.frame.querySelector(".plot3d-names");
  const wanted = JSON.stringify([picture.data.names, picture.data.colours, picture.data.n_names]);
  const { node } = picture;
  if (wanted !== picture.namesWanted) {
    picture.namesWanted = wanted;
    layer.replaceChildren();
    picture.names = picture.data.names.map((name) => {
      const element = document.createElement("span");
      element.textContent = name.text;
      element.className = name.kind;
      element.style.setProperty("--colour", picture.data.colours[name.kind] ?? "");
      layer.append(element);
      return { ...name, element, side: null };
    });
    for (const name of picture.names) [name.width, name.height] = [name.element.offsetWidth, name.element.offsetHeight];
  }
  const frame = node.getBoundingClientRect();
  const stands = [...node.querySelectorAll(".legend, .colorbar, .modebar")];
  picture.reserved = stands.map((each) => {
    const box = each.getBoundingClientRect();
    const [left, top] = [box.left - frame.left, box.top - frame.top];
    return { left, top, right: left + box.width, bottom: top + box.height };
  });
  placeNames(picture);
}

// Shows every name that has a place; called in every frame.
export function placeNames(picture) {
  const { node, names, reserved = [], data } = picture;
  if (!names.length) return;
  const onScreen = projector(node);
  if (!onScreen) return;
  const { clientWidth: width, clientHeight: height } = node;
  const boxes = findPlaces(names, onScreen, { width, height, reserved, nMost: data.n_names });
  names.forEach((name, place) => {
    const box = boxes[place];
    if (box) name.element.style.transform = `translate(${box.left.toFixed(1)}px, ${box.top.toFixed(1)}px)`;
    const seen = box ? "visible" : "hidden";
    if (name.seen !== seen) name.element.style.visibility = name.seen = seen;
  });
}

// A box beside its point for every name, the most important first, where it covers neither another nor what is `reserved`; null
// for a name without room, and after `nMost` names of the kind "most". A name remembers its side, so that it does not jump.
export function findPlaces(names, onScreen, { width, height, reserved, nMost }) {
  const taken = [...reserved];
  let nLeft = nMost;
  return names.map((name) => {
    const spot = name.kind === "most" && nLeft <= 0 ? null : onScreen(...name.at);
    const box = spot && findRoom(name, spot, taken, width, height);
    if (!box) {
      name.side = null;
      return null;
    }
    taken.push(box);
    nLeft -= name.kind === "most";
    return box;
  });
}

function findRoom(name, [x, y], taken, width, height) {
  if (!(x >= 0 && x <= width && y >= 0 && y <= height)) return null;
  const sides = name.side ? [name.side, ...SIDES.filter((side) => side !== name.side)] : SIDES;
  const gap = name.kind === "most" ? GAP : GAP_OF_MARKED;
  for (const side of sides) {
    const left = { top: x - name.width / 2, bottom: x - name.width / 2, right: x + gap, left: x - gap - name.width }[side];
    const top = { top: y - gap - name.height, bottom: y + gap, right: y - name.height / 2, left: y - name.height / 2 }[side];
    const box = { left, top, right: left + name.width, bottom: top + name.height };
    if (left < 0 || top < 0 || box.right > width || box.bottom > height) continue;
    if (taken.some((other) => overlap(box, other))) continue;
    name.side = side;
    return box;
  }
  return null;
}

function overlap(one, other) {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
}
