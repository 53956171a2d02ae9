"""How quick settings of `dot-bias` were chosen: those that reach the chapter's loss soonest.

    python -m tests.benchmarks.presets

Measured on rows inside the training part of split seed 0 alone (its 80,000 rows, a fifth of them set aside; model seeds
0, 1, 2), so that no held-out row of a quoted figure was used to choose. Items are titles; nothing is cut. "Soonest" is CPU time
of `fit` on one pinned core, one thread; a setting counts if its mean valid MSE plus its spread over the seeds is at most the
chapter's mean: reached, and not by luck.

Two searches: the preset *fast* keeps the chapter's 50 factors and weight decay 0.1 and changes batch and rate alone; `SOON`, with
which `tests.benchmarks.fastai_chapter` runs, may change everything. Where times are within a tenth of the soonest, as the
first five of that search were, the lowest loss was taken.
"""

from __future__ import annotations

import dataclasses
import itertools
import statistics
from collections.abc import Mapping
from typing import NamedTuple

from collab.models import preset_of
from collab.models.dot import DotBiasSettings
from tests.benchmarks.conditions import Part, fitted, inner_part, pin, seconds_of

SEEDS = (0, 1, 2)
FAST = {
    "batch_size": (64, 128, 256, 512, 1024),
    "learning_rate": (5e-3, 7e-3, 1e-2, 1.5e-2, 2e-2),
    "epochs": (3, 4, 5),
}
ANYTHING = {
    "n_factors": (20, 30, 40),
    "weight_decay": (0.1, 0.2, 0.3),
    "batch_size": (256, 512, 1024),
    "learning_rate": (5e-3, 7e-3, 1e-2, 1.4e-2),
    "epochs": (4, 5),
}
SOON = DotBiasSettings(n_factors=30, weight_decay=0.2, batch_size=512, learning_rate=7e-3, epochs=5)


class Measured(NamedTuple):
    """Mean and spread of the valid MSE over the seeds, median CPU seconds."""

    mse: float
    spread: float
    seconds: float


def measure(part: Part, settings: DotBiasSettings) -> Measured:
    """Three fits with `settings`."""
    outcomes = [fitted("dot-bias", dataclasses.replace(settings, seed=seed), part)[1] for seed in SEEDS]
    mses = [outcome.valid.mse for outcome in outcomes]
    return Measured(statistics.mean(mses), statistics.stdev(mses), seconds_of(outcomes))


def line(settings: DotBiasSettings, found: Measured) -> str:
    """What was tried and what came out, in words."""
    return (
        f"factors {settings.n_factors}  decay {settings.weight_decay:g}  batch {settings.batch_size:4d}  "
        f"rate {settings.learning_rate:.1e}  epochs {settings.epochs}   "
        f"MSE {found.mse:.4f} ± {found.spread:.4f}  {found.seconds:.3f} s of CPU"
    )


def search(part: Part, grid: Mapping[str, tuple], target: float) -> None:
    """Print a line a setting of the grid, the soonest that reaches `target`, and the lowest."""
    tried = []
    for values in itertools.product(*grid.values()):
        settings = dataclasses.replace(preset_of("dot-bias", "chapter"), **dict(zip(grid, values, strict=True)))
        tried.append((settings, measure(part, settings)))
        reached = tried[-1][1].mse + tried[-1][1].spread <= target
        print(f"{'reached' if reached else '       '}  {line(*tried[-1])}", flush=True)
    reaching = [each for each in tried if each[1].mse + each[1].spread <= target]
    for each in sorted(reaching, key=lambda each: each[1].seconds)[:5]:
        print("soonest: " + line(*each))
    for each in sorted(tried, key=lambda each: each[1].mse)[:5]:
        print("lowest:  " + line(*each))


def main() -> None:
    """Print both searches."""
    print(f"core {pin()}, one thread; rows inside the training part of split seed 0; titles; nothing cut")
    part = inner_part()
    chapter = preset_of("dot-bias", "chapter")
    found = measure(part, chapter)
    print("chapter  " + line(chapter, found), flush=True)
    for grid in (FAST, ANYTHING):
        search(part, grid, found.mse)


if __name__ == "__main__":
    main()
