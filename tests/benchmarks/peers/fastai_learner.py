"""One fit of fastai's own learner on the chapter's recipe: run by the opponents' interpreter, never by ours.

    PEERS/bin/python fastai_learner.py QUESTION.npz ANSWER.npz

QUESTION holds the rows of both parts and `settings` (JSON: seed, permuted, epochs, batch_size, learning_rate, weight_decay,
n_factors; dot_product where the plain dot product is wanted). ANSWER holds `valid_mse` (epochs,), `epoch_seconds` (epochs,) of
CPU, validation included, and `seconds` of the fit.

`permuted`: as in the book's time every row is seen once an epoch. As installed, fastai's tabular loader (since 2024 the weighted
one) draws the training rows with replacement.
"""

import json
import random
import sys
import time

import numpy as np
import pandas as pd
import torch
from fastai.collab import TabularCollab, collab_learner
from fastai.data.block import TransformBlock
from fastai.layers import Embedding
from fastai.learner import Callback, Learner
from fastai.losses import MSELossFlat
from fastai.tabular.core import Categorify, TabDataLoader

question, answer = np.load(sys.argv[1]), sys.argv[2]
settings = json.loads(str(question["settings"]))
torch.set_num_threads(1)
for seed in (random.seed, np.random.seed, torch.manual_seed):
    seed(settings["seed"])


class Clock(Callback):
    """CPU time at the start and at the end of every epoch."""

    def __init__(self):
        self.started, self.ended = [], []

    def before_epoch(self):
        self.started.append(time.process_time())

    def after_epoch(self):
        self.ended.append(time.process_time())


class DotProduct(torch.nn.Module):
    """The factors of a user and of a film, multiplied and added up."""

    def __init__(self, n_users, n_items, n_factors):
        super().__init__()
        self.users, self.items = Embedding(n_users, n_factors), Embedding(n_items, n_factors)

    def forward(self, rows):
        return (self.users(rows[:, 0]) * self.items(rows[:, 1])).sum(dim=1)


n_train = len(question["train_user"])
frame = pd.DataFrame(
    {
        column: np.concatenate([question[f"train_{column}"], question[f"valid_{column}"]])
        for column in ("user", "item", "rating")
    }
)
table = TabularCollab(
    frame,
    [Categorify],
    ["user", "item"],
    y_names=["rating"],
    y_block=TransformBlock(),
    splits=(list(range(n_train)), list(range(n_train, len(frame)))),
)
loaders = table.dataloaders(
    path=".", bs=settings["batch_size"], **({"dl_type": TabDataLoader} if settings["permuted"] else {})
)
drawn = len(set(loaders.train.get_idxs()))
assert (drawn == n_train) == settings["permuted"], f"an epoch sees {drawn} different rows of {n_train}"
clock = Clock()
if settings.get("dot_product"):
    sizes = (len(loaders.classes[name]) for name in ("user", "item"))
    learner = Learner(loaders, DotProduct(*sizes, settings["n_factors"]), loss_func=MSELossFlat())
else:
    learner = collab_learner(loaders, n_factors=settings["n_factors"], y_range=(0, 5.5))
with learner.no_bar(), learner.no_logging():
    start = time.process_time()
    learner.fit_one_cycle(settings["epochs"], settings["learning_rate"], wd=settings["weight_decay"], cbs=clock)
    seconds = time.process_time() - start
np.savez(
    answer,
    valid_mse=[values[1] for values in learner.recorder.values],
    epoch_seconds=np.subtract(clock.ended, clock.started),
    seconds=seconds,
    rows_drawn=drawn,
)
