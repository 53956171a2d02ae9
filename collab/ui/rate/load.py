"""Loading a file of ratings: a preview first, and its answers added to the profile once confirmed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from collab.data.answers import STARS, RatingsFile
from collab.data.exports import LETTERBOXD, MOVIELENS, OWN
from collab.services.profiles import Answer
from collab.services.run_files import TrainedRun
from collab.ui.charts import formats
from collab.ui.person import own_profile
from collab.ui.person.lacking import listed, unmatched
from collab.ui.person.own_profile import FileRead

LARGEST_FILE = 5
"""Largest file of ratings in megabytes, the limit of the server for any file (.streamlit/config.toml)."""

ORIGINS = {OWN: "", LETTERBOXD: " from Letterboxd", MOVIELENS: " from movielens.org"}


def load_box(run: TrainedRun, answers: Sequence[Answer]) -> None:
    """Draw the file box, a preview of the last file, and the outcome of loading it."""
    state = st.session_state
    key = f"file-{state.get('_rate_n_files', 0)}"
    with st.expander("Load ratings from a file", key="load"):
        chosen = st.file_uploader(
            "CSV file, or the zip of a Letterboxd export",
            type=["csv", "zip"],
            key=key,
            on_change=_read,
            args=(key, run.id),
            max_upload_size=LARGEST_FILE,
            help=f"One of three: our own CSV (columns title, rating in {STARS} stars, said); the CSV behind “Export ratings” on "
            "movielens.org; Letterboxd’s export, as the whole zip or as its ratings.csv, watched.csv or watchlist.csv. "
            "What is in it is shown before anything is kept.",
        )
        if chosen is not None and state.get("_rate_file") is not None:
            if state["_rate_file"].run_id != run.id:  # the run has changed: other titles match
                state["_rate_file"] = own_profile.read_file(chosen.getvalue(), chosen.name, run.id)
            if state["_rate_file"] is not None:
                _preview(state["_rate_file"], answers, run)
    if state.get("_rate_note"):  # the outcome of the last load or deletion
        worked, text = state["_rate_note"]
        (st.success if worked else st.error)(text)


def _preview(file: FileRead, answers: Sequence[Answer], run: TrainedRun) -> None:
    """Draw what the file holds and would change, and the buttons to add or leave it."""
    read, keep, data = file.export.answers, own_profile.to_keep(file, answers), run.record.data_title
    shown = formats.plain(data)
    st.markdown(f"{_kinds(read)}{ORIGINS[file.export.origin]}: {_matched(file, shown)}.")
    given = {answer.title: (answer.rating, answer.said) for answer in answers}
    n_replaced = sum(given.get(title, now) != now for title, now in _said(keep).items())
    if n_replaced:
        takes = "One answer takes" if n_replaced == 1 else f"{formats.count(n_replaced)} answers take"
        st.caption(f"{takes} the place of another that you gave.")
    if n_listed := len(read.rows) - len(keep.rows):
        st.caption(
            f"{formats.count(n_listed)} have stars from you already, which stay: the file only lists these films."
        )
    if read.repeated:
        st.caption(f"More than once in the file, so the last line counts: {listed(read.repeated)}.")
    if file.lacking:
        with st.expander(f"Not in {shown}: {formats.count(len(file.lacking))}", key="unmatched"):
            st.caption("They are kept with the others, and count where a data set has the film.")
            said = _said(read)
            unmatched([Answer(title, said[title][0], 0, said[title][1]) for title in file.lacking], data)
    with st.container(horizontal=True):
        st.button(
            f"Add {formats.counted(len(keep.rows), 'answer')}",
            key="keep_file",
            type="primary",
            on_click=_keep,
            args=(file, shown),
        )
        st.button("Leave it", key="leave_file", type="tertiary", on_click=_next_file)


def _said(answers: RatingsFile) -> dict[str, tuple[float | None, str]]:
    """Stars, and the word given in their place, by title."""
    return {title: (rating, answers.said.get(title, "")) for title, rating in answers.rows}


def _kinds(answers: RatingsFile) -> str:
    """The number of each kind of answer: "312 ratings, 20 seen, 4 not seen"."""
    kinds = Counter(
        "ratings" if rating is not None else answers.said.get(title, "not seen") for title, rating in answers.rows
    )
    counted = [
        f"{formats.count(n)} {'rating' if (kind, n) == ('ratings', 1) else kind}" for kind, n in kinds.most_common()
    ]
    return ", ".join(counted)


def _matched(file: FileRead, data_title: str) -> str:
    lacking = f", {formats.count(len(file.lacking))} not in {data_title}" if file.lacking else ""
    return f"{formats.count(len(file.export.answers.rows) - len(file.lacking))} matched{lacking}"


def _read(key: str, run_id: str) -> None:
    state = st.session_state
    file, state["_rate_note"] = state[key], None
    state["_rate_file"] = own_profile.read_file(file.getvalue(), file.name, run_id) if file is not None else None
    if file is not None and state["_rate_file"] is None:
        _next_file()
        state["_rate_note"] = False, f"Nothing was loaded. {formats.plain(own_profile.take_errors())}"


def _keep(file: FileRead, data_title: str) -> None:
    n_kept = own_profile.keep_file(file)
    if n_kept is None:
        st.session_state["_rate_note"] = False, f"Nothing was loaded. {formats.plain(own_profile.take_errors())}"
        return
    _next_file()
    text = f"{formats.counted(n_kept, 'answer')} loaded."
    if file.lacking:
        text += f" Not in {data_title}, but kept: {listed(file.lacking)}."
    st.session_state["_rate_note"] = True, text


def _next_file() -> None:
    """Empty the file box by giving it a new key."""
    state = st.session_state
    state["_rate_file"], state["_rate_n_files"] = None, state.get("_rate_n_files", 0) + 1
