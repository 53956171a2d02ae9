"""Accuracy, speed and honesty of `bayes` beside `dot-bias`, on MovieLens 100K.

    python -m tests.benchmarks.bayes

Split: random 20 % (seed 0, 1, 2; model seed the same) and the official fold u1; items are titles; `bayes` cuts its predictions
to 1 … 5, `dot-bias` keeps its sigmoid range. CPU seconds are of the fit alone, validation after every epoch included, one thread,
median over the splits. Gain: MSE of `dot-bias` *chapter* minus that of `bayes`, on the same rows. Coverage: the share of held-out
ratings inside the central interval that should hold 50, 80, 95 % of them; log loss: of the chances of the five levels, in nats,
beside that of the training histogram and of `dot-bias` with one noise level (the variance of its training errors).
"""

from __future__ import annotations

import dataclasses
import statistics
from statistics import NormalDist
from typing import Any

import numpy as np
import torch

from collab.certainty import level_probabilities
from collab.models import build_model, preset_of
from collab.models.contract import Model
from collab.ratings import Ratings
from collab.services.environment import read_environment
from collab.services.training_job import load_encoded
from collab.splitting import split_by
from collab.training import Outcome, fit

SEEDS = (0, 1, 2)
COVERAGES = (0.5, 0.8, 0.95)


def train_on(train: Ratings, valid: Ratings, name: str, settings: Any) -> tuple[Model, Outcome]:
    """The trained model, and how its training went."""
    model = build_model(name, settings, train.n_users, train.n_items, train.rating_scale)
    return model, fit(model, train, valid)


def log_loss(mean: np.ndarray, variance: np.ndarray, valid: Ratings) -> float:
    """Mean surprise at the level that was given, in nats."""
    chances = level_probabilities(mean, variance, valid.rating_scale)
    given = np.searchsorted(valid.rating_scale.levels, valid.rating)
    return float(-np.log(np.maximum(chances[np.arange(len(given)), given], 1e-12)).mean())


def in_four(table: np.ndarray, counts: np.ndarray) -> str:
    """Means of the columns of `table` over the rows, from the quarter with the lowest counts to that with the highest."""
    quarters = np.array_split(np.argsort(counts, kind="stable"), 4)
    return "  ".join("/".join(f"{100 * share:.0f}" for share in table[:, rows].mean(1)) for rows in quarters)


def main() -> None:
    """Print the table."""
    torch.set_num_threads(1)
    dataset, ratings = load_encoded("ml-100k", read_environment())
    holdouts = [("random:0.2", seed) for seed in SEEDS] + [("fold:u1", 0)]
    parts = []
    for holdout, seed in holdouts:
        split = split_by(holdout, dataset, seed)
        parts.append((ratings.take(split.train), ratings.take(split.valid), seed))
    chapter: list[float] = []
    for name, preset in (("dot-bias", "chapter"), ("bayes", "fast"), ("bayes", "accurate")):
        fits = [
            train_on(train, valid, name, dataclasses.replace(preset_of(name, preset), seed=seed))
            for train, valid, seed in parts
        ]
        mses = [outcome.valid.mse for _, outcome in fits[:-1]]
        chapter = chapter or mses
        gains = [before - mse for before, mse in zip(chapter, mses, strict=True)]
        print(
            f"{name} {preset:9} MSE {statistics.mean(mses):.4f}  ({' '.join(f'{mse:.4f}' for mse in mses)})  "
            f"gain {statistics.mean(gains):.4f}  ({' '.join(f'{gain:.4f}' for gain in gains)})  "
            f"{statistics.median(outcome.cpu_seconds for _, outcome in fits[:-1]):.2f} s of CPU   "
            f"u1: RMSE {fits[-1][1].valid.rmse:.4f}"
        )
        within, losses, by_user, by_film = [], [], [], []
        for (model, _), (train, valid, _) in zip(fits[:-1], parts[:-1], strict=True):
            if name == "bayes":
                mean, variance = model.predict_with_variance(valid.user_index, valid.item_index)
            else:
                mean = model.predict(valid.user_index, valid.item_index)
                noise = np.mean((model.predict(train.user_index, train.item_index) - train.rating) ** 2)
                variance = np.full(len(mean), noise)
            away = np.abs(valid.rating - mean) / np.sqrt(variance)
            within.append([away <= NormalDist().inv_cdf((1 + coverage) / 2) for coverage in COVERAGES])
            losses.append(log_loss(mean, variance, valid))
            by_user.append(np.bincount(train.user_index, minlength=train.n_users)[valid.user_index])
            by_film.append(np.bincount(train.item_index, minlength=train.n_items)[valid.item_index])
        table = np.concatenate(within, axis=1)  # (3, n)
        print(
            f"    coverage of 50/80/95 %: {'/'.join(f'{100 * share:.1f}' for share in table.mean(1))}   "
            f"by activity of user: {in_four(table, np.concatenate(by_user))}   "
            f"by count of film: {in_four(table, np.concatenate(by_film))}   log loss {statistics.mean(losses):.4f}"
        )
    histogram = []
    for train, valid, _ in parts[:-1]:
        levels = train.rating_scale.levels
        shares = np.bincount(np.searchsorted(levels, train.rating), minlength=len(levels)) / len(train)
        histogram.append(-np.log(shares[np.searchsorted(levels, valid.rating)]).mean())
    print(f"training histogram: log loss {statistics.mean(histogram):.4f}")


if __name__ == "__main__":
    main()
