"""The model families by name, their settings and presets, and their common interface: steps, predictions, folding in.

Start with `contract.py` (the interface of every model) and `dot.py`, or `bias.py` for a model that is fitted in one step; the
families themselves are registered below.
May import: errors, data.

To add a family: a module with its settings and its class, and an entry in MODELS below, with presets (a new name needs a title in
PRESET_TITLES), its time (`cost.py`, or a lambda) and the shapes of its weights (`shapes.py`). `InOneStep` in `bias.py` is for one
that is fitted in a single step. The form, the command line, the run store and the tests of the contract take it from there.

Decisions:

- *Settings describe themselves* (`settings.py`): label, help, limits and scale stand at the field; the page, the
  command line and the link all use them. A list of whole numbers (the layers of a net) is a text, `100,50`. What
  several models share is declared once (`shared_settings.py`).
- *Fast by design.* Users and items share one packed table, factors and bias in one row (`packed_table.py`): a step is
  one look-up, a gradient derived by hand, one scatter and one fused AdamW call. In a table of 20,000 rows and more a
  step touches the rows of its batch alone; a row that comes back is given the decay and the drift that it missed
  (`adam.py`).
- *Nets* leave the gradient of their layers to autograd; their embeddings are looked up and stepped like the tables of
  `dot-bias`. `ordinal` has its gradient by hand. `dot-bias-plain` is the same model as `dot-bias`, slow and made to be
  read.
- *Every model gives chances of the rating levels* (`levels.py`): from its own variance, or from its held-out error
  where it has none. `ordinal` predicts them itself.
- *A time is estimated, not measured* (`cost.py`), so that what follows a slider does not depend on how busy the machine
  is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from collab.data.features import Features
from collab.data.ratings import RatingScale
from collab.errors import SettingError
from collab.models.bayes import Bayes, BayesSettings
from collab.models.bayes_sampled import BayesSampled, BayesSampledSettings
from collab.models.bias import Bias, BiasSettings, Mean, MeanSettings
from collab.models.contract import Model
from collab.models.cost import (
    bayes_seconds,
    deep_seconds,
    dot_seconds,
    neighbours_seconds,
    net_seconds,
    ordinal_seconds,
    plain_seconds,
    sampled_seconds,
    side_seconds,
)
from collab.models.dot import (
    DotBiasSettings,
    DotProduct,
    DotProductBias,
    DotProductRange,
    DotRangeSettings,
    DotSettings,
)
from collab.models.embedding_net import EmbeddingNet
from collab.models.neighbours import ITEMS, Neighbours, NeighboursSettings
from collab.models.nets import DeepSettings, NetSettings, SideSettings
from collab.models.ordinal import Ordinal, OrdinalSettings
from collab.models.plain import DotBiasPlainSettings, DotProductBiasPlain
from collab.models.shapes import (
    Shapes,
    bayes_shapes,
    bias_shapes,
    deep_shapes,
    factors_and_biases_shapes,
    factors_shapes,
    mean_shapes,
    neighbours_shapes,
    net_shapes,
    ordinal_shapes,
    side_shapes,
)


@dataclass(frozen=True)
class Family:
    """A kind of model, and how it is presented and built.

    `presets` include DEFAULT_PRESET, and each has a title in PRESET_TITLES; the command line starts from the first one, and
    `help` explains the choice. `epoch_word` is what one of its epochs is called, `about` says in one sentence how it predicts.
    Without `by_chance` every seed gives the same model. A baseline (`is_baseline`) learns nothing of anybody's taste.

    `seconds` estimates the time of a training from the settings, the number of ratings and the rows of both tables
    (`models/cost.py`); `shapes` gives the names and shapes of the trained weights (`models/shapes.py`, `weight_shapes`).
    """

    name: str
    title: str
    settings_type: type
    presets: Mapping[str, Any]
    help: str
    build: Callable[[Any, int, int, RatingScale | None, Features | None], Model]
    epoch_word: str = "epoch"
    about: str = ""
    by_chance: bool = True
    is_baseline: bool = False
    seconds: Callable[[Any, int, int], float] = field(kw_only=True)
    shapes: Callable[[Any, int, int, RatingScale, Mapping], Shapes] = field(kw_only=True)


PRESET_TITLES = {
    "chapter": "As in the chapter",
    "undecayed": "Chapter, decay 0.01",
    "films": "Of films",
    "small": "Small batches",
    "fast": "Fast",
    "accurate": "Accurate",
    "best": "Best accuracy",
}


def _without_data(model_type: type) -> Callable[[Any, int, int, RatingScale | None, Features | None], Model]:
    """The `build` of a model that needs neither the rating scale nor side information."""
    return lambda settings, n_users, n_items, rating_scale, features: model_type(settings, n_users, n_items)


# offered in this order: the chapter's own model first, then from the simplest on
MODELS: dict[str, Family] = {
    family.name: family
    for family in (
        Family(
            "dot-bias",
            "Dot product with biases",
            DotBiasSettings,
            # "fast": tests/benchmarks/presets.py measures batch and rate, on rows inside the training part
            {
                "chapter": DotBiasSettings(),
                "fast": DotBiasSettings(batch_size=256, learning_rate=5e-3),
                "undecayed": DotBiasSettings(weight_decay=0.01),
            },
            "“As in the chapter” takes batches of 64. “Fast” reaches the same loss soonest, as measured. “Chapter, decay 0.01” "
            "is the chapter’s row that over-fits.",
            _without_data(DotProductBias),
            about="Factors, a bias for every user and film, and the range: the chapter’s best.",
            seconds=dot_seconds,
            shapes=factors_and_biases_shapes,
        ),
        Family(
            "mean",
            "Global mean",
            MeanSettings,
            {"fast": MeanSettings()},
            "There is nothing to set.",
            _without_data(Mean),
            about="The same for everybody: the mean of all ratings. What every model has to beat.",
            by_chance=False,
            seconds=lambda settings, n_train, n_rows: 0.1,
            shapes=mean_shapes,
            is_baseline=True,
        ),
        Family(
            "bias",
            "Biases only",
            BiasSettings,
            {"fast": BiasSettings()},
            "“Fast” imagines five ratings at the average, as the baseline beside every loss does.",
            _without_data(Bias),
            about="How good a film is plus how kind a user is; nothing of anybody’s taste.",
            by_chance=False,
            seconds=lambda settings, n_train, n_rows: 0.1,
            shapes=bias_shapes,
            is_baseline=True,
        ),
        Family(
            "neighbours",
            "Similar users or films",
            NeighboursSettings,
            {"fast": NeighboursSettings(), "films": NeighboursSettings(of=ITEMS)},
            "“Fast” asks the users who are most like one, “Of films” one’s own ratings of the most similar films.",
            _without_data(Neighbours),
            about="Finds users who rate alike, and predicts what they gave: the chapter’s first idea, without latent factors.",
            by_chance=False,
            seconds=neighbours_seconds,
            shapes=neighbours_shapes,
        ),
        Family(
            "dot",
            "Dot product alone",
            DotSettings,
            {"chapter": DotSettings(), "fast": DotSettings(batch_size=256)},
            "“As in the chapter” takes batches of 64, “Fast” of 256.",
            _without_data(DotProduct),
            about="The product of a user’s and a film’s factors, added up; nothing keeps it between 0 and 5.",
            seconds=dot_seconds,
            shapes=factors_shapes,
        ),
        Family(
            "dot-range",
            "Dot product in a range",
            DotRangeSettings,
            {"chapter": DotRangeSettings(), "fast": DotRangeSettings(batch_size=256)},
            "“As in the chapter” takes batches of 64, “Fast” of 256.",
            _without_data(DotProductRange),
            about="The product of the factors, bent by a sigmoid into the range of ratings.",
            seconds=dot_seconds,
            shapes=factors_shapes,
        ),
        Family(
            "dot-bias-plain",
            "Dot product, readable code",
            DotBiasPlainSettings,
            {"chapter": DotBiasPlainSettings(), "fast": DotBiasPlainSettings(batch_size=256)},
            "“As in the chapter” takes batches of 64, “Fast” of 256.",
            _without_data(DotProductBiasPlain),
            about="The dot product with biases out of plain parameter tensors: the same curve, several times as slow.",
            seconds=plain_seconds,
            shapes=factors_and_biases_shapes,
        ),
        Family(
            "bayes",
            "Bayesian",
            BayesSettings,
            {"fast": BayesSettings(), "accurate": BayesSettings(n_factors=12, epochs=60)},
            "“Fast” takes 8 factors and 20 sweeps. “Accurate” takes 12 and 60: about three times as long, a little less loss.",
            Bayes,
            "sweep",
            "Solves for everybody in turn instead of stepping, and knows how sure it is.",
            seconds=bayes_seconds,
            shapes=bayes_shapes,
        ),
        Family(
            "bayes-sampled",
            "Bayesian, sampled",
            BayesSampledSettings,
            {"best": BayesSampledSettings(), "fast": BayesSampledSettings(n_factors=12, epochs=100)},
            "“Best accuracy” draws the posterior 250 times, for some ten seconds. “Fast” takes half the factors and 100 draws.",
            BayesSampled,
            "sweep",
            "Draws everybody again and again and takes the mean: the most accurate, in ten times the time.",
            seconds=sampled_seconds,
            shapes=bayes_shapes,
        ),
        # "fast" of the nets and of ordinal: tests/benchmarks/nets.py --presets, on rows inside the training part
        Family(
            "net",
            "Small neural net",
            NetSettings,
            {"chapter": NetSettings(), "fast": NetSettings(batch_size=512, epochs=4)},
            "“As in the chapter” takes batches of 64. “Fast” takes 512 and four epochs: the same loss in a quarter of the time.",
            partial(EmbeddingNet, "net"),
            about="Both embeddings side by side through one hidden layer: the chapter’s small net.",
            seconds=net_seconds,
            shapes=net_shapes,
        ),
        Family(
            "deep",
            "Deep neural net",
            DeepSettings,
            {"chapter": DeepSettings(), "fast": DeepSettings(batch_size=128, epochs=3)},
            "“As in the chapter” takes batches of 64. “Fast” takes 128 and three epochs: the same loss in a third of the time.",
            partial(EmbeddingNet, "deep"),
            about="A net of any layers on both embeddings, with dropout and batch norm.",
            seconds=deep_seconds,
            shapes=deep_shapes,
        ),
        Family(
            "ordinal",
            "Chance of every rating",
            OrdinalSettings,
            {"small": OrdinalSettings(), "fast": OrdinalSettings(batch_size=256, epochs=4)},
            "“Small batches” of 64, as in the chapter. “Fast” takes 256 and four epochs: the same loss in a third of the time.",
            Ordinal,
            about="A chance for every rating level instead of one number, trained by cross-entropy.",
            seconds=ordinal_seconds,
            shapes=ordinal_shapes,
        ),
        Family(
            "side",
            "Net with side information",
            SideSettings,
            {"small": SideSettings(), "fast": SideSettings(batch_size=128, epochs=4, learning_rate=1e-2)},
            "“Small batches” of 64, as in the chapter. “Fast” takes 128, four epochs and twice the rate: half the time.",
            partial(EmbeddingNet, "side"),
            about="A net that also sees genres, year, age, gender, occupation and time, and so has an answer for a new film.",
            seconds=side_seconds,
            shapes=side_shapes,
        ),
    )
}
DEFAULT_MODEL, DEFAULT_PRESET = "bayes", "fast"
CHAPTER_MODEL = "dot-bias"
"""The model that the chapter arrives at."""


def family_of(name: str) -> Family:
    """The model family called `name`. Raises SettingError, listing the known names, for an unknown one."""
    if name not in MODELS:
        raise SettingError(f"there is no model {name!r}; there are {', '.join(MODELS)}")
    return MODELS[name]


def epoch_word_of(name: str) -> str:
    """What an epoch of a model is called: "epoch" or "sweep"; "epoch" for an unknown model."""
    return MODELS[name].epoch_word if name in MODELS else "epoch"


def preset_of(model: str, preset: str = "") -> Any:
    """The settings of a preset, the model's first one if none is named. Raises SettingError for an unknown one."""
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
    """An untrained model for tables of `n_users` and `n_items` rows, `#na#` included.

    A model that clips its predictions (`bayes`) clips them to `rating_scale`; None: no clipping. `features` are for a model whose
    settings ask for side information; one that only loads trained weights needs none.
    """
    return family_of(name).build(settings, n_users, n_items, rating_scale, features)


def weight_shapes(
    name: str,
    settings: Any,
    n_users: int,
    n_items: int,
    rating_scale: RatingScale,
    found: Mapping[str, tuple[int, ...]],
) -> Shapes:
    """The names and shapes of `weights()` of the trained model, for tables of `n_users` and `n_items` rows.

    A size that the settings do not decide (how many ratings `neighbours` holds, how many columns `side` sees) is the one of
    `found`. Raises KeyError or IndexError if that does not have it.
    """
    return family_of(name).shapes(settings, n_users, n_items, rating_scale, found)
