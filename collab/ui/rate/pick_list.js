// Shows a list of films that arrives as HTML and reports which of its buttons was pressed.
//
// Why: a list that changes keeps its rows open and its focus, and every row has buttons. `st.html` is rebuilt at every change
// and reports no press; the buttons in rows of `st.dataframe` (`ButtonColumn`) leave no room for a row that opens.
// Unnecessary once rows of `st.dataframe` open, or a container can be kept while its neighbours are replaced.
//
// Streamlit runs the default export once when the list appears and again whenever its data change. The HTML is made on the
// server, where every text in it is escaped (ui/widgets/item_list.py, ui/rate/pick_list.py). A new list replaces the old one
// at once: open films stay open, and keyboard focus stays where it was.

const PATIENCE = 3000; // milliseconds until a press without a response may be repeated

const lists = new WeakMap(); // node -> state of the list in it

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".picks-list");
  let list = lists.get(root);
  if (!list) {
    list = { html: null, waiting: 0 };
    lists.set(root, list);
    root.addEventListener("click", (event) => press(root, list, event));
  }
  list.tell = (deed) => setTriggerValue("pressed", deed);
  list.asked = data.asked;
  list.waiting = 0;
  const place = focused(root);
  root.querySelector('[role="status"]').textContent = data.said;
  const then = root.querySelector(".picks-then");
  if (then.innerHTML !== data.then) then.innerHTML = data.then;
  if (list.html !== data.html) {
    list.html = data.html;
    renew(root.querySelector(".picks-films"), data.html);
  }
  for (const row of root.querySelectorAll(".leaving")) row.classList.remove("leaving");
  if (place) refocus(root, place);
}

export function press(root, list, event) {
  const button = event.target.closest("button[data-do]");
  // the second click of a double click, or a key held down, would hit the film that moved up
  if (!button || event.detail > 1 || performance.now() < list.waiting) return;
  event.preventDefault();
  list.waiting = performance.now() + PATIENCE;
  const { do: deed, of, stars } = button.dataset;
  if (deed === "what if") comeIntoSight(`.st-key-${list.asked}`, performance.now() + PATIENCE);
  else button.closest("li")?.classList.add("leaving");
  list.tell({ do: deed, of, stars: stars ? Number(stars) : null });
}

export function renew(films, html) {
  const open = new Set([...films.querySelectorAll("details[open]")].map((each) => titleOf(each)));
  films.innerHTML = html;
  for (const each of films.querySelectorAll("details")) each.open = open.has(titleOf(each));
}

function titleOf(node) {
  return node.closest("li")?.dataset.title ?? "";
}

// The answer appears elsewhere on the page, perhaps above the visible part, and may not be there yet.
function comeIntoSight(selector, until) {
  const answer = document.querySelector(selector);
  if (answer) answer.scrollIntoView({ block: "nearest" });
  else if (performance.now() < until) requestAnimationFrame(() => comeIntoSight(selector, until));
}

// Where keyboard focus is: which film, which of its controls, and how far down the list.
function focused(root) {
  const node = document.activeElement;
  if (!node || !root.contains(node)) return null;
  const rows = [...root.querySelectorAll("li")];
  const row = node.closest("li");
  return { of: row ? titleOf(node) : node.dataset.of, row: rows.indexOf(row), kept: keptBy(node) };
}

function keptBy(node) {
  if (!node.closest("li")) return null;
  const inside = node.closest("details") ? "details " : ".tools ";
  const { do: deed, of, stars } = node.dataset;
  if (!deed) return node.tagName === "A" ? `details a[href="${CSS.escape(node.getAttribute("href"))}"]` : "summary";
  return `${inside}[data-do="${deed}"]${stars ? `[data-stars="${stars}"]` : ""}[data-of="${CSS.escape(of)}"]`;
}

function refocus(root, { of, row, kept }) {
  if (root.contains(document.activeElement)) return; // focus has not moved
  const rows = [...root.querySelectorAll("li")];
  const next = nextOf(rows, of, row);
  const control = next?.dataset.title === of && kept ? next.querySelector(kept) : null;
  (control ?? next?.querySelector("summary"))?.focus({ preventScroll: true });
}

// The row of the film `of`, or the one that came into its place, the last one where there are no longer as many.
export function nextOf(rows, of, place) {
  return rows.find((each) => each.dataset.title === of) ?? rows[Math.min(Math.max(place, 0), rows.length - 1)];
}
