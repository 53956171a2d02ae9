"""Variational Bayesian matrix factorisation with a noise level per user and implicit feedback: the model `bayes`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse
import torch

from collab.models.baselines import biases_only
from collab.models.contract import Layer, Step
from collab.ratings import Ratings, RatingScale
from collab.settings import check, setting

START_SPREAD = 0.3
"""Standard deviation of the factors before the first sweep."""

MEAN_STRENGTH = 2.0
"""How many users (films) the belief counts for that their average is zero."""

NORMALISATION = 0.25
"""A row of the implicit feedback is divided by its count to this power, so that those with many ratings do not rule."""


@dataclass(frozen=True)
class BayesSettings:
    """Settings of `bayes`; the defaults are the preset *fast*."""

    n_factors: int = setting(
        8,
        "Factors",
        "How many hidden tastes a user and a film are described by; superfluous ones shrink by themselves.",
        low=1,
        high=64,
        step=1,
        in_name="{} factors",
    )
    epochs: int = setting(
        20,
        "Sweeps",
        "How often all users and then all films are solved for; more come closer to where the model settles.",
        low=1,
        high=200,
        step=1,
        in_name="{} sweeps",
    )
    kernel_rank: int = setting(
        48,
        "Implicit feedback",
        "How many directions of who rated what inform the factors, besides the stars given; 0 leaves it out.",
        low=0,
        high=200,
        step=1,
        in_name="implicit rank {}",
    )
    noise_freedom: int = setting(
        60,
        "Alike in noise",
        "How many ratings the belief counts for that all users are equally steady; more makes their noise levels more alike.",
        low=1,
        high=10_000,
        step=1,
        log=True,
        in_sight=False,
    )
    seed: int = setting(
        0,
        "Seed",
        "Another seed starts from other random factors; the same one gives the same result.",
        low=0,
        high=2**31 - 1,
        step=1,
        in_sight=False,
    )

    def __post_init__(self) -> None:
        check(self)


class Bayes:
    """r_ui = μ + b_u + b_i + p_u·q_i + noise of the variance 1 / (α a_u); predicted is the posterior mean, cut to the scale.

    Believed beforehand: [p_u; b_u] ~ Normal(m + k_u, Λ⁻¹), the same for films with their own m, k and Λ, and
    a_u ~ Gamma(ν/2, ν/2). k is a linear function of implicit feedback: which films a user rated (SVD++: Koren 2008) and
    which users rated a film, training pairs only, through the leading `kernel_rank` singular directions. Minimised is the
    divergence of a factorised posterior (a Gaussian a user and a film) from the true one, one closed-form half sweep after
    the other: all users, then all films (Lim & Teh 2007; Salakhutdinov & Mnih 2008 for the priors).

    An unknown user (row 0, and everybody without a training rating) is the prior: the mean m with the covariance Λ⁻¹;
    films likewise. `user_biases` hold μ, so that p_u·q_i + b_u + b_i is the whole prediction; `item_biases` do not.
    """

    name = "bayes"
    has_factors = True
    has_biases = True
    y_range = None

    def __init__(
        self, settings: BayesSettings, n_users: int, n_items: int, rating_scale: RatingScale | None = None
    ) -> None:
        self.settings = settings
        self.n_users, self.n_items, self.rating_scale = n_users, n_items, rating_scale
        self.generator = torch.Generator().manual_seed(settings.seed)
        width = settings.n_factors + 1
        self._pack = _Packing(width)
        self._users, self._items = (
            torch.randn(n, width, generator=self.generator) * START_SPREAD for n in (n_users, n_items)
        )
        self._user_covariances, self._item_covariances = (
            self._pack.pack(torch.eye(width) * START_SPREAD**2).repeat(n, 1) for n in (n_users, n_items)
        )
        self._noise_variances = torch.ones(n_users)

    @property
    def epochs(self) -> int:
        return self.settings.epochs

    def n_steps(self, n_train: int) -> int:
        """Two half sweeps: all users, then all films."""
        return 2

    def train_epochs(self, train: Ratings) -> Iterator[Iterator[Step]]:
        """One iterator of two half sweeps a sweep; the caller decides whether to go on after each."""
        self._posterior = _Factorisation(train, self.settings, self._pack, self.generator)
        for _ in range(self.epochs):
            yield self._sweep(train)

    def _sweep(self, train: Ratings) -> Iterator[Step]:
        for half in (self._posterior.solve_users, self._posterior.solve_items):
            half()
            yield Step(self._posterior.squared_error(train.rating_scale), len(train))

    def settle(self) -> None:
        """Put the posterior into the tables; whoever has no training rating gets the prior."""
        found = self._posterior
        for table, covariances, side in (
            (self._users, self._user_covariances, found.users),
            (self._items, self._item_covariances, found.items),
        ):
            table[:] = side.prior_mean
            table[side.rows] = side.means
            covariances[:] = self._pack.pack(side.prior_covariance)
            covariances[side.rows] = side.covariances
        self._users[:, -1] += found.global_mean
        self._noise_variances[:] = 1 / found.precision
        self._noise_variances[found.users.rows] = 1 / (found.precision * found.steadiness)

    def predict(self, user_index: np.ndarray, item_index: np.ndarray) -> np.ndarray:
        """Predicted ratings in stars, float32, shape of the two index arrays (broadcast against each other)."""
        users, items = np.broadcast_arrays(user_index, item_index)
        left, right = self._users[_index(users)], self._items[_index(items)]  # (n, F + 1)
        return (
            self._cut((left[:, :-1] * right[:, :-1]).sum(1) + left[:, -1] + right[:, -1]).numpy().reshape(users.shape)
        )

    def predict_with_variance(self, user_index: np.ndarray, item_index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean of a rating, as `predict` gives it, and the variance of the rating that will be given, in squared stars.

        With C_u, C_i the covariances of [p_u; b_u] and [q_i; b_i], d_u = [p_u; 1] and d_i = [q_i; 1], the variance is
        d_iᵀ C_u d_i + d_uᵀ C_i d_u + tr(cov(p_u) cov(q_i)) and the noise of this user.
        """
        users, items = np.broadcast_arrays(user_index, item_index)
        rows, columns = _index(users), _index(items)
        left, right = self._users[rows].clone(), self._items[columns].clone()  # (n, F + 1)
        left[:, -1] = right[:, -1] = 1.0
        spread_u, spread_i = self._user_covariances[rows], self._item_covariances[columns]  # (n, packed)
        outer_u, outer_i = self._pack.outer(left), self._pack.outer(right)
        outer_i[:, : self._pack.n_factor_entries] += spread_i[:, : self._pack.n_factor_entries]
        twice = self._pack.twice
        variance = (
            (spread_u * outer_i * twice).sum(1) + (spread_i * outer_u * twice).sum(1) + self._noise_variances[rows]
        )
        return self.predict(users, items), variance.numpy().reshape(users.shape)

    def _cut(self, rating: torch.Tensor) -> torch.Tensor:
        return rating if self.rating_scale is None else rating.clamp_(self.rating_scale.low, self.rating_scale.high)

    @property
    def user_factors(self) -> np.ndarray:
        return self._users[:, :-1].numpy()

    @property
    def user_biases(self) -> np.ndarray:
        return self._users[:, -1].numpy()

    @property
    def item_factors(self) -> np.ndarray:
        return self._items[:, :-1].numpy()

    @property
    def item_biases(self) -> np.ndarray:
        return self._items[:, -1].numpy()

    @property
    def user_covariances(self) -> np.ndarray:
        """Posterior covariances of [p_u; b_u], (n_users, n_factors + 1, n_factors + 1)."""
        return self._pack.unpack(self._user_covariances).numpy()

    @property
    def item_covariances(self) -> np.ndarray:
        """Posterior covariances of [q_i; b_i], (n_items, n_factors + 1, n_factors + 1)."""
        return self._pack.unpack(self._item_covariances).numpy()

    @property
    def noise_variances(self) -> np.ndarray:
        """What every user's ratings deviate by even where all else is known, in squared stars, (n_users,)."""
        return self._noise_variances.numpy()

    def weights(self) -> dict[str, np.ndarray]:
        """The learned tables under plain names, to be saved; covariances as packed lower triangles, row by row."""
        tables = {
            "user_factors": self._users[:, :-1],
            "item_factors": self._items[:, :-1],
            "user_biases": self._users[:, -1],
            "item_biases": self._items[:, -1],
            "user_covariances": self._user_covariances,
            "item_covariances": self._item_covariances,
            "noise_variances": self._noise_variances,
        }
        return {name: table.clone(memory_format=torch.contiguous_format).numpy() for name, table in tables.items()}

    def load(self, weights: dict[str, np.ndarray]) -> None:
        """Take over tables that `weights` gave."""
        found = {name: torch.from_numpy(np.array(table, dtype=np.float32)) for name, table in weights.items()}
        self._users[:, :-1], self._users[:, -1] = found["user_factors"], found["user_biases"]
        self._items[:, :-1], self._items[:, -1] = found["item_factors"], found["item_biases"]
        self._user_covariances[:] = found["user_covariances"]
        self._item_covariances[:] = found["item_covariances"]
        self._noise_variances[:] = found["noise_variances"]

    def layers(self) -> list[Layer]:
        """What the model consists of."""
        kinds = {"covariances": "packed lower triangles", "variances": "noise levels"}
        return [
            Layer(name.replace("_", " "), kinds.get(name.split("_")[1], "posterior means"), table.shape)
            for name, table in self.weights().items()
        ]


