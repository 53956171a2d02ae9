"""Loss and speed of `dot-bias` on MovieLens 100K, through the worker, beside both baselines and a plain PyTorch opponent.

    python -m tests.benchmarks.training

Split: random 20 % (seed 0, 1, 2; model seed the same), items are titles, predictions as the model makes them (the sigmoid
range; not cut to 1 … 5). Times: CPU seconds of the fit alone, validation included, median of five, one pinned core, one thread.
Opponent: the chapter's model from four `nn.Embedding`, autograd and `torch.optim.AdamW`, same recipe, same rows, same run.
The ratio is opponent / Collab.
"""

from __future__ import annotations

import dataclasses
import os
import statistics
import tempfile
import time

import numpy as np
import torch

from collab.data.ratings import Ratings
from collab.models import preset_of
from collab.models.schedule import one_cycle
from collab.services.environment import read_environment
from collab.services.job_kinds import all_kinds
from collab.services.jobs import Jobs
from collab.services.plans import plan
from collab.services.trainings import Trainings
from collab.training.metrics import errors
from tests.benchmarks.conditions import enough, parts, pin

SEEDS = [0, 1, 2]


class PlainDotBias(torch.nn.Module):
    """The chapter's model as one writes it in plain PyTorch."""

    def __init__(self, n_users: int, n_items: int, n_factors: int) -> None:
        super().__init__()
        self.user_factors, self.item_factors = (
            torch.nn.Embedding(n_users, n_factors),
            torch.nn.Embedding(n_items, n_factors),
        )
        self.user_biases, self.item_biases = torch.nn.Embedding(n_users, 1), torch.nn.Embedding(n_items, 1)
        for table in self.parameters():
            torch.nn.init.trunc_normal_(table, std=0.01, a=-0.02, b=0.02)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        user, item = rows[:, 0], rows[:, 1]
        score = (
            (self.user_factors(user) * self.item_factors(item)).sum(1)
            + self.user_biases(user)[:, 0]
            + self.item_biases(item)[:, 0]
        )
        return torch.sigmoid(score) * 5.5


def fit_plain(train: Ratings, valid: Ratings, settings: object) -> tuple[float, float]:
    """Valid MSE and CPU seconds of the opponent."""
    torch.manual_seed(settings.seed)
    model = PlainDotBias(train.n_users, train.n_items, settings.n_factors)
    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.99), eps=1e-5, weight_decay=settings.weight_decay)
    rows = torch.from_numpy(np.stack([train.user_index, train.item_index], axis=1).astype(np.int64))
    rating = torch.from_numpy(train.rating.copy())
    n_steps = len(train) // settings.batch_size
    rates, momenta = one_cycle(
        settings.learning_rate, np.arange(n_steps * settings.epochs) / (n_steps * settings.epochs)
    )
    start, step = time.process_time(), 0
    for _ in range(settings.epochs):
        order = torch.randperm(len(train))
        for number in range(n_steps):
            batch = order[number * settings.batch_size : (number + 1) * settings.batch_size]
            loss = torch.nn.functional.mse_loss(model(rows[batch]), rating[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.param_groups[0].update(lr=rates[step], betas=(momenta[step], 0.99))
            optimizer.step()
            step += 1
        with torch.no_grad():
            predicted = model(torch.from_numpy(np.stack([valid.user_index, valid.item_index], axis=1).astype(np.int64)))
    return errors(predicted.numpy(), valid.rating).mse, time.process_time() - start


def main() -> None:
    """Print the table."""
    pin()
    splits = parts(SEEDS)
    with tempfile.TemporaryDirectory() as home:
        os.environ["COLLAB_HOME"] = home
        environment = read_environment()
        trainings = Trainings(Jobs(environment, all_kinds(environment)))
        measured: dict[str, list] = {"chapter": [], "fast": []}
        for preset, records in measured.items():
            for seed in enough(SEEDS):
                settings = dataclasses.replace(preset_of("dot-bias", preset), seed=seed)
                run_id = trainings.submit(plan("dot-bias", settings, "ml-100k", "random:0.2", seed, starter="somebody"))
                while trainings.store.record(run_id).busy:
                    time.sleep(0.05)
                records.append(trainings.store.record(run_id))
        trainings.jobs.close()
    for name in ("global_mean", "biases_only"):
        mses = [record.baselines[name]["mse"] for record in measured["chapter"][: len(SEEDS)]]
        print(f"{name:22} MSE {statistics.mean(mses):.4f}  ({' '.join(f'{mse:.4f}' for mse in mses)})")
    for preset, records in measured.items():
        settings = preset_of("dot-bias", preset)
        mses, seconds = (
            [record.valid["mse"] for record in records[: len(SEEDS)]],
            statistics.median(record.cpu_seconds for record in records),
        )
        plain = []
        for part in enough(splits):
            plain.append(fit_plain(part.train, part.valid, dataclasses.replace(settings, seed=part.seed)))
        plain_seconds = statistics.median(second for _, second in plain)
        print(
            f"dot-bias {preset:13} MSE {statistics.mean(mses):.4f}  ({' '.join(f'{mse:.4f}' for mse in mses)})  "
            f"{seconds:.2f} s of CPU, {seconds / settings.epochs:.3f} s an epoch"
        )
        print(
            f"  plain PyTorch        MSE {statistics.mean(mse for mse, _ in plain[: len(SEEDS)]):.4f}  "
            f"({' '.join(f'{mse:.4f}' for mse, _ in plain[: len(SEEDS)])})  "
            f"{plain_seconds:.2f} s of CPU, {plain_seconds / settings.epochs:.3f} s an epoch: "
            f"{plain_seconds / seconds:.1f} times as long"
        )


if __name__ == "__main__":
    main()
