"""What all sessions of a server share: its jobs, its downloads, its profiles, and the runs looked at last."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from collab.data.dataset import Dataset
from collab.data.features import features_of, features_of_person
from collab.data.ratings import Ratings
from collab.data.splitting import Split
from collab.data.tables import most_rated_items, trained_items
from collab.data.titles import match_titles
from collab.errors import RunError, SettingError
from collab.explore.biases import BiasDoubt, bias_doubt
from collab.explore.co_rating import CoRating, co_rating
from collab.explore.components import Pca, film_axes, film_matrix
from collab.explore.people import HeldOut, foretell
from collab.explore.similarity import FilmSpace, film_space
from collab.lessons.chapter_summary import Curve, Untrained
from collab.lessons.similar_users import train_neighbours
from collab.models.ease import ItemItem
from collab.models.fold_in import Background, Predictions, background
from collab.models.neighbours import USERS, Neighbours
from collab.recommend.elicitation import Audience, audience
from collab.recommend.item_groups import FilmGroup, after_groups, film_groups
from collab.recommend.new_user import ABOUT, GROUPS, ByItself, Newcomer, newcomer
from collab.recommend.taste_alike import TrainedTastes, trained_tastes
from collab.recommend.taste_place import trained_places
from collab.recommend.trained_user import predictions_for
from collab.services import chapter_runs
from collab.services.downloads import Fetcher
from collab.services.environment import Environment, read_environment
from collab.services.housekeeping import Housekeeping
from collab.services.job_kinds import all_kinds
from collab.services.jobs import Jobs
from collab.services.profiles import ProfileStore
from collab.services.repeats import compare_runs
from collab.services.run_files import TrainedRun
from collab.services.run_rows import data_of, item_item_of, split_of
from collab.services.runs import RunStore
from collab.services.trainings import Trainings
from collab.services.trials import TrialLane
from collab.training.comparison import Comparison


@st.cache_resource(show_spinner=False)
def environment() -> Environment:
    """The checked environment. Raises SettingError, which the frame shows."""
    return read_environment()


@st.cache_resource(show_spinner=False, on_release=lambda jobs: jobs.close())
def jobs() -> Jobs:
    """What is done in the background, and the workers that do it."""
    made = Jobs(environment(), all_kinds(environment()))
    housekeeping()
    return made


@st.cache_resource(show_spinner=False)
def trainings() -> Trainings:
    """The trainings among them."""
    return Trainings(jobs())


def runs() -> RunStore:
    """The runs of the home."""
    return trainings().store


@st.cache_resource(show_spinner=False, on_release=lambda keeper: keeper.close())
def housekeeping() -> Housekeeping:
    """Who puts away what killed processes have left."""
    return Housekeeping(environment())


@st.cache_resource(show_spinner=False, on_release=lambda lane: lane.close())
def trial_lane() -> TrialLane:
    """The trials; there is no worker for them before somebody switches slider mode on."""
    return TrialLane(jobs())


@st.cache_resource(show_spinner=False)
def fetcher() -> Fetcher:
    """The downloads."""
    return Fetcher(jobs())


@st.cache_resource(show_spinner=False, max_entries=8)
def trained_run(run_id: str) -> TrainedRun:
    """A run that has ended, with its model; it never changes, and nobody may change it. Raises RunError."""
    return runs().load(run_id)


@st.cache_resource(show_spinner=False, on_release=lambda store: store.close())
def profiles() -> ProfileStore:
    """What people rated. Raises SettingError for a database address that cannot work."""
    return ProfileStore(environment().database_url)


@st.cache_resource(show_spinner=False, max_entries=8)
def for_newcomers(run_id: str) -> Newcomer | ByItself:
    """What the run brings to a person before the first rating. Raises RunError."""
    run = trained_run(run_id)
    return newcomer(run.model, run.users, run.items, run.valid_mse, run.record.scale)


@st.cache_resource(show_spinner=False, max_entries=3)  # 11 MB for MovieLens 100K, 100 MB at most
def watched_together(run_id: str) -> ItemItem:
    """What the run's training people watched together, worked out when first asked for. Raises RunError without its data."""
    return item_item_of(trained_run(run_id), runs(), environment())


def together_at_hand(run_id: str) -> ItemItem | None:
    """`watched_together`; None where the run's training ratings are not at hand."""
    try:
        return watched_together(run_id)
    except RunError:
        return None


