"""What can be done with ratings as a whole: share them, keep them as a file, load them again, delete them."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

import streamlit as st

from collab.services.profiles import Answer, Profile
from collab.services.runs import TrainedRun
from collab.ui import cached, own_ratings, words
from collab.ui.rating import listed
from collab.ui.taste import STARS

LARGEST_FILE = 1
"""Megabytes of a file of ratings; 30,000 films are about that much."""


def share_button(profile: Profile | None, page_name: str) -> None:
    """The view-only link, to be copied; nothing where there is nothing to share yet."""
    if profile is None:
        return
    with st.popover("Share", icon=":material/share:", help="A link to these ratings and picks."):
        st.markdown("**View-only link**, shows ratings and picks and changes nothing:")
        st.code(_address(page_name, profile.view_token), language=None, wrap_lines=True)
        if profile.can_edit:
            st.caption(
                "The address of this page is your private link. Keep it to come back; whoever has it can change your "
                "ratings."
            )


def say_view_only() -> None:
    """That nothing here can be changed, and the way to ratings of one's own."""
    line, button = st.columns([4, 1], vertical_alignment="center")
    line.info(
        "**View only.** You are looking at somebody’s ratings and picks; nothing here can be changed.",
        icon=":material/visibility:",
    )
    button.button(
        "Rate films yourself",
        key="start_anew",
        width="stretch",
        on_click=_start_anew,
        help="Leaves this link and starts ratings of your own.",
    )


def keep_or_delete(profile: Profile | None, answers: Sequence[Answer], run: TrainedRun) -> None:
    """Download, load and delete the answers; a view-only link can download them."""
    can_edit = profile is None or profile.can_edit
    if answers:
        n_answers = f"{words.count(len(answers))} {'answer' if len(answers) == 1 else 'answers'}"
        with st.container(horizontal=True):
            st.download_button(
                "Download as CSV",
                cached.profiles().to_csv(profile),
                "ratings.csv",
                "text/csv",
                key="download",
                on_click="ignore",
                icon=":material/download:",
                help="All answers with the columns title and rating; a film not seen has no rating.",
            )
            if can_edit:
                with st.popover(
                    "Delete my ratings", icon=":material/delete:", help="Asks once more before anything is deleted."
                ):
                    st.markdown(
                        f"This deletes {n_answers} and both links, for good. Download them first to keep a copy."
                    )
                    st.button("Delete for good", key="delete", type="primary", on_click=_delete)
    if can_edit:
        _load_file(run)


def _load_file(run: TrainedRun) -> None:
    state = st.session_state
    key = f"file-{state.get('_n_files', 0)}"
    with st.expander("Load ratings from a CSV file", key="load"):
        st.file_uploader(
            "CSV file",
            type="csv",
            key=key,
            on_change=_load,
            args=(key, run.id),
            max_upload_size=LARGEST_FILE,
            help=f"The columns title and rating ({STARS}), separated by commas; an empty rating says that you have not seen the "
            "film. The file takes the place of earlier answers to the same films; other answers stay.",
        )
    if state.get("_note"):  # what came of the last file, or of deleting
        worked, text = state["_note"]
        (st.success if worked else st.error)(text)


def _load(key: str, run_id: str) -> None:
    state = st.session_state
    file = state[key]
    if file is None:
        return
    state["_n_files"] = state.get("_n_files", 0) + 1  # the next box is empty
    loaded = own_ratings.load_file(file.getvalue(), file.name, run_id)
    if loaded is None:
        state["_note"] = False, f"Nothing was loaded. {words.plain(own_ratings.take_trouble())}"
        return
    text = f"{words.count(loaded.n_answers)} {'answer' if loaded.n_answers == 1 else 'answers'} loaded."
    if loaded.lacking:
        text += f" Not in this data set, but kept: {listed(loaded.lacking)}."
    if loaded.repeated:
        text += f" More than once in the file, so the last line counts: {listed(loaded.repeated)}."
    state["_note"] = True, text


def _delete() -> None:
    if own_ratings.delete_everything():
        _forget()
        st.session_state["_note"] = True, "Your ratings and both their links are deleted."


def _start_anew() -> None:
    own_ratings.start_anew()
    _forget()


def _forget() -> None:
    for name in ("_asked", "_asked_at", "_found", "_note"):
        st.session_state.pop(name, None)


def _address(page_name: str, token: str) -> str:
    """The address of this page as it stands, with another token."""
    app = (st.context.url or "").rstrip("/").removesuffix(f"/{page_name}")
    return f"{app}/{page_name}?{urlencode({**st.query_params.to_dict(), own_ratings.LINK: token})}"
