"""Navigation to an item's page, from a table or from a link in an HTML list, within the same session.

A browser that follows a link in HTML or Markdown starts a new session, which knows neither the open profile nor what was chosen
elsewhere. So an invisible component reports which link was pressed; a link opened in another tab is followed as usual. Its
JavaScript is unnecessary once Streamlit follows links to the app's own pages as `st.page_link` does.
"""

from __future__ import annotations

from urllib.parse import quote_plus, urlencode

import streamlit as st

from collab.data.titles import spoken
from collab.services.run_files import TrainedRun
from collab.ui.frame import link

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
_WANTED = "_item_page_wanted"
"""Session key, used between two pages: the label of the item whose page was requested."""


def item_address(run: TrainedRun, item_index: int) -> str:
    """The address of an item's page with this run, for an HTML link. Relative, so that it works under any base path."""
    return f"similar?{urlencode({'data': run.record.data, 'run': run.id, FILM: run.items['label'].iat[item_index]})}"


def open_item(label: str) -> None:
    """Request the page of an item; for a callback."""
    st.session_state[_WANTED] = label


def go_to_requested_item() -> None:
    """Go to the page of the requested item, if there is one."""
    if _WANTED in st.session_state:
        st.switch_page("pages/similar.py", query_params={})


def _open_pressed() -> None:
    links = st.session_state.get("_item_links")
    if links is not None:  # None if the visitor has left the page at the same moment
        open_item(links.pressed)


def follow_item_links() -> None:
    """Follow a pressed link or arrow; called once per page. Takes no space (menu.css)."""
    _LINKS(key="_item_links", on_pressed_change=_open_pressed)
    go_to_requested_item()


def arrive() -> str | None:
    """Make the requested item the chosen one and return its label, None without one; the item's page calls this first."""
    wanted = st.session_state.pop(_WANTED, None)
    if wanted is not None:
        st.session_state[FILM] = wanted
        link.ask(FILM, wanted)
    return wanted


SEARCH = "https://duckduckgo.com/?q="
"""A web search that takes its query in the address, without an account or a key."""


def search_address(title: str) -> str:
    """The address of a web search for where a film can be watched: "The Thing (1982) where to watch"."""
    return SEARCH + quote_plus(f"{spoken(title)} where to watch")


FILM = "film"
"""Key of the chosen film in the session and in the link, shared by all pages."""
