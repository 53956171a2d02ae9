"""What every page does in the browser beside Streamlit: an invisible component with a file in `js/` for each thing.

It makes one entry of the history of one step, keeps the keyboard focus, redraws the page when the theme has changed, and follows
links to items within the session. Each file says why it exists and what would make it unnecessary.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from collab.ui.charts.served import LOADER, served_scripts
from collab.ui.frame import item_page
from collab.ui.frame.parameters import PARAMETERS

_FOLDER = Path(__file__).with_name("js")
_FRAME = st.components.v2.component("collab_frame", html="<span hidden></span>", js=LOADER, isolate_styles=False)


def watch_browser() -> None:
    """Watch history, keyboard, theme and links of this page; called once per page. Takes no space (menu.css)."""
    _FRAME(
        key="_browser",
        data={
            "parts": f"{served_scripts('collab_frame', _FOLDER)}/frame.js",
            "steps": [parameter.name for parameter in PARAMETERS.values() if parameter.is_step],
            "drawn": st.context.theme.type or "light",
        },
        on_theme_change=lambda: None,
        on_item_change=_open_pressed,
    )
    item_page.go_to_requested_item()


def _open_pressed() -> None:
    pressed = st.session_state.get("_browser")
    if pressed is not None:  # None if the visitor has left the page at the same moment
        item_page.open_item(pressed.item)
