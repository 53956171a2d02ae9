"""The tables of two runs: the films that moved most and least, neighbours kept, and all films."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from collab.explore.alignment import overlap_by_count
from collab.ui.charts import formats
from collab.ui.frame.other_run import AGAINST
from collab.ui.map.two_runs_cached import TwoRuns
from collab.ui.widgets.tables import item_table, show_table

N_MOVED = 10


def chosen_facts(two: TwoRuns, chosen: int) -> None:
    """How far the chosen film moved, and how many of its neighbours are kept."""
    rows = np.flatnonzero(two.items["first_index"] == chosen)
    if not len(rows):
        same_films = two.first.record.items_by == two.second.record.items_by
        st.caption(
            f"It is on neither map: it has fewer than {two.minimum} training ratings in one of the runs"
            + ("." if same_films else ", or another id of its title stands there instead.")
        )
        return
    row, moved, n = int(rows[0]), two.alignment.moved, len(two.items)
    rank = 1 + int((moved > moved[row]).sum())
    st.caption(
        f"Moved {formats.percent(moved[row])} of how far films typically lie from the middle: place {formats.count(rank)} of "
        f"{formats.count(n)}, 1 moved most. {two.n_kept[row]} of its {two.kept.k} nearest are kept."
    )


def movers(two: TwoRuns) -> None:
    """The films that moved most and least, next to each other."""
    st.header("Moved most and least", anchor=False)
    n = min(N_MOVED, len(two.items) // 2)
    most, least = st.columns(2, gap="medium")
    with most:
        st.markdown("**Most**")
        _movers_table(two, two.table.head(n), "The films that moved most", "most_moved")
    with least:
        st.markdown("**Least**")
        _movers_table(two, two.table.tail(n).iloc[::-1], "The films that moved least", "least_moved")
    st.caption(
        "Moved: the distance between a film’s two places in all factors, not in the two drawn alone, in shares of how far films "
        "typically lie from A’s middle. Films near the middle have little to move."
    )


def _movers_table(two: TwoRuns, table: pd.DataFrame, alt: str, key: str) -> None:
    order = ["title", "moved_percent", "kept", "n_ratings"]
    narrow = {"title": st.column_config.TextColumn("Title", width=140)}
    item_table(table, two.first.items, key, alt, order, _columns(two) | narrow, height="content")


def neighbours(two: TwoRuns, chosen: int | None) -> None:
    """Neighbours kept by the number of ratings, and a link to those of one film."""
    st.header("Neighbours kept", anchor=False)
    bands, k = overlap_by_count(two.kept, two.items["n_ratings"].to_numpy()), two.kept.k
    show_table(
        pd.DataFrame(
            {
                "ratings": [_band_words(band.low, band.high) for band in bands.itertuples()],
                "films": bands["n_items"],
                "kept": k * bands["kept"],
                "chance": k * two.kept.chance,
            }
        ),
        height="content",
        width=420,
        key="kept_bands",
        alt="Neighbours kept by the film’s number of ratings",
        column_config={
            "ratings": "Ratings",
            "films": st.column_config.NumberColumn("Films", format="localized"),
            "kept": st.column_config.NumberColumn(f"Kept of {k}", format="%.1f"),
            "chance": st.column_config.NumberColumn("By chance", format="%.2f"),
        },
    )
    film = {} if chosen is None else {"film": two.first.items["label"].iat[chosen]}
    st.page_link(
        "pages/similar.py",
        label="A film’s neighbours in both runs",
        icon=":material/join_inner:",
        query_params={"similar_view": "Two runs", AGAINST: two.second.id, **film},
    )


def _band_words(low: int, high: int | None) -> str:
    """A band of counts: "20–49", "200 or more"."""
    return f"{formats.count(low)} or more" if pd.isna(high) else f"{formats.count(low)}–{formats.count(high)}"


def all_films(two: TwoRuns) -> None:
    """Every film with its places in both runs."""
    st.header("All films", anchor=False)
    columns = ["title", "moved_percent", "out_percent", "kept", "n_first", "n_second", "a1", "a2", "b1", "b2"]
    alt = "Every film compared: how far it moved, neighbours kept, and its places in both runs"
    item_table(two.table, two.first.items, "all_films", alt, columns, _columns(two))


def _columns(two: TwoRuns) -> dict:
    shares = zip(("a1", "a2", "b1", "b2"), ("A", "A", "B", "B"), (1, 2, 1, 2), strict=True)
    return {
        "moved_percent": st.column_config.NumberColumn(
            "Moved", format="%.0f %%", width=62, help="In shares of how far films typically lie from A’s middle."
        ),
        "out_percent": st.column_config.NumberColumn(
            "From A’s middle", format="%.0f %%", help="Its distance from the middle in A, in the same shares."
        ),
        "kept": st.column_config.NumberColumn(
            f"Kept of {two.kept.k}", width=76, help="Nearest films that both runs share."
        ),
        "n_ratings": st.column_config.NumberColumn(
            "Ratings", format="localized", width=64, help="Training ratings, the fewer of both runs."
        ),
        "n_first": st.column_config.NumberColumn("Ratings in A", format="localized"),
        "n_second": st.column_config.NumberColumn("Ratings in B", format="localized"),
        **{
            name: st.column_config.NumberColumn(f"{letter}, component {number}", format="%+.2f")
            for name, letter, number in shares
        },
    }
