// Keeps the keyboard where it was: in a popover that it has opened, and beside what it has just pressed away.
//
// Streamlit puts what a popover holds at the end of the page, a long way for the Tab key, and takes the focus from a button
// that goes with the answer to its press; the browser would then begin again at the top of the page.

const FOCUSABLE = 'a[href], button, input, select, textarea, summary, [tabindex="0"]';
const PATIENCE = 30000; // milliseconds; a busy server draws late
let touches = 0; // whatever the person does next ends the waiting for what came of the last key
let opener = null; // the button whose popover the keyboard has gone into

addEventListener("pointerdown", () => touches++, true);
addEventListener("keydown", pressed, true);

function pressed(event) {
  touches++;
  if (event.key === "Tab") return leavePopover(event);
  if (event.key === "Escape") return closePopover(event);
  if (event.key !== "Enter" && event.key !== " ") return;
  const main = document.querySelector('[data-testid="stMain"]');
  const button = event.target.closest?.("button");
  if (!button || !main?.contains(button)) return;
  if (button.closest('[data-testid="stPopover"]')) return enterPopover(button);
  if (button.closest(".picks-list")) return; // pick_list.js knows better
  waitForLoss(main, button);
}

function enterPopover(button) {
  const opened = () => document.querySelector('[data-testid="stPopoverBody"]');
  if (opened()) return; // this press closes it
  let calm = 0; // looks in a row at which the page was done: what the popover holds may be drawn anew once it is open
  until(() => {
    calm = isDone() ? calm + 1 : 0;
    const body = opened();
    if (body && !body.contains(document.activeElement)) {
      const inside = stops(body);
      const first = inside.find((each) => !each.closest('[data-testid="stTooltipIcon"]')) ?? inside[0];
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
  opener.focus(); // forward, the browser then goes on from there
  if (event.shiftKey) event.preventDefault();
}

function closePopover(event) {
  const body = event.target.closest?.('[data-testid="stPopoverBody"]');
  if (!body || !opener) return;
  until(() => {
    if (body.isConnected) return false;
    if (isLost()) opener.focus({ preventScroll: true });
    return true;
  });
}

// The same control where it is still there, on a card of the Rate page the first one of the film that has come there, else the
// control that has come to its place.
function waitForLoss(main, button) {
  const card = button.closest('[class*="st-key-card-"]');
  const keyed = card ?? button.closest('[class*="st-key-"]');
  const key = [...(keyed?.classList ?? [])].find((name) => name.startsWith("st-key-"));
  const place = stops(main).indexOf(button);
  let calm = 0; // as above
  until(() => {
    if (!isLost()) return !card && !button.isConnected; // cards may be drawn twice
    calm = isDone() ? calm + 1 : 0;
    const now = stops(main);
    const same = key && now.find((each) => each.closest(`.${CSS.escape(key)}`));
    if (calm < 6 && !(card && same)) return false;
    (same ?? now[Math.min(place, now.length - 1)])?.focus({ preventScroll: true });
    return !card;
  });
}

function isLost() {
  return !document.activeElement || document.activeElement === document.body;
}

function isDone() {
  return document.querySelector('[data-testid="stApp"][data-test-script-state="notRunning"]') !== null;
}

function stops(inside) {
  const all = [...(inside?.querySelectorAll(FOCUSABLE) ?? [])];
  return all.filter((each) => each.tabIndex >= 0 && !each.disabled && each.checkVisibility({ visibilityProperty: true }));
}

function until(done) {
  const since = touches, end = performance.now() + PATIENCE;
  (function look() {
    if (touches === since && performance.now() < end && !done()) setTimeout(look, 50);
  })();
}

export default function () {
  document.documentElement.dataset.keyboard = "kept"; // from now on
}
