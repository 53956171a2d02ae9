"""Held-out loss against CPU time: `dot-bias` and `bayes` beside cornac's MF, Surprise's SVD and LensKit's ALS.

    python -m tests.benchmarks.curves --peers PEERS/bin/python        # how to make PEERS: conditions.py

Split: random 20 % (seed 0, 1, 2; model seed the same), the same rows for all; items are ids, as the opponents use them; all
predictions are cut to 1 … 5. Time: CPU seconds of the fit alone, median of five, one pinned core, one thread; ours hold the check
on the held-out rows after every epoch, the opponents' hold none, nor the building of their data sets nor the predictions.

Each opponent is swept over its number of epochs, every number a fit of its own; `dot-bias` likewise, because a one-cycle is made
for its length; a fit of `bayes` gives a point a sweep. The opponents' settings: Surprise's defaults, and its 200 factors with
regularisation 0.1; LensKit's defaults (50 factors, 0.1); cornac with 50 factors, 0.1, at half, once and twice its default rate.

Verdict: at any time "our better curve" is the lowest mean MSE that one of our points has reached by then. From 0.3 s on, every
opponent's lowest so far is compared with it; the margin is theirs minus ours, and the worst is named.
"""

from __future__ import annotations

import argparse
import dataclasses
import statistics
from typing import Any, NamedTuple

import numpy as np

from collab.models import preset_of
from collab.training.metrics import errors
from tests.benchmarks.conditions import Part, curve_of, enough, fitted, parts, pin, run_peer

SEEDS = [0, 1, 2]
FROM = 0.3  # seconds: before that the opponents' curves are not judged
DOT_EPOCHS = (1, 2, 3, 4, 5, 7, 10)
OPPONENTS: dict[str, dict[str, Any]] = {
    "cornac MF, rate .005": {"library": "cornac", "n_factors": 50, "learning_rate": 0.005, "regularization": 0.1},
    "cornac MF, rate .01": {"library": "cornac", "n_factors": 50, "learning_rate": 0.01, "regularization": 0.1},
    "cornac MF, rate .02": {"library": "cornac", "n_factors": 50, "learning_rate": 0.02, "regularization": 0.1},
    "Surprise SVD": {"library": "surprise", "n_factors": 100, "regularization": 0.02},
    "Surprise SVD 200": {"library": "surprise", "n_factors": 200, "regularization": 0.1},
    "LensKit ALS": {"library": "lenskit", "n_factors": 50, "regularization": 0.1},
}
EPOCHS = {
    "cornac": (5, 10, 20, 35, 50, 70, 100, 150, 200, 400),
    "surprise": (5, 10, 20, 50, 100),
    "lenskit": (1, 2, 5, 10, 20),
}
WIDTH, HEIGHT = 76, 22  # of the chart, in characters


class Point(NamedTuple):
    """After `epochs`: median CPU seconds of the fit, mean held-out MSE of the predictions cut to 1 … 5."""

    epochs: int
    seconds: float
    mse: float


def cut_mse(predicted: np.ndarray, part: Part) -> float:
    """MSE of the predictions, cut to the scale."""
    scale = part.valid.rating_scale
    return errors(np.clip(predicted, scale.low, scale.high), part.valid.rating).mse


def opponent(python: str, settings: dict[str, Any], splits: list[Part]) -> list[Point]:
    """The curve of an opponent."""
    epochs, losses, seconds = EPOCHS[settings["library"]], [], []
    seeds = enough(SEEDS)
    for part in splits:
        found = run_peer(
            python,
            "factorisations.py",
            part,
            epochs=epochs,
            n_times=seeds.count(part.seed),
            seed=part.seed,
            **settings,
        )
        losses.append([cut_mse(predicted, part) for predicted in found["predicted"]])
        seconds.append(found["seconds"])
    middle, mean = np.median(np.concatenate(seconds, axis=1), axis=1), np.mean(losses, axis=0)
    return [Point(*point) for point in zip(epochs, middle.tolist(), mean.tolist(), strict=True)]


def of_dot(splits: list[Part]) -> list[Point]:
    """The curve of `dot-bias` *fast*: a fit for every number of epochs."""
    curve = []
    for epochs in DOT_EPOCHS:
        settings = dataclasses.replace(preset_of("dot-bias", "fast"), epochs=epochs)
        losses, seconds = {}, []
        for part in enough(splits):
            model, outcome = fitted("dot-bias", dataclasses.replace(settings, seed=part.seed), part)
            losses[part.seed] = cut_mse(model.predict(part.valid.user_index, part.valid.item_index), part)
            seconds.append(outcome.cpu_seconds)
        curve.append(Point(epochs, statistics.median(seconds), statistics.mean(losses.values())))
    return curve


