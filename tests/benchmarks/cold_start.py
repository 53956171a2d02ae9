"""People whom a model never saw: how well it predicts them after a few ratings, and whether its intervals keep their promise.

    python -m tests.benchmarks.cold_start            # 143 people, on whom settings were chosen
    python -m tests.benchmarks.cold_start --final    # the other 800 in four folds of 200, each left out of its own training
    python -m tests.benchmarks.cold_start --ranking  # the first ten picks instead, see cold_start_ranking.py; also with --final
    python -m tests.benchmarks.cold_start --asking   # which film to ask next: `tests.benchmarks.cold_start_asking`

MovieLens 100K, items are titles; the people are those of `tests.benchmarks.newcomers`. The noise variance
of the models that are not Bayesian is a run's: the MSE on 20 % of the remaining rows (seed 0); a model is then trained on all of
them.
A person's ratings (a doubled title averaged) come in the order of `default_rng(user_id).permutation` (random) or by the films'
training counts (popular); k of them are revealed, and those beyond the 15th are predicted, the same for every k.

Methods, all in one run: *biases*: global mean, damped film bias, and the person's bias Σ (rating − mean − film bias) / (k + 6);
the fold-in of `bias`, `neighbours`, `dot-bias`, the nets and `ordinal`; that of the Bayesian models with films and users taken as
points, and with their covariances. Genres and years of films inform `bayes-sampled`; age, gender and
occupation of the people measured inform the rows *described* alone.
MSE: mean over people of each person's mean squared error, predictions cut to the scale. Differences are paired, with their
95 % interval by percentile bootstrap over people (2,000 draws, seed 0). Coverage: of the 80 % interval, mean over people.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch

from collab.cold_start import UserPrior, background, user_prior
from collab.datasets.dataset import describe_items, describe_users
from collab.models import build_model, preset_of
from collab.models.contract import Model
from collab.newcomer import ByItself, Newcomer, newcomer
from collab.ratings import Ratings
from collab.splitting import split_random
from collab.training import fit
from tests.benchmarks import cold_start_asking
from tests.benchmarks.newcomers import Fold, folds, interval, stars_of

REVEALED = (0, 1, 3, 5, 10, 15)
DAMPING = 6.0
MODELS = (
    ("bias", "fast"),
    ("neighbours", "fast"),
    ("neighbours", "films"),
    ("dot-bias", "fast"),
    ("net", "fast"),
    ("deep", "fast"),
    ("ordinal", "fast"),
    ("bayes", "fast"),
    ("bayes", "accurate"),
    ("bayes-sampled", "fast"),
    ("bayes-sampled", "best"),
)

DESCRIBED = (("dot-bias", "fast"), ("bayes", "fast"))


class Person(NamedTuple):
    """Somebody's row of the user table, the films that they rated, the stars, and the order in which they are revealed."""

    user: int
    item_index: np.ndarray
    rating: np.ndarray
    order: dict[str, np.ndarray]


Method = Callable[[np.ndarray, np.ndarray, np.ndarray, int], tuple[np.ndarray, np.ndarray, np.ndarray]]
"""From revealed films and stars, the films to predict and the person's row: ratings and the ends of their 80 % intervals."""


def people_of(ratings: Ratings, users: np.ndarray, counts: np.ndarray) -> list[Person]:
    """The persons of the user rows `users`; `counts` of the films' training ratings."""
    people = []
    for user in users:
        item_index, stars = stars_of(ratings, user)
        shuffled = np.random.default_rng(int(ratings.users.labels[user])).permutation(len(item_index))
        order = {"random": shuffled, "popular": np.argsort(-counts[item_index], kind="stable")}
        people.append(Person(int(user), item_index, stars, order))
    return people


def biases_method(train: Ratings) -> Method:
    """The opponent that knows no tastes."""
    mean, n = float(train.rating.mean(dtype=np.float64)), train.n_items
    counts = np.bincount(train.item_index, minlength=n)
    item_biases = np.bincount(train.item_index, weights=train.rating - mean, minlength=n) / (counts + DAMPING)

    def method(item_index: np.ndarray, stars: np.ndarray, asked: np.ndarray, user: int) -> tuple[np.ndarray, ...]:
        bias = np.sum(stars - mean - item_biases[item_index]) / (len(stars) + DAMPING)
        predicted = np.clip(mean + item_biases[asked] + bias, train.rating_scale.low, train.rating_scale.high)
        return predicted, np.full(len(asked), np.nan), np.full(len(asked), np.nan)

    return method


def fold_in_method(known: Newcomer | ByItself) -> Method:
    """Collab's way: fold the ratings in, predict."""

    def method(item_index: np.ndarray, stars: np.ndarray, asked: np.ndarray, user: int) -> tuple[np.ndarray, ...]:
        found, _ = known.foresee(dict(zip(item_index.tolist(), stars.tolist(), strict=True)))
        return found.mean[asked], found.low[asked], found.high[asked]

    return method


