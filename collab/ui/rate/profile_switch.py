"""The profile switch of the Rate page: the name of the open profile, and the other profiles of this browser."""

from __future__ import annotations

import streamlit as st

from collab.services.profiles import DEFAULT_NAME, LONGEST_NAME, Profile
from collab.ui.charts import formats
from collab.ui.person import own_profile

BOX = "profile_box"
WIDTH = 340
"""Width of the box in pixels; it still fits a narrow screen."""

SHORT = 14
"""Longest name on a button, in characters."""


def profile_switch(profile: Profile | None) -> None:
    """Draw the name of the open profile, and behind it the controls to rename it, open another profile of this browser or start
    a new one. Draws nothing on a view-only link."""
    if profile is not None and not profile.can_edit:
        return
    here = own_profile.profiles_here()
    others = [each for each in here if profile is None or each.id != profile.id]
    with st.container(horizontal=True, width="content", vertical_alignment="center", gap="small", key="whose"):
        if profile is None and others:
            st.button(
                f"Continue as {short_name(others[-1])}",
                key="continue",
                type="tertiary",
                on_click=_switch_to,
                args=(others[-1],),
                help="Opens the ratings that this browser met last.",
            )
        with (
            st.popover(
                short_name(profile) if profile else "Profile",
                icon=":material/person:",
                key=BOX,
                on_change="rerun",
                help="Name these ratings, or open others: each profile has its own answers, picks and links.",
            ),
            st.container(width=WIDTH),
        ):
            _name(profile)
            if others:
                _others(others)
            _another()
            if profile is not None:
                _leave(profile)
            st.caption(
                "The list lasts as long as the browser’s session: closing the browser or clearing its cookies may empty "
                "it. A profile’s private link, the address of this page, always opens it."
            )


def short_name(profile: Profile) -> str:
    """The name on a button, as Markdown; a long one is truncated."""
    name = profile.name if len(profile.name) <= SHORT else f"{profile.name[: SHORT - 1].rstrip()}…"
    return formats.plain(name)


def _name(profile: Profile | None) -> None:
    key = f"name-{profile.id if profile else 'new'}"
    st.session_state[key] = profile.name if profile else ""
    st.text_input(
        "Name",
        key=key,
        max_chars=LONGEST_NAME,
        placeholder="Who is rating? The first answer or a name starts a profile.",
        on_change=lambda: own_profile.name_it(st.session_state[key]),
        help="Enter keeps it. Whoever opens the view-only link sees it too.",
    )


def _others(others: list[Profile]) -> None:
    st.caption("Also in this browser")
    n_answers = own_profile.n_answers(others)
    for each in reversed(others):
        with st.container(
            horizontal=True, wrap=False, vertical_alignment="center", gap="small", key=f"other-{each.id}"
        ):
            n = n_answers.get(each.id)
            count = "" if n is None else f" · {formats.counted(n, 'answer')}"
            st.button(
                short_name(each) + count, key=f"switch-{each.id}", width="stretch", on_click=_switch_to, args=(each,)
            )
            st.button(
                "",
                key=f"forget-{each.id}",
                type="tertiary",
                icon=":material/close:",
                on_click=own_profile.forget_here,
                args=(each,),
                help="Forget here: off this browser’s list. Its ratings stay, and its private link opens them.",
            )


def _leave(profile: Profile) -> None:
    st.button(
        "Leave and forget here",
        key="forget",
        type="tertiary",
        icon=":material/logout:",
        on_click=_forget,
        args=(profile,),
        help="Takes these ratings off this browser’s list and leaves them. Only their private link opens them again: copy the "
        "address of this page first.",
    )


def _another() -> None:
    with st.form("another", clear_on_submit=True, border=False):
        st.text_input("Another profile", key="another_name", max_chars=LONGEST_NAME, placeholder=DEFAULT_NAME)
        st.form_submit_button("Start another profile", key="start_another", on_click=_start_another)


def _start_another() -> None:
    if own_profile.start_another(st.session_state["another_name"].strip() or DEFAULT_NAME):
        _close()


def _switch_to(profile: Profile) -> None:
    own_profile.switch_to(profile)
    _close()


def _forget(profile: Profile) -> None:
    if own_profile.forget_here(profile):
        _close()


def _close() -> None:
    st.session_state[BOX] = False
