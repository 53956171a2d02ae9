"""The models by name, their settings and presets, and `build_model`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from collab.errors import SettingError
from collab.features import Features
from collab.models.bayes import Bayes, BayesSettings
from collab.models.bayes_sampled import BayesSampled, BayesSampledSettings
from collab.models.contract import Model
from collab.models.deep import DeepSettings, build_deep
from collab.models.dot import DotBiasSettings, DotProductBias
from collab.models.net import NetSettings, build_net
from collab.models.ordinal import Ordinal, OrdinalSettings
from collab.models.side import SideSettings, build_side
from collab.ratings import RatingScale


@dataclass(frozen=True)
class Family:
    """A kind of model: its name, what it is in a few words, its settings' type, its presets (DEFAULT_PRESET among them; the
    command line starts from the first), how their choice is explained, how a model is built, and what one of its epochs is
    called."""

    name: str
    title: str
    settings_type: type
    presets: Mapping[str, Any]
    help: str
    build: Callable[[Any, int, int, RatingScale | None, Features | None], Model]
    epoch_word: str = "epoch"


PRESET_TITLES = {"chapter": "As in the chapter", "fast": "Fast", "accurate": "Accurate", "best": "Best accuracy"}
MODELS: dict[str, Family] = {
    family.name: family
    for family in (
        Family(
            "dot-bias",
            "Dot product",
            DotBiasSettings,
            # "fast": tests/benchmarks/presets.py measures batch and rate, on rows inside the training part
            {"chapter": DotBiasSettings(), "fast": DotBiasSettings(batch_size=256, learning_rate=5e-3)},
            "“As in the chapter” takes batches of 64. “Fast” reaches the same loss soonest, as measured.",
            lambda settings, n_users, n_items, rating_scale, features: DotProductBias(settings, n_users, n_items),
        ),
        Family(
            "bayes",
            "Bayesian",
            BayesSettings,
            {"fast": BayesSettings(), "accurate": BayesSettings(n_factors=12, epochs=60)},
            "“Fast” takes 8 factors and 20 sweeps. “Accurate” takes 12 and 60: about four times as long, a little less loss.",
            Bayes,
            "sweep",
        ),
        Family(
            "bayes-sampled",
            "Bayesian, sampled",
            BayesSampledSettings,
            {"best": BayesSampledSettings(), "fast": BayesSampledSettings(n_factors=12, epochs=100)},
            "“Best accuracy” draws the posterior 250 times, for some ten seconds. “Fast” takes half the factors and 100 draws.",
            BayesSampled,
            "sweep",
        ),
        Family(
            "net",
            "Small neural net",
            NetSettings,
            {"chapter": NetSettings(), "fast": NetSettings(batch_size=256)},
            "“As in the chapter” takes batches of 64. “Fast” reaches the same loss soonest, as measured.",
            build_net,
        ),
        Family(
            "deep",
            "Deep neural net",
            DeepSettings,
            {"chapter": DeepSettings(), "fast": DeepSettings(batch_size=256)},
            "“As in the chapter” takes batches of 64. “Fast” reaches the same loss soonest, as measured.",
            build_deep,
        ),
        Family(
            "ordinal",
            "Chance of every rating",
            OrdinalSettings,
            {"chapter": OrdinalSettings(), "fast": OrdinalSettings(batch_size=256)},
            "“As in the chapter” takes batches of 64. “Fast” reaches the same loss soonest, as measured.",
            Ordinal,
        ),
        Family(
            "side",
            "Net with side information",
            SideSettings,
            {"chapter": SideSettings(), "fast": SideSettings(batch_size=256)},
            "“As in the chapter” takes batches of 64. “Fast” reaches the same loss soonest, as measured.",
            build_side,
        ),
    )
}
DEFAULT_MODEL, DEFAULT_PRESET = "dot-bias", "fast"


def family_of(name: str) -> Family:
    """The model family called `name`. Raises SettingError, naming the ones there are."""
    if name not in MODELS:
        raise SettingError(f"there is no model {name!r}; there are {', '.join(MODELS)}")
    return MODELS[name]


def preset_of(model: str, preset: str = "") -> Any:
    """The settings of a preset, of the model's first one if none is named. Raises SettingError for an unknown one."""
    presets = family_of(model).presets
    preset = preset or next(iter(presets))
    if preset not in presets:
        raise SettingError(f"{model} has no preset {preset!r}; it has {', '.join(presets)}")
    return presets[preset]


def build_model(
    name: str,
    settings: Any,
    n_users: int,
    n_items: int,
    rating_scale: RatingScale | None = None,
    features: Features | None = None,
) -> Model:
    """An untrained model for tables of `n_users` and `n_items` rows (`#na#` counted).

    A model whose predictions are cut to the scale of the ratings (`bayes`) takes it from `rating_scale`; None: they are not cut.
    `features` serve a model whose settings ask for side information; a trained one, that only loads its weights, needs none.
    """
    return family_of(name).build(settings, n_users, n_items, rating_scale, features)
