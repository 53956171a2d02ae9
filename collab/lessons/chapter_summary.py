"""Our runs of the chapter's recipe against its tables: mean, spread, difference and verdict, for the page and the benchmark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from collab.lessons.chapter import NEAR, SEEDS, TIE, Row, rise

REPRODUCED, EXPLAINED, NOT_REPRODUCED, TO_BE_TRAINED = "reproduced", "explained", "not reproduced", "to be trained"
KEPT = 0.98
"""The weight of all previous batches in the train loss as the chapter's library prints it: not the mean over the epoch, but a
running mean in which each new batch has 2 %, read when the epoch ends (fastai, `AvgSmoothLoss`)."""


@dataclass(frozen=True)
class Curve:
    """One of our runs of a row. After each epoch: the train loss as the chapter's library counts it (`running`) and as the mean
    over the epoch (`train`), and the valid loss; `epoch_seconds` is the time of one epoch."""

    seed: int
    running: tuple[float, ...]
    train: tuple[float, ...]
    valid: tuple[float, ...]
    epoch_seconds: float


@dataclass(frozen=True)
class Untrained:
    """The final valid MSE of a run if items without a training rating keep their initial values near zero, as they do in the
    chapter (Collab gives them the average item's row), and the number of held-out ratings that this affects."""

    mse: float
    n_rows: int


@dataclass(frozen=True)
class Summary:
    """A row with our runs of it. Figures of missing runs are NaN."""

    row: Row
    curves: tuple[Curve, ...]
    untrained: tuple[Untrained, ...] = ()

    @property
    def complete(self) -> bool:
        return tuple(curve.seed for curve in self.curves) == SEEDS

    def mean(self, what: str) -> np.ndarray:
        """Mean over the seeds of "running", "train" or "valid" after each epoch, (5,)."""
        return self._over_seeds(what).mean(0) if self.curves else self._unknown()

    def spread(self, what: str) -> np.ndarray:
        """Standard deviation over the seeds of the same (denominator n − 1), (5,)."""
        return self._over_seeds(what).std(0, ddof=1) if len(self.curves) > 1 else self._unknown()

    def _over_seeds(self, what: str) -> np.ndarray:
        return np.array([getattr(curve, what) for curve in self.curves])  # (seeds, 5)

    def _unknown(self) -> np.ndarray:
        return np.full(len(self.row.printed_valid), np.nan)

    @property
    def final(self) -> float:
        return float(self.mean("valid")[-1])

    @property
    def difference(self) -> float:
        """Our final valid loss minus the printed one."""
        return self.final - self.row.printed_valid[-1]

    @property
    def epoch_seconds(self) -> float:
        return float(np.median([curve.epoch_seconds for curve in self.curves])) if self.curves else float("nan")

    @property
    def final_untrained(self) -> float:
        """Our final valid loss if untrained items stay near zero as in the chapter; NaN where it was not measured."""
        return float(np.mean([each.mse for each in self.untrained])) if self.untrained else float("nan")

    @property
    def verdict(self) -> str:
        """Whether the row is reproduced: its final valid loss is near the printed one, and it over-fits where the print does.

        A row that over-fits in print but not here is not reproduced, however near its loss. A row is "explained" if its loss is
        near once items without a training rating are treated as in the chapter.
        """
        if not self.complete:
            return TO_BE_TRAINED
        if self.row.overfits and rise(self.mean("valid")) < TIE:
            return NOT_REPRODUCED
        if abs(self.difference) <= NEAR:
            return REPRODUCED
        return EXPLAINED if abs(self.final_untrained - self.row.printed_valid[-1]) <= NEAR else NOT_REPRODUCED

    @property
    def reason(self) -> str:
        """The reason for the verdict, in a sentence or two with figures."""
        if not self.complete:
            return f"Trained with {len(self.curves)} of {len(SEEDS)} seeds."
        train = f"train loss {self.mean('running')[-1]:.4f}, printed {self.row.printed_train[-1]:.4f}"
        if self.row.overfits:
            ours, theirs = rise(self.mean("valid")), rise(self.row.printed_valid)
            also = "It over-fits as printed" if ours >= TIE else "It does not over-fit as printed"
            train = f"{also}: the valid loss ends {ours:.4f} above its lowest, printed {theirs:.4f}; {train}"
        how = "worse" if self.difference > 0 else "better"
        if abs(self.difference) <= NEAR:
            return f"{abs(self.difference):.4f} {how} than printed, within {NEAR}. {train[0].upper()}{train[1:]}."
        said = (
            f"{abs(self.difference):.4f} {how} than printed, which is more than {NEAR}. {train[0].upper()}{train[1:]}."
        )
        if not self.untrained:
            return f"{said} The cause is not known."
        counts = sorted(each.n_rows for each in self.untrained)
        apart = self.final_untrained - self.row.printed_valid[-1]
        return (
            f"{said} {counts[0]} to {counts[-1]} of the held-out ratings are of films without a training rating. Collab gives "
            "these the average film’s factors; in the chapter they stay near zero, as they started. Left there, ours is "
            f"{self.final_untrained:.4f}: {abs(apart):.4f} {'worse' if apart > 0 else 'better'} than printed, "
            + (f"within {NEAR}." if abs(apart) <= NEAR else "which does not explain it.")
        )


def running_mean(steps: np.ndarray, losses: np.ndarray, ends: Sequence[float]) -> tuple[float, ...]:
    """The train loss as the chapter's library prints it when the steps `ends` are done.

    `losses` (n,) are means over groups of batches, `steps` (n,) the last step of each group; every batch of a group counts with
    the group's mean. At each end only the groups that are complete by then count.
    """
    found, place, value = [], 0, 0.0
    for end in ends:
        while place < len(steps) and steps[place] <= end:
            kept = KEPT ** (steps[place] - (steps[place - 1] if place else 0))
            value = kept * value + (1 - kept) * losses[place]
            place += 1
        found.append(float(value / (1 - KEPT ** steps[place - 1])) if place else float("nan"))
    return tuple(found)


def final_table(summaries: Sequence[Summary]) -> pd.DataFrame:
    """One row per table of the chapter: final valid and train loss, printed and ours, spread, difference, verdict, seconds."""
    return pd.DataFrame(
        {
            "row": [each.row.short for each in summaries],
            "printed": [each.row.printed_valid[-1] for each in summaries],
            "ours": [each.final for each in summaries],
            "spread": [float(each.spread("valid")[-1]) for each in summaries],
            "difference": [each.difference for each in summaries],
            "near_zero": [each.final_untrained for each in summaries],
            "verdict": [each.verdict for each in summaries],
            "printed_train": [each.row.printed_train[-1] for each in summaries],
            "train": [float(each.mean("running")[-1]) for each in summaries],
            "epoch_seconds": [each.epoch_seconds for each in summaries],
        }
    )


def epoch_table(summary: Summary) -> pd.DataFrame:
    """One row per epoch of a table: train and valid loss printed, ours, spread and difference; our train loss over the epoch."""
    row, columns = summary.row, {"epoch": range(1, 1 + len(summary.row.printed_valid))}
    for name, printed, ours in (("train", row.printed_train, "running"), ("valid", row.printed_valid, "valid")):
        mean = summary.mean(ours)
        columns |= {
            f"{name}_printed": printed,
            f"{name}_ours": mean,
            f"{name}_spread": summary.spread(ours),
            f"{name}_difference": mean - np.array(printed),
        }
    return pd.DataFrame(columns | {"train_over_epoch": summary.mean("train")})
