"""Settings: what is allowed goes there and back unchanged, what is not is refused with the allowed range."""

from __future__ import annotations

import dataclasses
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.errors import CollabError, SettingError
from collab.models import MODELS, preset_of
from collab.models.dot import DotBiasSettings, DotRangeSettings
from collab.models.neighbours import NeighboursSettings
from collab.models.nets import DeepSettings
from collab.models.settings import about, as_text, parse, setting, settings_from, to_dict

NUMBERS = [field.name for field in dataclasses.fields(DotBiasSettings) if field.type in ("int", "float")]
PRESETS = [(model, preset) for model, family in MODELS.items() for preset in family.presets]


@dataclasses.dataclass(frozen=True)
class NoLimits:
    """Settings with a yes or no only."""

    loud: bool = setting(False, "Loud", "Louder when it is on.")


def allowed(name):
    """Strategy of the values that a setting of dot-bias may have."""
    kind = {field.name: field.type for field in dataclasses.fields(DotBiasSettings)}[name]
    limits = about(DotBiasSettings, name)
    if kind == "bool":
        return st.booleans()
    if kind == "int":
        return st.integers(int(limits.low), int(limits.high))
    number = st.floats(limits.low, limits.high)
    if kind == "float":
        return number
    return st.none() | st.tuples(number, number).filter(lambda ends: ends[0] < ends[1])


ANY_SETTINGS = st.builds(
    DotBiasSettings, **{field.name: allowed(field.name) for field in dataclasses.fields(DotBiasSettings)}
)


@given(ANY_SETTINGS)
def test_settings_survive_json(settings):
    assert settings_from(DotBiasSettings, json.loads(json.dumps(to_dict(settings)))) == settings


@pytest.mark.parametrize("model, preset", PRESETS)
def test_every_preset_survives_json(model, preset):
    settings = preset_of(model, preset)
    assert settings_from(MODELS[model].settings_type, json.loads(json.dumps(to_dict(settings)))) == settings


@given(ANY_SETTINGS)
def test_what_is_written_as_text_is_read_back(settings):
    for name, value in to_dict(settings).items():
        text = "none" if value is None else ",".join(map(repr, value)) if isinstance(value, list) else str(value)
        expected = tuple(value) if isinstance(value, list) else value
        assert parse(DotBiasSettings, name, text) == expected


@pytest.mark.parametrize(
    "name, text, value",
    [
        ("n_factors", " 50 ", 50),
        ("learning_rate", "5e-3", 0.005),
        ("weight_decay", "0", 0.0),
        ("use_biases", "TRUE", True),
        ("use_biases", "off", False),
        ("use_biases", "yes", True),
        ("use_biases", "0", False),
        ("y_range", "0,5.5", (0.0, 5.5)),
        ("y_range", "None", None),
        ("y_range", "off", None),
        ("seed", "0", 0),
    ],
)
def test_values_written_as_text(name, text, value):
    found = parse(DotBiasSettings, name, text)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    "name, text, words",
    [
        ("n_factors", "many", "n_factors='many' is not a whole number from 1 to 512"),
        ("n_factors", "5.5", "is not a whole number from 1 to 512"),
        ("learning_rate", "fast", "is not a number from 1e-05 to 1"),
        ("use_biases", "perhaps", "is not true or false"),
        ("y_range", "0", "is not two numbers as in 0,5.5, or none from -10 to 20"),
        ("y_range", "0,5,6", "is not two numbers"),
        ("y_range", "low,high", "is not two numbers"),
    ],
)
def test_text_that_cannot_be_read_is_refused(name, text, words):
    with pytest.raises(SettingError) as refusal:
        parse(DotBiasSettings, name, text)
    assert words in str(refusal.value)


def test_text_for_a_setting_without_limits_is_refused_without_them():
    with pytest.raises(SettingError, match=r"^loud='very' is not true or false$"):
        parse(NoLimits, "loud", "very")


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -1e9, 1e12, 10**400, "5", None, True, [1]])
def test_a_number_out_of_range_is_refused_with_the_range(name, value):
    limits = about(DotBiasSettings, name)
    with pytest.raises(SettingError) as refusal:
        settings_from(DotBiasSettings, {name: value})
    assert name in str(refusal.value)
    assert f"from {limits.low:g} to {limits.high:g}" in str(refusal.value)


@pytest.mark.parametrize("name", ["n_factors", "epochs", "batch_size", "seed"])
@pytest.mark.parametrize("value", [8.5, 8.0])
def test_a_count_must_be_a_whole_number(name, value):
    with pytest.raises(SettingError, match=f"{name} is {value}; allowed is a whole number"):
        settings_from(DotBiasSettings, {name: value})