class _Packing:
    """Symmetric matrices of `width` rows as packed lower triangles, row by row; the last row, that of the bias, comes last."""

    def __init__(self, width: int) -> None:
        self.row, self.column = torch.tril_indices(width, width)
        self.n_entries = len(self.row)
        self.n_factor_entries = self.n_entries - width  # those without the bias come first
        self.place = torch.empty(width, width, dtype=torch.int64)
        self.place[self.row, self.column] = self.place[self.column, self.row] = torch.arange(self.n_entries)
        self.twice = torch.where(self.row == self.column, 1.0, 2.0)  # a sum over the matrix counts each entry so often

    def pack(self, matrices: torch.Tensor) -> torch.Tensor:
        """(…, width, width) → (…, n_entries)"""
        return matrices[..., self.row, self.column]

    def unpack(self, packed: torch.Tensor) -> torch.Tensor:
        """(n, n_entries) → (n, width, width)"""
        return packed.index_select(1, self.place.view(-1)).view(-1, *self.place.shape)

    def outer(self, vectors: torch.Tensor) -> torch.Tensor:
        """The products v vᵀ, (n, width) → (n, n_entries)"""
        return vectors.index_select(1, self.row) * vectors.index_select(1, self.column)


class _Table:
    """A matrix users × films of one number a training rating (equal pairs add up), to be multiplied from both sides.

    Kept sparse: on MovieLens 100K, where one cell in twenty is filled, the product with 55 columns takes a fifth of the
    time of the dense one, and a larger table is emptier still.
    """

    def __init__(self, user: np.ndarray, item: np.ndarray, values: np.ndarray, n_users: int, n_items: int) -> None:
        self.by_user = scipy.sparse.csr_array((values.astype(np.float32), (user, item)), shape=(n_users, n_items))
        self.by_item = self.by_user.T.tocsr()

    def times(self, right: torch.Tensor, *, of_users: bool) -> torch.Tensor:
        """For every user the sum over the films rated (`of_users`), or for every film that over its raters."""
        return torch.from_numpy((self.by_user if of_users else self.by_item) @ right.numpy())


