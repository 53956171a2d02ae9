// What every page does in the browser beside Streamlit: history, keyboard, theme and links to items; a file for each.
//
// Why: each file says so at its top.
// Unnecessary once none of them is needed.
//
// Streamlit runs the default export on every page, and again for other data and when the theme changes.

import followLinks from "./item_links.js";
import followTheme from "./theme.js";
import keepHistory from "./history.js";
import keepKeyboard from "./keyboard.js";

export default function (mount) {
  keepHistory(mount);
  keepKeyboard();
  followTheme(mount);
  followLinks(mount);
}
