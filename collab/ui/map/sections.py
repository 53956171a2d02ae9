"""The sections below the film map, one at a time: its films as a table, the set, the axes, the clusters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from collab.ui.charts import formats
from collab.ui.charts.plot3d.plot3d import ADDED, REMOVED, REPLACED
from collab.ui.frame.page import Page
from collab.ui.map import cached
from collab.ui.map.controls import Points
from collab.ui.map.facts import show_axes, show_clusters, show_set
from collab.ui.map.item_set import choose_films
from collab.ui.map.layout import Layout
from collab.ui.widgets.controls import choose
from collab.ui.widgets.tables import item_table

ITEMS, SET, AXES, CLUSTERS = "Films", "Set", "Axes", "Clusters"


def show_below(page: Page, layout: Layout, points: Points, chosen_set: list[int]) -> None:
    """The switch between the sections, and the selected one."""
    section = choose(
        "Below the map",
        [ITEMS, SET, AXES, CLUSTERS],
        key="below",
        label_visibility="collapsed",
        help="The map as a table; the films of the set; what goes with the axes; what is in the clusters.",
    )
    if section == SET:
        _show_set(page, layout, chosen_set)
    elif section == AXES:
        if layout.titles != layout.pca_titles:
            st.caption("The axes of t-SNE have no meaning; these are the principal components of the same films.")
        show_axes(layout.pca.coordinates, layout.pca_titles, layout.items, page.run.items)
    elif section == CLUSTERS:
        shown = layout.items["item_index"].to_numpy()
        show_clusters(layout.items, cached.clusters_of(page.run.id, shown, layout.with_bias, points.n_clusters))
    else:
        _show_films(page, layout, layout.found, layout.text)


def _show_set(page: Page, layout: Layout, chosen_set: Sequence[int]) -> None:
    """What is in the set, compared with all films on the map, and a table of its films."""
    if found := layout.found_items:
        st.button(
            "The film found" if len(found) == 1 else f"The {formats.count(len(found))} found films",
            key="set_found",
            icon=":material/search:",
            on_click=choose_films,
            args=(page.run, found, REPLACED),
            help="Makes them the set.",
        )
    inside = np.isin(layout.items["item_index"], chosen_set)
    if not inside.any():
        st.caption(
            "No set yet. Draw a box or a lasso on the map, mark rows in the table *Films*, or take what a search found."
            if not chosen_set
            else "None of the set’s films are on the map."
        )
        return
    show_set(layout.items, inside)
    _show_films(page, layout, inside, f"set_{hash(tuple(chosen_set)):x}")


def _show_films(page: Page, layout: Layout, shown: np.ndarray, which: str) -> None:
    """The films on the map that are `shown`, as a table; `which` names the selection in its key."""
    run = page.run
    places = {f"place {number}": column.round(4) for number, column in enumerate(layout.coordinates.T, start=1)}
    table = layout.items.assign(**places)[shown]
    order = [
        "title",
        "genres",
        "year",
        "n_ratings",
        "mean_rating",
        *(["bias"] if run.model.has_biases else []),
        "length",
        "doubt",
        "predicted",
        "cluster",
        *places,
    ]
    key = f"map_table_{which}_{len(table)}"  # other rows need another table: marks must not move to other films
    marked = st.session_state.get(key, {}).get("selection", {}).get("rows", [])
    picked = table["item_index"].iloc[[row for row in marked if row < len(table)]].tolist()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("The same as a table. Mark rows to make them a set.")
        for how, label, tip in (
            (REPLACED, "Make them the set", "The marked films become the set."),
            (ADDED, "Add them to it", "The marked films join the set."),
            (REMOVED, "Take them out", "The marked films leave the set."),
        ):
            st.button(
                label, key=f"rows_{how}", on_click=choose_films, args=(run, picked, how), disabled=not picked, help=tip
            )
    item_table(
        table,
        run.items,
        key,
        "Every film on the map with its place",
        order,
        {
            "length": st.column_config.NumberColumn(
                "Length",
                format="%.2f",
                help="Of the film’s factors. A long vector moves predictions far, and it takes ratings to become long.",
            ),
            "cluster": st.column_config.NumberColumn("Cluster"),
            "doubt": st.column_config.NumberColumn(
                "Place ±",
                format="%.2f",
                help="How far the true place may lie from the drawn one, as a share of how far films lie from the middle.",
            ),
            **{
                name: st.column_config.NumberColumn(title or f"t-SNE {number}", format="%+.2f")
                for number, (name, title) in enumerate(zip(places, layout.titles, strict=True), start=1)
            },
        },
        selectable=True,
    )
