"""The chapter's small neural net, `net`: both embeddings side by side, one hidden layer."""

from __future__ import annotations

from dataclasses import dataclass

from collab.features import Features
from collab.models import usual_settings as usual
from collab.models.embedding_net import Design, EmbeddingNet
from collab.ratings import RatingScale
from collab.settings import check, setting

DECAY_HELP = (
    "How much embeddings and weights are pulled towards zero at every step, biases not: more keeps the model simpler."
)


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
    epochs: int = usual.epochs()
    learning_rate: float = usual.learning_rate()
    weight_decay: float = usual.weight_decay(0.01, DECAY_HELP)
    user_size: int = usual.embedding_size("user", 74)
    item_size: int = usual.embedding_size("film", 102)
    batch_size: int = usual.batch_size()
    y_range: tuple[float, float] | None = usual.y_range()
    seed: int = usual.seed()

    def __post_init__(self) -> None:
        check(self)


def build_net(
    settings: NetSettings, n_users: int, n_items: int, rating_scale: RatingScale | None, features: Features | None
) -> EmbeddingNet:
    """The net of the chapter's class `CollabNN`: neither batch norm nor dropout."""
    design = Design(settings.user_size, settings.item_size, (settings.n_hidden,))
    return EmbeddingNet("net", settings, design, n_users, n_items)
