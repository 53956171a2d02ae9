"""One recipe trained at several weight decays: without decay the held-out loss falls and then rises, which is over-fitting."""

from __future__ import annotations

from dataclasses import dataclass

from collab.data.ratings import Ratings
from collab.models import build_model
from collab.models.dot import DotBiasSettings
from collab.training.fit import fit

DECAYS = (0.0, 0.01, 0.03, 0.1, 0.3)
MANY_ROWS = 5_000  # of the tables; a step updates all of them, so larger tables take larger batches, and fewer steps


@dataclass(frozen=True)
class DecayCurve:
    """Training and held-out MSE after each epoch at one weight decay, and the batch size of the training."""

    weight_decay: float
    batch_size: int
    train: tuple[float, ...]
    valid: tuple[float, ...]

    @property
    def best_epoch(self) -> int:
        """The epoch (1, 2, …) with the lowest held-out loss."""
        return self.valid.index(min(self.valid)) + 1

    @property
    def rise(self) -> float:
        """How far the held-out loss ends above its lowest: over-fitting, in MSE."""
        return self.valid[-1] - min(self.valid)


def chapter_settings(n_users: int, n_items: int, weight_decay: float) -> DotBiasSettings:
    """The chapter's recipe for the dot product with biases; batches of 64, or of 256 where the tables are large."""
    return DotBiasSettings(weight_decay=weight_decay, batch_size=64 if n_users + n_items < MANY_ROWS else 256)


def decay_curve(train: Ratings, valid: Ratings, weight_decay: float) -> DecayCurve:
    """Train the recipe once at `weight_decay`; about a second for 100,000 ratings."""
    settings = chapter_settings(train.n_users, train.n_items, weight_decay)
    model = build_model("dot-bias", settings, train.n_users, train.n_items, train.rating_scale)
    epochs = fit(model, train, valid).epochs
    return DecayCurve(
        weight_decay,
        settings.batch_size,
        tuple(each.train_loss for each in epochs),
        tuple(each.valid_loss for each in epochs),
    )
