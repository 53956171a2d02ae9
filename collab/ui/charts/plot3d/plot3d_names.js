// Texts of the points: hover texts, made here from columns, and names on the picture, as many as have room.

const SIDES = ["top", "right", "left", "bottom"]; // of its point, where a name may be placed, the best first
const GAP = 6; // pixels between a point and its name
const GAP_OF_MARKED = 11; // the same for a point with a ring or a frame

// "Alien (1979) · Horror, Sci-Fi · bias +0.42 · 291 ratings" for every point, as the text that Plotly shows under the pointer.
function writeWords(picture, figure) {
  if (!picture.data.words) return;
  if (picture.told !== picture.data.words) picture.texts = textsOf(JSON.parse(picture.data.words));
  for (const trace of figure.data) {
    if (trace.customdata) trace.hovertext = Array.from(trace.customdata, (index) => picture.texts.get(index) ?? "");
  }
}

function textsOf({ index, parts }) {
  const texts = new Map();
  index.forEach((each, row) => {
    texts.set(each, parts.map((part) => partText(part, row)).filter(Boolean).join(" · "));
  });
  return texts;
}

function partText(part, row) {
  const value = part.codes ? part.names[part.codes[row]] : part.values[row];
  if (value === null || value === undefined) return "";
  if (typeof value !== "number") return value.replaceAll("<", "&lt;"); // Plotly reads "<" as markup
  const digits = { minimumFractionDigits: part.digits, maximumFractionDigits: part.digits };
  const sign = part.sign ? (value < 0 ? "−" : "+") : value < 0 ? "−" : "";
  const after = part.after === " ratings" && value === 1 ? " rating" : part.after;
  return `${part.before}${sign}${Math.abs(value).toLocaleString("en", digits)}${after}`;
}

// Makes an element for each new name and measures it once.
function setNames(picture) {
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
    return { left: box.left - frame.left, top: box.top - frame.top, right: box.right - frame.left, bottom: box.bottom - frame.top };
  });
  placeNames(picture);
}

// Places every name beside its point where it covers no other, the most important first; called in every frame.
function placeNames(picture) {
  if (!picture.names.length) return;
  const onScreen = projector(picture.node);
  if (!onScreen) return;
  const [width, height] = [picture.node.clientWidth, picture.node.clientHeight];
  const taken = [...(picture.reserved ?? [])];
  let nMost = 0;
  for (const name of picture.names) {
    const spot = name.kind === "most" && nMost >= picture.data.n_names ? null : onScreen(...name.at);
    const box = spot && findRoom(name, spot, taken, width, height);
    if (box) {
      taken.push(box);
      nMost += name.kind === "most";
      name.element.style.transform = `translate(${box.left.toFixed(1)}px, ${box.top.toFixed(1)}px)`;
    } else name.side = null;
    const seen = box ? "visible" : "hidden";
    if (name.seen !== seen) name.element.style.visibility = name.seen = seen;
  }
}

function findRoom(name, [x, y], taken, width, height) {
  if (!(x >= 0 && x <= width && y >= 0 && y <= height)) return null;
  const sides = name.side ? [name.side, ...SIDES.filter((side) => side !== name.side)] : SIDES; // so that names do not jump
  const gap = name.kind === "most" ? GAP : GAP_OF_MARKED;
  for (const side of sides) {
    const left = { top: x - name.width / 2, bottom: x - name.width / 2, right: x + gap, left: x - gap - name.width }[side];
    const top = { top: y - gap - name.height, bottom: y + gap, right: y - name.height / 2, left: y - name.height / 2 }[side];
    const box = { left, top, right: left + name.width, bottom: top + name.height };
    if (left < 0 || top < 0 || box.right > width || box.bottom > height) continue;
    if (taken.some((other) => box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom)) continue;
    name.side = side;
    return box;
  }
  return null;
}

// A function from a point's coordinates to its place in pixels, or null where it lies behind the camera.
function projector(node) {
  const scene = sceneOf(node);
  const { l, t, w, h } = node._fullLayout?._size ?? {};
  if (scene) {
    const { projection, view, model } = scene.glplot.cameraParams;
    const matrix = times(projection, times(view, model));
    const [sx, sy, sz] = scene.dataScale;
    return (x, y, z) => {
      const [a, b, c] = [x * sx, y * sy, z * sz];
      const depth = matrix[3] * a + matrix[7] * b + matrix[11] * c + matrix[15];
      if (depth <= 0) return null;
      const across = (matrix[0] * a + matrix[4] * b + matrix[8] * c + matrix[12]) / depth;
      const up = (matrix[1] * a + matrix[5] * b + matrix[9] * c + matrix[13]) / depth;
      return [l + 0.5 * (1 + across) * w, t + 0.5 * (1 - up) * h];
    };
  }
  const { xaxis, yaxis } = node._fullLayout ?? {};
  if (!xaxis?._length || !yaxis?._length) return null;
  // ranges, not Plotly's own scale, which is updated only when a drag has ended
  const [left, right, low, high] = [...xaxis.range, ...yaxis.range];
  return (x, y) => {
    const [across, up] = [(x - left) / (right - left), (y - low) / (high - low)];
    if (across < 0 || across > 1 || up < 0 || up > 1) return null;
    return [xaxis._offset + across * xaxis._length, yaxis._offset + (1 - up) * yaxis._length];
  };
}

// The product of two matrices of 16 numbers, column by column, as in WebGL.
function times(first, second) {
  const product = new Float64Array(16);
  for (let column = 0; column < 4; column++)
    for (let row = 0; row < 4; row++)
      for (let step = 0; step < 4; step++) product[4 * column + row] += first[4 * step + row] * second[4 * column + step];
  return product;
}
