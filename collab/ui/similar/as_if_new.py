"""The view *As if it were new*: predictions from genres and year alone, for the chosen film or one of the visitor’s own."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from collab.data.features import item_encoder_of
from collab.data.genres import genres_of
from collab.errors import RunError
from collab.explore.left_out_items import LEAST, LEAST_FOR_MEAN, MEAN, RIDGE, SIDE, Measurement
from collab.explore.new_item import AudienceSpace, NewItem, closest_items, group_table, predict_new_item
from collab.models import family_of
from collab.services.measures import items_left_out
from collab.services.run_files import TrainedRun
from collab.ui.charts import formats
from collab.ui.frame import cached
from collab.ui.frame.offers import offer_descriptions
from collab.ui.frame.page import Page
from collab.ui.frame.watch import result_of
from collab.ui.similar import as_if_new_cached
from collab.ui.similar.lists import Listing, draw_list, neighbour_table
from collab.ui.widgets.tables import show_table

N_CLOSEST = 7
LEAST_IN_GROUP = 5
_DESCRIBED = "_similar_described"  # session key: the film that the controls started from
_MEASURED = "_similar_measured"  # session key: the run whose accuracy is measured


class Described(NamedTuple):
    """A film as the controls describe it; `is_chosen` where that description is the chosen film’s own."""

    genres: list[str]
    year: int | None
    title: str
    is_chosen: bool


def as_if_new(page: Page, film: int) -> None:
    """Draw the view; the controls start from the chosen film."""
    run = page.run
    if not getattr(run.model, "has_descriptions", False):
        offer_descriptions(run, "every new film is the same to it")
        return
    said = st.container()
    pictures, controls = st.columns([3, 1], gap="medium")
    with controls:
        described = _describe(run, film)
    try:
        space = as_if_new_cached.run_audience_space(run.id)
        found = predict_new_item(run.model, space, run.items, described.genres, described.year)
    except RunError as reason:
        pictures.error(formats.sentence(str(reason)), icon=":material/error:")
        pictures.page_link("pages/train.py", label="Train it again", icon=":material/model_training:")
        return
    closest = closest_items(space, found, run.items, [film] if described.is_chosen else [], N_CLOSEST)
    axis = "correlation of who leans towards both (1: the same people)"
    said.markdown(_ratings_in_words(run, film, described, space, found))
    with pictures:
        left, right = st.columns(2, gap="medium")
        listing = Listing(f"The closest of the {len(space.item_index)} most rated films", closest, "closeness", axis)
        draw_list(left, page, listing, "new_film_bars")
        with right:
            _audience(run, found)
        _how_accurate(run)
    st.header("The closest films as a table", anchor=False)
    alt = "The known films that the same people lean towards, closest first"
    neighbour_table(run, closest, "closeness", alt, "new_film_table")


def _describe(run: TrainedRun, film: int) -> Described:
    """Draw the controls for genres, year and title, all in the link. They are reset when another film is chosen."""
    known, chosen, years = item_encoder_of(run.items), run.items.iloc[film], run.items["year"].dropna()
    low, high = (int(years.min()), int(years.max())) if len(years) else (0, 0)
    own = {
        "new_genres": [genre for genre in genres_of(chosen["genres"]) if genre in known.genres],
        "new_year": high if pd.isna(chosen["year"]) else int(chosen["year"]),
        "new_title": "",
    }
    began_with = (chosen["label"], known.genres, low, high)
    if st.session_state.get(_DESCRIBED, began_with) != began_with:
        st.session_state.update(own)
    st.session_state[_DESCRIBED] = began_with
    genres = st.multiselect(
        "Genres",
        known.genres,
        own["new_genres"],
        key="new_genres",
        bind="query-params",
        placeholder="None",
        help="What the film is. More genres: each says less, as a film of many weighs no more than one of few.",
    )
    year = None
    if low < high:
        year = st.slider(
            "Year",
            low,
            high,
            own["new_year"],
            key="new_year",
            bind="query-params",
            help="When it came out. Higher: a newer film; years go in bands, and inside a band nothing changes.",
        )
        st.caption(f"To the model the same: {_years(*known.band_years(year))}.")
    title = st.text_input(
        "Title",
        key="new_title",
        bind="query-params",
        placeholder="A film of your own",
        help="Only a name. Genres and year of another film make it one of your own.",
    ).strip()
    as_chosen = not title and genres == own["new_genres"] and year == (own["new_year"] if low < high else None)
    if as_chosen and not pd.isna(chosen["year"]):
        return Described(genres, year, chosen["title"], True)
    return Described(genres, year, title[:80] or "A new film", False)


def _years(first: int | None, last: int | None) -> str:
    if first is None:
        return "all years" if last is None else f"all years to {last}"
    if last is None:
        return f"{first} and later"
    return str(first) if first == last else f"{first} to {last}"


def _ratings_in_words(run: TrainedRun, film: int, described: Described, space: AudienceSpace, found: NewItem) -> str:
    """The predicted ratings; for the chosen film, beside what the model predicts when it knows the film’s ratings."""
    low, high = np.quantile(found.ratings, (0.1, 0.9))
    said = (
        f"**{formats.plain(described.title)}**{' as if nobody had rated it' if described.is_chosen else ''}: "
        f"**{formats.stars(found.average_person)} stars** from the average person; the "
        f"{formats.count(len(found.ratings))} users of "
        f"this run would give {formats.stars(found.ratings.mean())} on average, eight of ten from {formats.stars(low)} to "
        f"{formats.stars(high)}."
    )
    if not described.is_chosen:
        return said
    rated = run.items.iloc[film]
    return (
        f"{said} Knowing its {formats.counted(rated['n_ratings'], 'rating')}, the model predicts "
        f"{formats.stars(run.model.predict(space.user_index, film).mean())} for them on average; its raters gave "
        f"{formats.stars(rated['mean_rating'])}."
    )


def _audience(run: TrainedRun, found: NewItem) -> None:
    """Draw who would like it: a table of groups of users, of the kind chosen here."""
    try:
        groups = as_if_new_cached.run_user_groups(run.id)
    except RunError as reason:
        st.info(f"Groups of users take the data set: {formats.plain(str(reason))}.", icon=":material/info:")
        return
    kinds = list(groups)
    kind = st.segmented_control(
        "Who would like it, by",
        kinds,
        default=kinds[0],
        required=True,
        wrap=True,
        key="groups_by",
        bind="query-params",
        help=f"How users are put together. Groups of fewer than {LEAST_IN_GROUP} are left out.",
    )
    table = group_table(found, groups[kind if kind in groups else kinds[0]], LEAST_IN_GROUP)
    show_table(
        table,
        height=min(370, 38 + 35 * max(1, len(table))),
        column_order=["group", "n_users", "leaning", "predicted"],
        key="groups_table",
        alt=f"Groups of users by {kind}, the one that leans most towards the film first",
        column_config={
            "group": "Group",
            "n_users": st.column_config.NumberColumn("Users", format="localized"),
            "leaning": st.column_config.NumberColumn(
                "Leaning",
                format="%+.2f",
                help="Stars above (+) or below (−) the average user, after what everybody usually gives is taken out.",
            ),
            "predicted": st.column_config.NumberColumn("Predicted", format="%.1f", help="Predicted rating in stars."),
        },
    )


def _how_accurate(run: TrainedRun) -> None:
    """Draw how accurate such predictions are, measured on demand with this run’s settings on films left out whole."""
    if st.session_state.get(_MEASURED) != run.id:
        record = run.record
        seconds = family_of(record.model).seconds(run.model.settings, record.n_train, len(run.users) + len(run.items))
        st.button(
            "How accurate is this?",
            key="measure_left_out",
            icon=":material/straighten:",
            on_click=lambda: st.session_state.update({_MEASURED: run.id}),
            help="Films are drawn and left out whole, with all their ratings. The same settings are trained on the others, and "
            f"asked about those. It takes about {formats.duration(max(10.0, 2 * seconds))}.",
        )
        return
    what = "Training without some films, and asking about them"
    jobs = cached.jobs()
    found = result_of(
        "films left out", {"run": run.id}, what, key="left_out", read=lambda job: items_left_out(jobs, job)
    )
    if found is not None:
        st.caption(_accuracy_in_words(found))


def _accuracy_in_words(found: Measurement) -> str:
    """The error on films left out whole, beside those of two simpler predictors."""
    simpler = []
    for answer, name in (
        (MEAN, "the mean of all ratings"),
        (RIDGE, "a ridge regression on genres, years and the user’s bias"),
    ):
        gain = found.gain(SIDE, answer)
        mean, low, high = (formats.signed(-each, 4) for each in (gain.difference, gain.high, gain.low))
        simpler.append(f"{formats.loss(found.mse(answer))} for {name} (gain {mean}, 95 % interval {low} to {high})")
    said = (
        f"Measured on {found.n_drawn} films with {LEAST} ratings or more, left out whole, {formats.count(len(found.drawn))} "
        f"ratings: MSE **{formats.loss(found.mse(SIDE))}**, against {' and '.join(simpler)}."
    )
    if len(found.item_means) > 1:
        said += (
            f" The mean prediction over all users is typically {found.off_by:.2f} stars off a film’s mean rating "
            f"({len(found.item_means)} films with {LEAST_FOR_MEAN} ratings or more); the mean of all ratings is "
            f"{found.mean_off_by:.2f} off."
        )
    return said
