"""Feedback loops: a model chooses what people see, and then learns from their ratings of it.

A simulation with invented people, whose true tastes are known, and a real model, retrained in every round on all ratings so far,
which its own choices add to. No effect is built in: any narrowing comes from the ratings that the model gets to see.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from collab.data.ratings import UNKNOWN, Ratings, RatingScale, Vocabulary
from collab.errors import SettingError
from collab.models import build_model
from collab.models.bayes import BayesSettings
from collab.training.fit import fit

NONE, EXPLORATION, DAMPING = "none", "exploration", "damping"
REMEDIES = (NONE, EXPLORATION, DAMPING)
SCALE = RatingScale(1.0, 5.0, 1.0)
N_PEOPLE, N_ITEMS, N_GENRES, MAXIMUM_LOVERS = 300, 300, 6, 60
N_ROUNDS = 12
LOVED = 0
"""The lovers' genre; like every other it has a sixth of the items."""

N_FIRST = 20
"""Items, drawn at random, that each person has seen before the first round."""

N_SHOWN = 3
"""Items shown to each person in a round; all of them are watched and rated, none is shown twice."""

LOVED_SHARE = 0.6
"""The share of their genre that the lovers have also rated before the first round."""

LOVE = 1.5
"""How many more stars the lovers give their genre than people do on average."""

DAMPING_STRENGTH = 0.3
"""Stars subtracted per e-fold of an item's number of ratings where popularity is damped."""

MODEL = BayesSettings(n_factors=5, epochs=6, kernel_rank=0)
"""Six sweeps: the model knows items well and tastes roughly, like one trained on little data. In three rounds without a remedy,
the loved genre is 0.22 of what all others are shown without lovers, and 0.35, 0.48, 0.54, 0.56 with 10, 20, 40, 60 of them (means
of five worlds). With twelve sweeps the model learns many lovers as a taste of their own: 0.26 and 0.35, 0.44, 0.47, 0.45."""


@dataclass(frozen=True, eq=False)
class World:
    """Invented people and items; arrays (n_people, n_items) except `genre` (n_items,).

    `taste` is a person's true rating of an item, in stars; `stars` the rating given, in whole stars, which adds the mood of the
    day; `first` marks what was seen before the first round. The lovers' rows follow those of the N_PEOPLE others.
    """

    genre: np.ndarray
    taste: np.ndarray
    stars: np.ndarray
    first: np.ndarray


@dataclass(frozen=True)
class Round:
    """A round for all people but the lovers; round 0 is what they had seen by chance before.

    `variety`: the effective number of items shown in the round, exp(−Σ p ln p) with p their shares. `loved_share`: the share of
    the lovers' genre in all that was shown since round 1; in round 0, in what was seen by chance. `error`: the RMSE between
    prediction and taste over all these people and all items, in stars, of the model that chose this round; NaN in round 0, which
    no model chose.
    """

    number: int
    variety: float
    loved_share: float
    error: float


def make_world(n_lovers: int, seed: int) -> World:
    """People with a liking for every genre, and items with one genre and a quality each. All people but the lovers are the same
    for every `n_lovers`. Raises SettingError outside 0 to MAXIMUM_LOVERS."""
    if not 0 <= n_lovers <= MAXIMUM_LOVERS:
        raise SettingError(f"{n_lovers} lovers of a genre are asked for; allowed is 0 to {MAXIMUM_LOVERS}")
    generator = np.random.default_rng(seed)
    n_all = N_PEOPLE + MAXIMUM_LOVERS
    genre = np.arange(N_ITEMS) % N_GENRES
    quality = generator.normal(0, 0.4, N_ITEMS)
    kindness = generator.normal(0, 0.35, n_all)
    liking = generator.normal(0, 0.9, (n_all, N_GENRES))
    liking[N_PEOPLE:, LOVED] = LOVE
    mood = generator.normal(0, 0.7, (n_all, N_ITEMS))
    first = generator.random((n_all, N_ITEMS)).argsort(axis=1).argsort(axis=1) < N_FIRST
    first[N_PEOPLE:] |= (generator.random((MAXIMUM_LOVERS, N_ITEMS)) < LOVED_SHARE) & (genre == LOVED)
    taste = np.clip(3.3 + quality + kindness[:, None] + liking[:, genre], SCALE.low, SCALE.high)
    stars = np.clip(np.round(taste + mood), SCALE.low, SCALE.high).astype(np.float32)
    kept = slice(0, N_PEOPLE + n_lovers)
    return World(genre, taste[kept], stars[kept], first[kept])


