"""The link of the page: read when somebody arrives, remembered by the session, and written by its pages.

What the address says is followed where a person has asked for it: with the first turn of a session, with the first turn after
the page has changed, and with *Back* and *Forward*. In between the session decides and the address follows, so what a browser
sends late is never taken up. `parameters.py` has all names; what does not fit its form is refused in words before any page or
widget sees it.

Streamlit writes the address in two ways: a widget bound to the link replaces the entry of the browser's history, and what a
script sets pushes a new one, also where that is no step for a person; `js/history.js` makes one entry of one step.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from urllib.parse import parse_qs, urlencode

import streamlit as st
from streamlit.errors import StreamlitAPIException
from streamlit.runtime.scriptrunner import get_script_run_ctx

from collab.ui.charts import formats
from collab.ui.frame.parameters import Parameter, parameters

_OWN, _NEW, _PAGE, _REFUSED = "_link", "_link_new", "_link_page", "_link_refused"


def arrive(page: str) -> None:
    """Take up what the address asks for, if somebody has just arrived at this page; called before the page is drawn.

    Where the address says what no widget may see, it is put right and the turn begins again.
    """
    state, context = st.session_state, get_script_run_ctx()
    is_back = bool(context and context.is_history_navigation)
    if state.get(_PAGE) == page and not is_back:
        return
    is_other, state[_PAGE] = state.get(_PAGE) != page, page
    asked, refused = _asked(page, context.query_string if is_back and context else urlencode(_said(), doseq=True))
    own, new = state.setdefault(_OWN, {}), {}  # what is new, with the value before
    for name, parameter in parameters().items():
        if name in asked:
            new[name], own[name] = own.get(name), asked[name][-1]
        elif is_back and not parameter.stays and is_on(parameter, page):
            if parameter.is_bound:
                state.pop(name, None)
            if own.get(name) is not None:
                new[name], own[name] = own[name], None
    state[_NEW] = new
    if refused:
        state[_REFUSED] = refused
    # on the same page the widgets are bound already, and Streamlit has read them; nothing was ever refused there
    if is_other and asked != _said():
        st.query_params.from_dict(asked)
        st.rerun()


def is_on(parameter: Parameter, page: str) -> bool:
    """Whether a page has this parameter."""
    return not parameter.pages or page in parameter.pages


def own(name: str) -> str | None:
    """What the parameter is for this session, as the link writes it; None for its default."""
    return st.session_state.get(_OWN, {}).get(name)


def came(name: str) -> bool:
    """Whether the link has just asked for a value, which is `own` now, or for the default; true once."""
    new = st.session_state.get(_NEW, {})
    if name not in new:
        return False
    del new[name]
    return True


def take(name: str) -> str | None:
    """The value that the link has just asked for, with the session's own back in its place; None if it has asked for none."""
    new = st.session_state.get(_NEW, {})
    if name not in new:
        return None
    asked = own(name)
    remember(name, new.pop(name))
    return asked


def put(name: str, text: str | None) -> None:
    """Make `text` the session's own value of a parameter, None for its default, and let the address say so."""
    put_all({name: text})


def put_all(texts: Mapping[str, str | None]) -> None:
    """`put` several, in one message to the browser if none is taken out of the address."""
    for name, text in texts.items():
        remember(name, text)
    changed = {name: text for name, text in texts.items() if text and st.query_params.get(name) != text}
    if changed:
        st.query_params.update(changed)
    for name, text in texts.items():
        if not text:  # an empty text is the session's own alone: nobody is together
            hide(name)


def ask(name: str, text: str) -> None:
    """Let the address ask a bound widget for a value before it is drawn; one that is drawn already writes the address itself."""
    with contextlib.suppress(StreamlitAPIException):
        st.query_params[name] = text


def hide(name: str) -> None:
    """Take a parameter out of the address; the session keeps it."""
    st.query_params.pop(name, None)


def remember(name: str, text: str | None) -> None:
    """Make `text` the session's own value, and leave the address as it is until a page puts it there."""
    st.session_state.setdefault(_OWN, {})[name] = text


def said(name: str) -> str | None:
    """What the address says now, for what the browser writes there by itself."""
    return st.query_params.get(name)


def address(page: str, **changed: str) -> str:
    """The full address of a page, to be copied, with these parameters of its link `changed`."""
    app = (st.context.url or "").rstrip("/").removesuffix(f"/{page}")
    return f"{app}/{page}?{urlencode({**_said(), **changed}, doseq=True)}"


def say_refused() -> None:
    """Say what of the link was not followed, and why."""
    for reason in st.session_state.pop(_REFUSED, ()):
        st.warning(f"{formats.plain(reason)} What you see is without it.", icon=":material/link_off:")


def _asked(page: str, query: str) -> tuple[dict[str, list[str]], list[str]]:
    """What a query asks of a page, by name, and the sentences that refuse the rest. Names that nobody knows are left out."""
    asked, refused, known = {}, [], parameters()
    for name, texts in parse_qs(query, keep_blank_values=True).items():
        parameter = known.get(name)
        if parameter is None or not is_on(parameter, page):
            continue
        if reason := parameter.refusal(texts):
            refused.append(reason)
        else:
            asked[name] = texts
    return asked, refused


def _said() -> dict[str, list[str]]:
    """What the address says, by name; a name may stand there several times, once for each genre chosen."""
    return {name: st.query_params.get_all(name) for name in st.query_params}
