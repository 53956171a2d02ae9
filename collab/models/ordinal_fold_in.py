"""Folding a new user into `ordinal`: the most probable row of the user table, and level chances that include its uncertainty."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch

from collab.models.contract import FoldInPredictions
from collab.models.net_fold_in import RowPrior

N_DRAWS = 64
"""How many draws from a new user's posterior the chances are averaged over."""

MOST_STEPS = 25
"""Newton steps at most; the loss is convex, and five or six are typical."""


class Items(NamedTuple):
    """The item side: `rows` (n_items, F + 1 + L) of factors, bias, bends; `common` (L,) bends shared by all; `levels` (L,)."""

    rows: torch.Tensor
    common: torch.Tensor
    levels: torch.Tensor

    def logits_of(self, index: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The item part (n, L) of the logits of the items `index` (n,), and the design (n, L, W): a user w adds design · w."""
        factors, bias, bends = self._parts(self.rows[index].double())
        stars = self._stars.double()
        by_score = torch.cat([factors, torch.ones_like(bias)], dim=1)  # (n, F + 1)
        by_bend = torch.eye(len(stars), dtype=stars.dtype).expand(len(factors), -1, -1)
        return self.common + bends + bias * stars, torch.cat([stars[:, None] * by_score[:, None], by_bend], dim=2)

    def chances_for(self, people: torch.Tensor) -> torch.Tensor:
        """The chances (n_items, L, n) that n users with the rows `people` (n, W) give every level to every item."""
        factors, bias, bends = self._parts(self.rows)
        user_factors, user_bias, user_bends = self._parts(people)
        score = factors @ user_factors.T + bias + user_bias.T  # (n_items, n)
        logits = (self.common + bends)[:, :, None] + user_bends.T + score[:, None] * self._stars[:, None]
        return logits.softmax(1)

    @property
    def _stars(self) -> torch.Tensor:
        return self.levels - self.levels.mean()

    def _parts(self, rows: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Factors (n, F), bias (n, 1) and bends (n, L) of rows."""
        n_factors = rows.shape[1] - 1 - len(self.levels)
        return rows.tensor_split((n_factors, n_factors + 1), dim=1)


def fold_in(films: Items, prior: RowPrior, item_index: np.ndarray, given: np.ndarray) -> FoldInPredictions:
    """Predictions of all items for a new user who gave the items `item_index` (n,) the levels with the indices `given` (n,).

    In the coordinates of the prior, w = m + L z, the loss ½ z·z − Σ log P_i(given_i) is convex, because logits are linear in w;
    Newton's method starts from z = 0. The covariance is L H⁻¹ Lᵀ with its Hessian H (Laplace's approximation), and the chances
    are averaged over `N_DRAWS` draws from that normal distribution, always the same draws.
    """
    order = np.lexsort((given, item_index))  # so that sums round the same in any order
    own, design = films.logits_of(torch.from_numpy(np.asarray(item_index, dtype=np.int64)[order]))
    start, design = own + design @ prior.mean, design @ prior.root  # (n, L), (n, L, W)
    one_hot = torch.nn.functional.one_hot(torch.from_numpy(given[order]), len(films.levels)).double()  # (n, L)
    z, hessian = _most_probable(start, design, one_hot)
    noise = torch.randn(len(z), N_DRAWS // 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    noise = torch.linalg.solve_triangular(torch.linalg.cholesky(hessian).T, noise, upper=True)
    users = prior.mean[:, None] + prior.root @ (
        z[:, None] + torch.cat([noise, -noise], 1)
    )  # (W, N_DRAWS), pairs around z
    chances = films.chances_for(users.T.float())  # (n_items, L, N_DRAWS)
    expected = torch.einsum("ild,l->id", chances, films.levels)
    mixed = chances.mean(2).double()
    mixed /= mixed.sum(1, keepdim=True)
    variance = expected.double().var(1, correction=0)
    return FoldInPredictions((mixed @ films.levels.double()).numpy(), variance.numpy(), mixed.numpy())


def _most_probable(
    start: torch.Tensor, design: torch.Tensor, one_hot: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """The z (W,) that minimises the loss, and the Hessian (W, W) there, for logits start + design · z (n, L)."""

    def loss(z: torch.Tensor) -> float:
        return float(z @ z / 2 - ((start + design @ z).log_softmax(1) * one_hot).sum())

    z = torch.zeros(design.shape[2], dtype=torch.float64)
    for _ in range(MOST_STEPS):
        chances = (start + design @ z).softmax(1)  # (n, L)
        gradient = z + torch.einsum("nl,nlw->w", chances - one_hot, design)
        around = design - torch.einsum("nl,nlw->nw", chances, design)[:, None]
        weighted = (chances.sqrt()[:, :, None] * around).flatten(0, 1)  # (n · L, W)
        hessian = torch.eye(len(z), dtype=torch.float64) + weighted.T @ weighted
        direction = -torch.linalg.solve(hessian, gradient)
        step, here, fall = 1.0, loss(z), float(gradient @ direction)
        if -fall < 1e-9:
            break
        while loss(z + step * direction) > here + 1e-4 * step * fall + 1e-12 * abs(here):  # the last term: rounding
            step /= 2
        z = z + step * direction
    return z, hessian
