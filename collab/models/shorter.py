"""Settings reduced so that training fits into a given time, by the estimates of `models/cost.py`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from collab.models import Family
from collab.models.settings import as_text

SIZES = ("n_factors", "n_hidden", "user_size", "item_size")


def shorter(family: Family, settings: Any, n_train: int, n_rows: int, seconds: float) -> Any | None:
    """`settings` with the most epochs whose training takes at most `seconds`. If even one epoch takes longer: one epoch with
    the most factors that fit, or else larger batches, or else the largest batches and smaller sizes and layers.

    `n_train` is the number of training ratings, `n_rows` that of the rows of both tables. None if none of this helps.
    """
    limits = {field.name: field.metadata["about"] for field in dataclasses.fields(settings)}

    def fits(settings: Any) -> bool:
        return family.seconds(settings, n_train, n_rows) <= seconds

    def reduced(settings: Any, name: str) -> Any:
        """`settings` with the largest value of `name` that fits, or its least."""
        if name not in limits:
            return settings
        least = max(1, int(limits[name].low))  # 0 stands for a size by rule
        largest = getattr(settings, name) or int(limits[name].high)
        return dataclasses.replace(
            settings,
            **{name: _largest(lambda value: fits(dataclasses.replace(settings, **{name: value})), least, largest)},
        )

    if fits(settings):
        return settings
    settings = reduced(settings, "epochs")
    if fits(settings):
        return settings
    if fits(changed := reduced(settings, "n_factors")):
        return changed
    while "batch_size" in limits and settings.batch_size < limits["batch_size"].high:
        batch_size = min(int(limits["batch_size"].high), 2 * settings.batch_size)
        settings = dataclasses.replace(settings, batch_size=batch_size)
        if fits(settings):
            return settings
    for name in SIZES:
        settings = reduced(settings, name)
        if fits(settings):
            return settings
    while getattr(settings, "layers", ()):
        halved = tuple(n_units // 2 for n_units in settings.layers)
        settings = dataclasses.replace(settings, layers=halved if all(halved) else ())
        if fits(settings):
            return settings
    return None


def in_words(family: Family, settings: Any, changed: Any) -> str:
    """What was changed, as in "12 epochs" or "1 epoch, factors 40"."""
    epochs = getattr(changed, "epochs", 1)
    parts = [f"{epochs} {family.epoch_word}{'' if epochs == 1 else 's'}"]
    for field in dataclasses.fields(changed):
        value = getattr(changed, field.name)
        if field.name != "epochs" and value != getattr(settings, field.name):
            parts.append(f"{field.metadata['about'].label.lower()} {as_text(value)}")
    return ", ".join(parts)


def _largest(suits: Callable[[int], bool], low: int, high: int) -> int:
    """The largest whole number from `low` to `high` that suits, if all below it do; `low` if none does."""
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if suits(middle) else (low, middle - 1)
    return low
