"""A net that also knows who asks, what is asked about and when: the model `side`."""

from __future__ import annotations

from dataclasses import dataclass

from collab.features import Features
from collab.models import net_settings
from collab.models import shared_settings as shared
from collab.models.embedding_net import EmbeddingNet
from collab.models.net_settings import PULLED
from collab.models.side_columns import SideColumns
from collab.ratings import RatingScale
from collab.settings import check, setting


@dataclass(frozen=True)
class SideSettings:
    """Settings of `side`."""

    side_information: bool = setting(
        True,
        "Genres, years, people, time",
        "The net also sees genres and year of the film, age, gender and occupation of the user, where the data know them, and "
        "when the rating was given.",
        in_name="side information",
    )
    layers: tuple[int, ...] = net_settings.layers((100, 50))
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


def build_side(
    settings: SideSettings, n_users: int, n_items: int, rating_scale: RatingScale | None, features: Features | None
) -> EmbeddingNet:
    """The net with its further columns; without `side_information` the same net without them."""
    design = net_settings.layered_design(settings, settings.unknown_share)
    columns = SideColumns(n_users, n_items, features) if settings.side_information else None
    return EmbeddingNet("side", settings, design, n_users, n_items, columns)
