// Keeps the keyboard focus: moves it into an opened popover, and next to a button that vanishes when pressed.
//
// Why: Streamlit puts a popover's content at the end of the page, many Tab presses away, and leaves the focus on its button.
// When a button is removed in response to its press, the focus is lost, and the browser would start again at the top of the
// page. Python cannot say where the focus shall be (streamlit#3899).
// Unnecessary once it can, and once the content of a popover comes after its button.

const FOCUSABLE = 'a[href], button, input, select, textarea, summary, [tabindex="0"]';
const PATIENCE = 30000; // milliseconds; a busy server draws late
let touches = 0; // any further input ends the wait for the effect of the last key
let opener = null; // the button of the popover that has the focus

// Run on every page and again with its data; a listener that is added twice listens once.
export default function () {
  addEventListener("pointerdown", touched, true);
  addEventListener("keydown", pressed, true);
  document.documentElement.dataset.keyboard = "kept"; // the listeners are active
}

function touched() {
  touches++;
}

function pressed(event) {
  touched();
  if (event.key === "Tab") return leavePopover(event);
  if (event.key !== "Enter" && event.key !== " ") return;
  const main = document.querySelector('[data-testid="stMain"]');
  const button = event.target.closest?.("button");
  if (!button || !main?.contains(button)) return;
  if (button.closest('[data-testid="stPopover"]')) return enterPopover(button);
  if (button.closest(".picks-list")) return; // pick_list.js handles it
  waitForLoss(main, button);
}

function enterPopover(button) {
  const opened = () => document.querySelector('[data-testid="stPopoverBody"]');
  if (opened()) return; // this press closes it
  let calm = 0; // checks in a row that found the page done: a popover's content may be redrawn after it opens
  until(() => {
    calm = isDone() ? calm + 1 : 0;
    const body = opened();
    if (body && !body.contains(document.activeElement)) {
      const first = firstOf(stops(body));
      if (first) (opener = button), first.focus();
    }
    return body && calm >= 6 && body.contains(document.activeElement);
  });
}

function leavePopover(event) {
  const body = event.target.closest?.('[data-testid="stPopoverBody"]');
  if (!body || !opener?.isConnected) return;
  const inside = stops(body);
  const last = event.shiftKey ? inside[0] : inside.at(-1);
  if (event.target !== last) return;
  opener.focus(); // with Tab alone, the browser then moves on from there
  if (event.shiftKey) event.preventDefault();
}

// If the focus is lost, moves it to the control with the same key, on a card of the Rate page to the first control of that
// card's new film; otherwise to the control that took the button's place.
function waitForLoss(main, button) {
  const card = button.closest('[class*="st-key-card-"]');
  const keyed = card ?? button.closest('[class*="st-key-"]');
  const key = [...(keyed?.classList ?? [])].find((name) => name.startsWith("st-key-"));
  const place = stops(main).indexOf(button);
  let calm = 0; // as above
  until(() => {
    if (!isLost()) return !card && !button.isConnected; // a card may be drawn twice
    calm = isDone() ? calm + 1 : 0;
    const now = stops(main);
    const same = withKey(now, key);
    if (calm < 6 && !(card && same)) return false;
    (same ?? inPlace(now, place))?.focus({ preventScroll: true });
    return !card;
  });
}

// The control of a popover to begin with: help comes before what it explains, and is passed over.
export function firstOf(stops) {
  return stops.find((each) => !each.closest('[data-testid="stTooltipIcon"]')) ?? stops[0];
}

// The first control of the element with a key.
export function withKey(stops, key) {
  return key ? stops.find((each) => each.closest(`.${CSS.escape(key)}`)) : undefined;
}

// The control in a place, or the last one where there are no longer as many.
export function inPlace(stops, place) {
  return stops[Math.min(place, stops.length - 1)];
}

function isLost() {
  return !document.activeElement || document.activeElement === document.body;
}

function isDone() {
  return document.querySelector('[data-testid="stApp"][data-test-script-state="notRunning"]') !== null;
}

// Where the Tab key stops.
export function stops(inside) {
  const all = [...(inside?.querySelectorAll(FOCUSABLE) ?? [])];
  return all.filter((each) => each.tabIndex >= 0 && !each.disabled && each.checkVisibility({ visibilityProperty: true }));
}

function until(done) {
  const since = touches, end = performance.now() + PATIENCE;
  (function look() {
    if (touches === since && performance.now() < end && !done()) setTimeout(look, 50);
  })();
}
