"""How well somebody new is predicted after a few ratings, and whether the intervals keep their promise: a part of `cold_start`.

The noise variance of the models that are not Bayesian is a run's: the MSE on 20 % of the remaining rows (seed 0); a model is then
trained on all of them. k of a person's ratings are revealed, and those beyond the 15th are predicted, the same for every k.

Methods, all in one run: those of `cold_start_opponents`, LensKit's with `--peers`; the fold-in of `bias`, `dot-bias` and, with
`--every-model`, `neighbours`, the nets and `ordinal`; that of the Bayesian models (`bayes-sampled` with `--every-model`) with
films and users taken as points, and with their covariances.
Genres and years of films inform `bayes-sampled`; age, gender and occupation of the people measured inform the rows *described*
alone.
MSE: mean over people of each person's mean squared error, predictions cut to the scale. Differences are paired, with their
95 % interval by percentile bootstrap over people (2,000 draws, seed 0).

The 80 % interval, means over people of a person's films beyond the 15th: coverage; width as it is shown, cut to the scale, and
uncut. Two methods are compared at one coverage too: *fitted width* is the uncut one after all deviations of a method were
multiplied by the number with which its intervals would hold exactly 80 %.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from itertools import chain
from typing import NamedTuple

import numpy as np

from collab.data.ratings import Ratings
from collab.data.splitting import split_random
from collab.data.tables import describe_items, describe_users
from collab.models import build_model, preset_of
from collab.models.contract import Model
from collab.models.fold_in import Belief, Predictions, background, user_prior
from collab.models.levels import COVERAGE, REACH
from collab.recommend.new_user import NewUser, OwnFoldIn, new_user
from collab.training.fit import fit
from tests.benchmarks.cold_start_goals import Goal, at_least, share
from tests.benchmarks.cold_start_opponents import RIDGE, Biases, Method, item_mean, lenskit, ridge
from tests.benchmarks.new_users import (
    NOT_SIGNIFICANT,
    REVEALS,
    Fold,
    K,
    Person,
    between,
    folds,
    interval,
    people_of,
    printed,
    resampled,
)

REVEALED = (0, 1, 3, 5, 10, 15)
MODELS = (("bias", "fast"), ("dot-bias", "fast"), ("bayes", "fast"), ("bayes", "accurate"))
OTHERS = (
    ("neighbours", "fast"),
    ("neighbours", "films"),
    ("net", "fast"),
    ("deep", "fast"),
    ("ordinal", "fast"),
    ("bayes-sampled", "fast"),
    ("bayes-sampled", "best"),
)
OVER_BIASES, OVER_DOT_BIAS = (0.045, 0.040), (0.012, 0.015)
"""The gains wanted after K ratings, in the order of REVEALS."""
HOLDS = 0.77, 0.83
DESCRIBED = (("dot-bias", "fast"), ("bayes", "fast"))


class Measured(NamedTuple):
    """Of every person after every number of REVEALED ratings, (n_people, n_k) each: squared error, share of the ratings inside
    the 80 % interval, its width as shown and uncut; and for every k a list of everybody's |rating − prediction| / deviation."""

    squared: np.ndarray
    inside: np.ndarray
    width: np.ndarray
    uncut: np.ndarray
    away: list[list[np.ndarray]]

    @property
    def unsure(self) -> bool:
        """Whether the method says how far off it may be."""
        return bool(np.isfinite(self.uncut).all())


def fold_in_method(known: NewUser | OwnFoldIn) -> Method:
    """Collab's way: fold the ratings in, predict."""
    return lambda rated, user: known.predict(rated)[0]


def as_points(known: NewUser, model: Model, train: Ratings) -> NewUser:
    """The same model, its films and users taken for exactly known."""
    points = user_prior(model.user_factors, model.user_biases, np.unique(train.user_index))
    films = dataclasses.replace(known.items, covariances=None)
    return dataclasses.replace(known, prior=Belief(known.prior.mean, points.covariance), items=films)


def described_method(known: NewUser, model: Model, fold: Fold) -> Method:
    """The same where age, gender and occupation of the people measured are known."""
    trained = np.bincount(fold.train.user_index, minlength=fold.train.n_users) > 0
    told = background(model.user_factors, model.user_biases, trained, fold.features.users)

    def method(rated: dict[int, float], user: int) -> Predictions:
        return known.with_prior(told.inform(known.prior, fold.described[user])).predict(rated)[0]

    return method


