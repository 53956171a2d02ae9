"""A net on two concatenated embeddings of any sizes: the width of every layer, and how many parameters are learned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from collab.models import build_model
from collab.models.contract import Layer
from collab.models.embedding_net import EmbeddingNet
from collab.models.nets import DeepSettings, NetSettings


@dataclass(frozen=True)
class Net:
    """`model` is "net" or "deep"; `widths` are the layer sizes from input to output: both embeddings together, each hidden layer,
    the single score. `layers` are the model's own."""

    model: str
    user_size: int
    item_size: int
    widths: tuple[int, ...]
    layers: tuple[Layer, ...]

    @property
    def n_parameters(self) -> int:
        return sum(layer.n_parameters for layer in self.layers)


def net_of(user_size: int, item_size: int, hidden: tuple[int, ...], n_users: int, n_items: int) -> Net:
    """An untrained net for tables of `n_users` and `n_items` rows, as the Train page would build it: `net` with one hidden
    layer, else `deep` without batch norm. A size of 0 means the size by the rule. Raises SettingError for invalid sizes."""
    sizes: dict[str, Any] = {"user_size": user_size, "item_size": item_size}
    if len(hidden) == 1:
        name, settings = "net", NetSettings(n_hidden=hidden[0], **sizes)
    else:
        name, settings = "deep", DeepSettings(layers=hidden, batch_norm=False, **sizes)
    model = build_model(name, settings, n_users, n_items)
    assert isinstance(model, EmbeddingNet)
    user, item = model.users.shape[1], model.items.shape[1]
    return Net(name, user, item, (user + item, *hidden, 1), tuple(model.layers()))
