"""The built-in sample: plausible films, counts and stars shaped like MovieLens 100K, a plan that training recovers."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp, spearmanr
from sklearn.metrics.pairwise import cosine_similarity

from collab.data.catalogue import load_dataset
from collab.data.dataset import Dataset, encode
from collab.data.movielens import GENRES_100K
from collab.data.sample import PlantedTruth, load_sample, planted_truth, sample_ratings
from collab.data.splitting import split_random
from collab.models import build_model, preset_of
from collab.models.contract import Model
from collab.training.fit import fit
from collab.training.metrics import baselines

# SHA-256 over the columns user, item, stars and time as little-endian int64, taken when the sample was made: the same
# with numpy 1.26 and 2.4, with and without AVX. A change of films, settings or seed changes it on purpose; anything
# else that does is a machine that rounds differently.
DIGEST = "21ab0146a0713cb749f4e87e2b937413049787f8dd0badfa290f23444b21a6e8"


@pytest.fixture(scope="module")
def sample() -> Dataset:
    return load_sample()


@pytest.fixture(scope="module")
def movielens() -> Dataset:
    """The real MovieLens 100K from COLLAB_DATA; without it the tests that ask for it fail with what to do."""
    folders = [Path(folder) for folder in os.environ.get("COLLAB_DATA", "").split(os.pathsep) if folder]
    return load_dataset("ml-100k", folders)


def test_has_the_films_people_and_ratings_that_were_promised(sample: Dataset) -> None:
    ratings = sample.ratings
    assert sample.name == "sample" and sample.synthetic and "synthetic" in sample.note
    assert len(sample.items) >= 400 and len(sample.users) >= 600 and 40_000 <= len(ratings) <= 60_000
    assert set(ratings.item_id) == set(sample.items.item_id), "every film is rated, and no other"
    assert set(ratings.user_id) == set(sample.users.user_id)
    assert not ratings.duplicated(["user_id", "item_id"]).any()
    assert ratings.user_id.value_counts().min() >= 20
    assert sample.rating_scale.allows(ratings.rating.to_numpy()).all()
    assert (ratings.dtypes["rating"], ratings.dtypes["time"]) == (np.float32, np.int64)


def test_films_are_named_as_in_movielens(sample: Dataset) -> None:
    items = sample.items
    assert items.title.is_unique and items.item_id.is_unique
    assert (items.year == items.title.str.extract(r" \((\d{4})\)$")[0].astype("Int64")).all()
    assert items.year.between(1920, 2023).all()
    assert not items.title.str.match(r"(The|An) ").any(), "articles stand behind: Godfather, The (1972)"
    assert "Godfather, The (1972)" in set(items.title)


def test_films_cover_genres_and_decades(sample: Dataset) -> None:
    genres = sample.items.genres.str.split("|")
    assert (genres.map(lambda named: named == sorted(set(named)))).all()
    assert set(genres.explode()) == set(GENRES_100K) - {"unknown"}
    decades = (sample.items.year // 10 * 10).value_counts()
    assert set(decades.index) == set(range(1920, 2030, 10)) and decades.max() < len(sample.items) / 3


def test_people_are_plausible(sample: Dataset) -> None:
    users = sample.users
    assert users.age.between(15, 75).all() and set(users.gender) == {"F", "M"}
    assert (users.age[users.occupation == "retired"] > 65).all()
    assert users.occupation.nunique() > 10


def test_people_rate_in_bursts_after_the_youngest_film_came_out(sample: Dataset) -> None:
    ratings = sample.ratings
    assert ratings.time.is_monotonic_increasing
    assert pd.to_datetime(ratings.time.iloc[0], unit="s").year > sample.items.year.max()
    gaps = ratings.groupby("user_id").time.diff().dropna()
    assert gaps.median() < 60 and 0.002 < (gaps > 86_400).mean() < 0.05
    span = ratings.groupby("user_id").time.agg(np.ptp)
    assert (span < 86_400).mean() > 0.4 and (span > 7 * 86_400).mean() > 0.1


def test_star_shares_resemble_movielens(sample: Dataset, movielens: Dataset) -> None:
    shares = [data.ratings.rating.value_counts(normalize=True) for data in (sample, movielens)]
    assert (shares[0] - shares[1]).abs().max() < 0.03
    assert set(shares[0].index) == set(shares[1].index) == {1, 2, 3, 4, 5}


@pytest.mark.parametrize("column", ["item_id", "user_id"])
def test_counts_per_film_and_user_resemble_movielens(sample: Dataset, movielens: Dataset, column: str) -> None:
    log_counts = [np.log(data.ratings[column].value_counts()) for data in (sample, movielens)]
    assert ks_2samp(*log_counts).statistic <= 0.15


def test_famous_films_are_rated_often_and_oftener_films_better(sample: Dataset) -> None:
    by_film = sample.ratings.groupby("item_id").rating.agg(["size", "mean"]).join(sample.items.set_index("item_id"))
    most = set(by_film.nlargest(50, "size").title)
    assert {"Star Wars: Episode IV - A New Hope (1977)", "Godfather, The (1972)", "Matrix, The (1999)"} <= most
    assert (by_film["size"] <= 5).mean() > 0.15, "a long tail of films that hardly anybody rated"
    assert 0.3 < np.corrcoef(np.log(by_film["size"]), by_film["mean"])[0, 1] < 0.7  # 0.52 in MovieLens 100K


def test_is_the_same_everywhere(sample: Dataset) -> None:
    ratings = sample.ratings
    columns = [ratings[name].to_numpy().astype("<i8") for name in ("user_id", "item_id", "rating", "time")]
    assert hashlib.sha256(np.stack(columns).tobytes()).hexdigest() == DIGEST


def test_generating_twice_gives_the_same(sample: Dataset) -> None:
    planted_truth.cache_clear()
    pd.testing.assert_frame_equal(sample_ratings(), sample.ratings)


def test_planted_sums_do_not_depend_on_their_order() -> None:
    truth = planted_truth()
    backwards = np.zeros_like(truth.affinity)
    for taste in reversed(range(truth.item_tastes.shape[1])):
        backwards += np.multiply.outer(truth.user_tastes[:, taste], truth.item_tastes[:, taste])
    assert np.array_equal(truth.affinity, backwards)


def test_the_plan_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        planted_truth().item_quality[0] = 1.0


@dataclass(frozen=True)
class Trained:
    """A model trained on four fifths of the sample, and the plan in the order of the model's rows (#na# left out)."""

    model: Model
    valid_mse: float
    baseline_mse: dict[str, float]
    n_ratings: np.ndarray  # (n_items - 1,)
    truth: PlantedTruth


