"""Statistics of a split: new users and items in the held-out rows, leakage from the future, and the errors of the baselines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from collab.data.ratings import Ratings
from collab.data.splitting import Split
from collab.models.baselines import biases_only, global_mean


@dataclass(frozen=True)
class SplitFacts:
    """A split in numbers; shares are 0 … 1, errors are mean squared errors in squared stars.

    `n_users` and `n_items` occur in the held-out rows; `n_new_users` and `n_new_items` of them occur in no training row. `n_met`
    held-out rows have a user and an item that both occur in training. `share_own_future` is the share of held-out rows whose
    user gave a training rating later. `share_future` is the share of training rows later than a held-out rating, averaged over
    the held-out rows. `mse_biases` and `mse_mean` are the errors of biases only and of the global mean on all held-out rows,
    `mse_biases_met` and `mse_mean_met` those on the `n_met` rows (NaN where there are none). Both baselines are fitted on the
    training rows alone.
    """

    n_train: int
    n_valid: int
    n_users: int
    n_new_users: int
    n_items: int
    n_new_items: int
    n_met: int
    share_own_future: float
    share_future: float
    mse_biases: float
    mse_mean: float
    mse_biases_met: float
    mse_mean_met: float


def split_facts(ratings: Ratings, split: Split) -> SplitFacts:
    """The statistics of a split of `ratings`; both parts need at least one row. Sealed rows are not used."""
    train, valid = ratings.take(split.train), ratings.take(split.valid)
    knows_user = np.bincount(train.user_index, minlength=ratings.n_users) > 0
    knows_item = np.bincount(train.item_index, minlength=ratings.n_items) > 0
    met = knows_user[valid.user_index] & knows_item[valid.item_index]
    users, items = np.unique(valid.user_index), np.unique(valid.item_index)
    last_training = np.full(ratings.n_users, np.iinfo(np.int64).min)
    np.maximum.at(last_training, train.user_index, train.time)
    n_earlier = np.searchsorted(np.sort(train.time), valid.time, side="right")
    mean = global_mean(train)
    user_biases, item_biases = biases_only(train)
    predicted = mean + user_biases[valid.user_index] + item_biases[valid.item_index]
    squared = {"biases": np.square(predicted - valid.rating), "mean": np.square(mean - valid.rating.astype(np.float64))}
    return SplitFacts(
        n_train=len(train),
        n_valid=len(valid),
        n_users=len(users),
        n_new_users=int((~knows_user[users]).sum()),
        n_items=len(items),
        n_new_items=int((~knows_item[items]).sum()),
        n_met=int(met.sum()),
        share_own_future=float((last_training[valid.user_index] > valid.time).mean()),
        share_future=1.0 - float(n_earlier.mean()) / len(train),
        **{f"mse_{name}": float(error.mean()) for name, error in squared.items()},
        **{f"mse_{name}_met": float(error[met].mean()) if met.any() else np.nan for name, error in squared.items()},
    )


def held_out_over_time(ratings: Ratings, splits: Mapping[str, Split], n_periods: int = 40) -> pd.DataFrame:
    """One row for each of `n_periods` periods of equal length from the first to the last rating.

    Columns: start (datetime64), n_ratings, and for each split, by its name, the share of the period's rows that it holds out
    (NaN in a period without a rating). Sealed rows count as ratings that are not held out.
    """
    edges = np.linspace(ratings.time.min(), ratings.time.max() + 1, n_periods + 1)
    place = np.searchsorted(edges, ratings.time, side="right") - 1
    n_ratings = np.bincount(place, minlength=n_periods)
    table = pd.DataFrame({"start": edges[:-1].astype(np.int64).astype("datetime64[s]"), "n_ratings": n_ratings})
    for name, split in splits.items():
        held_out = np.bincount(place[split.valid], minlength=n_periods)
        table[name] = np.divide(held_out, n_ratings, out=np.full(n_periods, np.nan), where=n_ratings > 0)
    return table
