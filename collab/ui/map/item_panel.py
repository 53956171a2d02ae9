"""Beside the film map: what the search found, the chosen film's facts and its nearest films."""

from __future__ import annotations

import streamlit as st

from collab.explore.similarity import Options, similar_items
from collab.services.run_files import TrainedRun
from collab.ui.charts import formats
from collab.ui.frame import cached
from collab.ui.map.layout import Layout
from collab.ui.widgets.pickers import film_facts, neighbour_buttons


def show_chosen(run: TrainedRun, layout: Layout, chosen: int | None) -> None:
    """The result of the search, and the film `chosen` with its nearest films."""
    space = cached.run_film_space(run.id)
    cautious = space.spread is not None
    if layout.text:
        n_found = int(layout.found.sum())
        have = "has “{}” in its title" if n_found == 1 else "have “{}” in their title"
        st.caption(f"{formats.count(n_found)} of these films {have.format(formats.plain(layout.text))}.")
    if chosen is None:
        st.caption("Click a film on the map, or choose one here, to see its facts and its nearest films.")
    else:
        film_facts(run, chosen)
        if chosen not in layout.items["item_index"].to_numpy():
            st.caption("It is not on the map: show more films to see it.")
        options = Options("cautious" if cautious else "cosine")
        how = "20 ratings or more" + ("; cautious cosine: little known films score less" if cautious else "")
        st.caption(f"Nearest films ({how}):")
        with st.container(gap=None):
            neighbour_buttons(run, similar_items(space, run.items, chosen, options, 5), options.measure)
        st.page_link(
            "pages/similar.py",
            label="More like this",
            icon=":material/join_inner:",
            query_params={"film": run.items["label"].iat[chosen]},
        )
    if cautious:
        st.caption(
            "“place ±20 %” in a film’s text: so far off its true place may be, in shares of how far films typically lie from "
            "the middle."
        )
