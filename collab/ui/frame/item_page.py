"""The way to an item's page, from a table or from a link in a list made of HTML, in the same session.

A browser that follows a link begins a new session, which knows neither the person who rates nor what was chosen elsewhere. So
an invisible component tells which link was pressed; one that is opened in another tab is followed as every link is.
"""

from __future__ import annotations

import contextlib
from urllib.parse import quote_plus, urlencode

import streamlit as st
from streamlit.errors import StreamlitAPIException

from collab.data.titles import spoken
from collab.services.run_files import TrainedRun

_JS = """
let go = null;

addEventListener("click", (event) => {
  const link = event.target.closest?.("a.item-page");
  if (!go || !link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(new URL(link.href).searchParams.get("film"));
});

export default function ({ setTriggerValue }) {
  go = (film) => setTriggerValue("pressed", film);
}
"""
_LINKS = st.components.v2.component("collab_item_links", html="<span hidden></span>", js=_JS, isolate_styles=False)
_WANTED = "_wanted_item"
"""In the session, between two pages: the label of the item whose page is asked for."""


def item_address(run: TrainedRun, item_index: int) -> str:
    """Where a link in HTML leads: the page of an item with this run. Relative, so that it holds below any base path."""
    return f"similar?{urlencode({'data': run.record.data, 'run': run.id, FILM: run.items['label'].iat[item_index]})}"


def open_item(label: str) -> None:
    """Ask for the page of an item; for a callback."""
    st.session_state[_WANTED] = label


def leave_for_item() -> None:
    """Go to the page of the item that was asked for, where one was."""
    if _WANTED in st.session_state:
        st.switch_page("pages/similar.py", query_params={})


def _open_pressed() -> None:
    links = st.session_state.get("_item_links")
    if links is not None:  # else somebody has left the page with the same breath
        open_item(links.pressed)


def follow_item_links() -> None:
    """Go where a link or an arrow leads; called once a page. Takes no room (menu.css)."""
    _LINKS(key="_item_links", on_pressed_change=_open_pressed)
    leave_for_item()


def arrive() -> str | None:
    """Make the item that was asked for the chosen one, and return its label; the item's page calls it first of all."""
    wanted = st.session_state.pop(_WANTED, None)
    if wanted is not None:
        st.session_state[FILM] = wanted
        with contextlib.suppress(StreamlitAPIException):  # where the page showed another item, its box sees to the link
            st.query_params[FILM] = wanted
    return wanted


SEARCH = "https://duckduckgo.com/?q="
"""A web search that takes a question in its address, without an account or a key."""


def search_address(title: str) -> str:
    """The address of a web search for where a film can be watched: "The Thing (1982) where to watch"."""
    return SEARCH + quote_plus(f"{spoken(title)} where to watch")


FILM = "film"
"""The chosen film's key in the session and name in the link; pages share it."""
