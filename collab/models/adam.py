"""Adam with decoupled weight decay, for tables of which a step looks up a few rows and for the layers of a net."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

BETA2, EPSILON = 0.99, 1e-5  # as in the chapter's library
LARGE_TABLE = 20_000  # from this many rows on, a step updates only the rows of its batch …
ROWS_PER_RATING = 40  # … provided there are this many rows per rating of a batch: else the dense kernel is still faster


def table_adam(table: torch.Tensor, weight_decay: float, batch_size: int) -> Adam | RowAdam:
    """The optimiser of a table (rows, F) that is looked up in batches; use its `table` from then on."""
    large = len(table) >= max(LARGE_TABLE, ROWS_PER_RATING * batch_size)
    return (RowAdam if large else Adam)(table, weight_decay)


class Adam:
    """Adam with decoupled weight decay on one packed table (Loshchilov & Hutter 2019, arXiv 1711.05101), fused.

    Calls torch's fused kernel directly: `torch.optim.AdamW` wraps the same kernel, but its bookkeeping costs more than the
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
        """One step with the gradient of `rows`, which may repeat a row; all other rows have no gradient but decay."""
        self.gradient.zero_().index_add_(0, rows, gradient)
        self.n_steps += 1
        fused_step(
            self.table, self.gradient, self.average, self.square, self.n_steps, rate, momentum, self.weight_decay
        )

    def catch_up(self) -> None:
        """Nothing to do: every row is up to date after every step."""


class RowAdam:
    """`Adam` for a large table: a step updates only the rows of its batch.

    In the dense form a row without a gradient keeps moving: it decays, its averages fade, and it drifts along its remaining
    momentum. This has no effect until the row is looked up again, so the missed steps are applied then, all at once. With G
    missed steps, average m, square v, and β₁, rate and corrections c₁, c₂ taken as constant over the gap, the drift is a
    geometric series with the ratio ρ = β₁ / √β₂:

        w ← w · Π(1 − rate·decay) − rate · (√c₂ / c₁) · m / (√v + ε) · Σ_{j=1..G} ρ^j,   m ← β₁^G · m,   v ← β₂^G · v
    """

    def __init__(self, table: torch.Tensor, weight_decay: float) -> None:
        self.weight_decay = weight_decay
        self.state = torch.stack([table, torch.zeros_like(table), torch.zeros_like(table)])  # (3, rows, F + 1)
        self.table, self.average, self.square = self.state
        self.n_steps = torch.zeros(())
        self.log_decay, self.log_momentum = 0.0, 0.0  # sums over all steps so far
        # per row, of the last step applied to it: its number, both sums, the rate
        self.seen = torch.zeros(len(table), 4, dtype=torch.float64)

    def look_up(self, rows: torch.Tensor) -> torch.Tensor:
        """The rows of the table, with their missed steps applied."""
        self.rows, self.place = torch.unique(rows, return_inverse=True)
        self.part = self._caught_up(self.rows)  # (3, R, F + 1)
        return self.part[0].index_select(0, self.place)

    def step(self, rows: torch.Tensor, gradient: torch.Tensor, rate: float, momentum: float) -> None:
        """One step with the gradient of the `rows` just looked up."""
        table, average, square = self.part
        self.n_steps += 1
        self.log_decay += math.log(max(1 - rate * self.weight_decay, 1e-12))
        self.log_momentum += math.log(momentum)
        total = torch.zeros_like(table).index_add_(0, self.place, gradient)
        fused_step(table, total, average, square, self.n_steps, rate, momentum, self.weight_decay)
        self._put_back(self.rows, self.part, rate)

    def catch_up(self) -> None:
        """Bring every row up to date."""
        rows = torch.arange(len(self.table))
        rates = self.seen[:, 3].clone()
        self._put_back(rows, self._caught_up(rows), rates)

    def _put_back(self, rows: torch.Tensor, part: torch.Tensor, rate: float | torch.Tensor) -> None:
        self.state.index_copy_(1, rows, part)
        seen = torch.empty(len(rows), 4, dtype=torch.float64)
        seen[:, 0], seen[:, 1], seen[:, 2], seen[:, 3] = self.n_steps, self.log_decay, self.log_momentum, rate
        self.seen.index_copy_(0, rows, seen)

    def _caught_up(self, rows: torch.Tensor) -> torch.Tensor:
        """Table, averages and squares of `rows` (3, R, F + 1), with their missed steps applied."""
        part = self.state.index_select(1, rows)
        number, log_decay, log_momentum, rate = self.seen.index_select(0, rows).unbind(1)  # each (R,)
        now = self.n_steps.item()
        gap = now - number  # (R,) 0 for an up-to-date row: all factors below are then 1, and the drift is 0
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


def fused_step(
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
    fused_steps([table], [gradient], [average], [square], [n_steps], rate, momentum, weight_decay)


def fused_steps(
    tensors: Sequence[torch.Tensor],
    gradients: Sequence[torch.Tensor],
    averages: Sequence[torch.Tensor],
    squares: Sequence[torch.Tensor],
    n_steps: Sequence[torch.Tensor],
    rate: float,
    momentum: float,
    weight_decay: float,
) -> None:
    """torch's fused AdamW kernel on several tensors at once, in place."""
    torch._fused_adamw_(
        tensors,
        gradients,
        averages,
        squares,
        [],
        n_steps,
        lr=rate,
        beta1=momentum,
        beta2=BETA2,
        weight_decay=weight_decay,
        eps=EPSILON,
        amsgrad=False,
        maximize=False,
    )


class LayersAdam:
    """`Adam` for the few tensors of a net's layers, each of which has a gradient at every step.

    Only `decayed` tensors decay: not the biases of linear layers, nor the scale and shift of batch norm.
    """

    def __init__(self, decayed: Sequence[torch.Tensor], others: Sequence[torch.Tensor], weight_decay: float) -> None:
        self.groups = [(list(decayed), weight_decay), (list(others), 0.0)]
        self.tensors = [*decayed, *others]
        self.averages, self.squares = ([torch.zeros_like(each) for each in self.tensors] for _ in range(2))
        self.n_steps = [torch.zeros(()) for _ in self.tensors]

    def step(self, gradients: Sequence[torch.Tensor], rate: float, momentum: float) -> None:
        """One step with the gradients of `tensors`, in their order."""
        start = 0
        for tensors, weight_decay in self.groups:
            part = slice(start, start + len(tensors))
            start += len(tensors)
            if not tensors:
                continue
            torch._foreach_add_(self.n_steps[part], 1)
            fused_steps(
                tensors,
                gradients[part],
                self.averages[part],
                self.squares[part],
                self.n_steps[part],
                rate,
                momentum,
                weight_decay,
            )
