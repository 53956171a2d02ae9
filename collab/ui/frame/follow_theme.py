"""Redraws the page when the browser's theme switches between light and dark.

The charts' colours are chosen on the server, by `st.context.theme`; but Streamlit does not rerun the script when the theme
changes in the browser (nor when it guessed wrong at the first load), and light lines would stay on light paper (streamlit#11920).
Streamlit runs a component's JavaScript again for every new theme, so this invisible component sees the change and asks for a
rerun. Unnecessary with the release of Streamlit that does so itself.
"""

from __future__ import annotations

import streamlit as st

_JS = """
let asked = null;

export default function ({ data, parentElement, setTriggerValue }) {
  const seen = getComputedStyle(parentElement).colorScheme; // "light" or "dark"
  if (seen === data.drawn) asked = null;
  else if (asked !== seen) setTriggerValue("changed", (asked = seen)); // ask once: a page that cannot follow must not spin
}
"""
_WATCH = st.components.v2.component("collab_follow_theme", html="<span hidden></span>", js=_JS, isolate_styles=False)


def follow_theme() -> None:
    """Watch this page's theme; called once per page. Takes no space (menu.css)."""
    _WATCH(key="_theme", data={"drawn": st.context.theme.type or "light"}, on_changed_change=lambda: None)
