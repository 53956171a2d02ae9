"""A one-hot vector times a matrix is a row of the matrix: the product and the look-up, and the cost of each."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from collab.training.one_thread import one_thread

BYTES_OF_NUMBER = 4  # float32
BYTES_OF_INDEX = 8  # int64, as torch requires


@dataclass(frozen=True)
class Cost:
    """The cost of reading a batch of rows of a matrix with `n_rows`: measured seconds, and bytes of the vectors or indices."""

    n_rows: int
    product_seconds: float
    look_up_seconds: float
    product_bytes: int
    look_up_bytes: int


def one_hot(index: torch.Tensor, n_rows: int) -> torch.Tensor:
    """One-hot vectors (B, n_rows), float32, each with its one at the place given by `index` (B,)."""
    return torch.zeros(len(index), n_rows).scatter_(1, index[:, None], 1.0)


def by_product(index: torch.Tensor, matrix: torch.Tensor) -> torch.Tensor:
    """Rows `index` (B,) of `matrix` (n_rows, F) as the product of one-hot vectors with it: (B, F)."""
    return one_hot(index, len(matrix)) @ matrix


def by_look_up(index: torch.Tensor, matrix: torch.Tensor) -> torch.Tensor:
    """The same rows read directly: (B, F), equal to the last digit, since all other terms of the product are zero."""
    return matrix[index]


def measure(
    sizes: Sequence[int], batch_size: int = 64, n_factors: int = 50, repeats: int = 5, seed: int = 0
) -> list[Cost]:
    """The cost of a batch for matrices of `sizes` rows, on one thread: the fastest of `repeats`.

    Making the one-hot vectors is not counted.
    """
    generator = torch.Generator().manual_seed(seed)
    largest = torch.rand(max(sizes), n_factors, generator=generator)
    costs = []
    with one_thread():
        for n_rows in sizes:
            matrix = largest[:n_rows]  # (n_rows, F)
            index = torch.randint(n_rows, (batch_size,), generator=generator)
            vectors = one_hot(index, n_rows)
            costs.append(
                Cost(
                    n_rows,
                    _seconds(lambda vectors=vectors, matrix=matrix: vectors @ matrix, repeats),
                    _seconds(lambda index=index, matrix=matrix: matrix[index], repeats),
                    batch_size * n_rows * BYTES_OF_NUMBER,
                    batch_size * BYTES_OF_INDEX,
                )
            )
    return costs


def _seconds(work: Callable[[], object], repeats: int) -> float:
    quickest = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        quickest = min(quickest, time.perf_counter() - start)
    return quickest
