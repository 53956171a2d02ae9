"""Keeps the keyboard where it was, on every page: it goes into a popover that it has opened, and on beside what it pressed away.

An invisible component; what it does is in keyboard.js. The list of picks on the Rate page keeps its own itself.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_JS = Path(__file__).with_name("keyboard.js").read_text(encoding="utf-8")
_KEEP = st.components.v2.component("collab_keyboard", html="<span hidden></span>", js=_JS, isolate_styles=False)


def keep_keyboard() -> None:
    """Watch the keys of this page; called once a page. Takes no room (menu.css)."""
    _KEEP(key="_keyboard")
