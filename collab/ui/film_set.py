"""A set of films in the link, `films=1,50,100` with an optional `set_name`, and the sets that a session keeps beside it.

The numbers are item indices of the run in the link; other pages lead here with `film_set_text`.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
import streamlit as st

from collab.tables import most_rated_items
from collab.ui import own_link

FILMS, NAME = "films", "set_name"
"""The names in the link of the set's films and of its name."""

BESIDE, BESIDE_NAME = "beside", "beside_name"
"""Likewise of the set that it is compared with."""

MOST = 200
"""So many films a set has at most: a link must stay one that can be sent."""

MOST_KEPT = 12
LONGEST_NAME = 40


def film_set_text(indices: Iterable[int]) -> str:
    """The set of these item indices as the link has it: each once, in their order, the first `MOST` of them."""
    return ",".join(str(int(index)) for index in list(dict.fromkeys(indices))[:MOST])


def film_set_in_link(items: pd.DataFrame, parameter: str = FILMS) -> list[int]:
    """The item indices of the set in the link, in its order: films of `items` with a training rating, each once.

    What is no such film is left out; `lost_from_link` says how many were.
    """
    return _read(items, parameter)[0]


def lost_from_link(items: pd.DataFrame) -> int:
    """How many entries of the set in the link name no film of the run that was ever trained, or are beyond `MOST`."""
    return _read(items, FILMS)[1]


def set_name(parameter: str = NAME) -> str:
    """The name of the set in the link; empty where it has none."""
    return (_text(parameter) or "")[:LONGEST_NAME].strip()


def use_set(indices: Iterable[int], name: str = "") -> None:
    """Make these films the set of the link (in a callback, or before the page reads it); without films there is none."""
    _put(FILMS, film_set_text(indices) or None)
    _put(NAME, name.strip()[:LONGEST_NAME] or None)


def compare_with(indices: Iterable[int], name: str = "") -> None:
    """Make these films the set that the set of the link is compared with; without films there is none."""
    _put(BESIDE, film_set_text(indices) or None)
    _put(BESIDE_NAME, name.strip()[:LONGEST_NAME] or None)


def most_rated_of(items: pd.DataFrame, indices: Sequence[int]) -> list[int]:
    """The `MOST` most rated of these films, the most rated first."""
    chosen = np.zeros(len(items), dtype=bool)
    chosen[np.asarray(list(indices), dtype=np.int64)] = True
    order = most_rated_items(items, len(items))
    return order[chosen[order]][:MOST].tolist()


def kept_sets(run_id: str) -> dict[str, list[int]]:
    """The sets that this session keeps for the run, by name, in the order in which they were kept."""
    return st.session_state.setdefault("_film_sets", {}).setdefault(run_id, {})


def keep_set(run_id: str, name: str, indices: Sequence[int]) -> None:
    """Keep a set under a name, in the place of one of the same name; the oldest of more than `MOST_KEPT` goes."""
    kept = kept_sets(run_id)
    kept[name.strip()[:LONGEST_NAME] or f"Set {len(kept) + 1}"] = list(indices)
    while len(kept) > MOST_KEPT:
        del kept[next(iter(kept))]


def forget_set(run_id: str, name: str) -> None:
    """Keep it no longer."""
    kept_sets(run_id).pop(name, None)


def _read(items: pd.DataFrame, parameter: str) -> tuple[list[int], int]:
    entries = [part.strip() for part in (_text(parameter) or "").split(",") if part.strip()]
    counts = items["n_ratings"].to_numpy()
    known = [
        int(part)
        for part in entries
        if part.isascii() and part.isdigit() and len(part) < 10 and 0 < int(part) < len(items) and counts[int(part)] > 0
    ]
    known = list(dict.fromkeys(known))
    return known[:MOST], len(set(entries)) - len(known[:MOST])


def _put(name: str, text: str | None) -> None:
    st.session_state.setdefault("_set_before", {})[name] = (_text(name), text, time.monotonic())
    own_link.put(name, text)


def _text(name: str) -> str | None:
    """What the link says; where the browser has just sent the link of before our own change, what we have said since."""
    text = st.query_params.get(name)
    before, after, since = st.session_state.get("_set_before", {}).get(name, (None, None, 0.0))
    late = text == before or (text is not None and own_link.is_late(name, text))
    if text != after and late and time.monotonic() - since < own_link.STALE_SECONDS:
        own_link.put(name, after)
        return after
    return text
