"""The settings that all models have that learn by steps: said once, so that they say the same everywhere."""

from __future__ import annotations

from typing import Any

from collab.settings import setting


def epochs(default: int = 5) -> Any:
    """How long."""
    return setting(
        default,
        "Epochs",
        "How often the model sees every training rating; more epochs fit the training ratings closer.",
        low=1,
        high=100,
        step=1,
    )


def learning_rate(default: float = 5e-3) -> Any:
    """How large the steps are."""
    return setting(
        default,
        "Peak learning rate",
        "The largest step size of the one-cycle schedule; higher learns faster until it no longer settles.",
        low=1e-5,
        high=1.0,
        log=True,
    )


def weight_decay(default: float, help: str) -> Any:
    """How simple the model is kept."""
    return setting(default, "Weight decay", help, low=0.0, high=2.0, step=0.01, in_name="decay {:g}")


def batch_size(default: int = 64) -> Any:
    """How many ratings a step sees."""
    return setting(
        default,
        "Batch size",
        "Ratings per step; larger batches are faster per epoch but take fewer steps.",
        low=8,
        high=8192,
        step=8,
        log=True,
        in_sight=False,
        in_name="batch {}",
    )


def y_range() -> Any:
    """Where predictions lie."""
    return setting(
        (0.0, 5.5),
        "Rating range",
        "A sigmoid keeps predictions between these ends; a little above the top rating lets the model reach it.",
        low=-10.0,
        high=20.0,
        step=0.5,
        in_sight=False,
    )


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


def seed() -> Any:
    """Where chance begins."""
    return setting(
        0,
        "Seed",
        "Another seed starts from other random numbers and shuffles otherwise; the same one gives the same result.",
        low=0,
        high=2**31 - 1,
        step=1,
        in_sight=False,
    )
