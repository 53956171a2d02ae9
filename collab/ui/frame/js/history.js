// One entry in the browser's history for each step that a person makes.
//
// Why: Streamlit 1.67 pushes an entry for every parameter that a script sets (App.handlePageInfoChanged), also under the address
// of the page that is being left, so Back would need a press for each; and what a bound widget writes replaces the entry even
// where it is a step, such as another film. Nothing switches either off (streamlit/streamlit#9049).
// Unnecessary with an `st.query_params` that can replace, and with bound widgets that can push.

const MEMORY = "__collabHistory"; // survives a second loading of this module

// What becomes of a change of the address from `now` to `next` (URLs): "push", "replace", or "ignore".
// `steps` are the names whose change is a step; `acted`: somebody has pressed something since the last entry was made;
// `leaving`: another page has been asked for, and what comes before it is about that page.
export function decide(now, next, steps, { acted, leaving }) {
  if (next.pathname !== now.pathname) return "push";
  if (leaving || isLeaving(now, next)) return "ignore";
  const differs = (name) => String(now.searchParams.getAll(name)) !== String(next.searchParams.getAll(name));
  // what a page fills in by itself is no step: the run and the data set always stand in the address
  const filledIn = (name) => ["data", "run"].includes(name) && !now.searchParams.has(name);
  return acted && steps.some((name) => differs(name) && !filledIn(name)) ? "push" : "replace";
}

// Streamlit takes a page's parameters out of the address before it leaves the page; the data set goes with nothing else.
export function isLeaving(now, next) {
  return now.searchParams.has("data") && !next.searchParams.has("data");
}

// Whether a press on this link, in this window, leads to another page of the app.
export function leads(link, event, here) {
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return false;
  const there = new URL(link.href, here);
  return there.origin === here.origin && there.pathname !== here.pathname && (link.target || "_self") === "_self";
}

export function watch(window) {
  const { history, location } = window;
  const memory = { steps: [], acted: false, leaving: false };
  const real = { push: history.pushState.bind(history), replace: history.replaceState.bind(history) };
  const change = (state, title, address) => {
    const now = new URL(location.href);
    const next = new URL(address ?? location.href, now);
    const what = decide(now, next, memory.steps, memory);
    if (what === "ignore") {
      memory.leaving = true;
      return;
    }
    if (what === "push") Object.assign(memory, { acted: false, leaving: false });
    real[what](state, title, address);
  };
  history.pushState = change;
  history.replaceState = change;
  const act = () => Object.assign(memory, { acted: true, leaving: false });
  window.addEventListener("pointerdown", act, true);
  window.addEventListener("keydown", act, true);
  window.addEventListener("click", (event) => {
    if (leads(event.target.closest?.("a[href]"), event, new URL(location.href))) memory.leaving = true;
  }, true);
  window.addEventListener("popstate", () => Object.assign(memory, { acted: false, leaving: false }), true);
  return memory;
}

export default function ({ data }) {
  window[MEMORY] ??= watch(window);
  window[MEMORY].steps = data.steps;
}
