// Which changes of the address are entries of the browser's history.

import assert from "node:assert/strict";
import test from "node:test";

import { decide, isLeaving, leads, watch } from "../../../collab/ui/frame/js/history.js";

const STEPS = ["run", "data", "film", "view"];
const at = (path) => new URL(path, "http://localhost:8501");
const kept = "data=a&run=1";
const about = (now, next, state = {}) => decide(at(now), at(next), STEPS, { acted: false, leaving: false, ...state });

test("another page is an entry, whoever asked for it", () => {
  assert.equal(about(`/map?${kept}`, "/rate"), "push");
  assert.equal(about(`/map?${kept}`, "/rate", { leaving: true }), "push");
});

test("what a page fills in when it is opened is none", () => {
  assert.equal(about("/map", `/map?${kept}&dim=2-D`), "replace");
  assert.equal(about("/map", `/map?${kept}`, { acted: true }), "replace");
});

test("another film, run or view is one if somebody has pressed something, a slider is none", () => {
  assert.equal(about(`/map?${kept}`, `/map?${kept}&film=x`, { acted: true }), "push");
  assert.equal(about(`/map?${kept}&film=x`, `/map?${kept}`, { acted: true }), "push");
  assert.equal(about(`/map?${kept}`, "/map?data=a&run=2", { acted: true }), "push");
  assert.equal(about(`/map?${kept}&film=x`, `/map?${kept}&film=y`), "replace");
  assert.equal(about(`/map?${kept}&n=1`, `/map?${kept}&n=2`, { acted: true }), "replace");
});

test("what comes while a page is left is ignored", () => {
  assert.ok(isLeaving(at(`/map?${kept}&dim=2-D`), at("/map")) && !isLeaving(at("/map"), at("/map?dim=2-D")));
  assert.equal(about(`/map?${kept}&film=x`, "/map", { acted: true }), "ignore");
  assert.equal(about(`/map?${kept}&film=x`, `/map?${kept}`, { acted: true, leaving: true }), "ignore");
});

test("only a plain press on a link to another page of the app leads there", () => {
  const press = { button: 0 };
  assert.ok(leads({ href: "http://localhost:8501/rate" }, press, at("/map")));
  assert.ok(!leads({ href: "http://localhost:8501/map?n=2" }, press, at("/map")));
  assert.ok(!leads({ href: "https://example.org/rate" }, press, at("/map")));
  assert.ok(!leads({ href: "http://localhost:8501/rate", target: "_blank" }, press, at("/map")));
  assert.ok(!leads({ href: "http://localhost:8501/rate" }, { button: 0, ctrlKey: true }, at("/map")));
  assert.ok(!leads(null, press, at("/map")));
});

// A browser's history and address, with the entries that were made.
function browser(path) {
  const location = { href: String(at(path)) };
  const entries = [location.href];
  const listeners = {};
  const go = (address) => (location.href = String(new URL(address, location.href)));
  const history = {
    pushState: (state, title, address) => entries.push(go(address)),
    replaceState: (state, title, address) => (entries[entries.length - 1] = go(address)),
  };
  const addEventListener = (name, act) => (listeners[name] = act);
  return { history, location, entries, addEventListener, fire: (name, event = {}) => listeners[name](event) };
}

test("a press on the menu makes one entry, and the page that was left keeps its own", () => {
  const window = browser(`/map?${kept}&dim=2-D`);
  watch(window).steps = STEPS;
  window.fire("pointerdown");
  window.fire("click", { button: 0, target: { closest: () => ({ href: "http://localhost:8501/rate" }) } });
  for (const address of ["/map", "/map?data=a", `/map?${kept}`, `/rate?${kept}`, `/rate?${kept}&order=x`])
    window.history.pushState({}, "", address);
  assert.deepEqual(window.entries.map((each) => each.slice(21)), [`/map?${kept}&dim=2-D`, `/rate?${kept}&order=x`]);
});

test("one press makes one entry, however much the page then writes, and Back makes none", () => {
  const window = browser(`/map?${kept}`);
  watch(window).steps = STEPS;
  window.fire("pointerdown");
  window.history.replaceState({}, "", `/map?${kept}&film=x`); // as a bound widget does
  window.history.pushState({}, "", `/map?${kept}&film=x&view=two`);
  assert.equal(window.entries.length, 2);
  window.fire("keydown"); // Alt and the left arrow
  window.fire("popstate");
  window.history.replaceState({}, "", `/map?${kept}&film=y`);
  assert.equal(window.entries.length, 2);
});
