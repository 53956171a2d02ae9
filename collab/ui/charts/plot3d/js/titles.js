// Fits the titles of axes to the space there is.
//
// Why: Plotly breaks no title into lines and cuts it off at the edge (plotly.js#3077 in scenes, plotly.js#4819 on flat axes).
// Unnecessary once it does not, or with shorter titles.

import { inScene, inSvg } from "./words.js";

const LETTER = 6.2; // average width in pixels of a letter in an axis title
const LINE = 0.33; // longest line of such a title, as a share of the width of a scene
const MOST_WIDE = 620; // pixels: in a wider picture the axes are no longer, because the height limits them
const NARROW = 25; // letters in a line: with fewer, an axis with two named ends has one line for each of them
const BESIDE = 70; // pixels that a flat axis leaves free at its ends

// A long axis title would be cut off at the edge. In a scene it is broken into lines, "Component 1", "32 % of variance"; on a
// flat axis, which has room for one line, its beginning is shortened. Titles of films may stand in it.
export function fitTitles({ node, flat }, layout) {
  const axes = flat ? layout : layout.scene;
  for (const name of ["xaxis", "yaxis", "zaxis"]) {
    const title = axes[name]?.title;
    if (!title?.text) continue;
    if (flat) {
      const room = ((name === "xaxis" ? node.clientWidth : node.clientHeight) - BESIDE) / LETTER;
      title.text = inSvg(shorten(title.text, Math.floor(room)));
    } else {
      const most = Math.floor((LINE * Math.min(node.clientWidth, MOST_WIDE)) / LETTER);
      title.text = inLines(title.text, most).map(inScene).join("<br>");
    }
  }
}

export function inLines(text, most) {
  if (text.length <= most) return [text];
  const [name, ...rest] = text.split(" · ");
  const ends = name.length > most ? name.split(" → ") : [name];
  const deep = ends.length > 1 && most < NARROW ? 1 : 2; // lines per part
  const parts = ends.flatMap((end, place) => {
    const lines = wrap(end, most - (place ? 0 : 2), deep);
    return place === ends.length - 1 ? lines : [...lines.slice(0, -1), `${lines.at(-1)} →`];
  });
  return [...parts, ...rest.flatMap((part) => wrap(part, most, 2))];
}

function wrap(text, most, nLines) {
  const at = text.lastIndexOf(" ", most);
  if (text.length <= most || nLines === 1 || at < 1) return [ellipsis(text, most)];
  return [text.slice(0, at), ...wrap(text.slice(at + 1), most, nLines - 1)];
}

// Keeps the end, a share of the variance.
export function shorten(text, most) {
  const [name, ...rest] = text.split(" · ");
  const end = rest.map((part) => ` · ${part}`).join("");
  return ellipsis(name, most - end.length) + end;
}

function ellipsis(text, most) {
  return text.length <= most ? text : `${text.slice(0, Math.max(1, most - 1)).trimEnd()}…`;
}
