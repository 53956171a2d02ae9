"""The half sweeps of Bayesian matrix factorisation: all users at once, then all items, each followed by their shared prior."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.sparse
import torch

from collab.data.features import Features
from collab.data.ratings import Ratings, RatingScale
from collab.models.baselines import biases_only

START_SPREAD = 0.3
"""Standard deviation of the factors before the first sweep."""

MEAN_STRENGTH = 2.0
"""Weight of the prior that the average user (item) is zero, in users (items)."""

NORMALISATION = 0.25
"""A row of the implicit feedback is divided by its count to this power, so that those with many ratings do not dominate."""


class Packing:
    """Symmetric matrices of `width` rows as packed lower triangles, row by row; the last row, that of the bias, comes last."""

    def __init__(self, width: int) -> None:
        self.row, self.column = torch.tril_indices(width, width)
        self.n_entries = len(self.row)
        self.n_factor_entries = self.n_entries - width  # those without the bias come first
        self.place = torch.empty(width, width, dtype=torch.int64)
        self.place[self.row, self.column] = self.place[self.column, self.row] = torch.arange(self.n_entries)
        self.twice = torch.where(self.row == self.column, 1.0, 2.0)  # how often a sum over the matrix counts each entry

    def pack(self, matrices: torch.Tensor) -> torch.Tensor:
        """(…, width, width) → (…, n_entries)"""
        return matrices[..., self.row, self.column]

    def unpack(self, packed: torch.Tensor) -> torch.Tensor:
        """(n, n_entries) → (n, width, width)"""
        return packed.index_select(1, self.place.view(-1)).view(-1, *self.place.shape)

    def outer(self, vectors: torch.Tensor) -> torch.Tensor:
        """The products v vᵀ, (n, width) → (n, n_entries)"""
        return vectors.index_select(1, self.row) * vectors.index_select(1, self.column)


class Table:
    """A users × items matrix with one number per training rating (equal pairs add up), to be multiplied from both sides.

    It is sparse: on MovieLens 100K, where one cell in twenty is filled, the product with 55 columns takes a fifth of the
    time of the dense one, and a larger table is emptier still.
    """

    def __init__(self, user: np.ndarray, item: np.ndarray, values: np.ndarray, n_users: int, n_items: int) -> None:
        self.by_user = scipy.sparse.csr_array((values.astype(np.float32), (user, item)), shape=(n_users, n_items))
        self.by_item = self.by_user.T.tocsr()

    def times(self, right: torch.Tensor, *, of_users: bool) -> torch.Tensor:
        """For every user the sum over the items rated (`of_users`), or for every item the sum over its raters."""
        return torch.from_numpy((self.by_user if of_users else self.by_item) @ right.numpy())


def lower_root(matrices: torch.Tensor) -> torch.Tensor:
    """The lower triangles L with L Lᵀ = matrix, (n, width, width); in double precision where single is not enough."""
    root, failed = torch.linalg.cholesky_ex(matrices)
    return torch.linalg.cholesky(matrices.double()).float() if failed.any() else root


class Kernel:
    """Side information or implicit feedback of the rows, as a linear part of their prior mean.

    With features X (n, f) of the rows and X = `basis` · diag(√`square`) · Qᵀ, the part is X M with M ~ Normal(0, Λ⁻¹) scaled
    by 1/`strength`: directions of the features in which the rows vary much may have a large effect. `basis` (n, r) is of the
    rows with training ratings, `everyone` (all rows of the table, r) of all, where the features of the others are known; else
    None.
    """

    def __init__(self, basis: torch.Tensor, square: torch.Tensor, everyone: torch.Tensor | None = None) -> None:
        self.basis, self.square, self.everyone = basis, square, everyone
        self.strength = 1.0
        self.along: torch.Tensor | None = None  # (r, width) position of the means on each direction; None: not yet

    @property
    def offset(self) -> torch.Tensor | float:
        """What it adds to the prior mean of every row, (n, width)."""
        return 0.0 if self.along is None else self.basis @ self.along


class Side:
    """The posterior of all users, or of all items, that have training ratings, and the prior that they share."""

    def __init__(
        self, rows: np.ndarray, biases: np.ndarray, kernels: list[Kernel], pack: Packing, generator: torch.Generator
    ) -> None:
        n, width = len(rows), len(pack.place)
        self.rows, self.pack = torch.from_numpy(rows.astype(np.int64)), pack
        self.means = torch.randn(n, width, generator=generator) * START_SPREAD
        self.means[:, -1] = torch.from_numpy(biases.astype(np.float32))
        self.covariances: torch.Tensor | None = torch.zeros(n, pack.n_entries)  # None: the means are taken as known
        self.prior_mean = torch.zeros(width)
        self.prior_covariance = torch.eye(width) * START_SPREAD**2
        self.kernels = kernels
        self.offset = torch.zeros(n, width)  # what all kernels add to the prior mean

    @property
    def described(self) -> torch.Tensor:
        """[factors; 1] of every row, (n, width)."""
        described = self.means.clone()
        described[:, -1] = 1.0
        return described

    def prior_means(self, n_rows: int) -> torch.Tensor:
        """The prior mean of all `n_rows` rows of the table, as far as it does not depend on ratings, (n_rows, width)."""
        everyone = self.prior_mean.repeat(n_rows, 1)
        for kernel in self.kernels:
            if kernel.everyone is not None and kernel.along is not None:
                everyone += kernel.everyone @ kernel.along
        return everyone

    def solve(self, gram: torch.Tensor, pull: torch.Tensor, weight: torch.Tensor | float) -> None:
        """The posterior given the other side: precision Λ + weight·gram, mean from Λ·prior + weight·pull."""
        root, target = self._system(gram, pull, weight)
        covariances = torch.cholesky_inverse(root)  # (n, width, width)
        self.covariances = self.pack.pack(covariances)
        self.means = torch.bmm(covariances, target.unsqueeze(2)).squeeze(2)

    def _system(
        self, gram: torch.Tensor, pull: torch.Tensor, weight: torch.Tensor | float
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Every row's posterior precision P as the root L with L Lᵀ = P, and the target t with P · mean = t."""
        precision = torch.linalg.inv(self.prior_covariance)
        packed = gram * weight
        packed += self.pack.pack(precision)
        target = (self.prior_mean + self.offset) @ precision
        target += pull * weight
        return lower_root(self.pack.unpack(packed)), target

    def learn_prior(self) -> None:
        """Kernels, mean and covariance of the prior, from the posterior of all rows."""
        n, width = self.means.shape
        root = torch.linalg.cholesky(torch.linalg.inv(self.prior_covariance))
        kernel_rows, kernel_spread = 0, torch.zeros(width, width)
        for kernel in self.kernels:
            square = kernel.square
            share = square / (square + kernel.strength)
            others = self.prior_mean + (self.offset - kernel.offset)
            kernel.along = share[:, None] * (kernel.basis.T @ (self.means - others))  # (r, width)
            self.offset = self._offset()
            white = kernel.along @ root
            kernel.strength = float(
                (1 + white.numel() / 2) / (1e-3 + ((white.square().sum(1) + width * share) / square).sum() / 2)
            )
            kernel_rows += len(square)
            kernel_spread += (kernel.along / square[:, None]).T @ kernel.along * kernel.strength
            kernel_spread += len(square) * self.prior_covariance
        self.prior_mean = (self.means - self.offset).sum(0) / (n + MEAN_STRENGTH)
        error = self.means - self.offset - self.prior_mean
        spread = torch.eye(width) + error.T @ error + self.pack.unpack(self.covariances.sum(0, keepdim=True))[0]
        spread += MEAN_STRENGTH * torch.outer(self.prior_mean, self.prior_mean) + kernel_spread
        self.prior_covariance = spread / (n + width + kernel_rows)

    def _offset(self) -> torch.Tensor:
        return sum((kernel.offset for kernel in self.kernels), torch.zeros_like(self.means))


