// Asks for another turn when the browser's theme switches between light and dark.
//
// Why: the charts' colours are chosen on the server, by `st.context.theme`; but Streamlit does not rerun the script when the
// theme changes in the browser, nor when it guessed wrong at the first load, and light lines would stay on light paper
// (streamlit#11920).
// Unnecessary with the release of Streamlit that does so itself.

let asked = null;

export default function ({ data, parentElement, setTriggerValue }) {
  const seen = getComputedStyle(parentElement).colorScheme; // "light" or "dark"
  if (seen === data.drawn) asked = null;
  else if (asked !== seen) setTriggerValue("theme", (asked = seen)); // ask once: a page that cannot follow must not spin
}
