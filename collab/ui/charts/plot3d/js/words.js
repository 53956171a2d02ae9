// The hover texts of the points, made here from columns.
//
// Why: the texts of 10,000 points would be most of what a page sends, and the columns are less than half of them; Plotly's
// `hovertemplate` can neither look up a name by its number nor leave out what a point lacks.
// Unnecessary once it can.

// "Alien (1979) · Horror, Sci-Fi · bias +0.42 · 291 ratings" for every point, as the text that Plotly shows under the pointer.
export function writeWords(picture, figure) {
  if (!picture.data.words) return;
  if (picture.told !== picture.data.words) picture.texts = textsOf(JSON.parse(picture.data.words));
  for (const trace of figure.data) {
    if (trace.customdata) trace.hovertext = Array.from(trace.customdata, (index) => picture.texts.get(index) ?? "");
  }
}

export function textsOf({ index, parts }) {
  const texts = new Map();
  index.forEach((each, row) => {
    texts.set(each, parts.map((part) => partText(part, row)).filter(Boolean).join(" · "));
  });
  return texts;
}

// A text from outside for Plotly, which reads tags, entities and %{variables}.
export function inSvg(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("%{", "&#37;{");
}

// The same for the axes of a scene, where WebGL knows no entities: what divides a tag there has no width, and nobody can copy it.
export function inScene(text) {
  return text.replaceAll("<", "<\u2060").replaceAll("%{", "%\u2060{");
}

function partText(part, row) {
  const value = part.codes ? part.names[part.codes[row]] : part.values[row];
  if (value === null || value === undefined) return "";
  if (typeof value !== "number") return inSvg(value);
  const digits = { minimumFractionDigits: part.digits, maximumFractionDigits: part.digits };
  const sign = part.sign ? (value < 0 ? "−" : "+") : value < 0 ? "−" : "";
  const after = part.after === " ratings" && value === 1 ? " rating" : part.after;
  return `${part.before}${sign}${Math.abs(value).toLocaleString("en", digits)}${after}`;
}
