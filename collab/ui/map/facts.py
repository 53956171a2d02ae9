"""Below the film map: what correlates with its axes, which get no names, and what is in its clusters and in the set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from collab.explore.axes import axis_correlations, ends
from collab.explore.clusters import cluster_table
from collab.ui.charts import formats
from collab.ui.widgets.tables import item_table, show_table

N_ENDS = 8


def show_axes(coordinates: np.ndarray, titles: Sequence[str], films: pd.DataFrame, items: pd.DataFrame) -> None:
    """The section *Axes*: both ends of every axis, and its correlations. `coordinates` (n, c) belong to the rows of `films`,
    whose item_index refers to `items`."""
    st.caption(
        f"Of the {formats.count(len(films))} films on the map: the {N_ENDS} at both ends of each axis, and Pearson’s correlation "
        "of their place on it with what is known of them, with its 95 % interval. A correlation says what goes together on these "
        "films; it is no name for the axis."
    )
    for place, (column, title) in enumerate(zip(st.columns(len(titles), gap="medium"), titles, strict=True)):
        with column.container(key=f"axis_{place}"):
            st.markdown(f"**{formats.plain(title)}**")
            low, high = ends(coordinates[:, place], films, N_ENDS)
            for which, at_end in (("high", high), ("low", low)):
                item_table(
                    at_end,
                    items,
                    f"{which}_end_{place}",
                    f"The films at the {which} end of {title}",
                    ["title", "n_ratings", "place"],
                    {
                        "title": st.column_config.TextColumn(f"{which.capitalize()} end", width=180),
                        "place": st.column_config.NumberColumn("Place", format="%+.2f"),
                    },
                    height="content",
                )
            _correlations(axis_correlations(coordinates[:, place], films), title, place)


def _correlations(table: pd.DataFrame, title: str, place: int) -> None:
    if table.empty:
        st.caption("Nothing that is known of these films varies enough to go with it.")
        return
    shown = table.assign(
        interval=[
            f"{formats.signed(low)} to {formats.signed(high)}"
            for low, high in zip(table["low"], table["high"], strict=True)
        ]
    )
    show_table(
        shown,
        height=300,
        key=f"correlations_{place}",
        alt=f"Correlations of the films’ places on {title} with genres, year, count and mean rating",
        column_order=["what", "correlation", "interval", "n_with", "n_items"],
        column_config={
            "what": st.column_config.TextColumn("Goes with", width=120),
            "correlation": st.column_config.NumberColumn("r", format="%+.2f", width=50),
            "interval": st.column_config.TextColumn("95 %", width=112),
            "n_with": st.column_config.NumberColumn("Of it", width=50, format="localized", help="Films of this genre."),
            "n_items": st.column_config.NumberColumn("Films", format="localized", help="Films behind the correlation."),
        },
    )


def show_clusters(films: pd.DataFrame, clusters: np.ndarray) -> None:
    """The section *Clusters*: what is in each, compared with all `films` on the map, most rated first."""
    st.caption(
        "k-means on all factors of the films on the map, not only on the axes in sight; numbered by size. Genres: those whose "
        "share in the cluster exceeds their share on the map by most."
    )
    alt = "The clusters with their sizes, most rated films, years, means and genres"
    _groups(cluster_table(films, clusters), "Cluster", "clusters_table", alt)


def show_set(films: pd.DataFrame, inside: np.ndarray) -> None:
    """What is in the set, marked by `inside` (n,), compared with all `films` on the map, most rated first."""
    of_set, of_all = cluster_table(films, inside).tail(1), cluster_table(films, np.zeros(len(films)))
    table = pd.concat([of_set, of_all]).assign(cluster=["The set", "All on the map"])
    _groups(
        table, "", "set_table", "The set beside all films on the map: sizes, most rated films, years, means and genres"
    )


def _groups(table: pd.DataFrame, name: str, key: str, alt: str) -> None:
    """Show a table of `collab.explore.clusters.cluster_table`; `name` is the header of its groups."""
    show_table(
        table,
        height="content",
        row_height=64,
        key=key,
        alt=alt,
        column_config={
            "cluster": st.column_config.Column(name, width="small"),
            "n_items": st.column_config.NumberColumn("Films", format="localized", width="small"),
            "most_rated": st.column_config.TextColumn("Most rated, with ratings", width=300),
            "median_year": st.column_config.NumberColumn("Median year", format="%.0f"),
            "median_ratings": st.column_config.NumberColumn("Median ratings", format="localized"),
            "mean_rating": st.column_config.NumberColumn("Mean", format="%.1f"),
            "more_of": st.column_config.TextColumn("More of", width=300),
        },
    )
