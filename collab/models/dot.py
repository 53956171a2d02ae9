"""The dot product of latent factors, with or without biases and sigmoid range: `dot`, `dot-range` and `dot-bias`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from collab.models import shared_settings as shared
from collab.models.contract import Layer, Step
from collab.ratings import Ratings
from collab.schedule import one_cycle
from collab.settings import check, setting

BETA2, EPSILON = 0.99, 1e-5  # of Adam, as in the chapter's library
LARGE_TABLE = 20_000  # rows from which on a step touches those of its batch alone …
ROWS_A_RATING = 40  # … if there are so many for each rating of a batch: else the dense kernel is faster still


@dataclass(frozen=True)
class DotBiasSettings:
    """Settings of `dot-bias`; the defaults are the chapter's."""

    n_factors: int = shared.n_factors()
    epochs: int = shared.epochs()
    learning_rate: float = shared.learning_rate()
    weight_decay: float = shared.weight_decay(0.1)
    batch_size: int = shared.batch_size()
    y_range: tuple[float, float] | None = shared.y_range()
    use_biases: bool = setting(
        True, "Biases", "One number for how kind a user and how liked a film is, besides their factors.", in_sight=False
    )
    seed: int = shared.seed()

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class DotSettings:
    """Settings of `dot`; the defaults are the chapter's."""

    n_factors: int = shared.n_factors()
    epochs: int = shared.epochs()
    learning_rate: float = shared.learning_rate()
    weight_decay: float = shared.weight_decay(0.01, "all factors")
    batch_size: int = shared.batch_size()
    seed: int = shared.seed()

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class DotRangeSettings:
    """Settings of `dot-range`; the defaults are the chapter's."""

    n_factors: int = shared.n_factors()
    epochs: int = shared.epochs()
    learning_rate: float = shared.learning_rate()
    weight_decay: float = shared.weight_decay(0.01, "all factors")
    batch_size: int = shared.batch_size()
    y_range: tuple[float, float] = shared.y_range()
    seed: int = shared.seed()

    def __post_init__(self) -> None:
        check(self)


