import assert from "node:assert/strict";
import test from "node:test";

import { fitTitles, inLines, shorten } from "../../../../collab/ui/charts/plot3d/js/titles.js";

const AXIS = "talkative romances → silent westerns with long shadows · 12 % of variance";

test("a title with room stays as it is", () => {
  assert.deepEqual(inLines("Component 1", 11), ["Component 1"]);
  assert.equal(shorten("Component 1 · 32 %", 18), "Component 1 · 32 %");
});

test("the share has a line of its own", () => {
  assert.deepEqual(inLines("Component 1 · 32 % of variance", 20), ["Component 1", "32 % of variance"]);
});

test("an axis with two named ends is broken at the arrow, and between words", () => {
  assert.deepEqual(inLines(AXIS, 33), ["talkative romances →", "silent westerns with long shadows", "12 % of variance"]);
  assert.deepEqual(inLines(AXIS, 25), ["talkative romances →", "silent westerns with long", "shadows", "12 % of variance"]);
});

test("with little room every end has one line", () => {
  assert.deepEqual(inLines(AXIS, 20), ["talkative romances →", "silent westerns wit…", "12 % of variance"]);
});

test("no line is longer than there is room", () => {
  for (let most = 8; most < 80; most++)
    for (const line of inLines(AXIS, most)) assert.ok(line.length <= most, `${line} has more than ${most} letters`);
});

test("a flat axis shortens the name and keeps the share", () => {
  assert.equal(shorten("talkative romances · 12 %", 20), "talkative ro… · 12 %");
});

test("titles fit the width in scenes and both directions on flat axes; what has no title stays without", () => {
  const long = "a word ".repeat(40).trim();
  const scene = { scene: { xaxis: { title: { text: long } }, yaxis: { title: { text: "short" } }, zaxis: {} } };
  fitTitles({ flat: false, node: { clientWidth: 390, clientHeight: 480 } }, scene);
  const lines = scene.scene.xaxis.title.text.split("<br>");
  assert.ok(lines.length > 1 && lines.every((line) => line.length <= 20)); // a third of 390 pixels, 6.2 each
  assert.equal(scene.scene.yaxis.title.text, "short");
  assert.deepEqual(scene.scene.zaxis, {});
  const flat = { xaxis: { title: { text: "x".repeat(99) } }, yaxis: { title: { text: "y".repeat(99) } } };
  fitTitles({ flat: true, node: { clientWidth: 380, clientHeight: 256 } }, flat);
  assert.equal(flat.xaxis.title.text.length, 50); // (380 − 70) / 6.2
  assert.equal(flat.yaxis.title.text.length, 30);
});