class Factorisation:
    """The posterior of all users and items with a training rating, and the half sweeps that improve it."""

    def __init__(
        self,
        train: Ratings,
        pack: Packing,
        generator: torch.Generator,
        *,
        noise_freedom: float,
        kernel_rank: int,
        features: Features | None = None,
        side_type: Callable[..., Side] = Side,
    ) -> None:
        user_rows, user = np.unique(train.user_index, return_inverse=True)
        item_rows, item = np.unique(train.item_index, return_inverse=True)
        n_users, n_items = len(user_rows), len(item_rows)
        self.user, self.item, self.rating = as_index(user), as_index(item), torch.from_numpy(train.rating.copy())
        self.global_mean = float(train.rating.mean(dtype=np.float64))
        centred = train.rating - np.float32(self.global_mean)
        self.counts = Table(user, item, np.ones(len(train)), n_users, n_items)
        self.ratings = Table(user, item, centred, n_users, n_items)
        self.n_by_user, self.square_by_user = (
            torch.from_numpy(np.bincount(user, weights=values, minlength=n_users).astype(np.float32))
            for values in (None, centred.astype(np.float64) ** 2)
        )
        self.freedom = noise_freedom
        self.precision, self.relative_precision = 1.0, torch.ones(n_users)  # α, a_u
        self.pack = pack
        kernels = implicit_kernels(user, item, n_users, n_items, kernel_rank, generator)
        if features is not None:
            for known, rows, table in zip(
                kernels, (user_rows, item_rows), (features.users, features.items), strict=True
            ):
                known.extend(feature_kernel(table, rows))
        self.users, self.items = (
            side_type(rows, biases[rows], known, pack, generator)
            for rows, biases, known in zip((user_rows, item_rows), biases_only(train, sweeps=2), kernels, strict=True)
        )

    def _sums(self, other: Side, weight: torch.Tensor | None, *, of_users: bool) -> tuple[torch.Tensor, ...]:
        """Sums over the partners of every row: Σ E[d dᵀ] packed, Σ E[(y − b) d], and Σ E[(y − b)²] − y², where d = [factors; 1]
        and b is a partner's bias, both uncertain where the other side has covariances, and y the rating minus the global mean."""
        described, bias, spread = other.described, other.means[:, -1:], other.covariances
        n_factor_entries, n_entries = self.pack.n_factor_entries, self.pack.n_entries
        gram, known, square = self.pack.outer(described), described * bias, bias.square()
        if spread is not None:
            gram[:, :n_factor_entries] += spread[:, :n_factor_entries]
            known[:, :-1] += spread[:, n_factor_entries:-1]
            square += spread[:, -1:]
        columns = torch.cat([gram, known, square], dim=1)
        rated = torch.cat([described, bias], dim=1)
        if weight is not None:
            columns, rated = columns * weight, rated * weight
        of_counts = self.counts.times(columns, of_users=of_users)
        of_ratings = self.ratings.times(rated, of_users=of_users)
        pull = of_ratings[:, :-1] - of_counts[:, n_entries:-1]
        return of_counts[:, :n_entries], pull, of_counts[:, -1] - 2 * of_ratings[:, -1]

    def solve_users(self) -> None:
        """The posterior of all users given the items; then their prior and their noise levels."""
        gram, pull, rest = self._sums(self.items, None, of_users=True)
        users = self.users
        users.solve(gram, pull, (self.precision * self.relative_precision)[:, None])
        second = self.pack.outer(users.means)  # E[w wᵀ]
        if users.covariances is not None:
            second += users.covariances
        error = self.square_by_user + rest - 2 * (users.means * pull).sum(1) + (gram * second * self.pack.twice).sum(1)
        users.learn_prior()
        self.learn_noise(error)

    def learn_noise(self, error: torch.Tensor) -> None:
        """The noise levels, from every user's summed squared error (n_users,)."""
        self.relative_precision = (self.freedom + self.n_by_user) / (self.freedom + self.precision * error)
        self.precision = (2 + len(self.rating)) / (2 + float(self.relative_precision @ error))

    def solve_items(self) -> None:
        """The posterior of all items given the users; then their prior."""
        gram, pull, _ = self._sums(self.users, (self.precision * self.relative_precision)[:, None], of_users=False)
        self.items.solve(gram, pull, 1.0)
        self.items.learn_prior()

    def squared_error(self, scale: RatingScale) -> float:
        """Summed squared error of the predictions for the training ratings."""
        left, right = self.users.means.index_select(0, self.user), self.items.means.index_select(0, self.item)
        score = (left[:, :-1] * right[:, :-1]).sum(1)
        score += left[:, -1] + right[:, -1] + self.global_mean
        error = score.clamp_(scale.low, scale.high).sub_(self.rating)
        return float(error @ error)


