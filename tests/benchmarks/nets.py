"""The nets epoch by epoch, chances of the levels, and what side information gains; how *fast* was chosen.

    python -m tests.benchmarks.nets             # the tables
    python -m tests.benchmarks.nets --presets   # the search for *fast*

Tables: random 20 % held out, split and model seeds 0, 1, 2, items are titles, nothing cut, one pinned core, one thread. Gain of
side information: MSE of the same model with `side_information` off, minus its own, on the same rows; once on the random split,
once for 143 people and once for 150 films (with five ratings or more), all of whose ratings are left out of the training. The
search: rows inside the training part of split seed 0 alone, as in `tests.benchmarks.presets`. A setting has reached the loss of
the small batches if its mean valid MSE is not above theirs, or above by less than a third of the spread of that difference: nets
differ by more than that from one seed to the next. *fast* is one of the soonest of these.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import statistics
from collections.abc import Iterable
from typing import Any

import numpy as np

from collab.data.ratings import Ratings
from collab.models import MODELS, preset_of
from collab.services.training_job import measure_certainty
from tests.benchmarks.conditions import Part, fitted, inner_parts, parts, pin

SEEDS = (0, 1, 2)
NETS = ("net", "deep", "ordinal", "side")
GRID = {"batch_size": (128, 256, 512), "learning_rate": (5e-3, 1e-2), "epochs": (3, 4)}
N_PEOPLE, N_ITEMS, LEAST = 143, 150, 5


def tell(name: str, preset: str, settings: Any, splits: list[Part]) -> None:
    """Print train / valid MSE of every epoch for every seed, and the certainty of a model that has any."""
    losses, seconds, certainty = [], [], []
    for part in splits:
        model, outcome = fitted(name, dataclasses.replace(settings, seed=part.seed), part)
        losses.append(outcome.valid.mse)
        seconds.append(outcome.cpu_seconds / len(outcome.epochs))
        certainty.append(measure_certainty(model, part.train, part.valid))
        print(
            f"    seed {part.seed}  "
            + " ".join(f"{each.train_loss:.4f}/{each.valid_loss:.4f}" for each in outcome.epochs)
        )
    print(
        f"{name} {preset}  MSE {statistics.mean(losses):.4f} ± {statistics.stdev(losses):.4f}  "
        f"{statistics.median(seconds):.2f} s of CPU an epoch",
        flush=True,
    )
    if certainty[0]:
        means = {key: statistics.mean(each[key] for each in certainty) for key in certainty[0]}
        print("    " + "  ".join(f"{key} {value:.4f}" for key, value in means.items()))


def left_out(part: Part, rows: np.ndarray) -> Part:
    """All rows of the data set, those held out that `rows` (a mask) says."""
    ratings = joined(part)
    return dataclasses.replace(
        part, train=ratings.take(np.flatnonzero(~rows)), valid=ratings.take(np.flatnonzero(rows))
    )


def joined(part: Part) -> Ratings:
    """Training and held-out rows of a split together."""
    columns = (
        np.concatenate([getattr(part.train, name), getattr(part.valid, name)])
        for name in ("user_index", "item_index", "rating", "time")
    )
    return Ratings(part.train.users, part.train.items, *columns, part.train.rating_scale)


def cold(splits: list[Part]) -> Iterable[tuple[str, list[Part]]]:
    """People, and films, of whom nothing but side information is known."""
    ratings = joined(splits[0])
    people = 1 + np.random.default_rng(999).permutation(ratings.n_users - 1)[:N_PEOPLE]
    yield (
        f"{N_PEOPLE} new people",
        [dataclasses.replace(left_out(splits[0], np.isin(ratings.user_index, people)), seed=seed) for seed in SEEDS],
    )
    counts = np.bincount(ratings.item_index, minlength=ratings.n_items)
    films = np.random.default_rng(999).permutation(np.flatnonzero(counts >= LEAST))[:N_ITEMS]
    yield (
        f"{N_ITEMS} new films",
        [dataclasses.replace(left_out(splits[0], np.isin(ratings.item_index, films)), seed=seed) for seed in SEEDS],
    )


def tell_gain(settings: Any, label: str, splits: list[Part]) -> None:
    """Print what side information gains on the held-out rows of the splits."""
    without = dataclasses.replace(settings, side_information=False)
    losses = [
        [fitted("side", dataclasses.replace(each, seed=part.seed), part)[1].valid.mse for part in splits]
        for each in (without, settings)
    ]
    gains = [before - after for before, after in zip(*losses, strict=True)]
    print(
        f"side, {label}: MSE {statistics.mean(losses[0]):.4f} without, {statistics.mean(losses[1]):.4f} with, "
        f"gain {statistics.mean(gains):.4f} ± {statistics.stdev(gains):.4f}",
        flush=True,
    )


def search(name: str, splits: list[Part]) -> None:
    """Print a line a setting of the grid, and the soonest that are as good as small batches."""
    first = next(iter(MODELS[name].presets.values()))

    def measure(settings: Any) -> tuple[list[float], float]:
        outcomes = [fitted(name, dataclasses.replace(settings, seed=part.seed), part)[1] for part in splits]
        return [outcome.valid.mse for outcome in outcomes], statistics.median(
            outcome.cpu_seconds for outcome in outcomes
        )

    small, seconds = measure(first)
    print(f"{name}: small batches MSE {statistics.mean(small):.4f} in {seconds:.2f} s of CPU", flush=True)
    reached = []
    for values in itertools.product(*GRID.values()):
        changes = dict(zip(GRID, values, strict=True))
        losses, seconds = measure(dataclasses.replace(first, **changes))
        apart = [loss - before for loss, before in zip(losses, small, strict=True)]
        good = statistics.mean(apart) <= statistics.stdev(apart) / 3
        text = f"{changes}  MSE {statistics.mean(apart):+.4f} ± {statistics.stdev(apart):.4f}  {seconds:.2f} s of CPU"
        print(f"    {'reached' if good else '       '}  {text}", flush=True)
        if good:
            reached.append((seconds, text))
    for _, text in sorted(reached)[:4]:
        print(f"    soonest: {text}")


def main() -> None:
    """Print the tables or the search."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--presets", action="store_true", help="how fast was chosen")
    arguments.add_argument("--models", default=",".join(NETS), help="of these alone, separated by commas")
    given = arguments.parse_args()
    names = given.models.split(",")
    print(f"core {pin()}, one thread; titles; nothing cut")
    if given.presets:
        splits = inner_parts(SEEDS)
        for name in names:
            search(name, splits)
        return
    splits = parts(SEEDS)
    for name in names:
        for preset in MODELS[name].presets:
            tell(name, preset, preset_of(name, preset), splits)
    if "side" in names:
        settings = next(iter(MODELS["side"].presets.values()))
        for label, each in (("random 20 %", splits), *cold(splits)):
            tell_gain(settings, label, each)


if __name__ == "__main__":
    main()