def of_bayes(preset: str, splits: list[Part]) -> list[Point]:
    """The curve of `bayes`: a point for every sweep of one fit; its predictions are cut by itself."""
    losses, seconds = curve_of("bayes", preset_of("bayes", preset), splits)
    return [
        Point(number + 1, *point) for number, point in enumerate(zip(seconds.tolist(), losses.tolist(), strict=True))
    ]


def lowest_by(curve: list[Point], seconds: float) -> float:
    """The lowest MSE that a curve has reached by a time; infinite before its first point."""
    return min((point.mse for point in curve if point.seconds <= seconds), default=float("inf"))


def ahead_from(ours: list[Point], theirs: list[Point]) -> float:
    """The time from which on our lowest MSE is always below theirs; infinite if it never is for good."""
    moments = sorted(point.seconds for point in [*ours, *theirs])
    behind = [moment for moment in moments if lowest_by(theirs, moment) <= lowest_by(ours, moment)]
    return min((moment for moment in moments if moment > max(behind, default=-1.0)), default=float("inf"))


def chart(curves: dict[str, list[Point]]) -> str:
    """The curves in characters: MSE upwards, CPU seconds to the right on a logarithmic scale, a letter a curve."""
    inside = [point for curve in curves.values() for point in curve if point.mse < 0.9]
    times, losses = np.log([point.seconds for point in inside]), [point.mse for point in inside]
    left, right, low, high = min(times), max(times), min(losses), 0.9
    grid = [[" "] * WIDTH for _ in range(HEIGHT)]
    for letter, curve in zip("abcdefghijkl", curves.values(), strict=False):
        for point in curve:
            if point.mse < high:
                row = round((high - point.mse) / (high - low) * (HEIGHT - 1))
                grid[row][round((np.log(point.seconds) - left) / (right - left) * (WIDTH - 1))] = letter
    lines = [
        f"{high - row * (high - low) / (HEIGHT - 1):.3f} │{''.join(cells).rstrip()}" for row, cells in enumerate(grid)
    ]
    marks = [" "] * (WIDTH + 4)
    for seconds in (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30):
        if left <= np.log(seconds) <= right:
            place = round((np.log(seconds) - left) / (right - left) * (WIDTH - 1))
            marks[place : place + len(f"{seconds:g}")] = f"{seconds:g}"
    names = "   ".join(f"{letter} {name}" for letter, name in zip("abcdefghijkl", curves, strict=False))
    return "\n".join([*lines, "       " + "".join(marks).rstrip() + " s", names])


def main() -> None:
    """Print the curves, the chart and the verdict."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--peers", required=True, help="the Python of the opponents' environment")
    python = arguments.parse_args().peers
    print(f"core {pin()}, one thread; random 20 % held out, seeds 0, 1, 2; ids; all cut to 1 … 5")
    splits = parts(SEEDS, items_by="id")
    curves = {"dot-bias fast": of_dot(splits)}
    curves |= {f"bayes {preset}": of_bayes(preset, splits) for preset in ("fast", "accurate")}
    ours = [point for curve in curves.values() for point in curve]
    theirs = {name: opponent(python, settings, splits) for name, settings in OPPONENTS.items()}
    curves |= theirs
    for name, curve in curves.items():
        shown = curve if len(curve) < 15 else [*curve[:5], *curve[9::10]]
        print(
            f"{name:20} " + "   ".join(f"{point.epochs}: {point.mse:.4f} in {point.seconds:.3f} s" for point in shown)
        )
    print(chart(curves))
    worst = None
    for name, curve in theirs.items():
        moments = [FROM, *(point.seconds for point in curve if point.seconds >= FROM)]
        margin, moment = min((lowest_by(curve, moment) - lowest_by(ours, moment), moment) for moment in moments)
        reached = lowest_by(curve, moment)
        said = f"{reached:.4f}, ours {lowest_by(ours, moment):.4f}" if np.isfinite(reached) else "nothing yet"
        print(f"{name:20} nearest at {moment:.2f} s: {said}, margin {margin:+.4f}")
        if worst is None or margin < worst[0]:
            worst = margin, moment, name
    print(
        f"from {FROM} s on a peer is {'never' if worst[0] > 0 else 'SOMETIMES'} below our better curve; "
        f"worst margin {worst[0]:+.4f}, {worst[2]} at {worst[1]:.2f} s"
    )
    everybody = [point for curve in theirs.values() for point in curve]
    print(f"ours is the lowest at any time from {ahead_from(ours, everybody):.3f} s on")
    first = min(point.mse for point in everybody)
    when = min((point.seconds for point in ours if point.mse <= first), default=float("nan"))
    print(f"the best that any peer reaches at all is {first:.4f}; ours is there after {when:.3f} s")


if __name__ == "__main__":
    main()
