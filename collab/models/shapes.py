"""The names and shapes of a trained model's weights, from its settings and the sizes of its tables alone.

A file with other names or shapes is not of this model and can be refused before anything is built.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from collab.data.ratings import RatingScale
from collab.models.embedding_net import size_by_rule
from collab.models.side_columns import TIME_BANDS

Shapes = dict[str, tuple[int, ...]]


def mean_shapes(settings: Any, n_users: int, n_items: int, scale: RatingScale, found: Mapping) -> Shapes:
    return {"global_mean": (1,)}


def bias_shapes(settings: Any, n_users: int, n_items: int, scale: RatingScale, found: Mapping) -> Shapes:
    return {"user_biases": (n_users,), "item_biases": (n_items,)}


def neighbours_shapes(settings: Any, n_users: int, n_items: int, scale: RatingScale, found: Mapping) -> Shapes:
    return {"left_over": (3, found["left_over"][1]), **bias_shapes(settings, n_users, n_items, scale, found)}


def factors_shapes(settings: Any, n_users: int, n_items: int, scale: RatingScale, found: Mapping) -> Shapes:
    return {"user_factors": (n_users, settings.n_factors), "item_factors": (n_items, settings.n_factors)}


def factors_and_biases_shapes(settings: Any, n_users: int, n_items: int, scale: RatingScale, found: Mapping) -> Shapes:
    biases = bias_shapes(settings, n_users, n_items, scale, found) if getattr(settings, "use_biases", True) else {}
    return factors_shapes(settings, n_users, n_items, scale, found) | biases


def bayes_shapes(settings: Any, n_users: int, n_items: int, scale: RatingScale, found: Mapping) -> Shapes:
    n_packed = (settings.n_factors + 1) * (settings.n_factors + 2) // 2  # of a lower triangle
    return {
        **factors_and_biases_shapes(settings, n_users, n_items, scale, found),
        "user_covariances": (n_users, n_packed),
        "item_covariances": (n_items, n_packed),
        "noise_variances": (n_users,),
    }


def ordinal_shapes(settings: Any, n_users: int, n_items: int, scale: RatingScale, found: Mapping) -> Shapes:
    n_levels = len(scale.levels)
    bends = {"user_bends": (n_users, n_levels), "item_bends": (n_items, n_levels)} if settings.own_levels else {}
    return {**factors_and_biases_shapes(settings, n_users, n_items, scale, found), "level_logits": (n_levels,), **bends}


def net_shapes(settings: Any, n_users: int, n_items: int, scale: RatingScale, found: Mapping) -> Shapes:
    return _layers(settings, (settings.n_hidden,), False, 0, n_users, n_items)


def deep_shapes(settings: Any, n_users: int, n_items: int, scale: RatingScale, found: Mapping) -> Shapes:
    return _layers(settings, settings.layers, settings.batch_norm, 0, n_users, n_items)


def side_shapes(settings: Any, n_users: int, n_items: int, scale: RatingScale, found: Mapping) -> Shapes:
    if not settings.side_information:
        return deep_shapes(settings, n_users, n_items, scale, found)
    known = [found[f"known_{side}"][1] for side in ("users", "items")]
    return {
        **_layers(settings, settings.layers, settings.batch_norm, sum(known) + TIME_BANDS, n_users, n_items),
        "known_users": (n_users, known[0]),
        "known_items": (n_items, known[1]),
        "known_user_bands": (n_users,),
        "known_time_edges": (TIME_BANDS - 1,),
    }


def _layers(
    settings: Any, layers: tuple[int, ...], batch_norm: bool, n_columns: int, n_users: int, n_items: int
) -> Shapes:
    """The shapes of `embedding_net.build_layers`, and of both embeddings."""
    sizes = settings.user_size or size_by_rule(n_users), settings.item_size or size_by_rule(n_items)
    shapes: Shapes = {"user_embeddings": (n_users, sizes[0]), "item_embeddings": (n_items, sizes[1])}
    widths = (sum(sizes) + n_columns, *layers)
    for number, (n_in, n_out) in enumerate(pairwise(widths), 1):
        shapes[f"linear_{number}.weight"] = (n_out, n_in)
        if batch_norm:
            shapes |= {
                f"batch_norm_{number}.{part}": (n_out,) for part in ("weight", "bias", "running_mean", "running_var")
            }
        else:
            shapes[f"linear_{number}.bias"] = (n_out,)
    return shapes | {"output.weight": (1, widths[-1]), "output.bias": (1,)}
