"""The head of a film's page: a line of facts, a link to copy, and a search for where to watch it."""

from __future__ import annotations

import streamlit as st

from collab.services.run_files import TrainedRun
from collab.ui.charts import formats
from collab.ui.frame import cached, link
from collab.ui.frame.item_page import FILM, search_address
from collab.ui.widgets.pickers import facts_in_words


def film_head(run: TrainedRun, film: int) -> None:
    """Draw the head: title, genres, training ratings, mean and bias, with its ± where the model gives one."""
    title, label = run.items["title"].iat[film], run.items["label"].iat[film]
    genres, facts = facts_in_words(run, film)
    doubt = cached.run_bias_deviations(run.id)
    if doubt is not None:
        facts += f" ± {doubt.items[film]:.2f}"
    with st.container(horizontal=True, vertical_alignment="center", key="film_head"):
        st.markdown(
            " · ".join(filter(None, [f"**{formats.plain(title)}**", formats.plain(genres), facts])),
            width="stretch",
            help="Training ratings, their mean, and the bias: stars that the model gives the film beyond rater and taste"
            + ("; ± is a standard deviation." if doubt is not None else "."),
        )
        with st.popover("Share", icon=":material/share:", help="A link to this film as it is shown here."):
            st.code(link.address("similar", **{FILM: label}), language=None, wrap_lines=True)
        st.link_button(
            "Where to watch", search_address(title), icon=":material/open_in_new:", help="Opens a web search."
        )