@st.cache_resource(show_spinner=False, max_entries=16)  # 0.7 MB each for MovieLens 100K
def run_film_space(run_id: str) -> FilmSpace:
    """Where the films of a run lie. Raises RunError."""
    run = trained_run(run_id)
    return film_space(run.model, run.items, run.users)


@st.cache_resource(show_spinner="Counting who rated what", max_entries=4)  # 2 MB each for MovieLens 100K
def run_co_rating(run_id: str) -> CoRating:
    """Who rated what among the people that a run was trained on. Raises RunError where the data are not at hand."""
    train, _ = ratings_of(run_id)
    return co_rating(train)


@st.cache_resource(show_spinner=False, max_entries=8)
def run_bias_doubt(run_id: str) -> BiasDoubt | None:
    """How well the run's model knows its biases; None where it takes them for known. Raises RunError."""
    return bias_doubt(trained_run(run_id).model)


@st.cache_resource(show_spinner="Finding out who is alike", max_entries=4)  # 3 MB each for MovieLens 100K
def run_tastes(run_id: str) -> TrainedTastes:
    """How the people that a run was trained on differ from the average person. Raises RunError."""
    run = trained_run(run_id)
    return trained_tastes(run.model, for_newcomers(run_id), run.users, run.items)


@st.cache_resource(show_spinner="Finding everybody’s place", max_entries=8)
def run_places(run_id: str, n_films: int) -> tuple[np.ndarray, Pca, np.ndarray]:
    """The item indices of the `n_films` most rated films (n,), their plane, and the place of every trained user in it, in the
    order of `tables.trained_items`, (n_people, 2). Raises RunError."""
    run = trained_run(run_id)
    item_index = most_rated_items(run.items, n_films)
    plane = film_axes(film_matrix(run.model.item_factors, item_index), 2)
    people = trained_places(for_newcomers(run_id), run.model, trained_items(run.users), plane, item_index)
    return item_index, plane, people


@st.cache_resource(show_spinner=False, max_entries=8)
def film_titles(run_id: str) -> dict[str, int]:
    """The item_index of every title that the run was trained on, most rated first; of a doubled title the more often rated."""
    items = trained_run(run_id).items
    index_of: dict[str, int] = {}
    for index in most_rated_items(items, len(items)).tolist():
        index_of.setdefault(items["title"].array[index], index)
    return index_of


@st.cache_resource(show_spinner="Reading the ratings", max_entries=4)
def run_split(run_id: str) -> tuple[Split, Ratings]:
    """The split that the run was trained on, and all ratings. Raises RunError where the data are not at hand as they were."""
    return split_of(trained_run(run_id), runs(), environment())


@st.cache_resource(show_spinner=False, max_entries=8)
def ratings_of(run_id: str) -> tuple[Ratings, Ratings]:
    """The ratings that a run was trained on, and those held out to check it. Raises RunError where the data are not at hand."""
    split, ratings = run_split(run_id)
    return ratings.take(split.train), ratings.take(split.valid)


@st.cache_resource(show_spinner="Finding out who is alike", max_entries=4)
def similar_users(run_id: str) -> tuple[Neighbours, Ratings]:
    """A model of similar users and the ratings behind it: the run's own where it is one, else trained on the same rows here.
    Raises RunError where the data are not at hand as they were."""
    (train, _), model = ratings_of(run_id), trained_run(run_id).model
    return (model if isinstance(model, Neighbours) and model.settings.of == USERS else train_neighbours(train)), train


@st.cache_resource(show_spinner=False, max_entries=4)  # 12 MB each
def run_audience(run_id: str) -> Audience:
    """Who has seen what among the people that a run was trained on. Raises RunError where the data are not at hand."""
    train, _ = ratings_of(run_id)
    if not len(train):
        raise RunError(f"run {run_id} has no training ratings")
    return audience(train)


@st.cache_resource(show_spinner=False, max_entries=8)
def run_groups(run_id: str) -> tuple[FilmGroup, ...]:
    """The groups of films to pick from before the first rating; none for a model or films that do not make any. Raises RunError
    where the data are not at hand."""
    known = for_newcomers(run_id)
    if isinstance(known, ByItself):
        return ()
    plain, share = known.prior, run_audience(run_id).share
    try:
        return tuple(film_groups(plain, known.films.factors, share))
    except SettingError:  # too few films, or factors that say nothing
        return ()


