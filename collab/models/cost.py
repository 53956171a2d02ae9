"""Rough training times from the settings alone, to tell whether a training can follow a slider.

Fitted to measurements on one core of a server, MovieLens 100K and latest small; accurate to a factor of two there.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from collab.models.adam import LARGE_TABLE, ROWS_PER_RATING
from collab.models.embedding_net import size_by_rule

SIDE_COLUMNS = 60  # roughly what `side` sees besides the embeddings


def _rows_per_step(settings: Any, n_rows: int, n_tables: int = 1) -> int:
    """Rows that a step of `table_adam` processes; a large table costs at most as much as the smallest large one."""
    return min(n_rows, n_tables * max(LARGE_TABLE, ROWS_PER_RATING * settings.batch_size))


def dot_seconds(settings: Any, n_train: int, n_rows: int) -> float:
    """For `dot-bias` on `n_train` ratings and tables of `n_rows` rows in total: steps, each with its call, table and batch."""
    n_steps = settings.epochs * -(-n_train // settings.batch_size)
    per_factor = 0.75e-9 * _rows_per_step(settings, n_rows) + 4e-9 * settings.batch_size
    return n_steps * (130e-6 + settings.n_factors * per_factor)


def plain_seconds(settings: Any, n_train: int, n_rows: int) -> float:
    """For `dot-bias-plain`: the same parts as for `dot-bias`, each several times as long."""
    n_steps = settings.epochs * -(-n_train // settings.batch_size)
    per_rating = 0.16e-6 + 3e-9 * settings.n_factors
    return n_steps * (340e-6 + 2.5e-9 * settings.n_factors * n_rows + per_rating * settings.batch_size)


def ordinal_seconds(settings: Any, n_train: int, n_rows: int) -> float:
    """For `ordinal`: as `dot-bias`, with rows wider by a bias and five levels, and level probabilities for every rating."""
    n_steps = settings.epochs * -(-n_train // settings.batch_size)
    per_rating = 0.3e-6 + 3e-9 * settings.n_factors
    per_step = 93e-6 + 0.7e-9 * (settings.n_factors + 6) * _rows_per_step(settings, n_rows)
    return n_steps * (per_step + per_rating * settings.batch_size)


def net_seconds(settings: Any, n_train: int, n_rows: int) -> float:
    """For `net`: one hidden layer, without batch norm or dropout."""
    return _layers_seconds(settings, (settings.n_hidden,), 0, 0, n_train, n_rows)


def deep_seconds(settings: Any, n_train: int, n_rows: int, n_columns: int = 0) -> float:
    """For `deep`: any hidden layers, with batch norm and dropout."""
    n_hidden, n_embedded = sum(settings.layers), sum(_embedding_sizes(settings, n_rows))
    between = n_hidden * (settings.batch_norm + (settings.dropout > 0)) + n_embedded * (settings.embedding_dropout > 0)
    return _layers_seconds(settings, settings.layers, between, n_columns, n_train, n_rows)


def side_seconds(settings: Any, n_train: int, n_rows: int) -> float:
    """For `side`: as `deep`, with more inputs."""
    return deep_seconds(settings, n_train, n_rows, SIDE_COLUMNS if settings.side_information else 0)


def _embedding_sizes(settings: Any, n_rows: int) -> tuple[int, int]:
    """For users and for items; the rule assumes equally many of both, which is off by a few numbers."""
    rule = size_by_rule(n_rows // 2)
    return settings.user_size or rule, settings.item_size or rule


def _layers_seconds(
    settings: Any, layers: tuple[int, ...], between: int, n_columns: int, n_train: int, n_rows: int
) -> float:
    """For a net: steps, each with its calls, tables, weights and a batch.

    In a batch a weight costs one product; a unit, and each number `between` layers that batch norm or dropout changes, costs a
    few operations.
    """
    n_steps = settings.epochs * -(-n_train // settings.batch_size)
    user_size, item_size = _embedding_sizes(settings, n_rows)
    n_inputs = user_size + item_size + n_columns
    n_weights = sum(n_in * n_out for n_in, n_out in pairwise((n_inputs, *layers, 1)))
    per_rating = 55e-12 * n_weights + 5e-9 * (n_inputs + sum(layers) + between)
    per_step = 80e-6 + 0.6e-9 * (user_size + item_size) * _rows_per_step(settings, n_rows, 2) + 4.3e-9 * n_weights
    return n_steps * (per_step + per_rating * settings.batch_size)


def neighbours_seconds(settings: Any, n_train: int, n_rows: int) -> float:
    """For `neighbours`, whatever its settings: all rows compared with all, and each rating with all of the same item.

    Few ratings in large tables take less, because rows with hardly any have no neighbours.
    """
    return 0.1 + 0.18e-6 * n_train**2 / n_rows + 14e-9 * n_rows**2


def bayes_seconds(settings: Any, n_train: int, n_rows: int) -> float:
    """For `bayes`: sweeps, each with a product over the ratings and a Cholesky factorisation per row."""
    return settings.epochs * (0.23e-6 * n_train + n_rows * (1.2e-6 + 1e-9 * settings.n_factors**3))


def sampled_seconds(settings: Any, n_train: int, n_rows: int) -> float:
    """For `bayes-sampled`: sweeps, each a product over the ratings, the mean's errors and two triangular solves per row."""
    per_rating, per_row = 70e-9 + 4e-9 * settings.n_factors, 1.2e-6 + 0.31e-9 * settings.n_factors**3
    return settings.epochs * (per_rating * n_train + per_row * n_rows)
