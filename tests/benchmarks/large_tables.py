"""Time of a training step as the tables grow: every row at every step (dense) against the rows of the batch alone.

    python -m tests.benchmarks.large_tables

Random ratings, 50 factors, one pinned core, one thread, CPU time, median of five rounds; the ratio is dense / rows,
in one run. It shows where the rows alone begin to win, `LARGE_TABLE` and `ROWS_PER_RATING`. What the loss does is in
`tests/models/test_dot.py`: on MovieLens 100K both forms end within 0.003 of each other.
"""

from __future__ import annotations

import statistics
import time

import torch

from collab.models.adam import LARGE_TABLE, Adam, RowAdam
from tests.benchmarks.conditions import pin

SIZES, BATCHES, WIDTH, STEPS = (LARGE_TABLE, 100_000, 500_000), (64, 512, 4096), 51, 20


def seconds_of_a_step(adam: Adam | RowAdam, n_rows: int, batch_size: int) -> float:
    """CPU seconds of one look-up and step."""
    generator = torch.Generator().manual_seed(0)
    batches = [torch.randint(n_rows, (2 * batch_size,), generator=generator) for _ in range(STEPS)]
    gradient = torch.randn(2 * batch_size, WIDTH, generator=generator)
    start = time.process_time()
    for batch in batches:
        adam.look_up(batch)
        adam.step(batch, gradient, 1e-3, 0.9)
    return (time.process_time() - start) / STEPS


def main() -> None:
    """Print a line a size and batch."""
    pin()
    for n_rows in SIZES:
        for batch_size in BATCHES:
            median = {}
            for kind in (Adam, RowAdam):
                adam = kind(torch.randn(n_rows, WIDTH) * 0.01, 0.1)
                median[kind] = 1e3 * statistics.median(seconds_of_a_step(adam, n_rows, batch_size) for _ in range(5))
            dense, rows = median[Adam], median[RowAdam]
            print(
                f"{n_rows:8,} rows, batch {batch_size:5,}: dense {dense:6.2f} ms, rows of the batch {rows:5.2f} ms: "
                f"{dense / rows:5.1f} times"
            )


if __name__ == "__main__":
    main()
