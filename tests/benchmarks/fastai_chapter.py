"""`dot-bias` against fastai's own learner on the chapter's recipe: CPU time of an epoch, and until the chapter's loss is reached.

    python -m tests.benchmarks.fastai_chapter --peers PEERS/bin/python        # how to make PEERS: conditions.py

Split: random 20 % (seed 0, 1, 2; model seed the same), the same rows for both; items are titles; nothing is cut, both keep their
sigmoid range 0 … 5.5. CPU seconds of the fit alone on one pinned core and one thread, the check on the held-out rows after every
epoch included on both sides, progress bar and log of fastai switched off.

fastai: `collab_learner`, 50 factors, weight decay 0.1, batch 64, five epochs of one-cycle at 5e-3. Since 2024 its tabular loader
draws the training rows with replacement (about 50,500 different rows of 80,000 an epoch), and so it over-fits: "as installed".
"Permuted" puts back the loader of the book's time, and is the stronger opponent; goals are against it.

An epoch: median over the epochs of all its fits for fastai, of five fits for `dot-bias`. Until a loss is reached: mean
held-out MSE over the three seeds after each epoch of schedules of one to six epochs, against the median CPU time up to that
moment; every point is a training that one may stop there. The soonest and the lowest settings come
from `tests.benchmarks.presets`, which looks at no row held out here.
"""

from __future__ import annotations

import argparse
import dataclasses
import statistics
from typing import Any

import numpy as np

from collab.models import preset_of
from collab.models.dot import DotBiasSettings
from tests.benchmarks.conditions import N_TIMES, Part, curve_of, parts, pin, run_peer
from tests.benchmarks.presets import LOWEST, SOON

SEEDS = [0, 1, 2]
CHAPTER_LOSS = 0.8178  # mean of fastai's three permuted seeds when the goal was set; this run's own mean is printed too
GOAL_EPOCH, GOAL_UNTIL = 20, 120


@dataclasses.dataclass(frozen=True)
class Point:
    """Stop here: after `epoch` of a schedule of `epochs`, with the mean held-out MSE and the median CPU seconds so far."""

    epochs: int
    epoch: int
    mse: float
    seconds: float


def fastai(python: str, part: Part, permuted: bool) -> dict[str, np.ndarray]:
    """One fit of fastai's learner with the chapter's settings."""
    chapter: DotBiasSettings = preset_of("dot-bias", "chapter")
    recipe = ("epochs", "batch_size", "learning_rate", "weight_decay", "n_factors")
    return run_peer(
        python,
        "fastai_learner.py",
        part,
        permuted=permuted,
        seed=part.seed,
        **{name: getattr(chapter, name) for name in recipe},
    )


def points(settings: Any, splits: list[Part]) -> list[Point]:
    """The schedule of `settings` after each of its epochs."""
    losses, seconds = curve_of("dot-bias", settings, splits)
    return [
        Point(settings.epochs, number + 1, float(losses[number]), float(seconds[number]))
        for number in range(settings.epochs)
    ]


def first_to_reach(found: list[Point], target: float) -> Point | None:
    """The earliest point at `target` or below."""
    return min((point for point in found if point.mse <= target), key=lambda point: point.seconds, default=None)


def main() -> None:
    """Print both comparisons."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--peers", required=True, help="the Python of the opponents' environment")
    python = arguments.parse_args().peers
    print(f"core {pin()}, one thread; random 20 % held out, seeds 0, 1, 2; titles; nothing cut", flush=True)
    splits = parts(SEEDS)

    opponents = {}
    for permuted in (True, False):
        fits = [fastai(python, part, permuted) for part in splits]
        mses = [float(fit["valid_mse"][-1]) for fit in fits]
        whole = statistics.median(float(fit["seconds"]) for fit in fits)
        an_epoch = float(np.median([fit["epoch_seconds"] for fit in fits]))
        opponents[permuted] = statistics.mean(mses), whole, an_epoch
        kind = "rows permuted" if permuted else "as installed"
        print(
            f"fastai, {kind:22} MSE {opponents[permuted][0]:.4f}  ({' '.join(f'{mse:.4f}' for mse in mses)})  "
            f"{whole:.1f} s of CPU, {an_epoch:.2f} s an epoch, {int(fits[0]['rows_drawn']):,} different rows in one",
            flush=True,
        )
    fastai_loss, fastai_seconds, fastai_epoch = opponents[True]

    chapter = points(preset_of("dot-bias", "chapter"), splits)
    an_epoch = chapter[-1].seconds / chapter[-1].epochs
    print(
        f"dot-bias, preset chapter      MSE {chapter[-1].mse:.4f}  {chapter[-1].seconds:.2f} s of CPU, {an_epoch:.3f} s an epoch"
        f"\nan epoch: {fastai_epoch / an_epoch:.0f} times less than fastai, rows permuted (goal {GOAL_EPOCH}); "
        f"{opponents[False][2] / an_epoch:.0f} times less than as installed",
        flush=True,
    )

    kinds = (("preset fast", preset_of("dot-bias", "fast")), ("soonest settings", SOON), ("lowest settings", LOWEST))
    for name, settings in kinds:
        schedules = [points(dataclasses.replace(settings, epochs=epochs), splits) for epochs in range(1, 7)]
        print(
            f"dot-bias, {name}: {settings.n_factors} factors, batch {settings.batch_size}, rate {settings.learning_rate:g}, "
            f"decay {settings.weight_decay:g}"
        )
        for schedule in schedules:
            line = "   ".join(f"{point.mse:.4f} in {point.seconds:.3f} s" for point in schedule)
            print(f"  {len(schedule)} epochs: {line}")
        for target, whose in ((CHAPTER_LOSS, "the goal's"), (fastai_loss, "fastai's mean in this run, rows permuted")):
            point = first_to_reach([point for schedule in schedules for point in schedule], target)
            if point is None:
                print(f"  {target:.4f} ({whose}): not reached")
                continue
            print(
                f"  {target:.4f} ({whose}): reached after epoch {point.epoch} of {point.epochs} in {point.seconds:.3f} s, "
                f"{fastai_seconds / point.seconds:.0f} times less than fastai's five epochs, rows permuted (goal {GOAL_UNTIL})",
                flush=True,
            )
    print(f"times of dot-bias: median of {N_TIMES} fits; of fastai: of {len(SEEDS)} fits and {5 * len(SEEDS)} epochs")


if __name__ == "__main__":
    main()
