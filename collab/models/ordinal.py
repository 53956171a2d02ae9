"""A probability for every rating level instead of one number: the model `ordinal`, trained by cross-entropy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from collab.data.features import Features
from collab.data.ratings import Ratings, RatingScale
from collab.models import shared_settings as shared
from collab.models.adam import LayersAdam
from collab.models.contract import FoldInPredictions, Layer, Step
from collab.models.net_fold_in import RowPrior, row_prior
from collab.models.ordinal_fold_in import Items, fold_in
from collab.models.packed_table import PackedTable
from collab.models.settings import check, setting

USUAL_SCALE = RatingScale(1.0, 5.0, 1.0)


@dataclass(frozen=True)
class OrdinalSettings:
    """Settings of `ordinal`."""

    n_factors: int = shared.n_factors()
    epochs: int = shared.epochs()
    learning_rate: float = shared.learning_rate()
    weight_decay: float = shared.weight_decay(0.2)
    own_levels: bool = setting(
        True,
        "Own use of the stars",
        "A user who never gives one star, or a film that is loved or hated, may bend the chances of every level.",
    )
    batch_size: int = shared.batch_size()
    seed: int = shared.seed()

    def __post_init__(self) -> None:
        check(self)


def loss_and_gradient(
    pairs: torch.Tensor, common: torch.Tensor, given: torch.Tensor, stars: torch.Tensor, own_levels: bool
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Chances (B, L) of the levels, and the gradients of the batch's *mean* cross-entropy with respect to `pairs` and `common`.

    `pairs` (B, 2, F + 1 + L) holds each rating's user row and item row: F factors, a bias, an offset ("bend") for each level;
    `common` (L,) the offsets shared by all, `given` (B,) the rating's index among the levels, `stars` (L,) the centred levels.
    With s = p·q + b_u + b_i the logit of level l is a_l + d_ul + d_il + stars_l · s, and with the gradient of the logits
    G = (chances − one-hot given) / B: ∂/∂a = Σ G, ∂/∂d = G, ∂/∂s = G · stars, ∂/∂p = ∂/∂s · q, ∂/∂q = ∂/∂s · p, ∂/∂b = ∂/∂s.
    """
    n_factors = pairs.shape[2] - 1 - len(stars)
    user, item = pairs.unbind(1)  # (B, F + 1 + L) each
    score = (user[:, :n_factors] * item[:, :n_factors]).sum(1) + user[:, n_factors] + item[:, n_factors]  # (B,)
    logits = common + score[:, None] * stars
    if own_levels:
        logits += user[:, n_factors + 1 :] + item[:, n_factors + 1 :]
    chances = logits.softmax(1)  # (B, L)
    by_logit = chances.clone()
    by_logit[torch.arange(len(given)), given] -= 1
    by_logit /= len(given)
    by_score = by_logit @ stars  # (B,)
    gradient = pairs.flip(1)  # (B, 2, F + 1 + L) the partner's row
    gradient[:, :, :n_factors] *= by_score[:, None, None]
    gradient[:, :, n_factors] = by_score[:, None]
    gradient[:, :, n_factors + 1 :] = by_logit[:, None] if own_levels else 0.0
    return chances, gradient, by_logit.sum(0)


