"""The packed table of a model with factors: rows of users followed by rows of items, looked up and updated together."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from collab.data.ratings import Ratings
from collab.models.adam import table_adam
from collab.models.schedule import InBatches


class PackedTable(InBatches):
    """One row per user or item: its factors, its bias, then `n_more` numbers; items follow the users, so that a step looks up
    once, scatters once and updates once.

    All start from normal(0, 0.01), truncated at two standard deviations. Users and items without a training rating, and the
    unknown ones (index 0), get the average trained row.
    """

    has_factors = True
    item_covariances = None

    def __init__(self, settings: Any, n_users: int, n_items: int, n_more: int = 0) -> None:
        self.settings = settings
        self.n_users, self.n_items = n_users, n_items
        self.generator = torch.Generator().manual_seed(settings.seed)
        self.table = torch.empty(n_users + n_items, settings.n_factors + 1 + n_more)
        torch.nn.init.trunc_normal_(self.table, std=0.01, a=-0.02, b=0.02, generator=self.generator)

    def _begin_table(self, train: Ratings) -> torch.Tensor:
        """Start training on `train`: the rows of each rating, user and item, (n, 2)."""
        rows = torch.from_numpy(np.stack([train.user_index, self.n_users + train.item_index], axis=1).astype(np.int64))
        self._untrained = torch.ones(len(self.table), dtype=torch.bool)
        self._untrained[rows.reshape(-1)] = False
        self._adam = table_adam(self.table, self.settings.weight_decay, self.settings.batch_size)
        self.table = self._adam.table
        return rows

    def finalize(self) -> None:
        """Give users and items without a training rating the average trained row; called before every check and at the end."""
        self._adam.catch_up()
        for part in (slice(0, self.n_users), slice(self.n_users, None)):
            table, untrained = self.table[part], self._untrained[part]
            table[untrained] = table[~untrained].mean(0)

    @property
    def user_factors(self) -> np.ndarray:
        return self.table[: self.n_users, : self.settings.n_factors].numpy()

    @property
    def user_biases(self) -> np.ndarray:
        return self.table[: self.n_users, self.settings.n_factors].numpy()

    @property
    def item_factors(self) -> np.ndarray:
        return self.table[self.n_users :, : self.settings.n_factors].numpy()

    @property
    def item_biases(self) -> np.ndarray:
        return self.table[self.n_users :, self.settings.n_factors].numpy()

    def load(self, weights: dict[str, np.ndarray]) -> None:
        """Restore the tables that `weights` returned."""
        for name, table in weights.items():
            getattr(self, name)[...] = table  # the properties are views into the packed table
