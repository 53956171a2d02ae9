"""The main figure of *Your taste*: a person's place among films or people, and how each rating moved it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from collab.data.tables import trained_items
from collab.explore.components import Pca
from collab.recommend.taste_alike import alike
from collab.recommend.taste_place import Place, ahead, ellipse, movers, place_of, prior_share, stretch
from collab.recommend.taste_profile import ROUNDING
from collab.ui.charts import formats
from collab.ui.charts.labels import shortened
from collab.ui.charts.palette import palette
from collab.ui.charts.style import PLAIN
from collab.ui.frame.offers import offer_factors
from collab.ui.person.share import share_button
from collab.ui.person.viewer import Viewer
from collab.ui.taste import cached as taste_cached
from collab.ui.taste.figures import N_NAMED, place_figure
from collab.ui.taste.profile import say_so_far
from collab.ui.widgets.controls import choose
from collab.ui.widgets.tables import item_table, show_table, table_fold

N_ON_MAP = 1000
"""Films on the map, most rated first: as many as the film map shows by default, so that the axes are the same."""

ITEMS, PEOPLE = "Films", "People"
N_ALIKE, MOST_ALIKE = 10, 50


def show_place(viewer: Viewer) -> int:
    """Draw the map, and beside it what is known so far. Returns how many of the most similar users are asked for."""
    run = viewer.run
    picture, side = st.columns([3, 1], gap="medium")
    with side:
        share_button(viewer.profile, "taste")
        among = ITEMS
        if run.model.has_factors:
            among = choose(
                "Among",
                [ITEMS, PEOPLE],
                key="among",
                help="Films: where predictions rise. People: the same place among those that the model was trained on.",
            )
        n_alike = st.slider(
            "Similar users",
            1,
            MOST_ALIKE,
            N_ALIKE,
            key="alike",
            bind="query-params",
            help="How many of the most similar users are marked among people, and asked below what they liked. More: they "
            "have seen more, and are less alike.",
        )
        say_so_far(viewer)
    with picture:
        if run.model.has_factors:
            _map(viewer, among, n_alike)
        else:
            offer_factors(run, f"there is no map for {viewer.whose} place; the rest of the page goes on without it")
    return n_alike


def _map(viewer: Viewer, among: str, n_alike: int) -> None:
    item_index, plane, people = taste_cached.run_places(viewer.run.id, N_ON_MAP)
    place = place_of(viewer.person, viewer.known.rated, plane, item_index)
    factor = stretch(plane, people)
    with_people = among == PEOPLE
    points = _people(viewer, people * factor, n_alike) if with_people else _films(viewer, place, plane, item_index)
    figure = place_figure(
        points,
        place.mean * factor,
        None if place.covariance is None else (place.mean + ellipse(place.covariance)) * factor,
        palette(),
        viewer.who,
        plane.explained_variance_ratio,
        synthetic=viewer.run.record.synthetic,
    )
    with st.container(key="taste_place"):
        st.plotly_chart(
            figure,
            config=PLAIN,
            key="place",
            alt=f"{viewer.whose.capitalize()} place on the first two principal components of the item factors: "
            f"{formats.signed(place.mean[0])} and {formats.signed(place.mean[1])}{_deviations(place)}. The average person "
            "stands in the middle. The table below holds the same.",
        )
    _explain(viewer, place, among)
    fold = table_fold("place_table")
    if fold is None:
        return
    with fold:
        _own_tables(viewer, place)
        if with_people:
            _people_table(points, people)
        else:
            _film_table(viewer, place, plane, item_index)


def _deviations(place: Place) -> str:
    if place.covariance is None:
        return ""
    one, two = np.sqrt(np.diag(place.covariance))
    return f", ± {one:.2f} and ± {two:.2f}"


def _explain(viewer: Viewer, place: Place, among: str) -> None:
    you = viewer.you
    if not viewer.is_known:
        st.caption(
            "The cross is the average person. "
            + ("The outline holds 8 of 10 people, as the model expects them. " if place.covariance is not None else "")
            + "With the first rating an arrow shows where predictions rise."
        )
        return
    stated = (
        f" The two axes tell {formats.percent(place.explained_share)} of how {viewer.whose} predictions differ "
        "from the average person’s."
        if np.isfinite(place.explained_share)
        else ""
    )
    outline = (
        f"The outline holds {viewer.whose} true place in 8 of 10 cases."
        if place.covariance is not None
        else "This model does not say how sure the place is."
    )
    if among == PEOPLE:
        text = f"Points are the people of the training, the most similar ones in colour. {outline}{stated}"
    else:
        text = (
            f"The arrow points where predictions rise: orange films are predicted higher for {you} than for the average person, "
            f"blue ones lower, kindness taken out. Stars: films rated. {outline}{stated}"
        )
    st.caption(
        text,
        help="The place is the person’s factors less the average person’s, on the first two principal components of the item "
        "factors (those of the film map). It is a direction, no distance to films: it is drawn so that people typically lie as "
        "far out as films typically do. A net or a model of levels has no such factors of a person: there it is how steeply the "
        "predictions rise along each axis.",
    )


def _films(viewer: Viewer, place: Place, plane: Pca, item_index: np.ndarray) -> pd.DataFrame:
    """The films for `place_figure`; named are the rated ones that moved the place most, and the others farthest along it."""
    items, rated = viewer.run.items, viewer.known.rated
    now = viewer.person.predict(rated)[0].score[item_index]
    beyond = (now - viewer.person.plain.before[0].score[item_index]).astype(np.float64)
    beyond -= beyond.mean()
    films = items.iloc[item_index][["title", "n_ratings"]].assign(
        item_index=item_index, x=plane.coordinates[:, 0], y=plane.coordinates[:, 1], marked=False, name=""
    )
    films["rated"] = films["item_index"].isin(rated)
    films["value"] = beyond if np.abs(beyond).max(initial=0) > ROUNDING else np.nan
    films["words"] = [
        f"{formats.in_figure(film.title)} · {formats.counted(film.n_ratings, 'rating')} · "
        + (f"rated {rated[film.item_index]:g}" if film.rated else f"predicted {formats.stars(score)}")
        + f" · {formats.signed(more)} beyond {viewer.whose} level"
        for film, score, more in zip(films.itertuples(), now, beyond, strict=True)
    ]
    films = films.set_index("item_index", drop=False)
    moved = [film for film in movers(place, rated)["item_index"] if film in films.index][:N_NAMED]
    farthest = ahead(place, plane, item_index, viewer.known.answered, N_NAMED)["item_index"].tolist()
    for film in moved:
        films.loc[film, "name"] = f"{shortened(films.loc[film, 'title'], 24)}, {rated[film]:g}"
    films.loc[farthest, "name"] = [shortened(title, 26) for title in films.loc[farthest, "title"]]
    first = [*moved, *farthest]  # names are placed in this order
    return pd.concat([films.loc[first], films.drop(index=first)], ignore_index=True)


def _people(viewer: Viewer, coordinates: np.ndarray, n_alike: int) -> pd.DataFrame:
    """The trained users for `place_figure`; the most similar ones are marked, the first of them named."""
    nearest = alike(viewer.person, viewer.known.rated, taste_cached.run_tastes(viewer.run.id), n_alike)[
        "user_index"
    ].tolist()
    user_index = trained_items(viewer.run.users)
    users = viewer.run.users.iloc[user_index].assign(
        x=coordinates[:, 0], y=coordinates[:, 1], rated=False, value=np.nan, user_index=user_index
    )
    users["marked"] = users["user_index"].isin(nearest)
    users["words"] = [
        f"User {formats.in_figure(user.user_id)} · {formats.counted(user.n_ratings, 'rating')}"
        for user in users.itertuples()
    ]
    users["name"] = ("User " + users["user_id"]).where(users["user_index"].isin(nearest[:N_NAMED]), "")
    return users


def _axes(digits: int = 3) -> dict:
    """The column configuration of x and y in a table."""
    number = f"%+.{digits}f"
    return {
        "x": st.column_config.NumberColumn("Component 1", format=number),
        "y": st.column_config.NumberColumn("Component 2", format=number),
    }


def _own_tables(viewer: Viewer, place: Place) -> None:
    """Draw the tables of the place and of how each rating moved it."""
    rated = viewer.known.rated
    deviation = np.full(2, np.nan) if place.covariance is None else np.sqrt(np.diag(place.covariance))
    show_table(
        pd.DataFrame({"axis": ["component 1", "component 2"], "place": place.mean, "deviation": deviation}),
        width="content",
        key="place_rows",
        alt=f"{viewer.whose.capitalize()} place",
        column_config={
            "axis": "Axis",
            "place": st.column_config.NumberColumn("Place", format="%+.3f"),
            "deviation": st.column_config.NumberColumn("±", format="%.3f", help="One standard deviation."),
        },
    )
    if not rated:
        return
    if place.parts is None:
        st.caption("This model does not say what each rating did.")
        return
    moved = movers(place, rated)
    facts = viewer.run.items[["title", "n_ratings"]]
    stated = f", with {formats.percent(prior_share(place))} for what was told before" if viewer.person.stated else ""
    st.caption(f"What each rating did: the shares of the way to the place add up to 100 %{stated}.")
    item_table(
        moved.join(facts, on="item_index").assign(share=100 * moved["share"]),
        viewer.run.items,
        "moved_place",
        "The films rated and their part in the place",
        ["title", "n_ratings", "stars", "share", "x", "y"],
        {
            **_axes(),
            "share": st.column_config.NumberColumn(
                "Share", format="%+.0f %%", help="Its part along the arrow; below zero it pulled the other way."
            ),
        },
    )


def _film_table(viewer: Viewer, place: Place, plane: Pca, item_index: np.ndarray) -> None:
    """Draw all films of the map, farthest along the arrow first; while nothing is rated or told, most rated first."""
    rated, coordinates = viewer.known.rated, plane.coordinates
    order = np.argsort(-(coordinates @ place.mean), kind="stable")
    films = item_index[order]
    table = viewer.run.items.iloc[films][["title", "n_ratings"]].assign(
        item_index=films,
        stars=[rated.get(film, np.nan) for film in films.tolist()],
        predicted=viewer.person.predict(rated)[0].mean[films],
        average=viewer.person.plain.before[0].mean[films],
        x=coordinates[order, 0],
        y=coordinates[order, 1],
    )
    st.caption(f"All films of the map, {'farthest along the arrow' if viewer.is_known else 'most rated'} first.")
    order = ["title", "n_ratings", "stars", "predicted", "average", "x", "y"]
    item_table(table, viewer.run.items, "place_films", "The films of the map", order, _axes(2))


def _people_table(points: pd.DataFrame, people: np.ndarray) -> None:
    """Draw all people of the map, the most similar ones first."""
    table = points[["user_id", "n_ratings", "marked"]].assign(x=people[:, 0], y=people[:, 1])
    st.caption("All people of the map, the most similar ones first, in the order of their numbers.")
    show_table(
        table.sort_values("marked", ascending=False, kind="stable"),
        key="place_people",
        alt="The people of the map",
        column_config={
            **_axes(),
            "user_id": "User",
            "n_ratings": st.column_config.NumberColumn("Ratings", format="localized"),
            "marked": st.column_config.CheckboxColumn("Similar"),
        },
    )
