"""The session's own changes to its link, and how an outdated link from the browser is recognised and ignored.

A browser sends its link with every rerun. If it asks for one before it has received the last change, it sends the old link;
following that would make a slider jump back.
"""

from __future__ import annotations

import time
from urllib.parse import urlencode

import streamlit as st

STALE_SECONDS = 10.0  # generous: on a busy machine a rerun can wait that long
LONG_STALE_SECONDS = 60.0  # for sliders: the Back button is not used for them, and a jump back would be worse


def put(name: str, text: str | None) -> None:
    """Set `name=text` in the link; None removes `name` from it."""
    before = st.query_params.get(name)
    if before == text:
        return
    _replace(name, before)
    if text is None:
        del st.query_params[name]
    else:
        st.query_params[name] = text


def _replace(name: str, text: str | None) -> None:
    """Remember that the session has just replaced `name=text`."""
    now = time.monotonic()
    replaced = st.session_state.get("_replaced", {})
    recent = {what: since for what, since in replaced.items() if now - since < LONG_STALE_SECONDS}
    st.session_state["_replaced"] = recent | {(name, text): now}


def is_stale(name: str, text: str | None, within: float = STALE_SECONDS) -> bool:
    """Whether the session itself has replaced `name=text`, or a link without `name`, less than `within` seconds ago."""
    since = st.session_state.get("_replaced", {}).get((name, text))
    return since is not None and time.monotonic() - since < within


def newly_linked(name: str, within: float = LONG_STALE_SECONDS) -> str | None:
    """The link's value of `name`, unless the session put it there itself with `keep`, or it is late; None otherwise."""
    text = st.query_params.get(name)
    own = text is None or text == st.session_state.get(f"_linked_{name}") or is_stale(name, text, within)
    return None if own else text


def keep(name: str, text: str | None) -> None:
    """`put` it, and remember it as the session's own."""
    key = f"_linked_{name}"
    # this rerun's link may be older even than the value kept last, and a link with that may still arrive
    if key in st.session_state and text not in (st.session_state[key], st.query_params.get(name)):
        _replace(name, st.session_state[key])
    st.session_state[key] = text
    put(name, text)


def follow_again(name: str) -> None:
    """Treat the link's value of `name` as newly linked again."""
    st.session_state.pop(f"_linked_{name}", None)


def address(page_name: str, **changed: str) -> str:
    """The full address of the page, to be copied, with these parameters of its link `changed`."""
    app = (st.context.url or "").rstrip("/").removesuffix(f"/{page_name}")
    # a name may occur several times, once for each genre chosen
    link = {name: st.query_params.get_all(name) for name in st.query_params}
    return f"{app}/{page_name}?{urlencode({**link, **changed}, doseq=True)}"
