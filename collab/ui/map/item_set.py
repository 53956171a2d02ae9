"""A set of films in the link of the map, `films=1,50,100`: item indices of the run in the link."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
import streamlit as st

from collab.data.tables import most_rated_items
from collab.services.run_files import TrainedRun
from collab.ui.charts import formats
from collab.ui.charts.plot3d.plot3d import ADDED, REMOVED
from collab.ui.frame import own_link

ITEMS = "films"
"""Its name in the link."""

MOST = 200
"""So many films a set has at most: a link must stay one that can be sent."""

_OWN = "_films"  # what this session has said last, in its state


def film_set_in_link(items: pd.DataFrame) -> list[int]:
    """The item indices of the set in the link, in its order: films of `items` with a training rating, each once.

    What is no such film is left out; `lost_from_link` says how many were.
    """
    return _read(items)[0]


def lost_from_link(items: pd.DataFrame) -> int:
    """How many entries of the set in the link name no film of the run that was ever trained, or are beyond `MOST`."""
    return _read(items)[1]


def use_set(indices: Iterable[int]) -> None:
    """Make these films, the first `MOST` of them, the set (in a callback, or before the page reads it); without any there is
    none."""
    text = ",".join(str(int(index)) for index in list(dict.fromkeys(indices))[:MOST]) or None
    st.session_state[_OWN] = text
    own_link.put(ITEMS, text)


def choose_films(run: TrainedRun, picked: Sequence[int], how: str) -> None:
    """What a box, a lasso or marked rows hold becomes the set, joins it or leaves it (in a callback)."""
    now = film_set_in_link(run.items)
    if how == REMOVED:
        left = set(picked)
        use_set(index for index in now if index not in left)
        return
    wanted = list(dict.fromkeys([*now, *picked] if how == ADDED else picked))
    if len(wanted) > MOST:
        st.session_state["_set_cut"] = len(wanted)
        wanted = _most_rated_of(run.items, wanted)
    use_set(wanted)


def set_line(run: TrainedRun, chosen: list[int], on_map: np.ndarray) -> None:
    """One line beside the picture: how large the set is, and what of it was lost."""
    if lost := lost_from_link(run.items):
        st.caption(
            f"{formats.count(lost)} of the films in the link are not in this run, or too many, and were left out."
        )
    if cut := st.session_state.pop("_set_cut", 0):
        st.caption(
            f"{formats.count(cut)} films were encircled; the {MOST} most rated of them are the set: a link holds no more."
        )
    if chosen:
        n_seen = int(np.isin(chosen, on_map).sum())
        seen = (
            ""
            if n_seen == len(chosen)
            else f", {formats.count(n_seen)} of them on the map: show more films for the others"
        )
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(f"The set: {formats.counted(len(chosen), 'film')}, framed{seen}.")
            st.button("Clear", key="set_clear", type="tertiary", on_click=use_set, args=((),), help="No set any more.")


def _most_rated_of(items: pd.DataFrame, indices: Sequence[int]) -> list[int]:
    """The `MOST` most rated of these films, the most rated first."""
    order = most_rated_items(items, len(items))
    return order[np.isin(order, indices)][:MOST].tolist()


def _read(items: pd.DataFrame) -> tuple[list[int], int]:
    entries = [part.strip() for part in (_text() or "").split(",") if part.strip()]
    counts = items["n_ratings"].to_numpy()
    known = [
        int(part)
        for part in entries
        if part.isascii() and part.isdigit() and len(part) < 10 and 0 < int(part) < len(items) and counts[int(part)] > 0
    ]
    known = list(dict.fromkeys(known))
    return known[:MOST], len(set(entries)) - len(known[:MOST])


def _text() -> str | None:
    """What the link says; where the browser has just sent the link of before our own change, what we have said since."""
    text = st.query_params.get(ITEMS)
    if own_link.is_late(ITEMS, text):
        text = st.session_state[_OWN]
        own_link.put(ITEMS, text)
    return text
