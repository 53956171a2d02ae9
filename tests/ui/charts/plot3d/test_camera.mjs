import assert from "node:assert/strict";
import test from "node:test";

import {
  cameraNumbers, cameraOf, moved, rememberCamera, setView, turned, viewChanged,
} from "../../../../collab/ui/charts/plot3d/js/camera.js";

const HOME = cameraOf([1, 1, 1, 0, 0, 0, 0, 0, 1]);
const NINE = [1, 2, 3, 4, 5, 6, 7, 8, 9];

function near(found, wanted) {
  assert.equal(found.length, wanted.length);
  found.forEach((each, place) => assert.ok(Math.abs(each - wanted[place]) < 1e-12, `${found} is not ${wanted}`));
}

const numbers = ({ x, y, z }) => [x, y, z];
const distance = ({ eye, center }) => Math.hypot(eye.x - center.x, eye.y - center.y, eye.z - center.z);

// A picture of a scene whose camera is at `now`; `looks` collects the cameras that it is given.
function solid(key, now = HOME, link = null) {
  const looks = [];
  const scene = { glplot: {}, getCamera: () => now, camera: { lookAt: (...parts) => looks.push(parts) }, saveLayout() {} };
  return { data: { key, view: "", camera: link }, node: { _fullLayout: { scene: { _scene: scene } } }, looks };
}

function flat(key, view, range = [0, 1, 0, 1], link = null) {
  const [left, right, low, high] = range;
  const node = { _fullLayout: { xaxis: { range: [left, right] }, yaxis: { range: [low, high] } } };
  return { data: { key, view, camera: link }, node };
}

function cameraOfNext(picture) {
  const layout = { scene: { camera: HOME } };
  setView(picture, layout);
  return layout.scene.camera;
}

function rangesOfNext(picture) {
  const layout = { xaxis: {}, yaxis: {} };
  setView(picture, layout);
  return layout.xaxis.range && [...layout.xaxis.range, ...layout.yaxis.range];
}

test("twelve steps are a quarter of a turn around the middle", () => {
  const camera = cameraOf([3, 5, 1, 1, 5, 1, 0, 0, 1]);
  near(numbers(turned(camera, 12, 0, 1).eye), [1, 7, 1]);
  near(numbers(turned(camera, -12, 0, 1).eye), [1, 3, 1]);
  assert.deepEqual(turned(camera, 12, 0, 1).center, camera.center);
});

test("a turn keeps the distance, and a zoom multiplies it", () => {
  for (const [across, up] of [[1, 0], [0, 1], [-7, 3], [5, -40]]) near([distance(turned(HOME, across, up, 1))], [Math.sqrt(3)]);
  near(numbers(turned(HOME, 0, 0, 0.5).eye), [0.5, 0.5, 0.5]);
});

test("steps up and back lead back, but never over the top", () => {
  near(numbers(turned(turned(HOME, 2, 3, 1), -2, -3, 1).eye), [1, 1, 1]);
  const top = turned(HOME, 0, 1000, 1);
  assert.ok(top.eye.z / distance(top) < 1);
  assert.ok(top.eye.x > 0 && top.eye.y > 0);
});

test("an axis moves by a twelfth of its length and is stretched around its middle", () => {
  near(moved(0, 12, 1, 1), [1, 13]);
  near(moved(0, 12, -2, 1), [-2, 10]);
  near(moved(0, 12, 0, 0.5), [3, 9]);
});

test("a link's nine numbers are eye, middle and up", () => {
  assert.deepEqual(cameraOf(NINE), { eye: { x: 1, y: 2, z: 3 }, center: { x: 4, y: 5, z: 6 }, up: { x: 7, y: 8, z: 9 } });
  assert.deepEqual(cameraNumbers(solid("numbers", cameraOf(NINE))), NINE);
  assert.deepEqual(cameraNumbers({ ...flat("numbers", ""), flat: true }), [0, 1, 0, 1]);
  assert.deepEqual(cameraNumbers({ node: {}, flat: false }), []);
});

test("a turned camera is kept for the picture's next figure, and no other", () => {
  const picture = solid("turned", cameraOf(NINE));
  assert.deepEqual(cameraOfNext(picture), HOME);
  rememberCamera(picture); // nobody has turned it
  assert.deepEqual(cameraOfNext(picture), HOME);
  viewChanged(picture, { "scene.camera": turned(HOME, 1, 0, 1) });
  assert.deepEqual(cameraOfNext(picture), turned(HOME, 1, 0, 1));
  rememberCamera(picture); // the scene has moved on without an event
  assert.deepEqual(cameraOfNext(picture), cameraOf(NINE));
  assert.deepEqual(cameraOfNext(solid("another")), HOME);
});

test("the reset button restores the figure's camera", () => {
  const picture = solid("reset");
  viewChanged(picture, { "scene.camera": cameraOf(NINE) });
  cameraOfNext(picture);
  viewChanged(picture, { "scene.camera.eye": null });
  assert.deepEqual(picture.looks, [[[1, 1, 1], [0, 0, 0], [0, 0, 1]]]);
  assert.deepEqual(cameraOfNext(picture), HOME);
});

test("the link's camera counts until the picture is moved", () => {
  const picture = solid("link", HOME, NINE);
  assert.deepEqual(cameraOfNext(picture), cameraOf(NINE));
  viewChanged(picture, { "scene.camera": HOME });
  assert.deepEqual(cameraOfNext(picture), HOME);
  const axes = flat("link", "0,1", [7, 8, 9, 10], [2, 3, 4, 5]);
  assert.deepEqual(rangesOfNext(axes), [2, 3, 4, 5]);
  viewChanged(axes, {});
  assert.deepEqual(rangesOfNext(axes), [7, 8, 9, 10]);
});

test("the zoom of a flat picture belongs to its axes", () => {
  assert.equal(rangesOfNext(flat("flat", "0,1")), undefined);
  assert.deepEqual(rangesOfNext(flat("flat", "1,2", [0, 1, 0, 1], [2, 3, 4, 5])), [2, 3, 4, 5]);
  const picture = flat("flat", "0,1", [7, 8, 9, 10]);
  rangesOfNext(picture);
  viewChanged(picture, {});
  assert.deepEqual(rangesOfNext(flat("flat", "0,1")), [7, 8, 9, 10]);
  assert.deepEqual(rangesOfNext(flat("flat", "1,2")), [2, 3, 4, 5]);
});

test("of many zooms the last are kept", () => {
  for (let each = 0; each <= 50; each++) {
    const picture = flat("many", String(each), [each, each + 1, 0, 1]);
    rangesOfNext(picture);
    viewChanged(picture, {});
  }
  assert.equal(rangesOfNext(flat("many", "0")), undefined);
  assert.deepEqual(rangesOfNext(flat("many", "50")), [50, 51, 0, 1]);
});
