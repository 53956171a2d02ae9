"""Where a step of `dot-bias` and a sweep of `bayes` spend their time, and how far they are from the machine's arithmetic.

    python -m tests.benchmarks.profile

MovieLens 100K, random 20 % held out (seed 0), one thread. Parts of a step are timed one after the other on the real batches of an
epoch, median each; "the rest" is the loop around them: the whole step, timed on its own, less its parts. Figures of a sweep are
means. Opponents, in the same run: a copy from one array to another, together as large as the tables worked on (GB/s, read and
written), and a large matrix product (GFLOP/s). A step cannot be faster than the slower of its bytes at the one rate and its
operations at the other; the last figure says how many times as long it takes.
"""

from __future__ import annotations

import dataclasses
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch

from collab.data.ratings import Ratings
from collab.data.splitting import split_random
from collab.models import build_model, preset_of, sweeps
from collab.models.adam import fused_step
from collab.models.dot import loss_and_gradient
from collab.models.schedule import one_cycle
from collab.services.environment import read_environment
from collab.services.run_rows import load_encoded

N_STEPS, N_SWEEPS = 600, 12


def median_seconds(act: Callable[[], object], n_times: int = 9) -> float:
    """Median time of one call."""
    taken = []
    for _ in range(n_times):
        start = time.perf_counter()
        act()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def machine(n_bytes: int) -> tuple[float, float]:
    """Bytes a second of a copy that touches `n_bytes` (read and written), operations a second of a product of 1,024 × 1,024."""
    source, target = torch.rand(n_bytes // 8), torch.empty(n_bytes // 8)
    left, right = torch.rand(1024, 1024), torch.rand(1024, 1024)
    return (
        n_bytes / median_seconds(lambda: target.copy_(source), 99),
        2 * 1024**3 / median_seconds(lambda: left @ right),
    )


def show(
    title: str, parts: dict[str, float], whole: float, n_bytes: float, n_operations: float, worked_on: int
) -> None:
    """Print the parts, the rest, and the distance from the arithmetic."""
    bandwidth, speed = machine(worked_on)
    print(f"{title}: {1e6 * whole:,.0f} µs")
    for name, seconds in (*parts.items(), ("the rest", whole - sum(parts.values()))):
        print(f"    {name:36} {1e6 * seconds:9,.1f} µs  {seconds / whole:6.1%}")
    floor = max(n_bytes / bandwidth, n_operations / speed)
    print(
        f"    {n_bytes / 1e6:.1f} MB at a copy's {bandwidth / 1e9:.1f} GB/s: {1e6 * n_bytes / bandwidth:,.0f} µs; "
        f"{n_operations / 1e6:.1f} M operations at a matrix product's {speed / 1e9:.0f} GFLOP/s: "
        f"{1e6 * n_operations / speed:,.0f} µs; {whole / floor:.1f} times as long as the slower of the two"
    )


def profile_dot(preset: str, train: Ratings) -> None:
    """A step of `dot-bias`."""
    settings = preset_of("dot-bias", preset)
    size, width = settings.batch_size, settings.n_factors + 1
    model = build_model("dot-bias", settings, train.n_users, train.n_items, train.rating_scale)
    steps = next(model.train_epochs(train))
    for _ in range(50):
        next(steps)
    taken = []
    for _ in range(min(N_STEPS, model.n_steps(len(train)) - 50)):
        start = time.perf_counter()
        next(steps)
        taken.append(time.perf_counter() - start)
    whole = statistics.median(taken)

    model = build_model("dot-bias", settings, train.n_users, train.n_items, train.rating_scale)
    rows, rating = model._begin(train)
    adam = model._adam
    rates, momenta = (
        values.tolist() for values in one_cycle(settings.learning_rate, torch.arange(N_STEPS).numpy() / N_STEPS)
    )
    parts: dict[str, list[float]] = {
        name: [] for name in ("slices", "look-up", "forward and gradient", "sum by row", "optimiser", "loss to Python")
    }
    names = list(parts)
    order = torch.randperm(len(rating), generator=model.generator)
    rows, rating = rows[order].reshape(-1), rating[order]
    for number in range(min(N_STEPS, len(rating) // size)):
        start, times = number * size, [time.perf_counter()]
        batch, stars = rows[2 * start : 2 * (start + size)], rating[start : start + size]
        times.append(time.perf_counter())
        pairs = adam.look_up(batch).view(-1, 2, width)
        times.append(time.perf_counter())
        loss, gradient = loss_and_gradient(pairs, stars, settings.y_range, settings.use_biases)
        times.append(time.perf_counter())
        adam.gradient.zero_().index_add_(0, batch, gradient.view(-1, width))
        times.append(time.perf_counter())
        adam.n_steps += 1
        fused_step(
            adam.table, adam.gradient, adam.average, adam.square, adam.n_steps, rates[number], momenta[number], 0.1
        )
        times.append(time.perf_counter())
        loss.item()
        times.append(time.perf_counter())
        for name, before, after in zip(names, times, times[1:], strict=False):
            parts[name].append(after - before)
    table = 4 * model.table.numel()
    # written and read: the gradient is wiped, then read once; table, average and square are read and written
    n_bytes = table * (1 + 1 + 2 * 3) + 4 * 2 * size * width * 6
    n_operations = 15 * model.table.numel() + 2 * size * width * 6
    show(
        f"dot-bias {preset}, a step of {size} ratings",
        {name: statistics.median(values) for name, values in parts.items()},
        whole,
        n_bytes,
        n_operations,
        4 * table,
    )


class Watch:
    """Stop watches around functions; what a part holds of another part is not counted twice."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.inside = [0.0]
        self.n_bytes = self.n_operations = 0.0

    def around(self, holder: Any, name: str, part: str) -> None:
        """Replace `holder.name` by itself with a watch around."""
        function = getattr(holder, name)

        def watched(*values: Any, **named: Any) -> Any:
            start = time.perf_counter()
            self.inside.append(0.0)
            result = function(*values, **named)
            taken = time.perf_counter() - start
            self.seconds[part] = self.seconds.get(part, 0.0) + taken - self.inside.pop()
            self.inside[-1] += taken
            return result

        setattr(holder, name, watched)

    def count_products(self) -> None:
        """Add up what the sparse products read, and their operations."""
        times = sweeps.Table.times

        def counted(table: Any, right: torch.Tensor, *, of_users: bool) -> torch.Tensor:
            n_filled, n_columns = table.by_user.nnz, right.shape[1]
            self.n_operations += 2 * n_filled * n_columns
            self.n_bytes += n_filled * (4 * n_columns + 8)  # the partner's row, a value and a column number
            return times(table, right, of_users=of_users)

        sweeps.Table.times = counted


PARTS = (
    (sweeps.Table, "times", "sparse products"),
    (sweeps.Packing, "pack", "packing"),
    (sweeps.Packing, "unpack", "packing"),
    (sweeps.Packing, "outer", "packing"),
    (sweeps, "lower_root", "Cholesky"),
    (torch, "cholesky_inverse", "inverse from Cholesky"),
    (sweeps.Side, "_system", "what is around Cholesky"),
    (sweeps.Side, "solve", "means"),
    (sweeps.Side, "learn_prior", "prior and kernel"),
    (sweeps.Factorisation, "_sums", "columns of the sums"),
    (sweeps.Factorisation, "squared_error", "training loss"),
    (sweeps.Factorisation, "solve_users", "noise"),
    (sweeps.Factorisation, "solve_items", "noise"),
)


def profile_bayes(preset: str, train: Ratings) -> None:
    """A sweep of `bayes`; what is around it, validation and the start, is not part of it."""
    settings = dataclasses.replace(preset_of("bayes", preset), epochs=N_SWEEPS)
    model = build_model("bayes", settings, train.n_users, train.n_items, train.rating_scale)
    start = time.perf_counter()
    epochs = model.train_epochs(train)
    first = next(epochs)
    began = time.perf_counter() - start
    list(first)
    watch = Watch()
    kept = [(holder, name, getattr(holder, name)) for holder, name, _ in PARTS]
    watch.count_products()
    for holder, name, part in PARTS:
        watch.around(holder, name, part)
    whole = []
    for sweep in epochs:
        start = time.perf_counter()
        list(sweep)
        whole.append(time.perf_counter() - start)
    for holder, name, function in kept:
        setattr(holder, name, function)
    n, width = train.n_users + train.n_items, settings.n_factors + 1
    show(
        f"bayes {preset}, a sweep after a start of {1000 * began:.0f} ms",
        {name: seconds / len(whole) for name, seconds in watch.seconds.items()},
        statistics.mean(whole),
        watch.n_bytes / len(whole) + 6 * 4 * n * width**2,
        watch.n_operations / len(whole) + n * width**3,
        4 * n * width**2,
    )


def main() -> None:
    """Print all profiles."""
    torch.set_num_threads(1)
    _, ratings = load_encoded("ml-100k", read_environment())
    train = ratings.take(split_random(len(ratings), 0.2, 0).train)
    for preset in ("chapter", "fast"):
        profile_dot(preset, train)
    for preset in ("fast", "accurate"):
        profile_bayes(preset, train)


if __name__ == "__main__":
    main()
