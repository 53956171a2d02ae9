import assert from "node:assert/strict";
import test from "node:test";

import { projector, sceneOf, times } from "../../../../collab/ui/charts/plot3d/js/projection.js";

const SAME = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
const SIZE = { l: 10, t: 20, w: 200, h: 100 };

function scene({ projection = SAME, view = SAME, model = SAME, dataScale = [1, 1, 1] }) {
  const glplot = { cameraParams: { projection, view, model } };
  return { _fullLayout: { scene: { _scene: { glplot, dataScale } }, _size: SIZE } };
}

function flat(xrange, yrange) {
  const axis = (range, _offset, _length) => ({ range, _offset, _length });
  return { _fullLayout: { xaxis: axis(xrange, 50, 100), yaxis: axis(yrange, 5, 40) } };
}

test("nothing is projected before the picture is drawn", () => {
  assert.equal(projector({}), null);
  assert.equal(projector({ _fullLayout: { scene: { _scene: null } } }), null);
  assert.equal(projector({ _fullLayout: { xaxis: {}, yaxis: {} } }), null);
  assert.equal(sceneOf({}), null);
});

test("a scene's middle and corners are those of its part of the picture, y upwards", () => {
  const onScreen = projector(scene({}));
  assert.deepEqual(onScreen(0, 0, 0), [110, 70]);
  assert.deepEqual(onScreen(-1, 1, 0), [10, 20]);
  assert.deepEqual(onScreen(1, -1, 0), [210, 120]);
});

test("what is twice as far away is half as far from the middle; what is behind the camera is nowhere", () => {
  const projection = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, -1, 0, 0, 0, 0]; // depth is −z
  const onScreen = projector(scene({ projection }));
  assert.deepEqual(onScreen(1, 0, -1), [210, 70]);
  assert.deepEqual(onScreen(1, 0, -2), [160, 70]);
  assert.equal(onScreen(1, 0, 1), null);
});

test("data are scaled, then placed by the model, then seen by the view", () => {
  const right = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0.25, 0, 0, 1];
  const half = [0.5, 0, 0, 0, 0, 0.5, 0, 0, 0, 0, 0.5, 0, 0, 0, 0, 1];
  const x = (parts) => (projector(scene(parts))(1, 0, 0)[0] - 110) / 100;
  assert.equal(x({ dataScale: [0.5, 1, 1] }), 0.5);
  assert.equal(x({ model: right, view: half }), 0.625); // (1 + 0.25) / 2
  assert.equal(x({ model: half, view: right }), 0.75); // 1 / 2 + 0.25
});

test("a product of matrices applies the second one first", () => {
  const right = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 3, 0, 0, 1];
  const twice = [2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1];
  assert.deepEqual([...times(SAME, right)], right);
  assert.equal(times(right, twice)[12], 3);
  assert.equal(times(twice, right)[12], 6);
});

test("a flat picture shows what lies in its ranges, with y upwards", () => {
  const onScreen = projector(flat([0, 10], [-1, 1]));
  assert.deepEqual(onScreen(0, -1), [50, 45]);
  assert.deepEqual(onScreen(10, 1), [150, 5]);
  assert.deepEqual(onScreen(5, 0), [100, 25]);
  assert.equal(onScreen(10.1, 0), null);
  assert.equal(onScreen(5, -1.1), null);
});
