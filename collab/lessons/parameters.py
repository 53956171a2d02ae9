"""Parameters: what an optimiser sees of a model and can change; a plain tensor is not one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

N_USERS, N_ITEMS, N_FACTORS = 6, 5, 4
BATCH_USERS, BATCH_ITEMS, BATCH_RATINGS = (1, 3, 4), (0, 2, 1), (4.0, 2.0, 5.0)
LEARNING_RATE = 0.5


class PlainTensor(nn.Module):
    def __init__(self, users, films):
        super().__init__()
        self.users = users
        self.films = nn.Embedding.from_pretrained(films, freeze=False)

    def forward(self, user: Tensor, film: Tensor) -> Tensor:
        return (self.users[user] * self.films(film)).sum(1)


class OwnParameter(nn.Module):
    def __init__(self, users, films):
        super().__init__()
        self.users = nn.Parameter(users)
        self.films = nn.Embedding.from_pretrained(films, freeze=False)

    def forward(self, user: Tensor, film: Tensor) -> Tensor:
        return (self.users[user] * self.films(film)).sum(1)


class EmbeddingLayer(nn.Module):
    def __init__(self, users, films):
        super().__init__()
        self.users = nn.Embedding.from_pretrained(users, freeze=False)
        self.films = nn.Embedding.from_pretrained(films, freeze=False)

    def forward(self, user: Tensor, film: Tensor) -> Tensor:
        return (self.users(user) * self.films(film)).sum(1)


KINDS: Mapping[str, type[nn.Module]] = {
    "plain tensor": PlainTensor,
    "own parameter": OwnParameter,
    "nn.Embedding": EmbeddingLayer,
}
"""Three ways to store the user table; the item table is an `nn.Embedding` in each."""


@dataclass(frozen=True)
class OneStep:
    """One step of plain gradient descent: names and shapes of the model's `parameters`, and the user table `before` and `after`
    the step, (N_USERS, N_FACTORS) each."""

    parameters: tuple[tuple[str, tuple[int, ...]], ...]
    before: np.ndarray
    after: np.ndarray

    @property
    def changed(self) -> np.ndarray:
        """Which rows of the user table have changed, (N_USERS,) bool."""
        return (self.before != self.after).any(axis=1)


def one_step(kind: str, seed: int = 0) -> OneStep:
    """Build the model of `kind` on the same random tables, and step once on three ratings by users 1, 3 and 4."""
    generator = torch.Generator().manual_seed(seed)
    users, items = (torch.randn(n, N_FACTORS, generator=generator) * 0.5 for n in (N_USERS, N_ITEMS))
    model = KINDS[kind](users.clone(), items)
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)
    error = model(torch.tensor(BATCH_USERS), torch.tensor(BATCH_ITEMS)) - torch.tensor(BATCH_RATINGS)
    (error**2).mean().backward()
    optimizer.step()
    table = model.users.weight if isinstance(model.users, nn.Embedding) else model.users
    listed = tuple((name, tuple(each.shape)) for name, each in model.named_parameters())
    return OneStep(listed, users.numpy(), table.detach().numpy())
