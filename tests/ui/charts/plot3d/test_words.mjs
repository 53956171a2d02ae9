import assert from "node:assert/strict";
import test from "node:test";

import { textsOf, writeWords } from "../../../../collab/ui/charts/plot3d/js/words.js";

const WORDS = {
  index: [7, 9],
  parts: [
    { values: ["Alien (1979)", "<3 (2019)"] },
    { codes: [1, 0], names: ["no genre", "Horror, Sci-Fi"] },
    { values: [0.42, null], before: "bias ", after: "", digits: 2, sign: true },
    { values: [1291, 1], before: "", after: " ratings", digits: 0, sign: false },
  ],
};

test("a film's text is made of its columns; what is missing is left out", () => {
  const texts = textsOf(WORDS);
  assert.equal(texts.get(7), "Alien (1979) · Horror, Sci-Fi · bias +0.42 · 1,291 ratings");
  assert.equal(texts.get(9), "&lt;3 (2019) · no genre · 1 rating");
});

test("numbers have a true minus, and a plus where it is asked for", () => {
  const text = (part) => textsOf({ index: [0], parts: [{ before: "", after: "", digits: 1, sign: false, ...part }] }).get(0);
  assert.equal(text({ values: [-0.25], digits: 2 }), "−0.25");
  assert.equal(text({ values: [-0.25], digits: 2, sign: true }), "−0.25");
  assert.equal(text({ values: [3], sign: true }), "+3.0");
  assert.equal(text({ values: [12], digits: 0, before: "place ±", after: " %" }), "place ±12 %");
});

test("points get the text of their film, in any order, in all traces that have films", () => {
  const figure = { data: [{ customdata: Float64Array.of(9, 7, 8) }, { x: [0] }, { customdata: [7] }] };
  writeWords({ data: { words: JSON.stringify(WORDS) } }, figure);
  const alien = "Alien (1979) · Horror, Sci-Fi · bias +0.42 · 1,291 ratings";
  assert.deepEqual(figure.data[0].hovertext, ["&lt;3 (2019) · no genre · 1 rating", alien, ""]);
  assert.ok(!("hovertext" in figure.data[1]));
  assert.deepEqual(figure.data[2].hovertext, [alien]);
});

test("without words the figure's own texts stay", () => {
  const figure = { data: [{ customdata: [7], hovertext: ["own"] }] };
  writeWords({ data: { words: "" } }, figure);
  assert.deepEqual(figure.data[0].hovertext, ["own"]);
});
