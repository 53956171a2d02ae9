"""The models by name, their settings and presets, and `build_model`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from collab.errors import SettingError
from collab.models.contract import Model
from collab.models.dot import DotBiasSettings, DotProductBias


@dataclass(frozen=True)
class Family:
    """A kind of model: its name, what it is in a few words, its settings' type, its presets, and how one is built."""

    name: str
    title: str
    settings_type: type
    presets: Mapping[str, Any]
    build: Callable[[Any, int, int], Model]


PRESET_TITLES = {"chapter": "As in the chapter", "fast": "Fast"}
MODELS: dict[str, Family] = {
    family.name: family
    for family in (
        Family(
            "dot-bias",
            "Dot product with biases",
            DotBiasSettings,
            # "fast": tests/benchmarks/presets.py measures batch and rate, on rows inside the training part
            {"chapter": DotBiasSettings(), "fast": DotBiasSettings(batch_size=256, learning_rate=5e-3)},
            DotProductBias,
        ),
    )
}
DEFAULT_MODEL, DEFAULT_PRESET = "dot-bias", "fast"


def family_of(name: str) -> Family:
    """The model family called `name`. Raises SettingError, naming the ones there are."""
    if name not in MODELS:
        raise SettingError(f"there is no model {name!r}; there are {', '.join(MODELS)}")
    return MODELS[name]


def preset_of(model: str, preset: str) -> Any:
    """The settings of a preset. Raises SettingError for an unknown one."""
    presets = family_of(model).presets
    if preset not in presets:
        raise SettingError(f"{model} has no preset {preset!r}; it has {', '.join(presets)}")
    return presets[preset]


def build_model(name: str, settings: Any, n_users: int, n_items: int) -> Model:
    """An untrained model for tables of `n_users` and `n_items` rows (`#na#` counted)."""
    return family_of(name).build(settings, n_users, n_items)