@pytest.mark.parametrize(
    "ends, words",
    [
        ((5.0, 1.0), "its low end must lie under its high end"),
        ((1.0, 1.0), "its low end must lie under its high end"),
        ((0.0,), "write two numbers"),
        ("0,5", "write two numbers"),
        (3.0, "write two numbers"),
        ((0.0, 21.0), "from -10 to 20"),
        ((math.nan, 5.0), "from -10 to 20"),
        (("0", "5"), "from -10 to 20"),
    ],
)
def test_a_rating_range_must_be_two_numbers_in_order(ends, words):
    with pytest.raises(SettingError) as refusal:
        DotBiasSettings(y_range=ends)
    assert words in str(refusal.value)
    assert "y_range" in str(refusal.value)


@pytest.mark.parametrize("value", [1, 0, "true", None])
def test_yes_or_no_must_be_true_or_false(value):
    with pytest.raises(SettingError, match=r"use_biases is .*; allowed are true and false"):
        DotBiasSettings(use_biases=value)


def test_unknown_settings_are_refused_and_the_known_ones_named():
    for refuse in (
        lambda: settings_from(DotBiasSettings, {"n_factors": 5, "n_factor": 5}),
        lambda: parse(DotBiasSettings, "n_factor", "5"),
        lambda: about(DotBiasSettings, "n_factor"),
    ):
        with pytest.raises(
            SettingError, match="no setting 'n_factor'; the settings are n_factors, epochs, learning_rate"
        ):
            refuse()


def test_a_refusal_is_a_value_error_too():
    assert issubclass(SettingError, ValueError)
    assert issubclass(SettingError, CollabError)


def test_settings_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        DotBiasSettings().epochs = 6


@pytest.mark.parametrize("model", MODELS)
def test_every_setting_says_what_it_does_and_what_it_allows(model):
    settings_type = MODELS[model].settings_type
    for field in dataclasses.fields(settings_type):
        limits = about(settings_type, field.name)
        assert limits.label
        assert limits.help.endswith(".")
        if field.type == "str":
            assert len(limits.choices) > 1 and field.default in limits.choices
        elif field.type != "bool":
            assert limits.low < limits.high


def test_unknown_models_and_presets_are_refused_and_the_known_ones_named():
    with pytest.raises(SettingError, match=f"no model 'oracle'; there are {', '.join(MODELS)}"):
        preset_of("oracle", "chapter")
    with pytest.raises(SettingError, match="dot-bias has no preset 'slow'; it has chapter, fast, undecayed"):
        preset_of("dot-bias", "slow")


def test_a_word_is_one_of_the_choices():
    assert parse(NeighboursSettings, "of", " Films ") == "films"
    with pytest.raises(SettingError, match="of='directors' is not users or films"):
        parse(NeighboursSettings, "of", "directors")


def test_a_range_that_cannot_be_off():
    assert parse(DotRangeSettings, "y_range", "0.5,6") == (0.5, 6.0)
    with pytest.raises(SettingError, match=r"two numbers as in 0,5\.5 from"):
        parse(DotRangeSettings, "y_range", "none")
    with pytest.raises(SettingError, match="write two numbers"):
        DotRangeSettings(y_range=None)
    assert parse(DotBiasSettings, "y_range", "none") is None and DotBiasSettings(y_range=None).y_range is None


@given(st.lists(st.integers(1, 2000), max_size=8))
def test_a_list_of_whole_numbers_goes_there_and_back(sizes):
    settings = DeepSettings(layers=tuple(sizes))
    assert parse(DeepSettings, "layers", as_text(settings.layers)) == settings.layers
    assert settings_from(DeepSettings, json.loads(json.dumps(to_dict(settings)))) == settings


@pytest.mark.parametrize(
    "text, value", [("100,50", (100, 50)), (" 7 , 8,9", (7, 8, 9)), ("200", (200,)), ("none", ()), ("", ())]
)
def test_lists_written_as_text(text, value):
    assert parse(DeepSettings, "layers", text) == value


@pytest.mark.parametrize("text", ["100;50", "100,", "many", "100,5.5", ",", "100 50"])
def test_a_list_that_cannot_be_read_is_refused_with_an_example(text):
    with pytest.raises(
        SettingError, match=r"is not a list of whole numbers as in 100,50, or none, each from 1 to 2000"
    ):
        parse(DeepSettings, "layers", text)


@pytest.mark.parametrize(
    "value, words",
    [
        ((100, 0), "layers is 0; allowed is a whole number from 1 to 2000"),
        ((100, 2001), "layers is 2001; allowed"),
        ((5.5,), "layers is 5.5; allowed is a whole number"),
        ((True,), "layers is True; allowed is a whole number"),
        ((1,) * 9, "write at most 8 whole numbers"),
        (100, "write at most 8 whole numbers"),
        (None, "write at most 8 whole numbers"),
        ("100,50", "write at most 8 whole numbers"),
    ],
)
def test_a_list_of_what_is_not_allowed_is_refused(value, words):
    with pytest.raises(SettingError) as refusal:
        DeepSettings(layers=value)
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    "value, text", [(None, "none"), ((), "none"), (True, "true"), ((0.0, 5.5), "0,5.5"), (5e-3, "0.005"), (50, "50")]
)
def test_values_as_text(value, text):
    assert as_text(value) == text
