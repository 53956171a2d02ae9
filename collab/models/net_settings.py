"""The settings that the neural nets share, each declared once, as in `shared_settings`, and what becomes of them."""

from __future__ import annotations

from typing import Any

from collab.models.embedding_net import Design
from collab.settings import setting

PULLED = "embeddings and weights, but not biases,"
"""What weight decay acts on in a net."""


def embedding_size(what: str, on_movielens: int) -> Any:
    """How many numbers stand for a user or a film."""
    return setting(
        0,
        f"Numbers a {what}",
        f"How many numbers stand for a {what}; more can tell finer. 0 is the rule of thumb 1.6 · n^0.56 for n {what}s, "
        f"600 at most: {on_movielens} on MovieLens 100K.",
        low=0,
        high=600,
        step=1,
        in_sight=False,
    )


def dropout(label: str, where: str, default: float = 0.0) -> Any:
    """A share that is left out at random while the model learns."""
    return setting(
        default,
        label,
        f"The share of numbers left out at random {where} in every training step; with more the net relies on none of them.",
        low=0.0,
        high=0.9,
        step=0.05,
        in_sight=False,
    )


def layers(default: tuple[int, ...]) -> Any:
    """The hidden layers of a net."""
    return setting(
        default,
        "Hidden layers",
        "The sizes of the layers between the embeddings and the rating, first to last; more and larger ones can fit finer.",
        low=1,
        high=2000,
        in_name="layers {}",
    )


def batch_norm() -> Any:
    """Whether there is any."""
    return setting(
        True,
        "Batch norm",
        "Brings what comes out of every hidden layer to one mean and spread, which steadies the training.",
        in_sight=False,
    )


def layered_design(settings: Any, unknown_share: float = 0.0) -> Design:
    """How a net with these settings of `layers`, both dropouts and `batch_norm` is built."""
    return Design(
        settings.user_size,
        settings.item_size,
        settings.layers,
        settings.embedding_dropout,
        settings.dropout,
        settings.batch_norm,
        unknown_share,
    )