def as_points(known: Newcomer, model: Model, train: Ratings) -> Newcomer:
    """The same model, its films and users taken for exactly known."""
    points = user_prior(model.user_factors, model.user_biases, np.unique(train.user_index))
    return dataclasses.replace(known, prior=UserPrior(known.prior.mean, points.covariance), item_covariances=None)


def described_method(known: Newcomer, model: Model, fold: Fold) -> Method:
    """The same where age, gender and occupation of the people measured are known."""
    trained = np.bincount(fold.train.user_index, minlength=fold.train.n_users) > 0
    told = background(model.user_factors, model.user_biases, trained, fold.features.users)

    def method(item_index: np.ndarray, stars: np.ndarray, asked: np.ndarray, user: int) -> tuple[np.ndarray, ...]:
        informed = known.believing(told.inform(known.prior, fold.described[user]))
        return fold_in_method(informed)(item_index, stars, asked, user)

    return method


def methods_on(fold: Fold) -> dict[str, Method]:
    """All methods, trained on everybody but the people of the fold."""
    train, features = fold.train, fold.features
    methods = {"biases": biases_method(train)}
    split = split_random(len(train), 0.2, 0)
    for name, preset in MODELS:
        parts = (train.take(split.train), train.take(split.valid))
        settings, sizes = preset_of(name, preset), (train.n_users, train.n_items)
        side = features if getattr(settings, "side_information", False) else None
        trial, model = (build_model(name, settings, *sizes, train.rating_scale, side) for _ in range(2))
        fit(model, train, parts[1])
        valid_mse = fit(trial, *parts).valid.mse if model.item_covariances is None else 0.0
        known = newcomer(
            model, describe_users(train), describe_items(fold.dataset, train, "title"), valid_mse, train.rating_scale
        )
        if known.doubts_films:
            methods[f"{name} {preset}, points"] = fold_in_method(as_points(known, model, train))
        methods[f"{name} {preset}"] = fold_in_method(known)
        if (name, preset) in DESCRIBED:
            methods[f"{name} {preset}, described"] = described_method(known, model, fold)
    return methods


def measure(method: Method, people: list[Person], reveal: str) -> tuple[np.ndarray, np.ndarray]:
    """Mean squared error and coverage of every person after every k, each (n_people, n_k)."""
    squared, inside = np.empty((2, len(people), len(REVEALED)))
    for row, person in enumerate(people):
        order = person.order[reveal]
        asked, given = person.item_index[order[15:]], person.rating[order[15:]]
        for column, k in enumerate(REVEALED):
            mean, low, high = method(person.item_index[order[:k]], person.rating[order[:k]], asked, person.user)
            squared[row, column] = np.mean((mean - given) ** 2)
            inside[row, column] = np.mean((low <= given) & (given <= high)) if np.isfinite(low).all() else np.nan
    return squared, inside


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--final", action="store_true", help="the 800 people of the four folds; settings are not chosen on them"
    )
    parser.add_argument("--asking", action="store_true", help="which film to ask next, one film a screen")
    parser.add_argument(
        "--ranking", action="store_true", help="how good the first ten picks are, instead of the errors"
    )
    arguments = parser.parse_args()
    if arguments.ranking:
        from tests.benchmarks import cold_start_ranking  # stands on this module

        return cold_start_ranking.run(arguments.final)
    torch.set_num_threads(1)
    if arguments.asking:
        return cold_start_asking.report(arguments.final)
    found: dict[tuple[str, str], list[tuple[np.ndarray, np.ndarray]]] = {}
    n_people = 0
    for fold in folds(arguments.final):
        train = fold.train
        people = people_of(fold.ratings, fold.users, np.bincount(train.item_index, minlength=train.n_items))
        n_people += len(people)
        for name, method in methods_on(fold).items():
            for reveal in ("random", "popular"):
                found.setdefault((reveal, name), []).append(measure(method, people, reveal))
    print(f"{n_people} people; k = {', '.join(map(str, REVEALED))} ratings revealed")
    tables = {key: [np.concatenate(parts) for parts in zip(*each, strict=True)] for key, each in found.items()}
    for reveal in ("random", "popular"):
        print(f"\n{reveal} reveal: MSE; coverage of the 80 % interval in %")
        names = [name for which, name in tables if which == reveal]
        for name in names:
            squared, inside = tables[reveal, name]
            covered = "  ".join(f"{100 * share:.1f}" for share in inside.mean(0)) if np.isfinite(inside).all() else ""
            print(f"{name:29} {' '.join(f'{mse:.4f}' for mse in squared.mean(0))}   {covered}")
        pairs = [("dot-bias fast", "biases")]
        for name in names:
            if f"{name}, points" in names:
                pairs += [(name, opponent) for opponent in ("biases", "dot-bias fast", f"{name}, points")]
            if f"{name}, described" in names:
                pairs.append((f"{name}, described", name))
        for first, second in pairs:
            difference = tables[reveal, first][0] - tables[reveal, second][0]
            print(f"  {first} − {second}: " + "  ".join(map(interval, difference.T)))


if __name__ == "__main__":
    main()
