"""Pickers for one film or one user, and the facts shown about a film: the same on every page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from collab.data.genres import genre_words
from collab.data.tables import most_rated_items, trained_items
from collab.explore.similarity import MEASURE_COLUMNS
from collab.services.run_files import TrainedRun
from collab.ui.charts import formats
from collab.ui.charts.labels import shortened
from collab.ui.frame import link
from collab.ui.frame.item_page import FILM

N_OFFERED = 10_000
"""Maximum number of films offered in a box."""

USER = "user"
"""Key of the chosen user in the session and in the link, shared by all pages."""


def minimum_ratings(help: str) -> int:
    """The slider for the fewest training ratings of a row; its value is kept in the link and from page to page."""
    return st.slider("Minimum ratings", 1, 200, 20, key="minimum", bind="query-params", help=help)


def find_text(placeholder: str, help: str) -> str:
    """The box for the text that rows of a table must contain; it is kept in the link and from page to page."""
    return st.text_input("Find", key="filter", bind="query-params", placeholder=placeholder, help=help).strip()


def pick_film(run: TrainedRun, *, default: bool, name: str = "Film", key: str = FILM, place: int = 0) -> int | None:
    """A box to choose a film by typing, most rated first; returns its item_index.

    Without a choice: with `default`, the film at `place` in this order, 0 for the most rated; else None. Films without a
    training rating are not offered.
    """
    text = "Type a few letters of the title. Films nobody rated in training are not offered."
    return pick_film_of(run.items, default, text, name, key, place)


def pick_film_of(
    items: pd.DataFrame, default: bool, help: str, name: str = "Film", key: str = FILM, place: int = 0
) -> int | None:
    """The same for the rated films of `items` (label, title, n_ratings; row 0 is `#na#`); offers the `N_OFFERED` most rated and
    the chosen one."""
    item_index = most_rated_items(items, len(items))
    labels = items["label"].to_numpy()[item_index].tolist()
    if len(labels) > N_OFFERED:  # a browser cannot hold more; the chosen film is always among them
        named = {st.session_state.get(key), link.said(key)}
        kept = [rank for rank, label in enumerate(labels) if rank < N_OFFERED or label in named]
        item_index, labels = item_index[kept], [labels[rank] for rank in kept]
    titles = dict(zip(labels, items["title"].to_numpy()[item_index], strict=True))
    # with separate ids two films may share a title, and the browser sends back the label
    often = Counter(titles.values())
    titles = {label: title if often[title] == 1 else f"{title} · {label}" for label, title in titles.items()}
    _forget_no_choice(key, default)
    label = st.selectbox(
        name,
        labels,
        index=min(place, len(labels) - 1) if default and labels else None,
        key=key,
        bind="query-params",
        format_func=titles.__getitem__,
        placeholder="Type a title",
        help=help,
    )
    return None if label is None else int(item_index[labels.index(label)])


def pick_user(run: TrainedRun) -> int:
    """A box to choose a user of the run by number; returns the user_index. Users without a training rating are not offered."""
    user_index = trained_items(run.users)
    ids = run.users["user_id"].to_numpy()[user_index].tolist()
    text = "Type a user’s number. Users without a training rating are not offered."
    return int(user_index[ids.index(pick_user_of(ids, True, text))])


def pick_user_of(ids: Sequence[str], default: bool, help: str) -> str | None:
    """A box to choose one of these user ids; without a choice the first with `default`, else None."""
    _forget_no_choice(USER, default)
    return st.selectbox(
        "User",
        ids,
        index=0 if default else None,
        key=USER,
        bind="query-params",
        filter_mode="prefix",
        placeholder="Type a number",
        help=help,
    )


def _forget_no_choice(key: str, default: bool) -> None:
    """Drop the empty choice that a box keeps from another page, if this page needs one."""
    if default and st.session_state.get(key, "") is None:
        del st.session_state[key]


def choose_film(run: TrainedRun, item_index: int) -> None:
    """Make this film the chosen one (in a callback, before the box is drawn)."""
    st.session_state[FILM] = run.items["label"].iat[item_index]


def film_facts(run: TrainedRun, item_index: int) -> None:
    """Show the film's title, genres, count, mean rating and bias."""
    genres, facts = facts_in_words(run, item_index)
    st.markdown(f"**{formats.plain(run.items['title'].iat[item_index])}**")
    st.caption("  \n".join(filter(None, [formats.plain(genres), facts])))


def facts_in_words(run: TrainedRun, item_index: int) -> tuple[str, str]:
    """A film's genres; its count, mean rating and, if the model has biases, its bias."""
    film = run.items.iloc[item_index]
    facts = [
        formats.counted(film["n_ratings"], "rating"),
        f"mean {formats.stars(film['mean_rating'])}",
        *([f"bias {formats.signed(run.model.item_biases[item_index])}"] if run.model.has_biases else []),
    ]
    return genre_words(film["genres"]), " · ".join(facts)


def neighbour_buttons(run: TrainedRun, table: pd.DataFrame, measure: str) -> None:
    """A button for each film of `collab.explore.similarity.nearest`; a press makes it the chosen film."""
    for film in table.to_dict("records"):
        value, n_ratings = film[MEASURE_COLUMNS[measure]], formats.count(film["n_ratings"])
        st.button(
            f"{formats.plain(shortened(film['title'], 27))} · {value:.2f}",
            key=f"near_{film['item_index']}",
            type="tertiary",
            help=f"{n_ratings} ratings. Press to go there.",
            on_click=choose_film,
            args=(run, film["item_index"]),
        )


def titles_with(table: pd.DataFrame, text: str) -> np.ndarray:
    """Which rows of `table` have `text` in their title, ignoring case: (n_rows,) of bool."""
    return table["title"].str.contains(text.strip(), case=False, regex=False).to_numpy(dtype=bool)