def _root(matrices: torch.Tensor) -> torch.Tensor:
    """The lower triangles L with L Lᵀ = matrix, (n, width, width); in double precision where single does not reach."""
    root, failed = torch.linalg.cholesky_ex(matrices)
    return torch.linalg.cholesky(matrices.double()).float() if failed.any() else root


class _Side:
    """The posterior of all users, or of all films, that have training ratings, and the prior that they share."""

    def __init__(
        self,
        rows: np.ndarray,
        biases: np.ndarray,
        kernel: tuple[torch.Tensor, torch.Tensor] | None,
        pack: _Packing,
        generator: torch.Generator,
    ) -> None:
        n, width = len(rows), len(pack.place)
        self.rows, self.pack = torch.from_numpy(rows.astype(np.int64)), pack
        self.means = torch.randn(n, width, generator=generator) * START_SPREAD
        self.means[:, -1] = torch.from_numpy(biases.astype(np.float32))
        self.covariances = torch.zeros(n, pack.n_entries)
        self.prior_mean = torch.zeros(width)
        self.prior_covariance = torch.eye(width) * START_SPREAD**2
        self.kernel, self.kernel_strength = kernel, 1.0
        self.offset = torch.zeros(n, width)  # what the implicit feedback adds to the prior mean

    @property
    def described(self) -> torch.Tensor:
        """[factors; 1] of every row, (n, width)."""
        described = self.means.clone()
        described[:, -1] = 1.0
        return described

    def solve(self, gram: torch.Tensor, pull: torch.Tensor, weight: torch.Tensor | float) -> None:
        """The posterior given what the other side says: precision Λ + weight·gram, mean from Λ·prior + weight·pull."""
        precision = torch.linalg.inv(self.prior_covariance)
        packed = gram * weight
        packed += self.pack.pack(precision)
        target = (self.prior_mean + self.offset) @ precision
        target += pull * weight
        covariances = torch.cholesky_inverse(_root(self.pack.unpack(packed)))  # (n, width, width)
        self.covariances = self.pack.pack(covariances)
        self.means = torch.bmm(covariances, target.unsqueeze(2)).squeeze(2)

    def learn_prior(self) -> None:
        """Implicit feedback, mean and covariance of the prior, from the posterior of all rows."""
        n, width = self.means.shape
        kernel_rows, kernel_spread = 0, torch.zeros(width, width)
        if self.kernel is not None:
            basis, square = self.kernel  # (n, r), (r,)
            share = square / (square + self.kernel_strength)
            along = share[:, None] * (basis.T @ (self.means - self.prior_mean))  # (r, width)
            self.offset = basis @ along
            root = torch.linalg.cholesky(torch.linalg.inv(self.prior_covariance))
            white = along @ root
            self.kernel_strength = float(
                (1 + white.numel() / 2) / (1e-3 + ((white.square().sum(1) + width * share) / square).sum() / 2)
            )
            kernel_rows = len(square)
            kernel_spread = (
                along / square[:, None]
            ).T @ along * self.kernel_strength + kernel_rows * self.prior_covariance
        self.prior_mean = (self.means - self.offset).sum(0) / (n + MEAN_STRENGTH)
        error = self.means - self.offset - self.prior_mean
        spread = torch.eye(width) + error.T @ error + self.pack.unpack(self.covariances.sum(0, keepdim=True))[0]
        spread += MEAN_STRENGTH * torch.outer(self.prior_mean, self.prior_mean) + kernel_spread
        self.prior_covariance = spread / (n + width + kernel_rows)