def methods_on(fold: Fold, models: Iterable[tuple[str, str]]) -> dict[str, Method]:
    """All methods but the library's, trained on everybody but the people of the fold."""
    train, features = fold.train, fold.features
    items = describe_items(fold.dataset, train, "title")
    methods: dict[str, Method] = {
        "item mean": item_mean(train, items["damped_mean"].to_numpy()),
        "biases": Biases.of(train),
    }
    split = split_random(len(train), 0.2, 0)
    for name, preset in models:
        parts = (train.take(split.train), train.take(split.valid))
        settings, sizes = preset_of(name, preset), (train.n_users, train.n_items)
        side = features if getattr(settings, "side_information", False) else None
        trial, model = (build_model(name, settings, *sizes, train.rating_scale, side) for _ in range(2))
        fit(model, train, parts[1])
        valid_mse = fit(trial, *parts).valid.mse if model.item_covariances is None else 0.0
        known = new_user(model, describe_users(train), items, valid_mse, train.rating_scale)
        if preset == "fast" and name in RIDGE:
            methods[f"{name} {preset}, ridge"] = fold_in_method(ridge(known, RIDGE[name]))
        if known.has_item_uncertainty:
            methods[f"{name} {preset}, points"] = fold_in_method(as_points(known, model, train))
        methods[f"{name} {preset}"] = fold_in_method(known)
        if (name, preset) in DESCRIBED:
            methods[f"{name} {preset}, described"] = described_method(known, model, fold)
    return methods


def measure(method: Method, people: list[Person], reveal: str) -> Measured:
    """A method on some people."""
    squared, inside, width, uncut = np.empty((4, len(people), len(REVEALED)))
    away: list[list[np.ndarray]] = [[] for _ in REVEALED]
    for row, person in enumerate(people):
        beyond = person.order[reveal][15:]
        asked, given = person.item_index[beyond], person.rating[beyond]
        for column, k in enumerate(REVEALED):
            found = method(person.revealed(reveal, k), person.user)
            mean, low, high = (each[asked] for each in (found.mean, found.low, found.high))
            deviation = found.standard_deviation[asked]
            squared[row, column] = np.mean((mean - given) ** 2)
            inside[row, column] = np.mean((low <= given) & (given <= high))
            width[row, column], uncut[row, column] = np.mean(high - low), 2 * REACH * np.mean(deviation)
            away[column].append(np.abs(given - mean) / deviation)
    return Measured(squared, inside, width, uncut, away)


def together(parts: list[Measured]) -> Measured:
    """The people of several folds in one."""
    arrays = [np.concatenate([part[field] for part in parts]) for field in range(4)]
    return Measured(*arrays, [list(chain(*columns)) for columns in zip(*(part.away for part in parts), strict=True)])


def fitted_widths(found: Measured, column: int, counts: np.ndarray, coverage: float = COVERAGE) -> np.ndarray:
    """The mean uncut width if a method's intervals held exactly `coverage` of the ratings, everybody counting the same, once for
    each row of `counts` (n, n_people), how often everybody is counted: (n,)."""
    away = found.away[column]
    rows = np.array([len(each) for each in away])
    person, distance = np.repeat(np.arange(len(away)), rows), np.concatenate(away)
    order = np.argsort(distance)
    person, distance = person[order], distance[order]
    widths = []
    for count in counts:
        reached = np.cumsum((count / rows)[person])
        fitting = distance[np.searchsorted(reached, coverage * reached[-1] * (1 - 1e-12))]
        widths.append(count @ found.uncut[:, column] / count.sum() * fitting / REACH)
    return np.array(widths)


def print_widths(tables: dict[str, Measured], reveal: str) -> None:
    """The intervals of *biases*, `dot-bias` and `bayes` side by side, after every number of ratings."""
    print(
        f"\n{reveal} reveal, 80 % interval after {', '.join(map(str, REVEALED))} ratings: width as shown; uncut; fitted"
    )
    for name in ("biases", "dot-bias fast", "bayes fast", "bayes accurate"):
        found = tables[name]
        everybody = np.ones((1, len(found.uncut)))
        fitted = [fitted_widths(found, column, everybody)[0] for column in range(len(REVEALED))]
        shown = (
            "  ".join(f"{width:.3f}" for width in widths)
            for widths in (found.width.mean(0), found.uncut.mean(0), fitted)
        )
        print(f"{name:29} {'   '.join(shown)}")


