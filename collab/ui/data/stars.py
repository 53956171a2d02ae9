"""The stars of a data set: how often each level is given, by everybody, by a user, to a film; and the crosstab."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from collab.data.ratings import Ratings
from collab.explore.data_facts import level_counts
from collab.ui.charts import formats
from collab.ui.charts.palette import palette
from collab.ui.charts.style import PLAIN
from collab.ui.data.figures import Stars, stars_figure
from collab.ui.data.shown import Shown
from collab.ui.widgets.matrix import show_matrix
from collab.ui.widgets.pickers import pick_film_of, pick_user_of
from collab.ui.widgets.tables import item_table, show_table


def show_stars(shown: Shown) -> None:
    """How often each level is given: by everybody, by a user, to a film."""
    ratings = shown.open_ratings
    picture, controls = st.columns([3, 1], gap="medium")
    with controls:
        user_id = pick_user_of(list(ratings.users.labels[1:]), False, "A user whose stars stand beside everybody’s.")
        item_index = pick_film_of(shown.items, False, "A film whose stars stand beside everybody’s.")
    whose = [Stars("All ratings", level_counts(ratings), float(ratings.rating.mean(dtype=np.float64)), "muted")]
    if user_id is not None:
        own = ratings.take(np.flatnonzero(ratings.user_index == ratings.users.index_of([user_id])[0]))
        whose.append(Stars(f"User {user_id}", level_counts(own), _mean(own), "chosen"))
    if item_index is not None:
        own = ratings.take(np.flatnonzero(ratings.item_index == item_index))
        name = f"{shown.items['title'].iat[item_index]} · {formats.counted(len(own), 'rating')}"
        whose.append(Stars(name, level_counts(own), _mean(own), "found"))
    levels = ratings.rating_scale.levels
    picture.plotly_chart(
        stars_figure(levels, whose, palette(), synthetic=shown.synthetic),
        config=PLAIN,
        key="stars",
        alt=f"Share of the ratings of each level: {'; '.join(each.name for each in whose)}. The table below holds the same.",
    )
    everybody = whose[0]
    with controls:
        st.metric(
            "Mean of all ratings",
            formats.stars(everybody.mean),
            help="Stars. People mostly rate films that they chose to see, so it lies above the middle of the scale.",
        )
        st.metric(
            "Standard deviation", f"{float(ratings.rating.std(dtype=np.float64)):.2f}", help="Stars, of all ratings."
        )
    if shown.n_sealed:
        picture.caption(f"The {formats.count(shown.n_sealed)} sealed ratings of the run in use are left out.")
    table = pd.DataFrame({"stars": levels.astype(float)})
    columns = {"stars": st.column_config.NumberColumn("Stars", format="%g", width="small")}
    for place, each in enumerate(whose):
        total = max(1, each.counts.sum())
        table[f"n_{place}"], table[f"share_{place}"] = each.counts, 100 * each.counts / total
        columns[f"n_{place}"] = st.column_config.NumberColumn(each.name, format="localized")
        columns[f"share_{place}"] = st.column_config.NumberColumn("Share", format="%.1f %%")
    show_table(table, key="stars_table", alt="Ratings of each level", column_config=columns)


def _mean(ratings: Ratings) -> float:
    return float(ratings.rating.mean(dtype=np.float64)) if len(ratings) else np.nan


def show_crosstab(shown: Shown) -> None:
    """A part of users × films, as a picture and as a table."""
    user_index, item_index, table = show_matrix(shown.open_ratings, shown.items["title"], shown.synthetic)
    st.caption(
        "Rows are users, columns films; a blank is no rating. Where a user rated a film twice, the later line of the file counts."
        + (f" {formats.count(shown.n_sealed)} sealed ratings are left out." if shown.n_sealed else "")
    )
    users = [f"user {shown.ratings.users.labels[index]}" for index in user_index]
    films = shown.items[["title", "n_ratings"]].iloc[item_index].assign(item_index=item_index)
    films[users] = table.T
    item_table(
        films,
        shown.items,
        "crosstab_table",
        "The same part of the matrix: a row a film, a column a user",
        ["title", "n_ratings", *users],
        {
            "title": st.column_config.TextColumn("Title", width="medium", pinned=True),
            "n_ratings": st.column_config.NumberColumn("Ratings", format="localized"),
            **{user: st.column_config.NumberColumn(user, format="%g") for user in users},
        },
    )