class _Factorisation:
    """The posterior of everybody with a training rating, and the half sweeps that improve it."""

    def __init__(self, train: Ratings, settings: BayesSettings, pack: _Packing, generator: torch.Generator) -> None:
        user_rows, user = np.unique(train.user_index, return_inverse=True)
        item_rows, item = np.unique(train.item_index, return_inverse=True)
        n_users, n_items = len(user_rows), len(item_rows)
        self.user, self.item, self.rating = _index(user), _index(item), torch.from_numpy(train.rating.copy())
        self.global_mean = float(train.rating.mean(dtype=np.float64))
        centred = train.rating - np.float32(self.global_mean)
        self.counts = _Table(user, item, np.ones(len(train)), n_users, n_items)
        self.ratings = _Table(user, item, centred, n_users, n_items)
        self.n_by_user, self.square_by_user = (
            torch.from_numpy(np.bincount(user, weights=values, minlength=n_users).astype(np.float32))
            for values in (None, centred.astype(np.float64) ** 2)
        )
        self.freedom = settings.noise_freedom
        self.precision, self.steadiness = 1.0, torch.ones(n_users)  # α, a_u
        self.pack = pack
        user_biases, item_biases = biases_only(train, sweeps=2)
        kernels = _kernels(user, item, n_users, n_items, settings.kernel_rank, generator)
        self.users = _Side(user_rows, user_biases[user_rows], kernels[0], pack, generator)
        self.items = _Side(item_rows, item_biases[item_rows], kernels[1], pack, generator)

    def _sums(self, other: _Side, weight: torch.Tensor | None, *, of_users: bool) -> tuple[torch.Tensor, ...]:
        """Over the partners of every row, with d = [factors; 1], b, C a partner's description, bias and covariance, y the
        rating without the global mean: Σ E[d dᵀ] packed, Σ E[(y − b) d], and Σ E[(y − b)²] − y²."""
        described, bias, spread = other.described, other.means[:, -1:], other.covariances
        n_factor_entries, n_entries = self.pack.n_factor_entries, self.pack.n_entries
        gram = self.pack.outer(described)
        gram[:, :n_factor_entries] += spread[:, :n_factor_entries]
        known = described * bias
        known[:, :-1] += spread[:, n_factor_entries:-1]
        columns = torch.cat([gram, known, bias.square() + spread[:, -1:]], dim=1)
        rated = torch.cat([described, bias], dim=1)
        if weight is not None:
            columns, rated = columns * weight, rated * weight
        of_counts = self.counts.times(columns, of_users=of_users)
        of_ratings = self.ratings.times(rated, of_users=of_users)
        pull = of_ratings[:, :-1] - of_counts[:, n_entries:-1]
        return of_counts[:, :n_entries], pull, of_counts[:, -1] - 2 * of_ratings[:, -1]

    def solve_users(self) -> None:
        """The posterior of all users given the films; then their prior and their noise levels."""
        gram, pull, rest = self._sums(self.items, None, of_users=True)
        users = self.users
        users.solve(gram, pull, (self.precision * self.steadiness)[:, None])
        second = self.pack.outer(users.means) + users.covariances  # E[w wᵀ]
        error = self.square_by_user + rest - 2 * (users.means * pull).sum(1) + (gram * second * self.pack.twice).sum(1)
        users.learn_prior()
        self.steadiness = (self.freedom + self.n_by_user) / (self.freedom + self.precision * error)
        self.precision = (2 + len(self.rating)) / (2 + float(self.steadiness @ error))

    def solve_items(self) -> None:
        """The posterior of all films given the users; then their prior."""
        gram, pull, _ = self._sums(self.users, (self.precision * self.steadiness)[:, None], of_users=False)
        self.items.solve(gram, pull, 1.0)
        self.items.learn_prior()

    def squared_error(self, scale: RatingScale) -> float:
        """Summed squared error of the predictions for the training ratings."""
        left, right = self.users.means.index_select(0, self.user), self.items.means.index_select(0, self.item)
        score = (left[:, :-1] * right[:, :-1]).sum(1)
        score += left[:, -1] + right[:, -1] + self.global_mean
        error = score.clamp_(scale.low, scale.high).sub_(self.rating)
        return float(error @ error)


