"""What a run provides for a person, computed once for all sessions."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from collab.data.dataset import Dataset
from collab.data.features import features_of, features_of_person
from collab.data.tables import most_rated_items
from collab.data.titles import match_titles
from collab.errors import RunError, SettingError
from collab.models.ease import ItemWeights
from collab.models.fold_in import Background, background
from collab.recommend.elicitation import Audience, audience
from collab.recommend.item_groups import ItemGroup, after_groups, item_groups
from collab.recommend.new_user import ABOUT, GROUPS, NewUser, OwnFoldIn, new_user
from collab.services.run_rows import data_of, item_weights_of
from collab.ui.frame import cached


@st.cache_resource(show_spinner=False, max_entries=8)
def new_user_of(run_id: str) -> NewUser | OwnFoldIn:
    """The run's `NewUser` or `OwnFoldIn`, before any rating. Raises RunError."""
    run = cached.trained_run(run_id)
    return new_user(run.model, run.users, run.items, run.valid_mse, run.record.scale)


@st.cache_resource(show_spinner=False, max_entries=3)  # 11 MB for MovieLens 100K, 100 MB at most
def item_weights(run_id: str) -> ItemWeights:
    """The item-item weights of the run's training ratings, computed at first use. Raises RunError without its data."""
    return item_weights_of(cached.trained_run(run_id), cached.environment())


def item_weights_at_hand(run_id: str) -> ItemWeights | None:
    """`item_weights`; None where the run's training ratings are not available."""
    try:
        return item_weights(run_id)
    except RunError:
        return None


@st.cache_resource(show_spinner=False, max_entries=8)
def film_titles(run_id: str) -> dict[str, int]:
    """The item_index of every title that the run was trained on, most rated first; for a doubled title, the most rated one."""
    items = cached.trained_run(run_id).items
    index_of: dict[str, int] = {}
    for index in most_rated_items(items, len(items)).tolist():
        index_of.setdefault(items["title"].array[index], index)
    return index_of


@st.cache_resource(show_spinner=False, max_entries=4)  # 12 MB each
def run_audience(run_id: str) -> Audience:
    """Who has seen what among the users that a run was trained on. Raises RunError where the data are not available."""
    train, _ = cached.ratings_of(run_id)
    if not len(train):
        raise RunError(f"run {run_id} has no training ratings")
    return audience(train)


@st.cache_resource(show_spinner=False, max_entries=8)
def run_groups(run_id: str) -> tuple[ItemGroup, ...]:
    """The groups of films to pick from before the first rating; empty if the model or its films do not allow any. Raises
    RunError where the data are not available."""
    known = new_user_of(run_id)
    if isinstance(known, OwnFoldIn):
        return ()
    plain, share = known.prior, run_audience(run_id).share
    try:
        return tuple(item_groups(plain, known.items.factors, share))
    except SettingError:  # too few films, or factors without information
        return ()


@st.cache_resource(show_spinner=False, max_entries=4)
def run_background(run_id: str) -> tuple[Background, Dataset] | None:
    """What age, gender and occupation tell of the tastes of the run's users, and the data set with these facts; None if it lacks
    them, or for a model with its own fold-in. Raises RunError where the data are not available."""
    if isinstance(new_user_of(run_id), OwnFoldIn):
        return None
    run, (_, ratings) = cached.trained_run(run_id), cached.run_split(run_id)
    dataset, _ = data_of(run.record, cached.environment())
    if dataset.users is None:
        return None
    features = features_of(dataset, ratings, run.record.items_by).users
    trained = run.users["n_ratings"].to_numpy() > 0
    return background(run.model.user_factors, run.model.user_biases, trained, features), dataset


@st.cache_resource(show_spinner=False, max_entries=64)  # each a mean and a covariance, and predictions once computed
def new_user_with_facts(
    run_id: str, picked: tuple[int, ...], age: str | None, gender: str | None, occupation: str | None
) -> NewUser | OwnFoldIn:
    """`new_user_of` for a person with these facts: the places of the groups that they `picked`, and their age, gender and
    occupation, None for what they left out. Raises RunError where the data are not available."""
    known = new_user_of(run_id)
    if isinstance(known, OwnFoldIn):
        return known
    if (age, gender, occupation) != (None, None, None) and (found := run_background(run_id)) is not None:
        effects, dataset = found
        features = features_of_person(dataset, None if age is None else float(age), gender, occupation)
        known = known.with_prior(effects.inform(known.prior, features), ABOUT)
    if picked:
        known = known.with_prior(after_groups(known.prior, run_groups(run_id), picked), GROUPS)
    return known


def match_film_titles(run_id: str, titles: Sequence[str]) -> list[int | None]:
    """The item_index of each film, also if the run spells its title differently; None for one that it was never trained on."""
    known = film_titles(run_id)
    unknown = tuple(title for title in titles if title not in known)
    otherwise = dict(zip(unknown, films_spelt_otherwise(run_id, unknown), strict=True)) if unknown else {}
    return [known.get(otherwise.get(title, title)) for title in titles]


@st.cache_data(show_spinner=False, max_entries=64)
def films_spelt_otherwise(run_id: str, titles: tuple[str, ...]) -> list[str | None]:
    """For each title without an exact match in the run: how the run spells it, or None. Raises RunError."""
    known = list(film_titles(run_id))
    places, _ = match_titles(titles, known)
    return [None if place is None else known[place] for place in places]
