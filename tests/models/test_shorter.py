"""Settings that fit into a time: what is named is true, and the largest of its kind."""

import dataclasses

import pytest

from collab.models import MODELS
from collab.models.cost import dot_seconds
from collab.models.dot import DotBiasSettings
from collab.models.shorter import in_words, shorter

SIZES = ((80_000, 2_609), (20_000_000, 220_000), (400_000_000, 5_000_000))
HOUR = 3600.0
by_family = pytest.mark.parametrize("family", MODELS.values(), ids=MODELS)


def longest(family):
    """Settings of the family with as many epochs as are allowed, and large sizes."""
    settings = family.presets["fast"]
    large = {
        field.name: field.metadata["about"].high
        for field in dataclasses.fields(settings)
        if field.name in ("epochs", "n_factors", "n_hidden", "user_size", "item_size")
    }
    return dataclasses.replace(settings, **{name: int(value) for name, value in large.items()})


@by_family
@pytest.mark.parametrize("size", SIZES)
def test_what_is_named_fits(family, size):
    settings = longest(family)
    changed = shorter(family, settings, *size, HOUR)
    if changed is not None:
        assert family.seconds(changed, *size) <= HOUR
        assert (changed == settings) == (family.seconds(settings, *size) <= HOUR)
    else:
        least = {name: 1 for name in ("epochs", "n_factors", "n_hidden", "user_size", "item_size")}
        least |= {"batch_size": 8192, "layers": ()}
        smallest = {name: value for name, value in least.items() if hasattr(settings, name)}
        assert family.seconds(dataclasses.replace(settings, **smallest), *size) > HOUR


@pytest.mark.parametrize("name", [name for name, family in MODELS.items() if hasattr(family.presets["fast"], "epochs")])
def test_the_epochs_named_are_the_most_that_fit(name):
    family = MODELS[name]
    settings = longest(family)
    limit = family.seconds(dataclasses.replace(settings, epochs=3), *SIZES[0]) * 1.01
    changed = shorter(family, settings, *SIZES[0], limit)
    assert changed == dataclasses.replace(settings, epochs=3)
    assert in_words(family, settings, changed) == f"3 {family.epoch_word}s"


def test_where_one_epoch_is_too_long_the_most_factors_that_fit_are_named():
    family, settings = MODELS["bayes"], MODELS["bayes"].presets["accurate"]
    limit = family.seconds(dataclasses.replace(settings, epochs=1, n_factors=7), *SIZES[0]) * 1.001
    changed = shorter(family, settings, *SIZES[0], limit)
    assert changed == dataclasses.replace(settings, epochs=1, n_factors=7)
    assert in_words(family, settings, changed) == "1 sweep, factors 7"


def test_where_no_number_of_factors_fits_larger_batches_do():
    family, settings = MODELS["deep"], MODELS["deep"].presets["chapter"]
    limit = family.seconds(dataclasses.replace(settings, epochs=1, batch_size=256), *SIZES[0]) * 1.001
    changed = shorter(family, settings, *SIZES[0], limit)
    assert changed == dataclasses.replace(settings, epochs=1, batch_size=256)
    assert in_words(family, settings, changed) == "1 epoch, batch size 256"


def test_what_nothing_makes_short_is_said():
    assert shorter(MODELS["neighbours"], MODELS["neighbours"].presets["fast"], *SIZES[2], HOUR) is None


def test_a_step_of_a_large_table_does_not_take_longer_as_it_grows():
    """Only the rows of a batch are touched there."""
    settings = DotBiasSettings()
    small, large, larger = (dot_seconds(settings, 100_000, n_rows) for n_rows in (10_000, 30_000, 300_000))
    assert small < large == larger