def simulate(n_lovers: int, remedy: str, seed: int, n_rounds: int = N_ROUNDS) -> Iterator[Round]:
    """Round 0 and then `n_rounds` rounds, with a training before each. The same arguments give the same rounds."""
    world = make_world(n_lovers, seed)
    chance = np.random.default_rng((seed, 1))
    rated = world.first
    yield _measure(0, world, rated, rated, None)
    for number in range(1, n_rounds + 1):
        predicted = train(world.stars, rated)
        shown = choose(predicted, rated, remedy, chance)
        rated = rated | shown
        yield _measure(number, world, shown, rated & ~world.first, predicted)


def train(stars: np.ndarray, rated: np.ndarray) -> np.ndarray:
    """The predictions of a model trained on the ratings `stars` where `rated`, for every person and item, (n_people, n_items)."""
    people, items = np.nonzero(rated)
    vocabularies = (Vocabulary((UNKNOWN, *map(str, range(1, n + 1)))) for n in rated.shape)
    ratings = Ratings(*vocabularies, people + 1, items + 1, stars[rated], np.zeros(len(people)), SCALE)
    model = build_model("bayes", MODEL, ratings.n_users, ratings.n_items, SCALE)
    fit(model, ratings, ratings.take(np.arange(1)))  # it is evaluated on true tastes, not on held-out rows
    # not clipped to the scale: items that would both be five stars keep their order
    return model.user_factors[1:] @ model.item_factors[1:].T + model.user_biases[1:, None] + model.item_biases[1:]


def choose(predicted: np.ndarray, rated: np.ndarray, remedy: str, chance: np.random.Generator) -> np.ndarray:
    """The N_SHOWN items shown to each person, as a mask (n_people, n_items), among those not yet `rated`.

    "none": those with the highest predictions. "exploration": one of them is instead drawn uniformly at random. "damping": the
    highest after subtracting DAMPING_STRENGTH · ln(1 + number of the item's ratings). Raises SettingError for another remedy.
    """
    if remedy not in REMEDIES:
        raise SettingError(f"there is no remedy {remedy!r}; there are {', '.join(REMEDIES)}")
    score = predicted.astype(np.float64)
    if remedy == DAMPING:
        score -= DAMPING_STRENGTH * np.log1p(rated.sum(axis=0))
    score[rated] = -np.inf
    if remedy == EXPLORATION:
        drawn = np.where(rated, -1.0, chance.random(score.shape)).argmax(axis=1)
        score[np.arange(len(score)), drawn] = np.inf
    best = np.argsort(-score, axis=1, kind="stable")[:, :N_SHOWN]
    shown = np.zeros_like(rated)
    np.put_along_axis(shown, best, True, axis=1)
    return shown


def effective_number(counts: np.ndarray) -> float:
    """exp(−Σ p ln p) over the shares p of `counts`: n for n items shown equally often, 1 where only one is shown."""
    share = counts[counts > 0] / counts.sum()
    return float(np.exp(-(share * np.log(share)).sum()))


def _measure(number: int, world: World, shown: np.ndarray, so_far: np.ndarray, predicted: np.ndarray | None) -> Round:
    error = np.nan
    if predicted is not None:
        difference = np.clip(predicted[:N_PEOPLE], SCALE.low, SCALE.high) - world.taste[:N_PEOPLE]
        error = float(np.sqrt(np.square(difference).mean()))
    loved = so_far[:N_PEOPLE, world.genre == LOVED].sum() / so_far[:N_PEOPLE].sum()
    return Round(number, effective_number(shown[:N_PEOPLE].sum(axis=0)), float(loved), error)