def implicit_kernels(
    user: np.ndarray, item: np.ndarray, n_users: int, n_items: int, rank: int, generator: torch.Generator
) -> tuple[list[Kernel], list[Kernel]]:
    """The kernels of who rated what, in its leading `rank` directions, for users and for items; none where `rank` is 0."""
    rank = min(rank, n_users, n_items)
    if rank < 1:
        return [], []
    pairs = np.divmod(np.unique(user.astype(np.int64) * n_items + item), n_items)
    kernels = []
    for rows, columns, n_rows, n_columns in ((*pairs, n_users, n_items), (*pairs[::-1], n_items, n_users)):
        values = np.bincount(rows, minlength=n_rows)[rows] ** -NORMALISATION
        table = Table(rows, columns, values, n_rows, n_columns)
        kernels.append([Kernel(*leading(table, n_columns, rank, generator))])
    return kernels[0], kernels[1]


def feature_kernel(features: np.ndarray | None, rows: np.ndarray) -> list[Kernel]:
    """The kernel of a table's features (n_table, f), of which the `rows` have training ratings; none without known features.

    Centred over those of the `rows` with known features; a row of zeros, without any, keeps the common prior mean.
    """
    if features is None or not features.size:
        return []
    known = features.any(axis=1)
    centre = features[rows][known[rows]].mean(axis=0, dtype=np.float64) if known[rows].any() else 0.0
    table = torch.from_numpy(np.where(known[:, None], features - centre, 0.0))  # (n_table, f), double
    square, axes = torch.linalg.eigh(table[rows].T @ table[rows])
    kept = square > 1e-6 * square[-1].clamp(min=1e-12)
    if not kept.any():
        return []
    everyone = (table @ axes[:, kept] / square[kept].sqrt()).float()
    return [Kernel(everyone[rows], square[kept].float(), everyone)]


def leading(table: Table, n_columns: int, rank: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Left singular vectors and squared singular values by a randomised range finder with two power iterations
    (Halko, Martinsson & Tropp 2011, algorithm 4.4)."""
    n_rows = table.by_user.shape[0]
    guess = torch.randn(n_columns, min(rank + 6, n_rows, n_columns), generator=generator)
    basis = torch.linalg.qr(table.times(guess, of_users=True)).Q
    for _ in range(2):
        basis = torch.linalg.qr(table.times(basis, of_users=False)).Q
        basis = torch.linalg.qr(table.times(basis, of_users=True)).Q
    small = table.times(basis, of_users=False)  # (n_columns, q)
    square, axes = torch.linalg.eigh(small.T @ small)
    kept = torch.arange(len(square) - 1, -1, -1)[:rank]
    kept = kept[square[kept] > 1e-4 * square[-1]]
    return basis @ axes[:, kept], square[kept]


def as_index(rows: np.ndarray) -> torch.Tensor:
    """Row numbers as a flat int64 tensor."""
    return torch.from_numpy(np.asarray(rows, dtype=np.int64).ravel())
