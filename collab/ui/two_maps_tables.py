"""The films of two runs, one by one: those that moved most, whose neighbours are kept, and the tables of all that."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from collab.alignment import kept_by_count, near_in_either
from collab.ui import two_runs, words
from collab.ui.charts import PLAIN
from collab.ui.theme import palette
from collab.ui.two_maps_chart import band_words, kept_figure
from collab.ui.two_maps_shown import NEAREST_BY, TwoMaps

N_MOVED = 10


def chosen_facts(maps: TwoMaps) -> None:
    """How far the chosen film moved, and how many of its neighbours are kept."""
    row = maps.chosen
    if row is None:
        same_films = maps.first.record.items_by == maps.second.record.items_by
        st.caption(
            f"It is on neither map: it has fewer than {maps.minimum} training ratings in one of the runs"
            + ("." if same_films else ", or another id of its title stands there instead.")
        )
        return
    moved, n = maps.alignment.moved, len(maps.films)
    rank = 1 + int((moved > moved[row]).sum())
    st.caption(
        f"Moved {words.percent(moved[row])} of how far films typically lie from the middle: place {words.count(rank)} of "
        f"{words.count(n)}, 1 moved most. {round(maps.kept.share[row] * maps.kept.k)} of its {maps.kept.k} nearest are kept."
    )


def movers(maps: TwoMaps) -> None:
    """The films that moved most and least, next to each other."""
    st.header("Moved most and least", anchor=False)
    n = min(N_MOVED, len(maps.films) // 2)
    most, least = st.columns(2, gap="medium")
    with most:
        st.markdown("**Most**")
        _movers_table(maps, maps.table.head(n), "The films that moved most", "most_moved")
    with least:
        st.markdown("**Least**")
        _movers_table(maps, maps.table.tail(n).iloc[::-1], "The films that moved least", "least_moved")
    st.caption(
        "Moved: the distance between a film’s two places in all factors, not in the two drawn alone, in shares of how far films "
        "typically lie from A’s middle. Films near the middle have little to move."
    )


def _movers_table(maps: TwoMaps, table: pd.DataFrame, alt: str, key: str) -> None:
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        key=key,
        alt=alt,
        column_order=["title", "moved_percent", "kept", "n_ratings"],
        column_config=_columns(maps),
    )


def neighbours_view(maps: TwoMaps) -> None:
    """Neighbours kept by the number of ratings, and the chosen film's neighbours in both runs."""
    by_count, of_film = st.columns(2, gap="medium")
    bands, k = kept_by_count(maps.kept, maps.films["n_ratings"].to_numpy()), maps.kept.k
    with by_count:
        st.header("Neighbours kept", anchor=False)
        st.plotly_chart(
            kept_figure(bands, k, maps.kept.chance, palette(), synthetic=maps.synthetic),
            config=PLAIN,
            key="kept_by_count",
            alt=f"Of {k} nearest films, how many are the same in both runs, by the film’s number of ratings. The table below "
            "holds the same.",
        )
        st.dataframe(
            pd.DataFrame(
                {
                    "ratings": [band_words(band.low, band.high) for band in bands.itertuples()],
                    "films": bands["n_films"],
                    "kept": k * bands["kept"],
                    "chance": k * maps.kept.chance,
                }
            ),
            hide_index=True,
            height="content",
            key="kept_bands",
            alt="Neighbours kept by the film’s number of ratings",
            column_config={
                "ratings": "Ratings",
                "films": st.column_config.NumberColumn("Films", format="localized"),
                "kept": st.column_config.NumberColumn(f"Kept of {k}", format="%.1f"),
                "chance": st.column_config.NumberColumn("By chance", format="%.2f"),
            },
        )
    with of_film:
        if maps.chosen is not None:
            _neighbours_of(maps)


def _neighbours_of(maps: TwoMaps) -> None:
    film, k = maps.films.iloc[maps.chosen], maps.kept.k
    st.header(f"Nearest to {words.plain(film['title'])}", anchor=False)
    factors = two_runs.factors_of(maps.first.id, maps.second.id, maps.films)
    near = near_in_either(*factors, maps.chosen, k, NEAREST_BY[maps.nearest_by])
    near = near.assign(
        title=maps.films["title"].to_numpy()[near["row"]], n_ratings=maps.films["n_ratings"].to_numpy()[near["row"]]
    )
    n_both = int((near[["rank_first", "rank_second"]].max(axis=1) <= k).sum())
    st.caption(
        f"{n_both} of {k} are among the nearest in both runs. Below: all that are in one of them, with their places in each."
    )
    st.dataframe(
        near,
        hide_index=True,
        height=min(560, 36 * (len(near) + 1)),
        key="near_in_either",
        alt=f"The {k} nearest films to {film['title']} in either run, with their places in both",
        column_order=["title", "rank_first", "rank_second", "n_ratings"],
        column_config={
            "title": st.column_config.TextColumn("Title", width=160),
            "rank_first": st.column_config.NumberColumn("In A", width=54, help="1: the nearest of all."),
            "rank_second": st.column_config.NumberColumn("In B", width=54, help="1: the nearest of all."),
            "n_ratings": st.column_config.NumberColumn("Ratings", format="localized", width=64),
        },
    )


def all_films(maps: TwoMaps) -> None:
    """Every film with its places in both runs."""
    st.header("All films", anchor=False)
    columns = ["title", "moved_percent", "out_percent", "kept", "n_first", "n_second", "a1", "a2", "b1", "b2"]
    st.dataframe(
        maps.table[columns],
        hide_index=True,
        key="all_films",
        alt="Every film compared: how far it moved, neighbours kept, and its places in both runs",
        column_config=_columns(maps) | {"title": st.column_config.TextColumn("Title", width=220)},
    )


def _columns(maps: TwoMaps) -> dict:
    shares = zip(("a1", "a2", "b1", "b2"), ("A", "A", "B", "B"), (1, 2, 1, 2), strict=True)
    return {
        "title": st.column_config.TextColumn("Title", width=140),
        "moved_percent": st.column_config.NumberColumn(
            "Moved", format="%.0f %%", width=62, help="In shares of how far films typically lie from A’s middle."
        ),
        "out_percent": st.column_config.NumberColumn(
            "From A’s middle", format="%.0f %%", help="Its distance from the middle in A, in the same shares."
        ),
        "kept": st.column_config.NumberColumn(
            f"Kept of {maps.kept.k}", width=76, help="Nearest films that both runs share."
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
