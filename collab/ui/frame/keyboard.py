"""Keeps the keyboard focus on every page: moves it into an opened popover, and next to a button that vanishes when pressed.

An invisible component; the code is in keyboard.js. The list of picks on the Rate page keeps its own focus.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_JS = Path(__file__).with_name("keyboard.js").read_text(encoding="utf-8")
_KEEP = st.components.v2.component("collab_keyboard", html="<span hidden></span>", js=_JS, isolate_styles=False)


def keep_keyboard() -> None:
    """Watch the keys of this page; called once per page. Takes no space (menu.css)."""
    _KEEP(key="_keyboard")
