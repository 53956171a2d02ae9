"""Films left out whole, of which genres and year alone are known: the gain of `side` over the mean, and over simpler answers.

    python -m tests.benchmarks.new_films

MovieLens 100K, items are titles, nothing cut, one pinned core, one thread. Three draws (seeds 0, 1, 2, of the model too) of 150
films with five ratings or more each, all their ratings left out of the training. Answers, all on the same rows: those of
`collab.explore.left_out_items` (global mean; with the user's bias; with the mean of the film's genres; with a ridge regression
on genres and years instead), `side` in its two presets, the same without side information, and the Bayesian models with side
information. MSE: mean over the draws ± their standard deviation. Gain: the MSE of the global mean minus that of the answer,
likewise; beside it the 95 % interval over films, rows of all draws together, whole films of a draw drawn with replacement.
Films: root mean squared distance, in stars, of a film's mean rating to the mean of what is predicted for its raters, over
films with 20 ratings or more; for `side` also to the mean over all users, which is what Similar’s view *As if it were new* shows.
"""

from __future__ import annotations

import dataclasses
import statistics

import numpy as np

from collab.data.features import features_of, item_encoder_of
from collab.data.ratings import Ratings
from collab.data.tables import describe_items
from collab.explore.left_out_items import LEAST_FOR_MEAN, MEAN, N_ITEMS, RIDGE, leave_out, simple_answers
from collab.models import build_model, preset_of
from collab.services.environment import read_environment
from collab.services.run_rows import load_encoded
from collab.training.comparison import compare
from collab.training.fit import fit
from tests.benchmarks.conditions import pin

SEEDS = (0, 1, 2)
MODELS = {
    "side small": ("side", "small", {}),
    "side small, without": ("side", "small", {"side_information": False}),
    "side fast": ("side", "fast", {}),
    "bayes fast, with": ("bayes", "fast", {"side_information": True}),
    "bayes-sampled fast, with": ("bayes-sampled", "fast", {"side_information": True}),
}


def off_by(predicted: np.ndarray, rated: Ratings) -> float:
    """Root mean squared distance, in stars, of the means of `predicted` (n_rows,) and of the ratings, over films with enough."""
    counts = np.bincount(rated.item_index)
    films = np.flatnonzero(counts >= LEAST_FOR_MEAN)
    difference = np.bincount(rated.item_index, weights=predicted - rated.rating)[films] / counts[films]
    return float(np.sqrt(np.mean(difference**2)))


def off_by_all(predicted: np.ndarray, films: np.ndarray, rated: Ratings) -> float:
    """The same for the means over all users `predicted` (n_items,) of the `films`."""
    at_once = np.zeros(rated.n_items)
    at_once[films] = predicted
    return off_by(at_once[rated.item_index], rated)


def main() -> None:
    """Print the table."""
    print(f"core {pin()}, one thread; titles; nothing cut")
    dataset, ratings = load_encoded("ml-100k", read_environment())
    features = features_of(dataset, ratings)
    n_genres = len(item_encoder_of(describe_items(dataset, ratings, "title")).genres)
    squared: dict[str, list[np.ndarray]] = {}
    films_off: dict[str, list[float]] = {}
    films: list[np.ndarray] = []
    for seed in SEEDS:
        left = leave_out(ratings, N_ITEMS, seed)
        train, rated = left.train, left.rated
        answers = simple_answers(left, features.items, n_genres)
        for name, (family, preset, changes) in MODELS.items():
            settings = dataclasses.replace(preset_of(family, preset), seed=seed, **changes)
            model = build_model(family, settings, train.n_users, train.n_items, train.rating_scale, features)
            fit(model, train, rated)
            answers[name] = model.predict(rated.user_index, rated.item_index).astype(np.float64)
            if family == "side" and not changes:
                everybody = model.predict(np.unique(train.user_index), left.item_index[:, None]).mean(1)
                found = off_by_all(everybody, left.item_index, rated)
                films_off.setdefault(f"{name}, mean over all users", []).append(found)
        for name, predicted in answers.items():
            squared.setdefault(name, []).append(np.square(predicted - rated.rating))
            films_off.setdefault(name, []).append(off_by(predicted, rated))
        films.append(rated.item_index.astype(np.int64) + seed * ratings.n_items)  # a film of a draw
        print(f"seed {seed}: {len(left.item_index)} films, {len(rated)} ratings", flush=True)
    groups = np.concatenate(films)

    def gain(name: str, over: str) -> str:
        gains = [float(np.mean(b - a)) for a, b in zip(squared[name], squared[over], strict=True)]
        all_rows = compare(np.concatenate(squared[name]), np.concatenate(squared[over]), groups)
        return f"{statistics.mean(gains):+.4f} ± {statistics.stdev(gains):.4f} [{-all_rows.high:+.4f}, {-all_rows.low:+.4f}]"

    for name, each in squared.items():
        losses = [float(rows.mean()) for rows in each]
        print(f"{name:25} MSE {statistics.mean(losses):.4f} ± {statistics.stdev(losses):.4f}   gain {gain(name, MEAN)}")
    for name, over in (("side small", RIDGE), ("side fast", RIDGE), ("side small", "side small, without")):
        print(f"    {name} over {over}: {gain(name, over)}")
    print(f"films with {LEAST_FOR_MEAN} ratings or more, typical distance of the mean in stars:")
    for name, each in films_off.items():
        print(f"{name:38} {statistics.mean(each):.3f} ± {statistics.stdev(each):.3f}")


if __name__ == "__main__":
    main()