@pytest.fixture(scope="module")
def trained(sample: Dataset) -> Trained:
    ratings = encode(sample)
    split = split_random(len(ratings), 0.2, seed=0)
    train, valid = ratings.take(split.train), ratings.take(split.valid)
    model = build_model("dot-bias", preset_of("dot-bias", "chapter"), ratings.n_users, ratings.n_items)
    outcome = fit(model, train, valid)
    item = pd.Index(sample.items.title).get_indexer(ratings.items.labels[1:])
    user = pd.Index(sample.users.user_id).get_indexer(ratings.users.labels[1:])
    truth = planted_truth()
    in_model_order = PlantedTruth(
        truth.item_quality[item], truth.item_tastes[item], truth.user_tastes[user], truth.user_biases[user]
    )
    return Trained(
        model,
        outcome.valid.mse,
        {name: error.mse for name, error in baselines(train, valid).items()},
        np.bincount(train.item_index, minlength=train.n_items)[1:],
        in_model_order,
    )


def test_every_part_of_the_plan_is_worth_learning(trained: Trained) -> None:
    # measured: global mean 1.266, biases only 0.850, the chapter's model 0.660
    assert trained.baseline_mse["biases_only"] < trained.baseline_mse["global_mean"] - 0.25
    assert trained.valid_mse < trained.baseline_mse["biases_only"] - 0.1


def test_training_recovers_planted_biases(trained: Trained) -> None:
    often = trained.n_ratings >= 20
    assert often.sum() > 400
    assert spearmanr(trained.model.item_biases[1:][often], trained.truth.item_quality[often]).statistic > 0.8
    assert spearmanr(trained.model.user_biases[1:], trained.truth.user_biases).statistic > 0.8


def test_training_recovers_which_films_are_alike(trained: Trained) -> None:
    often = np.flatnonzero(trained.n_ratings >= 50)
    pairs = np.triu_indices(len(often), 1)
    learned, planted = (
        cosine_similarity(table)[pairs]
        for table in (trained.model.item_factors[1:][often], trained.truth.item_tastes[often])
    )
    assert spearmanr(learned, planted).statistic > 0.6


def test_training_recovers_what_people_like(trained: Trained) -> None:
    often = trained.n_ratings >= 50
    learned = trained.model.user_factors[1:] @ trained.model.item_factors[1:][often].T  # (n_users, n_often)
    # What is the same for everybody, or for all films, could as well stand in the biases: the ratings do not say which.
    learned -= learned.mean(axis=0)
    learned -= learned.mean(axis=1, keepdims=True)
    assert np.corrcoef(learned.ravel(), trained.truth.affinity[:, often].ravel())[0, 1] > 0.65
