"""Navigation to an item's page, from a table or from a link in an HTML list, within the same session.

Which link was pressed is reported by the browser (`js/item_links.js`); a link opened in another tab is followed as usual.
"""

from __future__ import annotations

from urllib.parse import quote_plus, urlencode

import streamlit as st

from collab.data.titles import spoken
from collab.services.run_files import TrainedRun
from collab.ui.frame import link

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
