"""A deeper net, `deep`: any list of layers on both embeddings, with dropout and batch norm."""

from __future__ import annotations

from dataclasses import dataclass

from collab.features import Features
from collab.models import net_settings
from collab.models import shared_settings as shared
from collab.models.embedding_net import EmbeddingNet
from collab.models.net_settings import PULLED
from collab.ratings import RatingScale
from collab.settings import check


@dataclass(frozen=True)
class DeepSettings:
    """Settings of `deep`; the defaults are those of the chapter's second net."""

    layers: tuple[int, ...] = net_settings.layers((100, 50))
    epochs: int = shared.epochs()
    learning_rate: float = shared.learning_rate()
    weight_decay: float = shared.weight_decay(0.1, PULLED)
    dropout: float = net_settings.dropout("Dropout", "after every hidden layer")
    embedding_dropout: float = net_settings.dropout("Dropout of embeddings", "of the embeddings")
    batch_norm: bool = net_settings.batch_norm()
    user_size: int = net_settings.embedding_size("user", 74)
    item_size: int = net_settings.embedding_size("film", 102)
    batch_size: int = shared.batch_size()
    y_range: tuple[float, float] = shared.y_range()
    seed: int = shared.seed()

    def __post_init__(self) -> None:
        check(self)


def build_deep(
    settings: DeepSettings, n_users: int, n_items: int, rating_scale: RatingScale | None, features: Features | None
) -> EmbeddingNet:
    """The net of the chapter's library."""
    design = net_settings.layered_design(settings)
    return EmbeddingNet("deep", settings, design, n_users, n_items)
