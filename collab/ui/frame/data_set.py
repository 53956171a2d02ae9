"""The data set of a page: the choice in the sidebar, its download, and the sample that takes its place."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from collab.data.catalogue import CATALOGUE, SAMPLE, Entry
from collab.services.downloads import Fetch
from collab.ui.charts import formats
from collab.ui.frame import cached
from collab.ui.frame.in_use import use_data
from collab.ui.frame.watch import JobProgress, watch


def pick_data(wanted: str) -> str:
    st.session_state["_pick_data"] = wanted
    return st.selectbox(
        "Data set",
        list(CATALOGUE),
        key="_pick_data",
        format_func=lambda name: CATALOGUE[name].title,
        on_change=lambda: use_data(st.session_state["_pick_data"]),
        help="The ratings that models are trained on and films are taken from.",
    )


def available(wanted: str) -> Entry:
    """The wanted data set if it is here; the sample if it is out of reach or was chosen meanwhile. Else does not return."""
    fetch = cached.fetcher().ensure(wanted)
    if fetch.state == "here":
        return CATALOGUE[wanted]
    if fetch.out_of_reach or st.session_state.get("_data_set_meanwhile") == wanted:
        return CATALOGUE[SAMPLE]
    if fetch.state == "damaged":
        _say_damaged(CATALOGUE[wanted], fetch)
    else:
        _show_fetch(wanted)
    st.stop()


def _say_damaged(entry: Entry, fetch: Fetch) -> None:
    """Say which file of the data set is not the published one, and offer a remedy."""
    st.error(
        f"**{formats.plain(entry.title)} cannot be used.** {formats.plain(fetch.message)} Runs and ratings are not touched.",
        icon=":material/error:",
    )
    with st.container(horizontal=True):
        if fetch.replaceable:
            st.button(
                "Fetch it again",
                key="_fetch_again",
                type="primary",
                help=f"Downloads {entry.megabytes:g} MB from {entry.origin.publisher}, which take the place of the damaged file.",
                on_click=_fetch_again,
                args=(entry.name,),
            )
        else:
            st.button(
                "Check again", key="_check_again", help="Reads the files anew, once you have put the originals there."
            )
        st.button(
            "Use the built-in sample meanwhile",
            key="_meanwhile",
            type="secondary" if fetch.replaceable else "primary",
            on_click=lambda: st.session_state.update(_data_set_meanwhile=entry.name),
        )


def _show_fetch(wanted: str) -> None:
    """Show the progress of the download, until it is done or the sample takes its place."""
    entry, fetcher = CATALOGUE[wanted], cached.fetcher()

    def line(_: Sequence[JobProgress]) -> tuple[float, str]:
        fetch = fetcher.state(wanted)
        done, total = fetch.done / 1e6, fetch.total / 1e6 or entry.megabytes
        what = f"Fetching {formats.plain(entry.title)} from {entry.origin.publisher}"
        return min(1.0, done / total), f"{what}: {done:.1f} of {total:.1f} MB"

    def is_over() -> bool:
        fetch = fetcher.state(wanted)
        return fetch.state in ("here", "damaged") or fetch.out_of_reach

    def meanwhile() -> None:
        if st.button("Use the built-in sample meanwhile", key="_meanwhile"):
            st.session_state["_data_set_meanwhile"] = wanted
            st.rerun()

    watch([fetcher.job(wanted).id], line=line, is_over=is_over, meanwhile=meanwhile)


def say_synthetic(wanted: str) -> None:
    """Say in one line that the ratings are synthetic, and why."""
    if wanted == SAMPLE:
        st.info(
            "**Synthetic ratings.** This is the built-in sample: real films, invented people.",
            icon=":material/science:",
        )
        return
    fetch = cached.fetcher().state(wanted)
    line, button = st.columns([5, 1], vertical_alignment="center")
    if fetch.state == "here":
        line.info(f"{formats.plain(CATALOGUE[wanted].title)} is here now.", icon=":material/check:")
        button.button(
            "Use it",
            key="_use_fetched",
            on_click=lambda: st.session_state.pop("_data_set_meanwhile", None),
            width="stretch",
        )
    else:
        why = {
            "failed": "could not be fetched",
            "connecting": "does not answer",
            "downloading": "is still being fetched",
            "damaged": "is damaged",
            "missing": "was not found",
        }[fetch.state]
        line.info(
            f"**Synthetic ratings.** {formats.plain(CATALOGUE[wanted].title)} {why}; the built-in sample stands in.",
            icon=":material/science:",
        )
        button.button(
            "Try again",
            key="_fetch_again",
            help=formats.plain(fetch.message) or None,
            width="stretch",
            on_click=_fetch_again,
            args=(wanted,),
        )


def _fetch_again(wanted: str) -> None:
    st.session_state.pop("_data_set_meanwhile", None)
    cached.fetcher().ensure(wanted, again=True)
