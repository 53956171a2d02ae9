import assert from "node:assert/strict";
import test from "node:test";

import { filmsInside, linkTo, outline } from "../../../../collab/ui/charts/plot3d/js/select.js";

const HERE = (x, y) => [x, y];

function films(points, more = {}) {
  const [x, y, customdata] = [0, 1, 2].map((column) => points.map((point) => point[column]));
  return { meta: "films", x, y, customdata, ...more };
}

test("a box lies between the ends of a line, whichever way it was drawn", () => {
  const corners = (line) => new Set(outline("box", line).map(String));
  const box = new Set(["1,2", "7,2", "7,9", "1,9"]);
  assert.deepEqual(corners([[1, 2], [20, 20], [7, 9]]), box);
  assert.deepEqual(corners([[7, 2], [1, 9]]), box);
  assert.deepEqual(outline("lasso", [[1, 2], [20, 20], [7, 9]]), [[1, 2], [20, 20], [7, 9]]);
});

test("a box holds the films inside it", () => {
  const points = films([[5, 5, 10], [0, 5, 11], [9, 9, 12], [5, 20, 13]]);
  assert.deepEqual(filmsInside([points], HERE, outline("box", [[1, 1], [10, 10]])), [10, 12]);
});

test("a lasso holds nothing of its bays", () => {
  const letterU = [[0, 0], [3, 0], [3, 7], [7, 7], [7, 0], [10, 0], [10, 10], [0, 10]];
  const points = films([[1, 1, 1], [5, 1, 2], [9, 1, 3], [5, 8, 4], [5, 12, 5]]);
  assert.deepEqual(filmsInside([points], HERE, letterU), [1, 3, 4]);
});

test("only films count, each once, as numbers, and only where they are seen", () => {
  const box = outline("box", [[0, 0], [10, 10]]);
  const traces = [
    films([[1, 1, 4], [2, 2, 5]], { z: [0, 9], customdata: Float64Array.of(4, 5) }),
    films([[1, 1, 4]]),
    { ...films([[3, 3, 6]]), meta: undefined },
  ];
  assert.deepEqual(filmsInside(traces, HERE, box), [4, 5]);
  assert.deepEqual(filmsInside(traces, (x, y, z) => (z === 9 ? null : [x, y]), box), [4]);
  assert.deepEqual(filmsInside([], HERE, box), []);
});

test("a link keeps the page's own parameters, adds the camera and changes what it is told", () => {
  const page = "http://here/base/map?data=sample&colour=year&you=old";
  const link = new URL(linkTo(page, [1.25, -0.00004, 1 / 3], { you: null, kept: "a b" }));
  assert.equal(link.pathname, "/base/map");
  const told = { data: "sample", colour: "year", camera: "1.25,0,0.3333", kept: "a b" };
  assert.deepEqual(Object.fromEntries(link.searchParams), told);
});
