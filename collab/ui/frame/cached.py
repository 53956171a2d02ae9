"""Objects shared by all sessions of a server: jobs, downloads, profiles, and the runs viewed last."""

from __future__ import annotations

import streamlit as st

from collab.data.ratings import Ratings
from collab.data.splitting import Split
from collab.explore.biases import BiasDeviations, bias_deviations
from collab.explore.co_rating import CoRating, co_rating
from collab.explore.similarity import ItemSpace, item_space
from collab.services.downloads import Fetcher
from collab.services.environment import Environment, read_environment
from collab.services.housekeeping import Housekeeping
from collab.services.job_kinds import all_kinds
from collab.services.jobs import Jobs
from collab.services.profiles import ProfileStore
from collab.services.repeats import compare_runs
from collab.services.run_files import TrainedRun
from collab.services.run_rows import split_of
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
    """The background jobs and their workers."""
    made = Jobs(environment(), all_kinds(environment()))
    housekeeping()
    return made


@st.cache_resource(show_spinner=False)
def trainings() -> Trainings:
    """The trainings among the jobs."""
    return Trainings(jobs())


def runs() -> RunStore:
    """The runs in the home directory."""
    return trainings().store


@st.cache_resource(show_spinner=False, on_release=lambda keeper: keeper.close())
def housekeeping() -> Housekeeping:
    """The thread that removes what killed processes have left."""
    return Housekeeping(environment())


@st.cache_resource(show_spinner=False, on_release=lambda lane: lane.close())
def trial_lane() -> TrialLane:
    """The trials; their worker starts when slider mode is first switched on."""
    return TrialLane(jobs())


@st.cache_resource(show_spinner=False)
def fetcher() -> Fetcher:
    """The downloads."""
    return Fetcher(jobs())


@st.cache_resource(show_spinner=False, max_entries=8)
def trained_run(run_id: str) -> TrainedRun:
    """A run that has ended, with its model. It is shared and never changes: do not modify it. Raises RunError."""
    return runs().load(run_id)


@st.cache_resource(show_spinner=False, on_release=lambda store: store.close())
def profiles() -> ProfileStore:
    """The profiles with their answers. Raises SettingError for a database address that cannot work."""
    return ProfileStore(environment().database_url)


@st.cache_resource(show_spinner=False, max_entries=16)  # 0.7 MB each for MovieLens 100K
def run_film_space(run_id: str) -> ItemSpace:
    """The item space of a run. Raises RunError."""
    run = trained_run(run_id)
    return item_space(run.model, run.items, run.users)


@st.cache_resource(show_spinner="Counting who rated what", max_entries=4)  # 2 MB each for MovieLens 100K
def run_co_rating(run_id: str) -> CoRating:
    """Who rated what among the users that a run was trained on. Raises RunError where the data are not available."""
    train, _ = ratings_of(run_id)
    return co_rating(train)


@st.cache_resource(show_spinner=False, max_entries=8)
def run_bias_deviations(run_id: str) -> BiasDeviations | None:
    """Standard deviations of the biases of the run's model; None for a model without covariances. Raises RunError."""
    return bias_deviations(trained_run(run_id).model)


@st.cache_resource(show_spinner="Reading the ratings", max_entries=4)
def run_split(run_id: str) -> tuple[Split, Ratings]:
    """The split that the run was trained on, and all ratings. Raises RunError where the data are missing or have changed."""
    return split_of(trained_run(run_id), environment())


@st.cache_resource(show_spinner=False, max_entries=8)
def ratings_of(run_id: str) -> tuple[Ratings, Ratings]:
    """The training and the held-out ratings of a run. Raises RunError where the data are not available."""
    split, ratings = run_split(run_id)
    return ratings.take(split.train), ratings.take(split.valid)


@st.cache_data(show_spinner=False, max_entries=64)
def comparison(first_id: str, second_id: str) -> Comparison:
    """The paired comparison of two runs. Raises RunError where their held-out rows differ or the data are not available."""
    return compare_runs(trained_run(first_id), trained_run(second_id), environment())