def goals_of(tables: dict[str, Measured], reveal: str) -> list[Goal]:
    """What was wanted of the errors and of the intervals after K ratings."""
    column, place = REVEALED.index(K), REVEALS.index(reveal)
    error = {name: found.squared[:, column] for name, found in tables.items()}
    said = f"after {K} ratings, {reveal} reveal"
    pairs = {
        "`bayes` fast below biases": ("bayes fast", "biases", OVER_BIASES),
        "`bayes` accurate below biases": ("bayes accurate", "biases", OVER_BIASES),
        "`bayes` fast below `dot-bias` with its prior": ("bayes fast", "dot-bias fast", OVER_DOT_BIAS),
    }
    goals = [
        at_least(f"squared error: {label}, {said}", least[place], interval(error[other] - error[name]))
        for label, (name, other, least) in pairs.items()
    ]
    ours, theirs = tables["bayes fast"], tables["biases"]
    held = ours.inside.mean(0)
    goals.append(share(f"80 % interval of `bayes` fast holds, after 0 to 15 ratings, {reveal} reveal", *HOLDS, held))
    shown = [each.width[:, column] for each in (ours, theirs)]
    everybody, draws = np.ones((1, len(shown[0]))), resampled(len(shown[0]))
    fitted = [fitted_widths(each, column, everybody)[0] for each in (ours, theirs)]
    drawn = [fitted_widths(each, column, draws) for each in (ours, theirs)]
    for label, (first, second), less in (
        ("width as shown", map(np.mean, shown), interval(shown[0] - shown[1])),
        ("fitted width", fitted, between(fitted[0] - fitted[1], drawn[0] - drawn[1])),
    ):
        what = f"80 % interval, {label}, `bayes` fast : biases, {said}"
        goals.append(Goal(what, "narrower", f"{first:.3f} : {second:.3f}, {less}", first < second))
    return goals


def report(final: bool, peers: str, every_model: bool) -> list[Goal]:
    """Print the tables; what was wanted and found."""
    parts: dict[tuple[str, str], list[Measured]] = {}
    seconds = []
    for fold in folds(final):
        people, methods = people_of(fold), methods_on(fold, (*MODELS, *OTHERS) if every_model else MODELS)
        if peers:
            methods["LensKit"], spent = lenskit(peers, fold.train, people, REVEALED)
            seconds.extend(spent)
        for name, method in methods.items():
            for reveal in REVEALS:
                parts.setdefault((reveal, name), []).append(measure(method, people, reveal))
    goals = []
    print(f"k = {', '.join(map(str, REVEALED))} ratings revealed; differences: {NOT_SIGNIFICANT}")
    for reveal in REVEALS:
        tables = {name: together(each) for (which, name), each in parts.items() if which == reveal}
        print(f"\n{reveal} reveal: MSE; coverage of the 80 % interval in %")
        for name, found in tables.items():
            covered = "  ".join(f"{100 * share:.1f}" for share in found.inside.mean(0)) if found.unsure else ""
            print(f"{name:29} {' '.join(f'{mse:.4f}' for mse in found.squared.mean(0))}   {covered}")
        for first, second in pairs_of(tables):
            print(f"  {first} − {second}: {printed(tables[first].squared - tables[second].squared)}")
        print_widths(tables, reveal)
        goals += goals_of(tables, reveal)
    if seconds:
        print(f"\nLensKit's fold-in and scores of all films, median: {1000 * float(np.median(seconds)):.3f} ms of CPU")
    return goals


def pairs_of(tables: dict[str, Measured]) -> list[tuple[str, str]]:
    """Which methods are compared, the first minus the second."""
    pairs = [("dot-bias fast", other) for other in ("biases", "dot-bias fast, ridge", "LensKit")]
    for name in tables:
        if f"{name}, points" in tables:
            opponents = ("item mean", "biases", "dot-bias fast", f"{name}, points", f"{name}, ridge", "LensKit")
            pairs += [(name, opponent) for opponent in opponents]
        pairs.append((f"{name}, described", name))
    return [pair for pair in pairs if set(pair) <= set(tables)]