def loss_and_gradient(
    pairs: torch.Tensor, rating: torch.Tensor, y_range: tuple[float, float] | None, use_biases: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    """Summed squared error of a batch, and the gradient of its *mean* squared error by every number in `pairs`.

    `pairs` (B, 2, F + 1) holds for each rating the user's row and the film's row: F factors, then the bias. Derived by hand:
    with s = p·q + b_u + b_i, ŷ = low + (high − low)·σ(s) and e = ŷ − r, the mean of e² has ∂/∂s = 2·e·ŷ′/B where
    ŷ′ = (ŷ − low)(high − ŷ)/(high − low); then ∂/∂p = ∂/∂s · q, ∂/∂q = ∂/∂s · p and ∂/∂b = ∂/∂s. Without a range ŷ = s, ŷ′ = 1.
    """
    n_factors = pairs.shape[2] - 1
    user, film = pairs.unbind(1)  # (B, F + 1) each
    score = (user[:, :n_factors] * film[:, :n_factors]).sum(1)  # (B,)
    if use_biases:
        score += user[:, n_factors]
        score += film[:, n_factors]
    scale = 2.0 / len(rating)
    if y_range is None:
        error = score.sub_(rating)  # (B,)
        slope = error * scale  # (B,)
    else:
        low, high = y_range
        share = score.sigmoid_()  # (B,) where in the range the prediction lies
        error = torch.add(low - rating, share, alpha=high - low)
        slope = error * share
        slope *= 1 - share  # σ′ = σ·(1 − σ)
        slope *= scale * (high - low)
    gradient = pairs.flip(1)  # (B, 2, F + 1) the partner's row
    gradient[:, :, n_factors] = 1.0 if use_biases else 0.0
    gradient *= slope[:, None, None]
    return error.dot(error), gradient


class DotProductBias:
    """ŷ_ui = sigmoid_range(p_u · q_i + b_u + b_i), the classic latent-factor model of the chapter.

    Minimised: the mean of (ŷ − r)² over batches, by Adam with decoupled weight decay on all factors and biases and a one-cycle
    schedule. Users and films without a training rating, and the unknown ones (index 0), get the average trained row: an unknown
    user is the average user, an unknown film the average film. All factors and biases start normal(0, 0.01), cut at two
    deviations.

    The tables are packed: one row a user or film holds its factors and its bias, films stand under the users, so that a step
    looks up once, scatters once and updates once.
    """

    name = "dot-bias"
    has_factors = True
    item_covariances = None

    def __init__(self, settings: DotBiasSettings | DotSettings | DotRangeSettings, n_users: int, n_items: int) -> None:
        self.settings = settings
        self.n_users, self.n_items = n_users, n_items
        self.generator = torch.Generator().manual_seed(settings.seed)
        self.table = torch.empty(n_users + n_items, settings.n_factors + 1)
        torch.nn.init.trunc_normal_(self.table, std=0.01, a=-0.02, b=0.02, generator=self.generator)
        if not self.has_biases:
            self.table[:, -1] = 0.0

    @property
    def has_biases(self) -> bool:
        return self.settings.use_biases

    @property
    def y_range(self) -> tuple[float, float] | None:
        return self.settings.y_range

    @property
    def epochs(self) -> int:
        return self.settings.epochs

    def n_steps(self, n_train: int) -> int:
        """Steps of one epoch; the last, smaller batch is left out as in the chapter."""
        return max(1, n_train // self.settings.batch_size)

    def train_epochs(self, train: Ratings) -> Iterator[Iterator[Step]]:
        """One iterator of steps an epoch; the caller decides whether to go on after each step."""
        rows, rating = self._begin(train)
        n_steps = self.n_steps(len(train))
        rates, momenta = one_cycle(
            self.settings.learning_rate, np.arange(n_steps * self.epochs) / (n_steps * self.epochs)
        )
        for epoch in range(self.epochs):
            span = slice(epoch * n_steps, (epoch + 1) * n_steps)
            yield self._epoch(rows, rating, rates[span].tolist(), momenta[span].tolist())

    def steps_at(self, train: Ratings, rates: Sequence[float], momentum: float) -> Iterator[Step]:
        """One step at each of the learning `rates`, however many epochs that is; for the learning-rate range test."""
        rows, rating = self._begin(train)
        n_steps = self.n_steps(len(train))
        for start in range(0, len(rates), n_steps):
            span = list(rates[start : start + n_steps])
            yield from self._epoch(rows, rating, span, [momentum] * len(span))

    def _begin(self, train: Ratings) -> tuple[torch.Tensor, torch.Tensor]:
        """Start anew on `train`: rows of the packed table (n, 2), a user's and a film's, and the ratings (n,)."""
        self._untrained = self._find_untrained(train)
        large = len(self.table) >= max(LARGE_TABLE, ROWS_A_RATING * self.settings.batch_size)
        adam = _RowAdam if large else _Adam
        self._adam = adam(self.table, self.settings.weight_decay)
        self.table = self._adam.table
        rows = np.stack([train.user_index, self.n_users + train.item_index], axis=1).astype(np.int64)
        return torch.from_numpy(rows), torch.from_numpy(train.rating.copy())

    def _epoch(
        self, rows: torch.Tensor, rating: torch.Tensor, rates: list[float], momenta: list[float]
    ) -> Iterator[Step]:
        order = torch.randperm(len(rating), generator=self.generator)
        rows, rating = rows[order].reshape(-1), rating[order]  # shuffled once, so a batch is a plain slice
        size, width = min(self.settings.batch_size, len(rating)), self.table.shape[1]
        y_range, use_biases = self.y_range, self.has_biases
        for number, (rate, momentum) in enumerate(zip(rates, momenta, strict=True)):
            start = number * size
            batch = rows[2 * start : 2 * (start + size)]  # (2B,) user, film, user, film, …
            pairs = self._adam.look_up(batch).view(-1, 2, width)  # (B, 2, F + 1)
            loss, gradient = loss_and_gradient(pairs, rating[start : start + size], y_range, use_biases)
            self._adam.step(batch, gradient.view(-1, width), rate, momentum)
            yield Step(loss.item(), size, rate, momentum)

    def _find_untrained(self, train: Ratings) -> torch.Tensor:
        """True for every row of the table that no training rating touches, (n_users + n_items,)."""
        untrained = torch.ones(len(self.table), dtype=torch.bool)
        untrained[torch.from_numpy(train.user_index.astype(np.int64))] = False
        untrained[torch.from_numpy(self.n_users + train.item_index.astype(np.int64))] = False
        return untrained

    def settle(self) -> None:
        """Give users and films without a training rating the average trained row; called before every check and at the end."""
        self._adam.catch_up()
        for part in (slice(0, self.n_users), slice(self.n_users, None)):
            table, untrained = self.table[part], self._untrained[part]
            table[untrained] = table[~untrained].mean(0)

    def predict(self, user_index: np.ndarray, item_index: np.ndarray) -> np.ndarray:
        """Predicted ratings in stars, float32, shape of the two index arrays (broadcast against each other)."""
        users, items = np.broadcast_arrays(user_index, item_index)
        rows = torch.from_numpy(np.stack([users.ravel(), self.n_users + items.ravel()]).astype(np.int64))
        left, right = self.table[rows[0]], self.table[rows[1]]  # (n, F + 1)
        score = (left[:, :-1] * right[:, :-1]).sum(1) + left[:, -1] + right[:, -1]
        if self.y_range is not None:
            low, high = self.y_range
            score = low + (high - low) * torch.sigmoid(score)
        return score.numpy().reshape(users.shape)

    @property
    def user_factors(self) -> np.ndarray:
        return self.table[: self.n_users, :-1].numpy()

    @property
    def user_biases(self) -> np.ndarray:
        return self.table[: self.n_users, -1].numpy()

    @property
    def item_factors(self) -> np.ndarray:
        return self.table[self.n_users :, :-1].numpy()

    @property
    def item_biases(self) -> np.ndarray:
        return self.table[self.n_users :, -1].numpy()

    def weights(self) -> dict[str, np.ndarray]:
        """The learned tables under plain names, to be saved."""
        names = ["user_factors", "item_factors"] + (["user_biases", "item_biases"] if self.has_biases else [])
        return {name: np.ascontiguousarray(getattr(self, name)) for name in names}

    def load(self, weights: dict[str, np.ndarray]) -> None:
        """Take over tables that `weights` gave."""
        for name, table in weights.items():
            getattr(self, name)[...] = table  # the properties are views into the packed table

    def layers(self) -> list[Layer]:
        """What the model consists of, in the order in which a rating passes through it."""
        layers = [Layer(name.replace("_", " "), "embedding", table.shape) for name, table in self.weights().items()]
        layers.append(Layer("dot product" + (" + biases" if self.has_biases else ""), "sum", ()))
        if self.y_range is not None:
            layers.append(Layer(f"sigmoid range {self.y_range[0]:g} to {self.y_range[1]:g}", "sigmoid", ()))
        return layers


class DotProduct(DotProductBias):
    """ŷ_ui = p_u · q_i, the chapter's first model: factors alone, nothing that keeps a prediction between 0 and 5.

    Minimised and trained as `dot-bias`, whose packed table it uses with a column of biases that stay zero.
    """

    name = "dot"
    has_biases = False
    y_range = None


class DotProductRange(DotProductBias):
    """ŷ_ui = sigmoid_range(p_u · q_i), the chapter's second model: otherwise as `dot`."""

    name = "dot-range"
    has_biases = False


class _Adam:
    """Adam with decoupled weight decay on one packed table (Loshchilov & Hutter 2019, arXiv 1711.05101), fused.

    Calls torch's fused kernel itself: `torch.optim.AdamW` wraps the same kernel, but its bookkeeping costs more than the
    arithmetic of a batch of 64 (a test compares the two).
    """

    def __init__(self, table: torch.Tensor, weight_decay: float) -> None:
        self.table, self.weight_decay = table, weight_decay
        self.gradient, self.average, self.square = (torch.zeros_like(table) for _ in range(3))
        self.n_steps = torch.zeros(())

    def look_up(self, rows: torch.Tensor) -> torch.Tensor:
        """The rows of the table as they are now."""
        return self.table.index_select(0, rows)

    def step(self, rows: torch.Tensor, gradient: torch.Tensor, rate: float, momentum: float) -> None:
        """One step for the gradient of `rows` (which may name a row twice); every other row has none, and decays."""
        self.gradient.zero_().index_add_(0, rows, gradient)
        self.n_steps += 1
        _fused_step(
            self.table, self.gradient, self.average, self.square, self.n_steps, rate, momentum, self.weight_decay
        )

    def catch_up(self) -> None:
        """Every row is up to date after every step."""


class _RowAdam:
    """The same for a large table: a step touches the rows of its batch alone.

    In the dense form a row without a gradient goes on moving: it decays, its averages fade, and it drifts along what is left of
    its momentum. Nobody sees that until the row is looked up again, so all of it is made up for then, at once. With G steps
    missed, average m, square v, and β₁, rate and corrections c₁, c₂ taken as constant over the gap, the drift is a geometric
    series with the ratio ρ = β₁ / √β₂:

        w ← w · Π(1 − rate·decay) − rate · (√c₂ / c₁) · m / (√v + ε) · Σ_{j=1..G} ρ^j,   m ← β₁^G · m,   v ← β₂^G · v
    """

    def __init__(self, table: torch.Tensor, weight_decay: float) -> None:
        self.weight_decay = weight_decay
        self.state = torch.stack([table, torch.zeros_like(table), torch.zeros_like(table)])  # (3, rows, F + 1)
        self.table, self.average, self.square = self.state
        self.n_steps = torch.zeros(())
        self.log_decay, self.log_momentum = 0.0, 0.0  # sums over all steps so far
        # of each row at the step that it was last brought up to: its number, both sums, the rate
        self.seen = torch.zeros(len(table), 4, dtype=torch.float64)

    def look_up(self, rows: torch.Tensor) -> torch.Tensor:
        """The rows of the table, with all that they have missed."""
        self.rows, self.place = torch.unique(rows, return_inverse=True)
        self.part = self._made_up(self.rows)  # (3, R, F + 1)
        return self.part[0].index_select(0, self.place)

    def step(self, rows: torch.Tensor, gradient: torch.Tensor, rate: float, momentum: float) -> None:
        """One step for the gradient of the `rows` looked up just before."""
        table, average, square = self.part
        self.n_steps += 1
        self.log_decay += math.log(max(1 - rate * self.weight_decay, 1e-12))
        self.log_momentum += math.log(momentum)
        total = torch.zeros_like(table).index_add_(0, self.place, gradient)
        _fused_step(table, total, average, square, self.n_steps, rate, momentum, self.weight_decay)
        self._put_back(self.rows, self.part, rate)

    def catch_up(self) -> None:
        """Bring every row up to date."""
        rows = torch.arange(len(self.table))
        rates = self.seen[:, 3].clone()
        self._put_back(rows, self._made_up(rows), rates)

    def _put_back(self, rows: torch.Tensor, part: torch.Tensor, rate: float | torch.Tensor) -> None:
        self.state.index_copy_(1, rows, part)
        seen = torch.empty(len(rows), 4, dtype=torch.float64)
        seen[:, 0], seen[:, 1], seen[:, 2], seen[:, 3] = self.n_steps, self.log_decay, self.log_momentum, rate
        self.seen.index_copy_(0, rows, seen)

    def _made_up(self, rows: torch.Tensor) -> torch.Tensor:
        """Table, averages and squares of the rows (3, R, F + 1) as the steps they missed would have left them."""
        part = self.state.index_select(1, rows)
        number, log_decay, log_momentum, rate = self.seen.index_select(0, rows).unbind(1)  # each (R,)
        now = self.n_steps.item()
        gap = now - number  # (R,) of a row that is up to date 0: all factors below are then 1, and the drift is 0
        faded = torch.exp(self.log_momentum - log_momentum)  # (R,) β₁^G
        beta1 = torch.exp((self.log_momentum - log_momentum) / gap.clamp(min=1))
        ratio = beta1 / BETA2**0.5
        series = torch.where(gap > 0, ratio * (1 - ratio**gap) / (1 - ratio), 0.0)
        drift = rate * series * ((1 - BETA2**number) ** 0.5 / (1 - beta1**number)).nan_to_num(0.0)
        table, average, square = part
        table *= torch.exp(self.log_decay - log_decay).float()[:, None]
        table -= drift.float()[:, None] * average / (square.sqrt() + EPSILON)
        average *= faded.float()[:, None]
        square *= (BETA2**gap).float()[:, None]
        return part


def _fused_step(
    table: torch.Tensor,
    gradient: torch.Tensor,
    average: torch.Tensor,
    square: torch.Tensor,
    n_steps: torch.Tensor,
    rate: float,
    momentum: float,
    weight_decay: float,
) -> None:
    """torch's fused AdamW kernel on one tensor, in place."""
    torch._fused_adamw_(
        [table],
        [gradient],
        [average],
        [square],
        [],
        [n_steps],
        lr=rate,
        beta1=momentum,
        beta2=BETA2,
        weight_decay=weight_decay,
        eps=EPSILON,
        amsgrad=False,
        maximize=False,
    )
