"""The set of films in the link of the map, `films=1,50,100`: item indices of the run in the link."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
import streamlit as st

from collab.data.tables import most_rated_items
from collab.services.run_files import TrainedRun
from collab.ui.charts import formats
from collab.ui.charts.plot3d.plot3d import ADDED, REMOVED
from collab.ui.frame import link

ITEMS = "films"
"""The set's name in the link."""

MOST = 200
"""The most films in a set: a link must stay short enough to send."""


def film_set_in_link(items: pd.DataFrame) -> list[int]:
    """The item indices of the set in the link, in its order: films of `items` with a training rating, each once.

    Other entries are left out; `lost_from_link` counts them.
    """
    return _read(items)[0]


def lost_from_link(items: pd.DataFrame) -> int:
    """How many entries of the set in the link name no film with a training rating, or are beyond `MOST`."""
    return _read(items)[1]


def use_set(indices: Iterable[int]) -> None:
    """Make the first `MOST` of these films the set, or clear it if there are none (in a callback, or before the set is read)."""
    link.put(ITEMS, ",".join(str(int(index)) for index in list(dict.fromkeys(indices))[:MOST]) or None)


def choose_films(run: TrainedRun, picked: Sequence[int], how: str) -> None:
    """Make the films of a box, a lasso or marked rows the set, add them to it or remove them (in a callback)."""
    now = film_set_in_link(run.items)
    if how == REMOVED:
        left = set(picked)
        use_set(index for index in now if index not in left)
        return
    wanted = list(dict.fromkeys([*now, *picked] if how == ADDED else picked))
    if len(wanted) > MOST:
        st.session_state["_map_set_cut"] = len(wanted)
        wanted = _most_rated_of(run.items, wanted)
    use_set(wanted)


def set_line(run: TrainedRun, chosen: list[int], on_map: np.ndarray) -> None:
    """One line beside the picture: the size of the set, and how many of its films were left out."""
    if lost := lost_from_link(run.items):
        st.caption(
            f"{formats.count(lost)} of the films in the link are not in this run, or too many, and were left out."
        )
    if cut := st.session_state.pop("_map_set_cut", 0):
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
    text = link.own(ITEMS)
    link.put(ITEMS, text)
    entries = [part.strip() for part in (text or "").split(",") if part.strip()]
    counts = items["n_ratings"].to_numpy()
    known = [
        int(part)
        for part in entries
        if part.isascii() and part.isdigit() and len(part) < 10 and 0 < int(part) < len(items) and counts[int(part)] > 0
    ]
    known = list(dict.fromkeys(known))
    return known[:MOST], len(set(entries)) - len(known[:MOST])
