"""The predictions on *Your taste*: genres above and below the average person, and the distribution of predicted ratings."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from collab.data.tables import trained_items
from collab.recommend.taste_profile import genre_table, predicted_distribution
from collab.ui.charts import formats
from collab.ui.charts.palette import palette
from collab.ui.charts.style import PLAIN
from collab.ui.person.viewer import Viewer
from collab.ui.taste.figures import distribution_figure, genre_figure
from collab.ui.widgets.pickers import minimum_ratings
from collab.ui.widgets.tables import show_table, table_fold


def show_predictions(viewer: Viewer) -> None:
    """Draw the genres above and below the average person, and beside them the distribution of the predicted ratings."""
    run, rated, person = viewer.run, viewer.known.rated, viewer.person
    left, right = st.columns(2, gap="large")
    with left:
        st.header("Genres against the average person", anchor=False)
        minimum = minimum_ratings(
            "Films with fewer training ratings are left out, here and in the distribution. Higher: better known films."
        )
        beyond = st.toggle(
            "Take kindness out",
            key="beyond",
            bind="query-params",
            help="Takes the mean difference over all films from every genre’s: what is left is taste.",
        )
        table = genre_table(person, rated, run.items, minimum, beyond_level=beyond)
        if table.empty:
            st.info(f"No film with a genre has {minimum} training ratings. Lower the minimum.", icon=":material/info:")
        else:
            _genres(viewer, table)
    with right:
        st.header("Distribution of predicted ratings", anchor=False)
        films = np.setdiff1d(trained_items(run.items, minimum), list(viewer.known.answered))
        if len(films):
            _distribution(viewer, films, minimum)
        else:
            st.info(f"No film is left with {minimum} training ratings. Lower the minimum.", icon=":material/info:")


def _genres(viewer: Viewer, table: pd.DataFrame) -> None:
    st.plotly_chart(
        genre_figure(table, palette(), synthetic=viewer.run.record.synthetic),
        config=PLAIN,
        key="genres",
        alt="Genres by how far they are predicted above the average person, highest first: "
        + ", ".join(f"{row.genre} {formats.signed(row.difference)}" for row in table.itertuples()),
    )
    st.caption(_genres_in_words(viewer, table))
    if fold := table_fold("genre_table"):
        with fold:
            show_table(
                table,
                key="genre_rows",
                alt="Genres above and below the average person",
                column_config={
                    "genre": "Genre",
                    "difference": st.column_config.NumberColumn("Above average", format="%+.2f"),
                    "deviation": st.column_config.NumberColumn("±", format="%.2f", help="One standard deviation."),
                    "low": st.column_config.NumberColumn("From", format="%+.2f"),
                    "high": st.column_config.NumberColumn("To", format="%+.2f"),
                    "clear": st.column_config.CheckboxColumn("Clear of zero"),
                    "predicted": st.column_config.NumberColumn("Predicted", format="%.2f"),
                    "average": st.column_config.NumberColumn("Average person", format="%.2f"),
                    "n_items": st.column_config.NumberColumn("Films", format="localized"),
                    "n_rated": st.column_config.NumberColumn("Rated", format="localized"),
                },
            )


def _genres_in_words(viewer: Viewer, table: pd.DataFrame) -> str:
    count = "The grey number counts a genre’s films; a film of several genres counts in each."
    if not viewer.is_known:
        return f"The average person is at zero by definition; lines hold 8 of 10 people where the model knows. {count}"
    if table["clear"].isna().all():
        return f"This model does not say how sure it is of a genre. {count}"
    sure, unsure = (table.loc[table["clear"] == clear, "genre"].tolist() for clear in (True, False))
    if not sure:
        said = "No genre is clear of zero"
    elif not unsure:
        said = "All genres are clear of zero"
    elif len(unsure) < len(sure):
        said = f"All genres are clear of zero but {_listed(unsure)} (pale)"
    else:
        said = f"Clear of zero: {_listed(sure)}; the others, pale, are not"
    return f"{said}. Lines hold the truth in 8 of 10 cases. {count}"


def _listed(genres: list[str]) -> str:
    return ", ".join(map(formats.plain, genres))


def _distribution(viewer: Viewer, films: np.ndarray, minimum: int) -> None:
    now, before = viewer.person.predict(viewer.known.rated)[0], viewer.person.plain.before[0]
    table = predicted_distribution(now, before, films, viewer.run.record.scale)
    means = float(now.mean[films].mean()), float(before.mean[films].mean())
    st.plotly_chart(
        distribution_figure(table, means, palette(), viewer.who, synthetic=viewer.run.record.synthetic),
        config=PLAIN,
        key="distribution",
        alt=f"Predicted ratings of {len(films)} films: mean {means[0]:.1f}, standard deviation {now.mean[films].std():.2f}; for "
        f"the average person {means[1]:.1f} and {before.mean[films].std():.2f}",
    )
    st.caption(
        f"{formats.count(len(films))} films with at least {formats.counted(minimum, 'rating')} and no answer "
        "yet. Standard deviation "
        f"{now.mean[films].std():.2f} stars, average person {before.mean[films].std():.2f}. Predictions are cut to "
        "the scale."
    )
    if fold := table_fold("distribution_table"):
        with fold:
            show_table(
                table,
                key="distribution_rows",
                alt="Distribution of predicted ratings",
                column_config={
                    "low": st.column_config.NumberColumn("From", format="%.2f"),
                    "high": st.column_config.NumberColumn("To", format="%.2f"),
                    "n": st.column_config.NumberColumn(f"Films, {viewer.who.lower()}", format="localized"),
                    "n_average": st.column_config.NumberColumn("Films, average person", format="localized"),
                },
            )
