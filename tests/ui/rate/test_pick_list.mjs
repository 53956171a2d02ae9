import assert from "node:assert/strict";
import test from "node:test";

import { nextOf, press, renew } from "../../../collab/ui/rate/pick_list.js";

// A list of one row for each title; as in a browser, new HTML brings new rows, and all of them are closed.
function filmsOf(titles) {
  const row = (title) => ({ open: false, closest: () => ({ dataset: { title } }), title });
  return {
    rows: titles.map(row),
    set innerHTML(html) {
      this.rows = html.split(",").map(row);
    },
    querySelectorAll(selector) {
      return selector === "details[open]" ? this.rows.filter(({ open }) => open) : this.rows;
    },
  };
}

function pressed(list, dataset, detail = 1) {
  const row = { classes: new Set(), classList: { add: (name) => row.classes.add(name) } };
  const button = { dataset, closest: () => row };
  press({}, list, { detail, target: { closest: () => button }, preventDefault() {} });
  return row;
}

test("open rows stay open when the list is new, wherever they now are", () => {
  const films = filmsOf(["Alien", "Brazil", "Casablanca"]);
  films.rows[1].open = films.rows[2].open = true;
  renew(films, "Brazil,Dumbo,Alien");
  assert.deepEqual(films.rows.map(({ title, open }) => [title, open]), [["Brazil", true], ["Dumbo", false], ["Alien", false]]);
});

test("the focus stays with its film, or goes to the one that came into its place", () => {
  const rows = ["Alien", "Brazil", "Casablanca"].map((title) => ({ dataset: { title } }));
  const after = (of, place) => nextOf(rows, of, place)?.dataset.title;
  assert.equal(after("Casablanca", 0), "Casablanca");
  assert.equal(after("Dumbo", 1), "Brazil");
  assert.equal(after("Dumbo", 3), "Casablanca");
  assert.equal(after("Dumbo", -1), "Alien"); // the button to undo, above the list
  assert.equal(nextOf([], "Dumbo", 1), undefined);
});

test("a press is told once: neither a double click nor a second press before the answer hits the film that moved up", () => {
  const told = [];
  const list = { waiting: 0, tell: (deed) => told.push(deed) };
  const row = pressed(list, { do: "rate", of: "Alien", stars: "4" });
  pressed(list, { do: "seen", of: "Brazil" });
  assert.deepEqual(told, [{ do: "rate", of: "Alien", stars: 4 }]);
  assert.ok(row.classes.has("leaving"));
  list.waiting = 0; // the answer is there
  pressed(list, { do: "rate", of: "Brazil", stars: "4" }, 2);
  assert.equal(told.length, 1);
  pressed(list, { do: "seen", of: "Brazil" });
  assert.deepEqual(told[1], { do: "seen", of: "Brazil", stars: null });
});

test("what is no button is not told", () => {
  press({}, { waiting: 0, tell: assert.fail }, { detail: 1, target: { closest: () => null }, preventDefault: assert.fail });
});
