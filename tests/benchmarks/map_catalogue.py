"""A synthetic catalogue of any size, and a run of it that the pages open like any other."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd

from collab.models import build_model, preset_of
from collab.services.plans import plan
from collab.services.run_files import describe_layers
from collab.services.runs import RunStore

GENRES = ("Drama", "Comedy", "War", "Drama|War", "Action|Comedy", "Horror", "Romance", "")
N_FACTORS = 50
N_USERS = 50


def catalogue(n_items: int, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    """The items table of a run with `n_items` films behind "#na#", and their factors (n_items + 1, N_FACTORS).

    Counts fall as in MovieLens, by a power of the rank; factors have a spectrum that falls too.
    """
    numbers = np.random.default_rng(seed)
    places = np.arange(n_items + 1)
    n_ratings = np.maximum(1, 60_000 / (places + 20) ** 0.9).astype(np.int64)
    n_ratings[0] = 0
    factors = numbers.normal(size=(n_items + 1, N_FACTORS)) / np.sqrt(np.arange(1, N_FACTORS + 1))
    titles = [f"A synthetic film no. {place} ({1930 + place % 90})" for place in places]
    items = pd.DataFrame(
        {
            "label": titles,
            "title": titles,
            "year": pd.array(1930 + places % 90, dtype="Int64"),
            "genres": [GENRES[each] for each in numbers.integers(0, len(GENRES), n_items + 1)],
            "n_ratings": n_ratings,
            "mean_rating": numbers.uniform(1, 5, n_items + 1).round(3),
            "damped_mean": numbers.uniform(2, 4, n_items + 1).round(3),
        }
    )
    items.loc[0, ["label", "title", "genres"]] = "#na#", "#na#", ""
    items.loc[0, "year"] = pd.NA
    return items, factors


def write_run(home: Path, n_items: int) -> str:
    """Write a run of the catalogue into the home, as one that was stopped before its first epoch was done; its id."""
    store = RunStore(home)
    items, factors = catalogue(n_items)
    settings = dataclasses.replace(preset_of("dot-bias", "fast"), n_factors=N_FACTORS)
    record = store.create(
        dataclasses.replace(
            plan("dot-bias", settings, "sample", "random:0.2", 0, name=f"{n_items:,} synthetic films"),
            rating_scale={"low": 1.0, "high": 5.0, "step": 1.0},
            synthetic=True,
        )
    )
    store.begin(record)
    numbers = np.random.default_rng(1)
    n_train = int(items["n_ratings"].sum())
    each, left = divmod(n_train, N_USERS - 1)
    users = pd.DataFrame(
        {
            "user_id": ["#na#", *(f"{number}" for number in range(1, N_USERS))],
            "n_ratings": [0, each + left, *[each] * (N_USERS - 2)],
            "mean_rating": 3.5,
            "damped_mean": 3.5,
        }
    )
    model = build_model("dot-bias", settings, N_USERS, n_items + 1)
    shapes = {name: table.shape for name, table in model.weights().items()}
    weights = {name: numbers.normal(size=shape).astype(np.float32) * 0.3 for name, shape in shapes.items()}
    weights["item_factors"] = factors.astype(np.float32)
    store.write_tables(record.id, items, users)
    store.write_weights(record.id, weights)
    error = {"mse": 1.0, "rmse": 1.0, "mae": 0.8, "n_ratings": n_train // 4}
    store.finish(
        dataclasses.replace(
            record,
            state="stopped",
            n_train=n_train,
            n_valid=n_train // 4,
            fingerprint="0" * 16,
            layers=describe_layers(model),
            baselines={"global_mean": error, "biases_only": error},
            valid=error,
        )
    )
    store.load(record.id)  # a damaged run would give way to another one, and nobody would see it in the figures
    return record.id
