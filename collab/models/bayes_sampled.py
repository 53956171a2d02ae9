"""Bayesian matrix factorisation by Gibbs sampling: the model `bayes-sampled`."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.stats
import torch

from collab.data.ratings import Ratings
from collab.models import shared_settings as shared
from collab.models.bayes import Bayes, BayesSettings
from collab.models.contract import Step
from collab.models.sweeps import MEAN_STRENGTH, Factorisation, Packing, Side

N_KEPT = 32
"""Draws kept for the covariances, evenly spaced over the later half of the sweeps."""

RIDGE = 0.003
"""Ridge penalty, per row of the other side, of the least squares that projects draws onto a table.

Without it, directions that the other side hardly uses are placed arbitrarily, on both sides, and variances come out too large.
Chosen so that the variance of a prediction agrees with that among the draws themselves (on rows inside the training part of
split seed 0: .125 and .124 with 12 factors, .177 and .166 with 24).
"""


@dataclass(frozen=True)
class BayesSampledSettings(BayesSettings):
    """Settings of `bayes-sampled`: those of `bayes` with other defaults, which are the preset *best*."""

    n_factors: int = shared.shrinking_factors(24)
    epochs: int = shared.sweeps(
        250,
        2000,
        "How often all users and all films are drawn anew; the prediction is an average over the draws, so more never harm.",
    )
    side_information: bool = shared.side_information(True)
    seed: int = shared.seed("Another seed draws other numbers; the same one gives the same result.")


class BayesSampled(Bayes):
    """The model of `Bayes` with its full posterior: Gibbs sampling instead of a product of Gaussians.

    A sweep draws all users given the items, all items given the users, the priors and the noise levels (Salakhutdinov &
    Mnih 2008; the kernels' part of a prior is drawn like the rest). The prediction is the mean over the sweeps of
    p_u·E[q_i] + b_u + E[b_i], with the item's expectation given the drawn users. Sweep number t has the weight t, so that
    burn-in fades without a length to choose. The tables hold that mean in its `n_factors` leading singular directions, largest
    first.

    A covariance follows from the law of total variance over the kept draws, each projected onto the other side's table by
    least squares: the covariance within a draw plus the covariance of the draws' expectations.
    """

    name = "bayes-sampled"
    _covariances_due = False  # whether there are draws not yet in the covariances

    def train_epochs(self, train: Ratings) -> Iterator[Iterator[Step]]:
        """One iterator of a single step per sweep; the caller may stop after any of them."""
        draw = np.random.default_rng(self.settings.seed)
        self._posterior = chain = _Chain(
            train,
            self._pack,
            self.generator,
            noise_freedom=self.settings.noise_freedom,
            kernel_rank=self.settings.kernel_rank,
            features=self.features,
            side_type=lambda *parts: _DrawnSide(*parts, draw),
        )
        chain.draw = draw
        self._mean = _Mean(self.n_users, self.n_items, self.settings.n_factors)
        self._mean_noise = torch.zeros(self.n_users)
        self._kept: deque[_Draw] = deque(maxlen=N_KEPT)
        self._every = max(1, self.epochs // (2 * N_KEPT))
        for sweep in range(1, self.epochs + 1):
            yield self._draw_all(train, sweep)

    def _draw_all(self, train: Ratings, sweep: int) -> Iterator[Step]:
        chain, share = self._posterior, 2 / (sweep + 1)
        items_before = chain.items.everyone(chain.items.means, self.n_items)
        chain.solve_users()
        users = chain.users.everyone(chain.users.means, self.n_users)
        expected_users = chain.users.everyone(chain.users.expected, self.n_users)
        noise = torch.full((self.n_users,), 1 / chain.precision)
        noise[chain.users.rows] = 1 / (chain.precision * chain.relative_precision)
        chain.solve_items()
        expected_items = chain.items.everyone(chain.items.expected, self.n_items)
        self._mean.add(users, expected_items, share)
        self._mean_noise.lerp_(noise, share)
        if sweep % self._every == 0 or sweep == 1:
            self._kept.append(_Draw(users, expected_items, items_before, expected_users))
        self._covariances_due = True
        self._put_means()
        error = self.predict(train.user_index, train.item_index) - train.rating
        yield Step(float(error @ error), len(train))

    def _put_means(self) -> None:
        mean, chain = self._mean, self._posterior
        for table, factors, biases, side in (
            (self._users, mean.left, mean.left_bias, chain.users),
            (self._items, mean.right, mean.right_bias, chain.items),
        ):
            table[:, :-1], table[:, -1] = factors, biases
            _equalise_unknown(table, side)
        self._users[:, -1] += chain.global_mean
        self._noise_variances[:] = self._mean_noise

    def finalize(self) -> None:
        """Nothing to do: the tables hold the mean after every sweep, and the covariances are computed on demand."""

    def _make_covariances(self) -> None:
        if not self._covariances_due:
            return
        self._covariances_due = False
        chain = self._posterior
        users, items = self._users.clone(), self._items
        users[:, -1] -= chain.global_mean
        for packed, own, other, side, draws in (
            (
                self._user_covariances,
                users,
                items,
                chain.users,
                [(d.items_before, d.expected_users) for d in self._kept],
            ),
            (self._item_covariances, items, users, chain.items, [(d.users, d.expected_items) for d in self._kept]),
        ):
            packed[:] = self._pack.pack(_covariances(other, side, draws, len(own)))
            _equalise_unknown(packed, side)

    def predict_with_variance(self, user_index: np.ndarray, item_index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self._make_covariances()
        return super().predict_with_variance(user_index, item_index)

    @property
    def user_covariances(self) -> np.ndarray:
        self._make_covariances()
        return super().user_covariances

    @property
    def item_covariances(self) -> np.ndarray:
        self._make_covariances()
        return super().item_covariances

    def weights(self) -> dict[str, np.ndarray]:
        self._make_covariances()
        return super().weights()

    def load(self, weights: dict[str, np.ndarray]) -> None:
        super().load(weights)
        self._covariances_due = False


@dataclass(frozen=True, eq=False)
class _Draw:
    """One sweep's tables, all rows: the users drawn and the expected items given them, the items drawn before and the expected
    users given those."""

    users: torch.Tensor
    expected_items: torch.Tensor
    items_before: torch.Tensor
    expected_users: torch.Tensor


class _Mean:
    """The weighted running mean of products U Vᵀ, in its leading singular directions, and of the biases."""

    def __init__(self, n_users: int, n_items: int, n_factors: int) -> None:
        self.left, self.right = torch.zeros(n_users, n_factors), torch.zeros(n_items, n_factors)
        self.left_bias, self.right_bias = torch.zeros(n_users), torch.zeros(n_items)

    def add(self, users: torch.Tensor, items: torch.Tensor, share: float) -> None:
        """Add [factors; bias] of all users and items with the weight `share`; the mean so far keeps the rest."""
        self.left_bias.lerp_(users[:, -1], share)
        self.right_bias.lerp_(items[:, -1], share)
        old, new = (1 - share) ** 0.5, share**0.5
        self.left, self.right = _leading_product(
            torch.cat([self.left * old, users[:, :-1] * new], dim=1),
            torch.cat([self.right * old, items[:, :-1] * new], dim=1),
            self.left.shape[1],
        )


def _leading_product(left: torch.Tensor, right: torch.Tensor, rank: int) -> tuple[torch.Tensor, torch.Tensor]:
    """A (n, rank) and B (m, rank) such that A Bᵀ is the closest of that rank to left · rightᵀ (Eckart & Young 1936): its leading
    singular vectors, each times the root of its singular value. `left` is (n, r), `right` (m, r)."""
    roots, whitenings = [], []
    # table = Q · root with Q = table · whitening orthonormal, from the r × r products alone
    for table in (left, right):
        square, axes = torch.linalg.eigh((table.T @ table).double())
        kept = square > 1e-9 * square[-1].clamp(min=1e-30)
        scale = square[kept].sqrt()
        roots.append(scale[:, None] * axes[:, kept].T)
        whitenings.append(axes[:, kept] / scale)
    left_vectors, values, right_vectors = torch.linalg.svd(roots[0] @ roots[1].T, full_matrices=False)
    scale = values[:rank].sqrt()
    parts = [
        table @ (whitening @ vectors[:, :rank] * scale).float()
        for table, whitening, vectors in ((left, whitenings[0], left_vectors), (right, whitenings[1], right_vectors.T))
    ]
    return tuple(torch.nn.functional.pad(part, (0, rank - part.shape[1])) for part in parts)


def _equalise_unknown(table: torch.Tensor, side: Side) -> None:
    """Copy row 0 to every row that has neither training ratings nor features."""
    unknown = torch.ones(len(table), dtype=torch.bool)
    unknown[side.rows] = False
    for kernel in side.kernels:
        if kernel.everyone is not None:
            unknown &= ~kernel.everyone.any(dim=1)
    table[unknown] = table[0].clone()


def _covariances(
    other: torch.Tensor, side: _DrawnSide, draws: list[tuple[torch.Tensor, torch.Tensor]], n_rows: int
) -> torch.Tensor:
    """Covariances of [factors; bias] of all `n_rows` rows of one side in the coordinates of the tables, (n_rows, width, width).

    `other` (n_other, width) is the other side's final table; a draw holds the other side as drawn (n_other, width) and this
    side's expectations given it (n_rows, width).
    """
    described = other.clone()
    described[:, -1] = 1.0
    width = other.shape[1]
    ridge = torch.full((width,), RIDGE * len(described), dtype=torch.float64)
    ridge[-1] = 0.0
    gram = (described.T @ described).double() + ridge.diag()
    project = torch.linalg.solve(gram, described.T.double()).float()  # (width, n_other): least squares onto the table
    total = torch.zeros(n_rows, width, width)
    mean = torch.zeros(n_rows, width)
    projected = []
    for drawn, expected in draws:
        to_table = project @ drawn[:, :-1]  # (width, n_factors): the draw's directions in the table's coordinates
        shift = project @ (drawn[:, -1] - other[:, -1])  # from the other side's biases, the same for every row
        rows = expected[:, :-1] @ to_table.T + shift
        rows[:, -1] += expected[:, -1]
        projected.append(rows)
        mean += rows / len(draws)
    for rows in projected:
        away = rows - mean
        total += away[:, :, None] * away[:, None, :] / max(1, len(draws) - 1)
    onto = torch.cat([to_table, torch.eye(width)[:, -1:]], dim=1)  # of the last draw: its covariance stands for all
    within = (onto @ side.prior_covariance @ onto.T).repeat(n_rows, 1, 1)
    within[side.rows] = onto @ torch.cholesky_inverse(side.root) @ onto.T
    total += within
    total += 1e-6 * torch.eye(width)  # a direction that no draw uses is zero with hardly any variance
    return (total + total.mT) / 2


class _DrawnSide(Side):
    """A side whose `means` are drawn from the posterior given the other side, around the posterior means `expected`."""

    def __init__(
        self,
        rows: np.ndarray,
        biases: np.ndarray,
        kernels: list,
        pack: Packing,
        generator: torch.Generator,
        draw: np.random.Generator,
    ) -> None:
        super().__init__(rows, biases, kernels, pack, generator)
        self.draw = draw
        self.covariances = None
        self.expected = self.means
        self.root: torch.Tensor | None = None

    def everyone(self, known: torch.Tensor, n_rows: int) -> torch.Tensor:
        """All rows of the table: `known` (n, width) for those with a training rating, the prior mean for the others."""
        table = self.prior_means(n_rows)
        table[self.rows] = known
        return table

    def solve(self, gram: torch.Tensor, pull: torch.Tensor, weight: torch.Tensor | float) -> None:
        self.root, target = self._system(gram, pull, weight)
        half = torch.linalg.solve_triangular(self.root, target.unsqueeze(2), upper=False)
        half = torch.cat([half, half + self._normal(*half.shape)], dim=2)
        both = torch.linalg.solve_triangular(self.root.mT, half, upper=True)  # (n, width, 2)
        self.expected, self.means = both[:, :, 0].contiguous(), both[:, :, 1].contiguous()

    def learn_prior(self) -> None:
        n, width = self.means.shape
        root = torch.linalg.cholesky(self.prior_covariance)
        scale, n_rows = torch.eye(width), n + width
        for kernel in self.kernels:
            share = kernel.square / (kernel.square + kernel.strength)
            others = self.prior_mean + (self.offset - kernel.offset)
            along = share[:, None] * (kernel.basis.T @ (self.means - others))
            kernel.along = along + share.sqrt()[:, None] * (self._normal(*along.shape) @ root.T)
            self.offset = self._offset()
            white = torch.linalg.solve_triangular(root, kernel.along.T, upper=False)
            spread = float((white.square().sum(0) / kernel.square).sum())
            kernel.strength = float(self.draw.standard_gamma(1 + white.numel() / 2) / (1e-3 + spread / 2))
            scale += kernel.strength * (kernel.along / kernel.square[:, None]).T @ kernel.along
            n_rows += len(kernel.square)
        self.prior_mean = (self.means - self.offset).sum(0) / (n + MEAN_STRENGTH)
        self.prior_mean += root @ self._normal(width) / (n + MEAN_STRENGTH) ** 0.5
        error = self.means - self.offset - self.prior_mean
        scale += error.T @ error + MEAN_STRENGTH * torch.outer(self.prior_mean, self.prior_mean)
        drawn = scipy.stats.invwishart.rvs(n_rows, scale.double().numpy(), random_state=self.draw)
        self.prior_covariance = torch.from_numpy(np.asarray(drawn, dtype=np.float32).reshape(width, width))

    def _normal(self, *shape: int) -> torch.Tensor:
        return torch.from_numpy(self.draw.standard_normal(shape, dtype=np.float32))


class _Chain(Factorisation):
    """The Gibbs chain: both sides and the noise levels are drawn, sweep by sweep."""

    draw: np.random.Generator

    def learn_noise(self, error: torch.Tensor) -> None:
        shape = (self.freedom + self.n_by_user.numpy()) / 2
        rate = (self.freedom + self.precision * error.numpy()) / 2
        self.relative_precision = torch.from_numpy((self.draw.standard_gamma(shape) / rate).astype(np.float32))
        rate = (2 + float(self.relative_precision @ error)) / 2
        self.precision = float(self.draw.standard_gamma((2 + len(self.rating)) / 2)) / rate