@st.cache_resource(show_spinner=False, max_entries=4)
def run_background(run_id: str) -> tuple[Background, Dataset] | None:
    """What age, gender and occupation tell of the tastes of the run's people, and the data set that knows them; None where it
    does not, or for a model that folds a person in by itself. Raises RunError where the data are not at hand."""
    if isinstance(for_newcomers(run_id), ByItself):
        return None
    run, (_, ratings) = trained_run(run_id), run_split(run_id)
    dataset, _ = data_of(run.record, environment())
    if dataset.users is None:
        return None
    features = features_of(dataset, ratings, run.record.items_by).users
    trained = run.users["n_ratings"].to_numpy() > 0
    return background(run.model.user_factors, run.model.user_biases, trained, features), dataset


@st.cache_resource(show_spinner=False, max_entries=64)  # each a mean and a covariance, and predictions when asked for
def informed(
    run_id: str, picked: tuple[int, ...], age: str | None, gender: str | None, occupation: str | None
) -> Newcomer | ByItself:
    """`for_newcomers` for somebody of whom this is known: the places of the groups that they `picked`, and who they are, None
    for what they left out. Raises RunError where the data are not at hand."""
    known = for_newcomers(run_id)
    if isinstance(known, ByItself):
        return known
    if (age, gender, occupation) != (None, None, None) and (told := run_background(run_id)) is not None:
        tells, dataset = told
        features = features_of_person(dataset, None if age is None else float(age), gender, occupation)
        known = known.believing(tells.inform(known.prior, features), ABOUT)
    if picked:
        known = known.believing(after_groups(known.prior, run_groups(run_id), picked), GROUPS)
    return known


def film_places(run_id: str, titles: Sequence[str]) -> list[int | None]:
    """The item_index of each film, also where the run spells its title otherwise; None for one that it was never trained on."""
    known = film_titles(run_id)
    unknown = tuple(title for title in titles if title not in known)
    otherwise = dict(zip(unknown, films_spelt_otherwise(run_id, unknown), strict=True)) if unknown else {}
    return [known.get(otherwise.get(title, title)) for title in titles]


@st.cache_data(show_spinner=False, max_entries=64)
def films_spelt_otherwise(run_id: str, titles: tuple[str, ...]) -> list[str | None]:
    """For each title that the run does not know by the letter: how the run spells it, or None. Raises RunError."""
    known = list(film_titles(run_id))
    places, _ = match_titles(titles, known)
    return [None if place is None else known[place] for place in places]


@st.cache_data(show_spinner=False, max_entries=64)
def comparison(first_id: str, second_id: str) -> Comparison:
    """The paired comparison of two runs. Raises RunError where they were not measured on the same rows of data at hand."""
    return compare_runs(trained_run(first_id), trained_run(second_id), runs(), environment())


@st.cache_data(show_spinner=False, max_entries=64)
def chapter_curve(run_id: str) -> Curve:
    """What a finished run of one of the chapter's rows says after each epoch. Raises RunError."""
    return chapter_runs.curve_of(runs().progress(run_id))


@st.cache_data(show_spinner=False, max_entries=64)
def chapter_untrained(run_id: str) -> Untrained | None:
    """Its error if films without a training rating stayed near zero; None where that cannot be said. Raises RunError."""
    store = runs()
    return chapter_runs.left_untrained(store.load(run_id), store, environment())


@st.cache_resource(show_spinner="Predicting the held-out ratings", max_entries=4)  # 1 MB each for MovieLens 100K
def held_out(run_id: str) -> HeldOut:
    """What a run and the baselines predict for all its held-out rows. Raises RunError where the data are not at hand."""
    train, valid = ratings_of(run_id)
    if not len(train):
        raise RunError(f"run {run_id} has no training ratings")
    return foretell(trained_run(run_id).model, train, valid)


@st.cache_resource(show_spinner=False, max_entries=4)
def people_known(run_id: str) -> pd.DataFrame | None:
    """Age, gender and occupation of every row of the run's users; None where nothing is known of them. Raises RunError."""
    run, (train, _) = trained_run(run_id), ratings_of(run_id)
    dataset, _ = data_of(run.record, environment())
    if dataset.users is None:
        return None
    return dataset.users.drop_duplicates("user_id").set_index("user_id").reindex(list(train.users.labels))


@st.cache_data(show_spinner=False, max_entries=64)  # a neighbours model takes 0.3 s for all films of MovieLens 100K
def predictions_of(run_id: str, user_index: int) -> Predictions:
    """How a trained user would rate every film. Raises RunError."""
    run = trained_run(run_id)
    return predictions_for(run.model, user_index, len(run.items), run.record.scale, run.valid_mse)
