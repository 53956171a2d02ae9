"""The New film page's parts: describing the film, what is said of it, who would like it, and what such answers are worth."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from collab.errors import CollabError, RunError
from collab.features import film_words_of
from collab.left_out_films import GENRES, KINDNESS, LEAST, LEAST_FOR_MEAN, MEAN, RIDGE, SIDE, Measurement
from collab.models import family_of
from collab.new_film import AudienceSpace, NewFilm, group_table, user_table
from collab.services.runs import TrainedRun
from collab.ui import cached_new_film, words
from collab.ui.explore_charts import shortened

N_USERS = 5  # at either end of the list
LEAST_IN_GROUP = 5
ANSWERS = {
    MEAN: "mean of all ratings",
    KINDNESS: "and how kindly the user rates",
    GENRES: "and the mean of the film’s genres",
    RIDGE: "kindness, and a ridge regression on genres and years",
    SIDE: "this model",
}
"""What is measured on films left out, in words."""


class Described(NamedTuple):
    """A film as it is described on the page."""

    genres: list[str]
    year: int | None
    title: str


def usual_genres(items: pd.DataFrame) -> list[str]:
    """The two genres that films have together most often; a single one where no film has two."""
    counts = items.loc[items["genres"] != "", "genres"].value_counts()
    pairs = counts[counts.index.str.count(r"\|") == 1]
    counts = pairs if len(pairs) else counts
    return min(counts.index, key=lambda genres: (-counts[genres], genres)).split("|") if len(counts) else []


def describe_film(run: TrainedRun) -> Described:
    """The controls: genres, year, title; all in the link."""
    known = film_words_of(run.items)
    genres = st.multiselect(
        "Genres",
        known.genres,
        usual_genres(run.items),
        key="new_genres",
        bind="query-params",
        placeholder="None",
        help="What the film is. More genres: each says less, as a film of many weighs no more than one of few.",
    )
    years, year = run.items["year"].dropna(), None
    if years.nunique() > 1:
        low, high = int(years.min()), int(years.max())
        year = st.slider(
            "Year",
            low,
            high,
            high,
            key="new_year",
            bind="query-params",
            help="When it came out. Higher: a newer film; years go in bands, and inside a band nothing changes.",
        )
        first, last = known.years_like(year)
        st.caption(f"To the model the same: {_years(first, last)}.")
    title = st.text_input(
        "Title", key="new_title", bind="query-params", placeholder="A new film", help="A name for the map, no more."
    ).strip()
    return Described(list(genres), year, title[:80] or "A new film")


def _years(first: int | None, last: int | None) -> str:
    if first is None:
        return "all years" if last is None else f"all years to {last}"
    if last is None:
        return f"{first} and later"
    return str(first) if first == last else f"{first} to {last}"


def say_ratings(film: NewFilm) -> None:
    """The predicted rating, and how far users differ."""
    low, high = np.quantile(film.ratings, (0.1, 0.9))
    st.metric("The average person", f"{words.stars(film.average_person)} stars", border=True)
    st.caption(
        f"The {words.count(len(film.ratings))} users of this run: {words.stars(film.ratings.mean())} on average, eight of ten "
        f"from {words.stars(low)} to {words.stars(high)}."
    )


def name_closest(table: pd.DataFrame, n: int) -> None:
    """The closest films under the numbers that they have on the map."""
    lines = [
        f"{number}\\. {words.plain(shortened(film.title, 23))} · {words.count(film.n_ratings)} ratings"
        for number, film in enumerate(table.head(n).itertuples(), start=1)
    ]
    st.caption("Closest films:  \n" + "  \n".join(lines))


def say_place(space: AudienceSpace, film: NewFilm) -> None:
    """What a place means, and how far it is to be trusted."""
    first, second = map(words.signed, film.coordinates.tolist())
    st.caption(
        f"The new film lies at {first} on component 1 and {second} on component 2. "
        "Films lie in the same direction from the middle where the same people lean towards them; closeness compares directions, "
        "however far out. Genres and years alone leave a place wide open: described so, the films of this map land "
        f"{words.percent(space.place_error)} off, in shares of how far films lie from the middle, though they took part in "
        "training; in the middle itself they would be 100 % off."
    )


def film_list(table: pd.DataFrame) -> None:
    """All films of the map, the closest first."""
    st.dataframe(
        table.assign(genres=table["genres"].str.replace("|", ", ")),
        hide_index=True,
        height=300,
        placeholder=words.MISSING,
        column_order=["title", "closeness", "n_ratings", "mean_rating", "genres", "year", "x", "y"],
        alt="Every film on the map, the closest to the new film first",
        column_config={
            "title": st.column_config.TextColumn("Title", width="medium"),
            "closeness": st.column_config.NumberColumn(
                "Closeness",
                format="%+.2f",
                help="Correlation of who leans towards either film: 1 the same people, 0 no relation, −1 the opposite ones.",
            ),
            "n_ratings": st.column_config.NumberColumn("Ratings", format="localized"),
            "mean_rating": st.column_config.NumberColumn("Mean", format="%.1f"),
            "genres": "Genres",
            "year": st.column_config.NumberColumn("Year", format="%d"),
            "x": st.column_config.NumberColumn("Component 1", format="%+.2f"),
            "y": st.column_config.NumberColumn("Component 2", format="%+.2f"),
        },
    )


def audience(run: TrainedRun, film: NewFilm) -> None:
    """Who would like it: a table of groups of users, of the kind that is chosen here."""
    try:
        groups = cached_new_film.run_user_groups(run.id)
    except RunError as reason:
        st.info(f"Groups of users take the data set: {words.plain(str(reason))}.", icon=":material/info:")
        return
    kinds = list(groups)
    kind = st.segmented_control(
        "Groups by",
        kinds,
        default=kinds[0],
        required=True,
        key="groups_by",
        bind="query-params",
        help="How users are put together. Groups of fewer than five are left out.",
    )
    table = group_table(film, groups[kind if kind in groups else kinds[0]], LEAST_IN_GROUP)
    st.dataframe(
        table,
        hide_index=True,
        height=min(300, 38 + 35 * max(1, len(table))),
        column_order=["group", "n_users", "leaning", "predicted"],
        alt=f"Groups of users by {kind}, the one that leans most towards the film first",
        column_config={"group": st.column_config.TextColumn("Group", width="medium"), **_PEOPLE},
    )


_PEOPLE = {
    "n_users": st.column_config.NumberColumn("Users", format="localized"),
    "n_ratings": st.column_config.NumberColumn("Ratings", format="localized"),
    "predicted": st.column_config.NumberColumn("Predicted", format="%.1f", help="Predicted rating in stars."),
    "usual": st.column_config.NumberColumn(
        "Usual", format="%.1f", help="The mean rating that the model predicts of this user for the films of the map."
    ),
    "leaning": st.column_config.NumberColumn(
        "Leaning",
        format="%+.2f",
        help="Stars above (+) or below (−) the average user, after what everybody usually gives is taken out.",
    ),
}


def user_ends(run: TrainedRun, space: AudienceSpace, film: NewFilm) -> None:
    """The users who lean most towards the film, and those who lean most away from it."""
    table = user_table(space, film, run.users)
    n = min(N_USERS, len(table) // 2)
    ends = pd.concat([table.head(n), table.tail(n)])
    st.dataframe(
        ends,
        hide_index=True,
        height="content",
        column_order=["user_id", "n_ratings", "leaning", "predicted", "usual"],
        alt=f"The {n} users who lean most towards the film, then the {n} who lean most away from it",
        column_config={"user_id": "User", **_PEOPLE},
    )


def worth(run: TrainedRun) -> None:
    """What such answers are worth: measured with the settings of this run on films left out whole, when somebody asks."""
    record = run.record
    found = cached_new_film.films_left_out_before(run.id)
    if found is None:
        seconds = family_of(record.model).seconds(run.model.settings, record.n_train, len(run.users) + len(run.items))
        st.markdown(
            "Films are drawn and left out whole, with all their ratings. The same settings are trained on the other films, and "
            f"asked about those. It takes about {words.duration(max(10.0, 2 * seconds))}."
        )
        if not st.button("Measure on films left out", key="measure_left_out"):
            return
        with st.spinner("Training without them, and asking about them"):
            try:
                found = cached_new_film.films_left_out(run.id)
            except CollabError as reason:
                st.error(words.plain(str(reason)), icon=":material/error:")
                return
    _say_worth(found)


def _say_worth(found: Measurement) -> None:
    rows = []
    for answer, text in ANSWERS.items():
        gain = found.gain(answer, MEAN)
        interval = "" if answer == MEAN else f"{words.signed(-gain.high, 4)} to {words.signed(-gain.low, 4)}"
        rows.append({"answer": text, "mse": found.mse(answer), "gain": -gain.difference, "interval": interval})
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height="content",
        alt="Mean squared error on films left out whole, of the model and of simpler answers",
        column_config={
            "answer": st.column_config.TextColumn("Answer", width="medium"),
            "mse": st.column_config.NumberColumn("MSE", format="%.4f"),
            "gain": st.column_config.NumberColumn("Gain", format="%.4f", help="Over the mean of all ratings."),
            "interval": st.column_config.TextColumn("95 % interval", help="Of the gain, drawn over films."),
        },
    )
    means = ""
    if len(found.film_means) > 1:
        means = (
            f" The mean prediction over all users is typically {found.off_by:.2f} stars off a film’s mean rating "
            f"({len(found.film_means)} films with {LEAST_FOR_MEAN} ratings or more); the mean of all ratings is "
            f"{found.mean_off_by:.2f} off."
        )
    st.caption(
        f"{found.n_drawn} films with {LEAST} ratings or more, {words.count(len(found.drawn))} ratings, one draw of films."
        + means
    )
