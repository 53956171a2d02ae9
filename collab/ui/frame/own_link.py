"""The session's own changes of its link: what it has just replaced may come back once more, and is not to be followed then.

A browser sends its link with every turn. Where it asked for a turn before it had heard of the last change, the link of before
comes with it: followed, a slider would jump back to where it was.
"""

from __future__ import annotations

import time
from urllib.parse import urlencode

import streamlit as st

STALE_SECONDS = 10.0  # generous: on a busy machine a turn can wait that long
LONG_STALE_SECONDS = 60.0  # where nobody goes back in the browser, and jumping back would be worse: sliders


def put(name: str, text: str | None) -> None:
    """Say `name=text` in the link, or leave `name` out of it."""
    before = st.query_params.get(name)
    if before == text:
        return
    _replace(name, before)
    if text is None:
        del st.query_params[name]
    else:
        st.query_params[name] = text


def _replace(name: str, text: str | None) -> None:
    """Remember that `name=text` is what the session has just replaced."""
    now = time.monotonic()
    replaced = st.session_state.get("_replaced", {})
    recent = {what: since for what, since in replaced.items() if now - since < LONG_STALE_SECONDS}
    st.session_state["_replaced"] = recent | {(name, text): now}


def is_late(name: str, text: str | None, within: float = STALE_SECONDS) -> bool:
    """Whether the session itself has replaced `name=text`, or a link without `name`, less than `within` seconds ago."""
    since = st.session_state.get("_replaced", {}).get((name, text))
    return since is not None and time.monotonic() - since < within


def newly_linked(name: str, within: float = LONG_STALE_SECONDS) -> str | None:
    """What the link says of `name`, where the session did not `keep` it there itself and it is not late; None otherwise."""
    text = st.query_params.get(name)
    own = text is None or text == st.session_state.get(f"_linked_{name}") or is_late(name, text, within)
    return None if own else text


def keep(name: str, text: str | None) -> None:
    """`put` it, and remember that it is the session's own."""
    key = f"_linked_{name}"
    # this turn's link may be of before even that, and the one with it is yet to come
    if key in st.session_state and text not in (st.session_state[key], st.query_params.get(name)):
        _replace(name, st.session_state[key])
    st.session_state[key] = text
    put(name, text)


def follow_again(name: str) -> None:
    """What the link says of `name` is newly linked once more."""
    st.session_state.pop(f"_linked_{name}", None)


def address(page_name: str, **changed: str) -> str:
    """The whole address of the page as it stands, to be copied, with these texts `changed` in its link."""
    app = (st.context.url or "").rstrip("/").removesuffix(f"/{page_name}")
    # a name may stand there several times, once for each genre chosen
    link = {name: st.query_params.get_all(name) for name in st.query_params}
    return f"{app}/{page_name}?{urlencode({**link, **changed}, doseq=True)}"