def _kernels(
    user: np.ndarray, item: np.ndarray, n_users: int, n_items: int, rank: int, generator: torch.Generator
) -> tuple[tuple[torch.Tensor, torch.Tensor] | None, ...]:
    """Leading left singular vectors (n, r) and squared singular values (r,) of who rated what, for users and for films."""
    rank = min(rank, n_users, n_items)
    if rank < 1:
        return None, None
    pairs = np.divmod(np.unique(user.astype(np.int64) * n_items + item), n_items)
    kernels = []
    for rows, columns, n_rows, n_columns in ((*pairs, n_users, n_items), (*pairs[::-1], n_items, n_users)):
        values = np.bincount(rows, minlength=n_rows)[rows] ** -NORMALISATION
        table = _Table(rows, columns, values, n_rows, n_columns)
        kernels.append(_leading(table, n_columns, rank, generator))
    return tuple(kernels)


def _leading(table: _Table, n_columns: int, rank: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Left singular vectors and squared singular values by a randomised range finder with two power iterations
    (Halko, Martinsson & Tropp 2011, algorithm 4.4)."""
    n_rows = table.by_user.shape[0]
    guess = torch.randn(n_columns, min(rank + 6, n_rows, n_columns), generator=generator)
    basis = torch.linalg.qr(table.times(guess, of_users=True)).Q
    for _ in range(2):
        basis = torch.linalg.qr(table.times(basis, of_users=False)).Q
        basis = torch.linalg.qr(table.times(basis, of_users=True)).Q
    small = table.times(basis, of_users=False)  # (n_columns, q)
    square, turn = torch.linalg.eigh(small.T @ small)
    kept = torch.arange(len(square) - 1, -1, -1)[:rank]
    kept = kept[square[kept] > 1e-4 * square[-1]]
    return basis @ turn[:, kept], square[kept]


def _index(rows: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.asarray(rows, dtype=np.int64).ravel())