class Ordinal(PackedTable):
    """P(r_ui = l) ∝ exp(a_l + d_ul + d_il + (l − middle) · s_ui) with s_ui = p_u · q_i + b_u + b_i; predicts the expected
    rating Σ l · P(l).

    A higher s shifts probability to higher levels, which keep their order (the adjacent-categories logit: Agresti, Analysis of
    Ordinal Categorical Data, chapter 4); a is how often each level is given overall, d how a user or an item differs in that.
    Minimises the mean of −log P(rating) over batches, by Adam with decoupled weight decay on all but a, and a one-cycle
    schedule; steps report the squared error of the expected rating, to compare with other models. Users and items without a
    training rating, and the unknown ones (index 0), get the average trained row. a starts at the logarithms of the levels'
    shares among the training ratings, all else from normal(0, 0.01), truncated at two standard deviations.
    """

    name = "ordinal"
    has_biases = True

    def __init__(
        self,
        settings: OrdinalSettings,
        n_users: int,
        n_items: int,
        rating_scale: RatingScale | None = None,
        features: Features | None = None,
    ) -> None:
        self.rating_scale = rating_scale or USUAL_SCALE
        self.levels = torch.from_numpy(self.rating_scale.levels.copy())  # (L,)
        self.stars = self.levels - self.levels.mean()  # (L,)
        super().__init__(settings, n_users, n_items, len(self.levels))
        self.common = torch.zeros(len(self.levels))
        self._new_users: RowPrior | None = None  # computed for the first fold-in
        if not settings.own_levels:
            self.table[:, settings.n_factors + 1 :] = 0.0

    @property
    def y_range(self) -> tuple[float, float]:
        """The ends of the scale, between which every expected rating lies."""
        return (self.rating_scale.low, self.rating_scale.high)

    def _begin(self, train: Ratings) -> tuple[torch.Tensor, torch.Tensor]:
        """Start training on `train`: its rows of the packed table (n, 2), and the level indices of its ratings (n,)."""
        given = torch.from_numpy(self.rating_scale.places(train.rating))
        counts = torch.bincount(given, minlength=len(self.levels)).float()
        self.common = torch.log(counts.clamp_(min=0.5) / counts.sum())
        self._common_adam = LayersAdam([], [self.common], 0.0)
        return self._begin_table(train), given

    def _epoch(self, rows: torch.Tensor, given: torch.Tensor, schedule: list[tuple[float, float]]) -> Iterator[Step]:
        rows = rows.reshape(-1)  # (2n,) user, item, user, item, …
        size, width = min(self.settings.batch_size, len(given)), self.table.shape[1]
        for number, (rate, momentum) in enumerate(schedule):
            start = number * size
            batch, levels = rows[2 * start : 2 * (start + size)], given[start : start + size]
            pairs = self._adam.look_up(batch).view(-1, 2, width)  # (B, 2, F + 1 + L)
            chances, gradient, of_common = loss_and_gradient(
                pairs, self.common, levels, self.stars, self.settings.own_levels
            )
            self._adam.step(batch, gradient.view(-1, width), rate, momentum)
            self._common_adam.step([of_common], rate, momentum)
            error = chances @ self.levels - self.levels[levels]  # (B,) of the expected rating
            yield Step(error.dot(error).item(), size, rate, momentum)

    def finalize(self) -> None:
        """As for any packed table; the prior of new users is recomputed at the next fold-in."""
        super().finalize()
        self._new_users = None

    def level_probabilities(self, user_index: np.ndarray, item_index: np.ndarray) -> np.ndarray:
        """The chance of every rating level, float32, (..., n_levels) for index arrays that are broadcast against each other."""
        users, items = np.broadcast_arrays(user_index, item_index)
        left, right = (
            self.table[torch.from_numpy(rows.ravel().astype(np.int64))] for rows in (users, self.n_users + items)
        )
        return self._chances(left, right).numpy().reshape(*users.shape, len(self.levels))

    def _chances(self, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        """Chances (..., L) of users with the rows `left` (..., F + 1 + L) and items with the rows `right`."""
        n = self.settings.n_factors
        score = (left[..., :n] * right[..., :n]).sum(-1) + left[..., n] + right[..., n]
        logits = self.common + left[..., n + 1 :] + right[..., n + 1 :] + score[..., None] * self.stars
        return logits.softmax(-1)

    def predict(self, user_index: np.ndarray, item_index: np.ndarray) -> np.ndarray:
        """Expected ratings in stars, float32, shape of the two index arrays (broadcast against each other)."""
        return self._expected(self.level_probabilities(user_index, item_index))

    def _expected(self, chances: np.ndarray) -> np.ndarray:
        levels = self.rating_scale.levels
        return np.clip((chances * levels).sum(-1), levels[0], levels[-1])  # chances add up to 1 only up to rounding

    def predict_with_variance(self, user_index: np.ndarray, item_index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Expected ratings, as `predict` gives them, and the variances of the predicted distributions, in squared stars."""
        chances = self.level_probabilities(user_index, item_index)
        expected = self._expected(chances)
        return expected, (chances * np.square(self.rating_scale.levels - expected[..., None])).sum(-1)

    def fold_in_user(self, item_index: np.ndarray, ratings: np.ndarray, noise_variance: float) -> FoldInPredictions:
        """Predictions of all items, with chances, for a new user who gave the items `item_index` (n,) these `ratings` (n,).

        The prior of the user's row is normal around the average trained row, spread like the trained rows; the rest is
        `ordinal_fold_in`. `noise_variance` is not used: the chances include the noise.
        """
        self._new_users = self._new_users or row_prior(self.table[: self.n_users])
        given = self.rating_scale.places(ratings).clip(0, len(self.levels) - 1)
        return fold_in(
            Items(self.table[self.n_users :], self.common, self.levels), self._new_users, np.asarray(item_index), given
        )

    @property
    def user_bends(self) -> np.ndarray:
        return self.table[: self.n_users, self.settings.n_factors + 1 :].numpy()

    @property
    def item_bends(self) -> np.ndarray:
        return self.table[self.n_users :, self.settings.n_factors + 1 :].numpy()

    @property
    def level_logits(self) -> np.ndarray:
        return self.common.numpy()

    def weights(self) -> dict[str, np.ndarray]:
        """The learned tables by name, for saving."""
        names = ["user_factors", "item_factors", "user_biases", "item_biases", "level_logits"]
        names += ["user_bends", "item_bends"] if self.settings.own_levels else []
        return {name: getattr(self, name).copy() for name in names}

    def load(self, weights: dict[str, np.ndarray]) -> None:
        """Restore the tables that `weights` returned."""
        self._new_users = None
        super().load(weights)

    def layers(self) -> list[Layer]:
        """The parts of the model, in the order of a forward pass."""
        layers = [Layer.of(name, "embedding", table.shape) for name, table in self.weights().items()]
        return [*layers, Layer("dot product + biases", "sum", ()), Layer("chances of the levels", "softmax", ())]
