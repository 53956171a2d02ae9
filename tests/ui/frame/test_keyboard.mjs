import assert from "node:assert/strict";
import test from "node:test";

import { firstOf, inPlace, stops, withKey } from "../../../collab/ui/frame/js/keyboard.js";

globalThis.CSS = { escape: (text) => text };

// A control inside elements that match some selectors.
function control(inside = [], more = {}) {
  return { tabIndex: 0, checkVisibility: () => true, closest: (selector) => (inside.includes(selector) ? {} : null), ...more };
}

test("the Tab key stops at what can be used and seen", () => {
  const used = control();
  const [skipped, disabled, unseen] = [{ tabIndex: -1 }, { disabled: true }, { checkVisibility: () => false }];
  const all = [control([], skipped), control([], disabled), used, control([], unseen)];
  assert.deepEqual(stops({ querySelectorAll: () => all }), [used]);
  assert.deepEqual(stops(null), []);
});

test("a popover is entered at its first control that is no help", () => {
  const [help, slider] = [control(['[data-testid="stTooltipIcon"]']), control()];
  assert.equal(firstOf([help, slider]), slider);
  assert.equal(firstOf([help]), help);
  assert.equal(firstOf([]), undefined);
});

test("the focus goes to the control with the same key", () => {
  const [other, same, second] = [control([".st-key-row-1"]), control([".st-key-card-1"]), control([".st-key-card-1"])];
  assert.equal(withKey([other, same, second], "st-key-card-1"), same);
  assert.equal(withKey([other], "st-key-card-1"), undefined);
  assert.equal(withKey([other], undefined), undefined);
});

test("without one it goes to what came into the button's place, or to the last control", () => {
  const all = [control(), control(), control()];
  assert.equal(inPlace(all, 1), all[1]);
  assert.equal(inPlace(all, 7), all[2]);
  assert.equal(inPlace([], 0), undefined);
});
