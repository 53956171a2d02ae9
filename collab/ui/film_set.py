"""A set of films in the link, `films=1,50,100`: item indices of the run in the link. Pages hand it to each other."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
import streamlit as st

from collab.interpret import most_rated_items
from collab.ui import own_link

FILMS = "films"
"""The set's name in the link."""

MOST = 200
"""So many films a set has at most: a link must stay one that can be sent."""


def film_set_text(indices: Iterable[int]) -> str:
    """The set of these item indices as the link has it: each once, in their order, the first `MOST` of them."""
    return ",".join(str(int(index)) for index in list(dict.fromkeys(indices))[:MOST])


def film_set_in_link(items: pd.DataFrame) -> list[int]:
    """The item indices of the set in the link, in its order: films of `items` with a training rating, each once.

    What is no such film is left out; `lost_from_link` says how many were.
    """
    return _read(items)[0]


def lost_from_link(items: pd.DataFrame) -> int:
    """How many entries of the set in the link name no film of the run that was ever trained, or are beyond `MOST`."""
    return _read(items)[1]


def use_set(indices: Iterable[int]) -> None:
    """Make these films the set of the link (in a callback, or before the page reads it); without films there is none."""
    text = film_set_text(indices) or None
    st.session_state["_set_before"] = (_text(), text, time.monotonic())
    own_link.put(FILMS, text)


def most_rated_of(items: pd.DataFrame, indices: Sequence[int]) -> list[int]:
    """The `MOST` most rated of these films, the most rated first."""
    chosen = np.zeros(len(items), dtype=bool)
    chosen[np.asarray(list(indices), dtype=np.int64)] = True
    order = most_rated_items(items, len(items))
    return order[chosen[order]][:MOST].tolist()


def _read(items: pd.DataFrame) -> tuple[list[int], int]:
    entries = [part.strip() for part in (_text() or "").split(",") if part.strip()]
    counts = items["n_ratings"].to_numpy()
    numbers = [int(part) for part in entries if part.isascii() and part.isdigit() and len(part) < 10]
    known = [each for each in dict.fromkeys(numbers) if 0 < each < len(items) and counts[each] > 0][:MOST]
    return known, len(set(entries)) - len(known)


def _text() -> str | None:
    """What the link says; where the browser has just sent the link of before our own change, what we have said since."""
    text = st.query_params.get(FILMS)
    before, after, since = st.session_state.get("_set_before", (None, None, 0.0))
    if text != after and text == before and time.monotonic() - since < own_link.STALE_SECONDS:
        own_link.put(FILMS, after)
        return after
    return text
