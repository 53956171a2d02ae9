"""Variational Bayesian matrix factorisation with a noise level per user and implicit feedback: the model `bayes`.

It solves instead of stepping: all users in closed form given the items, then all items given the users (`sweeps.py`). One sparse
product collects what every user needs, packed as lower triangles, and one batched Cholesky solves for everybody. A sweep reports
like an epoch of one step.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from collab.data.features import Features
from collab.data.ratings import Ratings, RatingScale
from collab.models import shared_settings as shared
from collab.models.contract import Layer, Step
from collab.models.settings import check, setting
from collab.models.sweeps import START_SPREAD, Factorisation, Packing, as_index


@dataclass(frozen=True)
class BayesSettings:
    """Settings of `bayes`; the defaults are the preset *fast*."""

    n_factors: int = shared.shrinking_factors(8)
    epochs: int = shared.sweeps(
        20, 200, "How often all users and then all films are solved for; more come closer to where the model settles."
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
    side_information: bool = shared.side_information(False)
    noise_freedom: int = setting(
        60,
        "Alike in noise",
        "How many ratings the belief counts for that all users are equally steady; more makes their noise levels more alike.",
        low=1,
        high=10_000,
        step=1,
        log=True,
        always_shown=False,
    )
    seed: int = shared.seed("Another seed starts from other random factors; the same one gives the same result.")

    def __post_init__(self) -> None:
        check(self)


class Bayes:
    """r_ui = μ + b_u + b_i + p_u·q_i + noise of variance 1 / (α a_u); predicts the posterior mean, clipped to the rating scale.

    Priors: [p_u; b_u] ~ Normal(m + k_u, Λ⁻¹), the same for items with their own m, k and Λ, and a_u ~ Gamma(ν/2, ν/2). k is
    a linear function of implicit feedback: which items a user rated (SVD++: Koren 2008) and which users rated an item,
    training pairs only, through the leading `kernel_rank` singular directions; with the setting `side_information` also of
    `features`: genres and years, age, gender and occupation. Minimises the divergence of a factorised posterior (one
    Gaussian per user and per item) from the true one, in alternating closed-form half sweeps: all users, then all items
    (Lim & Teh 2007; Salakhutdinov & Mnih 2008 for the priors).

    An unknown user (row 0, and every user without a training rating) gets the prior: the mean m plus the features' part,
    with the covariance Λ⁻¹; items likewise. `user_biases` include μ, so that p_u·q_i + b_u + b_i is the whole prediction;
    `item_biases` do not.
    """

    name = "bayes"
    has_factors = True
    has_biases = True
    y_range = None

    def __init__(
        self,
        settings: BayesSettings,
        n_users: int,
        n_items: int,
        rating_scale: RatingScale | None = None,
        features: Features | None = None,
    ) -> None:
        self.settings = settings
        self.features = features if settings.side_information else None
        self.n_users, self.n_items, self.rating_scale = n_users, n_items, rating_scale
        self.generator = torch.Generator().manual_seed(settings.seed)
        width = settings.n_factors + 1
        self._pack = Packing(width)
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
        """One sweep: all users, then all items."""
        return 1

    def train_epochs(self, train: Ratings) -> Iterator[Iterator[Step]]:
        """One iterator of a single step per sweep; the caller may stop after any of them."""
        self._posterior = Factorisation(
            train,
            self._pack,
            self.generator,
            noise_freedom=self.settings.noise_freedom,
            kernel_rank=self.settings.kernel_rank,
            features=self.features,
        )
        for _ in range(self.epochs):
            yield self._sweep(train)

    def _sweep(self, train: Ratings) -> Iterator[Step]:
        self._posterior.solve_users()
        self._posterior.solve_items()
        yield Step(self._posterior.squared_error(train.rating_scale), len(train))

    def finalize(self) -> None:
        """Write the posterior into the tables; rows without a training rating get the prior."""
        found = self._posterior
        for table, covariances, side in (
            (self._users, self._user_covariances, found.users),
            (self._items, self._item_covariances, found.items),
        ):
            table[:] = side.prior_means(len(table))
            table[side.rows] = side.means
            covariances[:] = self._pack.pack(side.prior_covariance)
            covariances[side.rows] = side.covariances
        self._users[:, -1] += found.global_mean
        self._noise_variances[:] = 1 / found.precision
        self._noise_variances[found.users.rows] = 1 / (found.precision * found.relative_precision)

    def predict(self, user_index: np.ndarray, item_index: np.ndarray) -> np.ndarray:
        """Predicted ratings in stars, float32, shape of the two index arrays (broadcast against each other)."""
        users, items = np.broadcast_arrays(user_index, item_index)
        left, right = self._users.index_select(0, as_index(users)), self._items.index_select(0, as_index(items))
        rating = left[:, -1] + right[:, -1]  # (n, F + 1) both
        rating += left[:, :-1].mul_(right[:, :-1]).sum(1)
        return self._cut(rating).numpy().reshape(users.shape)

    def predict_with_variance(self, user_index: np.ndarray, item_index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The mean of each rating, as `predict` gives it, and its variance, noise included, in squared stars.

        With C_u, C_i the covariances of [p_u; b_u] and [q_i; b_i], d_u = [p_u; 1] and d_i = [q_i; 1], the variance is
        d_iᵀ C_u d_i + d_uᵀ C_i d_u + tr(cov(p_u) cov(q_i)) plus the user's noise variance.
        """
        users, items = np.broadcast_arrays(user_index, item_index)
        rows, columns = as_index(users), as_index(items)
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
        """The noise variance of every user's ratings, in squared stars, (n_users,)."""
        return self._noise_variances.numpy()

    def weights(self) -> dict[str, np.ndarray]:
        """The learned tables by name, for saving; covariances as packed lower triangles, row by row."""
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
        """Restore the tables that `weights` returned."""
        found = {name: torch.from_numpy(np.array(table, dtype=np.float32)) for name, table in weights.items()}
        self._users[:, :-1], self._users[:, -1] = found["user_factors"], found["user_biases"]
        self._items[:, :-1], self._items[:, -1] = found["item_factors"], found["item_biases"]
        self._user_covariances[:] = found["user_covariances"]
        self._item_covariances[:] = found["item_covariances"]
        self._noise_variances[:] = found["noise_variances"]

    def layers(self) -> list[Layer]:
        """The parts of the model."""
        kinds = {"covariances": "packed lower triangles", "variances": "noise levels"}
        return [
            Layer.of(name, kinds.get(name.split("_")[1], "posterior means"), table.shape)
            for name, table in self.weights().items()
        ]
