"""The side information that goes into a net besides the embeddings: features of user and item, and the time of the rating."""

from __future__ import annotations

import numpy as np
import torch

from collab.data.features import Features
from collab.data.ratings import Ratings

TIME_BANDS = 10
"""Into how many bands of about equal size the training ratings are sorted by time."""

NO_TIME = TIME_BANDS
"""The band of a rating of unknown time: all time columns are zero."""


class SideColumns:
    """Columns (n, n_columns) of 0/1 and small numbers for n ratings: user, item, time band.

    Row 0 of `users` (n_users, f) and `items` (n_items, g), and every row without known features, is zero. A rating without a
    time counts as given at its user's last training rating. For a user without any, the time is unknown and its columns are
    zero: the last band would make a new user look like the few who happened to rate last.
    """

    def __init__(self, n_users: int, n_items: int, features: Features | None) -> None:
        users, items = (None, None) if features is None else (features.users, features.items)
        self.users, self.items = (
            torch.zeros(n, 0) if table is None else torch.from_numpy(np.array(table, dtype=np.float32))
            for table, n in ((users, n_users), (items, n_items))
        )
        self.edges = np.zeros(TIME_BANDS - 1)  # seconds at which the next band begins
        self.user_bands = torch.full((n_users,), NO_TIME)  # of their last rating

    @property
    def n_columns(self) -> int:
        return self.users.shape[1] + self.items.shape[1] + TIME_BANDS

    def begin(self, train: Ratings) -> torch.Tensor:
        """Learn the bands from the times of `train`; returns the band of each of its ratings, (n,)."""
        self.edges = np.quantile(train.time, np.arange(1, TIME_BANDS) / TIME_BANDS)
        bands = self.bands(train.time)
        last = torch.full_like(self.user_bands, -1)
        last.scatter_reduce_(0, torch.from_numpy(train.user_index.astype(np.int64)), bands, "amax")
        self.user_bands = last.where(last >= 0, NO_TIME)
        return bands

    def bands(self, time: np.ndarray) -> torch.Tensor:
        """The band of each time, in seconds, (n,)."""
        return torch.from_numpy(np.searchsorted(self.edges, time, side="right"))

    def of(self, user_rows: torch.Tensor, item_rows: torch.Tensor, bands: torch.Tensor) -> torch.Tensor:
        """The columns (n, n_columns) of n ratings."""
        time = torch.nn.functional.one_hot(bands, TIME_BANDS + 1)[:, :TIME_BANDS].float()
        return torch.cat([self.users[user_rows], self.items[item_rows], time], dim=1)

    def weights(self) -> dict[str, np.ndarray]:
        """The tables under names that begin with "known": they are given, not learned. Edges in days, which float32 can hold."""
        tables = {
            "known_users": self.users.numpy(),
            "known_items": self.items.numpy(),
            "known_user_bands": self.user_bands.numpy(),
        }
        tables["known_time_edges"] = self.edges / 86_400
        return {name: table.astype(np.float32) for name, table in tables.items()}

    def load(self, weights: dict[str, np.ndarray]) -> None:
        """Restore the tables that `weights` returned."""
        self.users, self.items = (torch.from_numpy(np.array(weights[name])) for name in ("known_users", "known_items"))
        self.edges = weights["known_time_edges"].astype(np.float64) * 86_400
        self.user_bands = torch.from_numpy(weights["known_user_bands"].astype(np.int64))
