import assert from "node:assert/strict";
import test from "node:test";

import { watchTurns } from "../../../../collab/ui/charts/plot3d/js/turning.js";

// As Plotly's: slots are counted anew when an object is added or removed.
function plot(moves) {
  const glplot = {
    objects: [{ pickSlots: 1 }, { pickSlots: 2 }],
    nUpdates: 0,
    nSlots: 3,
    lost: false,
    _stopped: false,
    gl: { isContextLost: () => glplot.lost },
    camera: { tick: () => moves.shift() ?? false },
    update: () => glplot.nUpdates++,
    add(object) {
      glplot.objects.push(object);
      glplot.count();
    },
    remove(object) {
      glplot.objects.splice(glplot.objects.indexOf(object), 1);
      glplot.count();
    },
    count: () => (glplot.nSlots = glplot.objects.reduce((sum, { pickSlots }) => sum + pickSlots, 0)),
  };
  return glplot;
}

const slots = ({ objects }) => objects.map(({ pickSlots }) => pickSlots);

test("nothing is picked from the first frame that moves until the scene has been at rest", ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const glplot = plot([false, true, true]);
  watchTurns(glplot);
  assert.equal(glplot.camera.tick(), false);
  assert.deepEqual(slots(glplot), [1, 2]);
  assert.equal(glplot.camera.tick(), true);
  assert.deepEqual([slots(glplot), glplot.nSlots], [[0, 0], 0]);
  mock.timers.tick(150);
  glplot.camera.tick(); // still turning
  mock.timers.tick(150);
  assert.deepEqual([slots(glplot), glplot.nUpdates], [[0, 0], 0]);
  mock.timers.tick(100);
  assert.deepEqual([slots(glplot), glplot.nSlots, glplot.nUpdates], [[1, 2], 3, 1]);
});

test("a scene whose graphics are gone is left alone at rest", ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const glplot = plot([true]);
  watchTurns(glplot);
  glplot.camera.tick();
  glplot.lost = true;
  mock.timers.tick(1000);
  assert.deepEqual([slots(glplot), glplot.nUpdates], [[1, 2], 0]);
});

test("an error ends the shortcut and never the turn", ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  mock.method(console, "warn", () => {});
  const glplot = plot([true, true]);
  const { tick } = glplot.camera;
  glplot.add = () => {
    throw new Error("no objects any more");
  };
  watchTurns(glplot);
  assert.equal(glplot.camera.tick(), true);
  assert.equal(glplot.camera.tick, tick);
  assert.deepEqual(slots(glplot), [1, 2]);
  assert.equal(console.warn.mock.callCount(), 1);
});

test("a Plotly with other insides turns as usual", () => {
  for (const change of [{ update: undefined }, { objects: [{}] }, { _stopped: undefined }]) {
    const glplot = Object.assign(plot([true]), change);
    const { tick } = glplot.camera;
    watchTurns(glplot);
    assert.equal(glplot.camera.tick, tick);
  }
});
