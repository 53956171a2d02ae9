"""The chapter's small neural net, `net`: both embeddings side by side, one hidden layer."""

from __future__ import annotations

from dataclasses import dataclass

from collab.features import Features
from collab.models import net_settings
from collab.models import shared_settings as shared
from collab.models.embedding_net import Design, EmbeddingNet
from collab.models.net_settings import PULLED
from collab.ratings import RatingScale
from collab.settings import check, setting


@dataclass(frozen=True)
class NetSettings:
    """Settings of `net`; the defaults are the chapter's."""

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
    user_size: int = net_settings.embedding_size("user", 74)
    item_size: int = net_settings.embedding_size("film", 102)
    batch_size: int = shared.batch_size()
    y_range: tuple[float, float] = shared.y_range()
    seed: int = shared.seed()

    def __post_init__(self) -> None:
        check(self)


def build_net(
    settings: NetSettings, n_users: int, n_items: int, rating_scale: RatingScale | None, features: Features | None
) -> EmbeddingNet:
    """The net of the chapter's class `CollabNN`: neither batch norm nor dropout."""
    design = Design(settings.user_size, settings.item_size, (settings.n_hidden,))
    return EmbeddingNet("net", settings, design, n_users, n_items)
