"""The settings of the neural nets `net`, `deep` and `side`, and the `Design` of the `EmbeddingNet` that each builds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from collab.models import shared_settings as shared
from collab.models.embedding_net import Design
from collab.models.settings import check, setting

PULLED = "embeddings and weights, but not biases,"
"""What weight decay acts on in a net."""


def _embedding_size(what: str, on_movielens: int) -> Any:
    """The size of the embedding of a user or an item."""
    return setting(
        0,
        f"Numbers a {what}",
        f"How many numbers stand for a {what}; more can tell finer. 0 is the rule of thumb 1.6 · n^0.56 for n {what}s, "
        f"600 at most: {on_movielens} on MovieLens 100K.",
        low=0,
        high=600,
        step=1,
        always_shown=False,
    )


def _dropout(label: str, where: str) -> Any:
    """A dropout rate."""
    return setting(
        0.0,
        label,
        f"The share of numbers left out at random {where} in every training step; with more the net relies on none of them.",
        low=0.0,
        high=0.9,
        step=0.05,
        always_shown=False,
    )


def _layers(default: tuple[int, ...]) -> Any:
    """The hidden layers of a net."""
    return setting(
        default,
        "Hidden layers",
        "The sizes of the layers between the embeddings and the rating, first to last; more and larger ones can fit finer.",
        low=1,
        high=2000,
        in_name="layers {}",
    )


def _batch_norm() -> Any:
    """Whether batch norm follows every hidden layer."""
    return setting(
        True,
        "Batch norm",
        "Brings what comes out of every hidden layer to one mean and spread, which steadies the training.",
        always_shown=False,
    )


@dataclass(frozen=True)
class NetSettings:
    """Settings of `net`, the chapter's class `CollabNN` with its defaults: one hidden layer, neither batch norm nor dropout."""

    n_hidden: int = setting(
        100,
        "Hidden units",
        "How many numbers the layer between the embeddings and the rating has; more can fit finer, and over-fit sooner.",
        low=1,
        high=1000,
        step=1,
        log=True,
        in_name="{} hidden",
    )
    epochs: int = shared.epochs()
    learning_rate: float = shared.learning_rate()
    weight_decay: float = shared.weight_decay(0.01, PULLED)
    user_size: int = _embedding_size("user", 74)
    item_size: int = _embedding_size("film", 102)
    batch_size: int = shared.batch_size()
    y_range: tuple[float, float] = shared.y_range()
    seed: int = shared.seed()

    def __post_init__(self) -> None:
        check(self)

    @property
    def design(self) -> Design:
        return Design(self.user_size, self.item_size, (self.n_hidden,))


@dataclass(frozen=True)
class DeepSettings:
    """Settings of `deep`, a net of any layers; the defaults are those of the chapter's second net, built by its library."""

    layers: tuple[int, ...] = _layers((100, 50))
    epochs: int = shared.epochs()
    learning_rate: float = shared.learning_rate()
    weight_decay: float = shared.weight_decay(0.1, PULLED)
    dropout: float = _dropout("Dropout", "after every hidden layer")
    embedding_dropout: float = _dropout("Dropout of embeddings", "of the embeddings")
    batch_norm: bool = _batch_norm()
    user_size: int = _embedding_size("user", 74)
    item_size: int = _embedding_size("film", 102)
    batch_size: int = shared.batch_size()
    y_range: tuple[float, float] = shared.y_range()
    seed: int = shared.seed()

    def __post_init__(self) -> None:
        check(self)

    @property
    def design(self) -> Design:
        return _layered(self)


@dataclass(frozen=True)
class SideSettings:
    """Settings of `side`, a net that also sees features of user and item and the time; with `side_information` off, the same
    net without them."""

    side_information: bool = setting(
        True,
        "Genres, years, people, time",
        "The net also sees genres and year of the film, age, gender and occupation of the user, where the data know them, and "
        "when the rating was given.",
        in_name="side information",
    )
    layers: tuple[int, ...] = _layers((100, 50))
    epochs: int = shared.epochs()
    learning_rate: float = shared.learning_rate()
    weight_decay: float = shared.weight_decay(0.1, PULLED)
    unknown_share: float = setting(
        0.1,
        "Hidden at random",
        "How often a training step does not see who the user is, or which film it is; more prepares better for new ones.",
        low=0.0,
        high=0.9,
        step=0.05,
    )
    dropout: float = _dropout("Dropout", "after every hidden layer")
    embedding_dropout: float = _dropout("Dropout of embeddings", "of the embeddings")
    batch_norm: bool = _batch_norm()
    user_size: int = _embedding_size("user", 74)
    item_size: int = _embedding_size("film", 102)
    batch_size: int = shared.batch_size()
    y_range: tuple[float, float] = shared.y_range()
    seed: int = shared.seed()

    def __post_init__(self) -> None:
        check(self)

    @property
    def design(self) -> Design:
        return replace(_layered(self), unknown_share=self.unknown_share, side_information=self.side_information)


def _layered(settings: DeepSettings | SideSettings) -> Design:
    return Design(
        settings.user_size,
        settings.item_size,
        settings.layers,
        settings.embedding_dropout,
        settings.dropout,
        settings.batch_norm,
    )
