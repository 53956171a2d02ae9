"""How quick settings of `dot-bias` were chosen: those that reach the chapter's loss soonest, and those that go lowest.

    python -m tests.benchmarks.presets

Measured on rows inside the training part of split seed 0 alone (its 80,000 rows, a fifth of them set aside; inner split and model
seeds 0, 1, 2), so that no held-out row of a quoted figure was used to choose. Items are titles; nothing is cut. "Soonest" is CPU
time of `fit`, median of three, on one pinned core, one thread. Losses are paired: a setting's minus the chapter's on the same
inner split; it counts as reached if the mean of that plus its spread is at most 0: reached, and not by luck.

Two searches. The preset *fast* is the soonest of the first, which keeps the chapter's 50 factors and weight decay 0.1. `SOON` and
`LOWEST`, with which `tests.benchmarks.fastai_chapter` runs, come from the second, which may change everything: the lowest loss
among those whose time is within a fifth of the soonest (times swing by as much), and the lowest of all.
"""

from __future__ import annotations

import dataclasses
import itertools
import statistics
from collections.abc import Mapping
from typing import NamedTuple

from collab.models import preset_of
from collab.models.dot import DotBiasSettings
from tests.benchmarks.conditions import Part, fitted, inner_parts, pin, seconds_of

SEEDS = (0, 1, 2)
FAST = {"batch_size": (64, 128, 256, 512, 1024), "learning_rate": (5e-3, 7e-3, 1e-2), "epochs": (3, 4, 5)}
ANYTHING = {
    "n_factors": (30, 40, 50),
    "weight_decay": (0.1, 0.2),
    "batch_size": (256, 384, 512),
    "learning_rate": (5e-3, 7e-3, 1e-2),
    "epochs": (4, 5),
}
SOON = DotBiasSettings(n_factors=40, weight_decay=0.2, batch_size=512, learning_rate=7e-3, epochs=5)
LOWEST = DotBiasSettings(n_factors=40, weight_decay=0.1, batch_size=256, learning_rate=5e-3, epochs=5)


class Measured(NamedTuple):
    """Valid MSE on every inner split, median CPU seconds."""

    mses: tuple[float, ...]
    seconds: float


class Tried(NamedTuple):
    """A setting: its mean valid MSE less the chapter's on the same rows, the spread of that, its median CPU seconds."""

    settings: DotBiasSettings
    difference: float
    spread: float
    seconds: float

    @property
    def reached(self) -> bool:
        """Is it at least as low as the chapter's, and not by luck?"""
        return self.difference + self.spread <= 0

    def __str__(self) -> str:
        chosen = self.settings
        return (
            f"factors {chosen.n_factors}  decay {chosen.weight_decay:g}  batch {chosen.batch_size:4d}  "
            f"rate {chosen.learning_rate:.1e}  epochs {chosen.epochs}   "
            f"MSE {self.difference:+.4f} ± {self.spread:.4f}  {self.seconds:.3f} s of CPU"
        )


def measure(splits: list[Part], settings: DotBiasSettings) -> Measured:
    """A fit on every inner split."""
    outcomes = [fitted("dot-bias", dataclasses.replace(settings, seed=part.seed), part)[1] for part in splits]
    return Measured(tuple(outcome.valid.mse for outcome in outcomes), seconds_of(outcomes))


def search(splits: list[Part], grid: Mapping[str, tuple], chapter: Measured) -> None:
    """Print a line a setting of the grid, then the soonest that reach the chapter's loss, and the lowest."""
    tried = []
    for values in itertools.product(*grid.values()):
        settings = dataclasses.replace(preset_of("dot-bias", "chapter"), **dict(zip(grid, values, strict=True)))
        found = measure(splits, settings)
        apart = [mse - before for mse, before in zip(found.mses, chapter.mses, strict=True)]
        tried.append(Tried(settings, statistics.mean(apart), statistics.stdev(apart), found.seconds))
        print(f"{'reached' if tried[-1].reached else '       '}  {tried[-1]}", flush=True)
    for each in sorted((each for each in tried if each.reached), key=lambda each: each.seconds)[:8]:
        print(f"soonest: {each}")
    for each in sorted(tried, key=lambda each: each.difference)[:5]:
        print(f"lowest:  {each}")


def main() -> None:
    """Print both searches."""
    print(f"core {pin()}, one thread; rows inside the training part of split seed 0; titles; nothing cut")
    splits = inner_parts(SEEDS)
    chapter = measure(splits, preset_of("dot-bias", "chapter"))
    print(f"chapter: MSE {statistics.mean(chapter.mses):.4f} in {chapter.seconds:.3f} s of CPU", flush=True)
    for grid in (FAST, ANYTHING):
        search(splits, grid, chapter)


if __name__ == "__main__":
    main()
