"""The people on *Your taste*: the most similar trained users, by number, and what they liked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from collab.errors import RunError
from collab.recommend.taste_alike import LIKED, N_ITEMS, alike, liked_items, n_in_common
from collab.ui.charts import formats
from collab.ui.charts.palette import palette
from collab.ui.charts.style import PLAIN
from collab.ui.frame import cached
from collab.ui.frame.item_page import item_address
from collab.ui.person.viewer import Viewer
from collab.ui.taste import cached as taste_cached
from collab.ui.taste.figures import alike_figure
from collab.ui.widgets.item_list import Film, film_list, title_and_facts
from collab.ui.widgets.tables import item_table, show_table, table_fold

N_SHOWN = 10
"""Users on the chart; the table has all that were asked for."""

N_LIKED = 10


_LIKENESS = f"""The correlation of two people’s predicted ratings over the {N_ITEMS} most rated films, each less the average
person’s. 1: the same films are above the rest for both; 0: nothing shared. Whether somebody is kind or harsh does not matter.
What is unknown of the person counts: it is the mean over people drawn from what is believed after the ratings, and the line holds
8 of 10 of them."""


def show_alike(viewer: Viewer, n_alike: int) -> None:
    """Draw the `n_alike` most similar users, by number, and what they liked."""
    run, rated = viewer.run, viewer.known.rated
    st.header("Most similar users, and what they liked", anchor="similar", help=_LIKENESS)
    if not viewer.is_known:
        st.caption("Before the first rating nobody is more similar than anybody else.")
        return
    table = alike(viewer.person, rated, taste_cached.run_tastes(run.id), n_alike)
    if table.empty:
        st.info(
            "By this model nobody is more similar than anybody else: it moves all films alike, or these ratings are too few for "
            "it. The sidebar has other runs.",
            icon=":material/info:",
        )
        return
    users = table["user_index"].to_numpy()
    table = table.assign(**run.users.iloc[users][["user_id", "n_ratings", "mean_rating"]].reset_index(drop=True))
    table["words"] = [
        f"User {row.user_id} · likeness {row.likeness:.2f}"
        + (f", 8 of 10 from {formats.signed(row.low)} to {formats.signed(row.high)}" if np.isfinite(row.low) else "")
        + f" · {formats.count(row.n_ratings)} ratings"
        for row in table.itertuples()
    ]
    left, right = st.columns(2, gap="large")
    try:
        train, _ = cached.ratings_of(run.id)
    except RunError as reason:
        right.info(
            f"What they liked takes the ratings that this run was trained on: {formats.plain(str(reason))}.",
            icon=":material/info:",
        )
    else:
        table["n_common"] = n_in_common(train, users, rated)
        score = viewer.person.predict(rated)[0].score
        with right:
            _liked(viewer, liked_items(train, users, run.items, viewer.known.answered, score, N_LIKED), len(users))
    with left:
        _users(viewer, table)


def _users(viewer: Viewer, table: pd.DataFrame) -> None:
    shown = table.head(N_SHOWN)
    st.plotly_chart(
        alike_figure(shown, palette(), synthetic=viewer.run.record.synthetic),
        config=PLAIN,
        key="alike_chart",
        alt="Most similar users: " + "; ".join(shown["words"]),
    )
    unsure = table["low"].notna().any()
    st.caption(
        ("Lines hold 8 of 10 people who could have given these ratings. "
         if unsure else "This model gives its best guess alone, without a line for how sure it is. ")
        + ("Users are invented." if viewer.run.record.synthetic else "Users are numbers of the data set.")
    )  # fmt: skip
    if fold := table_fold("alike_table"):
        with fold:
            show_table(
                table.drop(columns=["user_index", "words"]),
                column_order=[
                    each
                    for each in ("user_id", "likeness", "low", "high", "n_ratings", "n_common", "mean_rating")
                    if each in table
                ],
                key="alike_users",
                alt="The most similar users",
                column_config={
                    "user_id": "User",
                    "likeness": st.column_config.NumberColumn("Likeness", format="%.2f"),
                    "low": st.column_config.NumberColumn("From", format="%+.2f"),
                    "high": st.column_config.NumberColumn("To", format="%+.2f"),
                    "n_ratings": st.column_config.NumberColumn("Ratings", format="localized"),
                    "n_common": st.column_config.NumberColumn(
                        "In common", format="localized", help="Films that both have rated."
                    ),
                    "mean_rating": st.column_config.NumberColumn("Mean", format="%.1f"),
                },
            )


def _liked(viewer: Viewer, table: pd.DataFrame, n_users: int) -> None:
    st.markdown("**What they liked**" if viewer.mine else "**What these users liked**")
    if table.empty:
        st.caption(f"None of these users gave {LIKED:g} or more to a film that is not answered yet.")
        return
    films = [
        Film(
            *title_and_facts(film),
            f"{film.n_liked} of {n_users}",
            f" gave {LIKED:g} or more",
            address=item_address(viewer.run, film.item_index),
        )
        for film in table.itertuples()
    ]
    st.html(film_list(films, "What the most similar users liked", viewer.run.record.scale, palette(), N_LIKED))
    st.caption(
        "Films without an answer, those first that most of these users liked. A well-known film may get there by its number of "
        f"ratings alone: the table has the share of all its ratings that are {LIKED:g} or more."
    )
    if fold := table_fold("liked_table"):
        with fold:
            item_table(
                table.assign(everyone=100 * table["everyone"]),
                viewer.run.items,
                "liked_films",
                "What the most similar users liked",
                ["title", "n_ratings", "n_liked", "n_rated", "everyone", "predicted"],
                {
                    "n_liked": st.column_config.NumberColumn(f"Gave {LIKED:g} or more", format="localized"),
                    "n_rated": st.column_config.NumberColumn("Rated it", format="localized"),
                    "everyone": st.column_config.NumberColumn(
                        "Everybody",
                        format="%.0f %%",
                        help=f"The share of all training ratings that are {LIKED:g} or more.",
                    ),
                },
            )
