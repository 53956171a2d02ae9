"""The list of picks, and the actions on each: seen it, not interested, where to watch, and undo.

A film that is set aside leaves at once and the others move up; open rows stay open and keyboard focus stays in place. That
takes a small component: `st.html` is rebuilt at every change and does not report clicks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from typing import Any

import streamlit as st

from collab.data.answers import NOT_INTERESTED, SEEN
from collab.ui.frame.item_page import search_address

KEY = "picks_list"

_HTML = """
<div class="picks-list">
  <div class="picks-said"><span role="status"></span><span class="picks-then"></span></div>
  <div class="picks-films"></div>
</div>
"""
_JS = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
_CSS = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
_LIST = st.components.v2.component("collab_pick_list", html=_HTML, css=_CSS, js=_JS, isolate_styles=False)

_EYE = (
    '<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M2 10c4-6.5 12-6.5 16 0c-4 6.5-12 6.5-16 0z"/>'
    '<circle cx="10" cy="10" r="2.6"/></svg>'
)
_CROSS = '<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M5 5l10 10M15 5l-10 10"/></svg>'


def pick_list(html: str, said: str, then: str, asked: str, on_action: Callable[[Mapping[str, Any]], None]) -> None:
    """Draw the list `html` (`film_list`), below a line with the last action in words (`said`) and the HTML of its follow-up
    buttons (`then`). `on_action` is called with what was pressed, {"do": …, "of": title, "stars": …}, before the script reruns.
    When *what if* is pressed, the container with the key `asked` scrolls into view."""

    def report() -> None:
        action = st.session_state[KEY].pressed
        if isinstance(action, Mapping):
            on_action(action)

    _LIST(key=KEY, data={"html": html, "said": said, "then": then, "asked": asked}, on_pressed_change=report)


def tools(title: str) -> str:
    """Two small buttons at the end of a row that set the film aside without opening the row."""
    return (
        '<div class="tools">'
        + _button(SEEN, title, "Seen it", _EYE, small=True)
        + _button(NOT_INTERESTED, title, "Not interested", _CROSS, small=True)
        + "</div>"
    )


def actions(title: str, address: str, can_edit: bool) -> str:
    """The same actions in words, first in the open row, with stars for a film that has been seen. A view-only visitor gets only
    the links, to the film's page at `address` and to a search."""
    onwards = (
        f'<a class="item-page" href="{escape(address)}" target="_self">The film’s page'
        f'<span class="unseen">: {escape(title)}</span></a>'
        f'<a href="{escape(search_address(title))}" target="_blank" rel="noopener noreferrer">Where to watch'
        f'<span class="unseen"> {escape(title)} (opens a web search)</span><span aria-hidden="true">↗</span></a>'
    )
    if not can_edit:
        return f'<div class="deeds">{onwards}</div>'
    return (
        f'<div class="deeds"><span class="seen-it">{_button(SEEN, title, "Seen it")}{stars(title)}</span>'
        f"{_button(NOT_INTERESTED, title, 'Not interested')}{onwards}</div>"
    )


def stars(title: str) -> str:
    """Five stars to rate a film that has been seen."""
    each = "".join(
        f'<button type="button" data-do="rate" data-of="{escape(title)}" data-stars="{n}" '
        f'aria-label="Rate {escape(title)}: {n} out of 5 stars" title="{n} out of 5 stars">★</button>'
        for n in range(1, 6)
    )
    return f'<span class="stars" role="group" aria-label="Rate {escape(title)}">{each}</span>'


def undo_button(title: str) -> str:
    """The button that undoes the last action, on the film `title`."""
    return f'<button type="button" class="undo" data-do="undo" data-of="{escape(title)}">Undo</button>'


def _button(do: str, title: str, name: str, picture: str = "", *, small: bool = False) -> str:
    shown = picture if small else escape(name)
    spoken_name = escape(f"{name}: {title}")
    return (
        f'<button type="button" data-do="{escape(do)}" data-of="{escape(title)}" aria-label="{spoken_name}" '
        f'title="{escape(name)}">{shown}</button>'
    )
