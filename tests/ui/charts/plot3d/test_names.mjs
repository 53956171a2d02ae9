import assert from "node:assert/strict";
import test from "node:test";

import { findPlaces, placeNames } from "../../../../collab/ui/charts/plot3d/js/names.js";

const HERE = (x, y) => [x, y];
const ROOM = { width: 400, height: 300, reserved: [], nMost: 1000 };

function name(at, more = {}) {
  return { at, kind: "most", width: 40, height: 10, side: null, ...more };
}

function overlap(one, other) {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
}

test("a name stands above its point, further from a marked one", () => {
  const [plain, marked] = findPlaces([name([100, 100]), name([300, 100], { kind: "chosen" })], HERE, ROOM);
  assert.deepEqual(plain, { left: 80, top: 84, right: 120, bottom: 94 });
  assert.deepEqual(marked, { left: 280, top: 79, right: 320, bottom: 89 });
});

test("names of one point take its four sides; a fifth has no room", () => {
  const boxes = findPlaces(Array.from({ length: 5 }, () => name([200, 150])), HERE, ROOM);
  const sides = boxes.map((box) => box && [Math.sign(box.left + box.right - 400), Math.sign(box.top + box.bottom - 300)]);
  assert.deepEqual(sides, [[0, -1], [1, 0], [-1, 0], [0, 1], null]); // above, right, left, below
});

test("a name keeps off the edge, and off what is reserved", () => {
  const [top] = findPlaces([name([200, 3])], HERE, ROOM);
  assert.ok(top.top > 3 || top.left > 200);
  const [left] = findPlaces([name([2, 150])], HERE, ROOM);
  assert.ok(left.left > 2);
  const above = { left: 0, top: 0, right: 400, bottom: 148 };
  const [box] = findPlaces([name([200, 150])], HERE, { ...ROOM, reserved: [above] });
  assert.ok(!overlap(box, above));
});

test("a point that is not in the picture has no name", () => {
  const behind = (x, y) => (x === 100 && y === 100 ? null : [x, y]);
  assert.deepEqual(findPlaces([name([-1, 100]), name([100, 301]), name([100, 100])], behind, ROOM), [null, null, null]);
});

test("of the most rated only so many are named, of the others all", () => {
  const [chosen, kept] = [name([50, 50], { kind: "chosen" }), name([50, 150], { kind: "kept" })];
  const names = [chosen, name([150, 50]), name([250, 50]), name([350, 50]), kept];
  const named = findPlaces(names, HERE, { ...ROOM, nMost: 2 }).map((box) => box !== null);
  assert.deepEqual(named, [true, true, true, false, true]);
  assert.deepEqual(findPlaces(names, HERE, { ...ROOM, nMost: 0 }).map((box) => box !== null), [true, false, false, false, true]);
});

test("a name without room costs nothing", () => {
  const names = [name([0, 0], { width: 500 }), name([150, 150]), name([300, 150])];
  assert.deepEqual(findPlaces(names, HERE, { ...ROOM, nMost: 2 }).map((box) => box !== null), [false, true, true]);
});

test("a name stays on its side while it has room there", () => {
  const [first, second] = [name([200, 150]), name([200, 150])];
  findPlaces([first, second], HERE, ROOM);
  assert.equal(second.side, "right");
  findPlaces([second], HERE, ROOM); // alone, it would have gone above
  assert.equal(second.side, "right");
  findPlaces([second], () => null, ROOM);
  assert.equal(second.side, null);
});

test("no name covers another or leaves the picture, wherever the points are", () => {
  let seed = 1;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  for (let round = 0; round < 20; round++) {
    const names = Array.from({ length: 60 }, () =>
      name([random() * 400, random() * 300], { width: 10 + random() * 80, kind: random() < 0.2 ? "kept" : "most" }),
    );
    const boxes = findPlaces(names, HERE, ROOM).filter(Boolean);
    assert.ok(boxes.length > 10);
    boxes.forEach((box, place) => {
      assert.ok(box.left >= 0 && box.top >= 0 && box.right <= 400 && box.bottom <= 300);
      assert.ok(!boxes.slice(place + 1).some((other) => overlap(box, other)));
    });
  }
});

test("names are moved and shown, and hidden when they lose their place", () => {
  const shown = { ...name([5, 5]), element: { style: {} } };
  const axis = { range: [0, 10], _offset: 0, _length: 200 };
  const node = { clientWidth: 200, clientHeight: 200, _fullLayout: { xaxis: { ...axis }, yaxis: { ...axis } } };
  const picture = { node, names: [shown], data: { n_names: 5 } };
  placeNames(picture);
  assert.deepEqual(shown.element.style, { transform: "translate(80.0px, 84.0px)", visibility: "visible" });
  node._fullLayout.xaxis.range = [6, 10];
  placeNames(picture);
  assert.equal(shown.element.style.visibility, "hidden");
});
