"""Plans: the records of runs that are yet to be trained."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

from collab.data.catalogue import entry_of
from collab.errors import SettingError
from collab.models import DEFAULT_MODEL, DEFAULT_PRESET, build_model, family_of, preset_of
from collab.models.settings import as_text, settings_from, to_dict
from collab.services.run_record import LARGEST_SEED, LONGEST_NAME, RunRecord

ADVICE = {
    "diverged": "The loss ran away: the steps were too large. Lower the peak learning rate (a third of it is a good next try), "
    "or switch the rating range on.",
    "stopped": "Stopped before the end; its weights were kept.",
    "finished": "",
}


def plan(
    model: str,
    settings: Any,
    data: str,
    holdout: str,
    split_seed: int,
    *,
    preset: str = "",
    items_by: str = "title",
    name: str = "",
    starter: str = "",
    owner: str = "",
) -> RunRecord:
    """The record of a run to be trained. Raises SettingError for an unknown model or data set, or a seed that no run can have."""
    family, entry = family_of(model), entry_of(data)
    if not 0 <= split_seed < LARGEST_SEED:
        raise SettingError(
            f"the seed of the split is {split_seed}; allowed is a whole number from 0 to {LARGEST_SEED - 1}"
        )
    matching = [
        key for key, known in family.presets.items() if dataclasses.replace(known, seed=settings.seed) == settings
    ]
    preset = preset if preset in matching else (matching[0] if matching else "")
    return RunRecord(
        id="",
        name=(name or describe_settings(model, settings))[:LONGEST_NAME],
        state="queued",
        model=model,
        settings=to_dict(settings),
        data=data,
        data_title=entry.title,
        synthetic=entry.synthetic,
        holdout=holdout,
        split_seed=split_seed,
        items_by=items_by,
        preset=preset,
        starter=starter,
        owner=owner,
    )


def plan_again(record: RunRecord, settings: Any, *, name: str = "", starter: str = "") -> RunRecord:
    """The record of a run of the same model on the same split, with these settings."""
    split = record.data, record.holdout, record.split_seed
    return plan(record.model, settings, *split, items_by=record.items_by, name=name, starter=starter)


def default_plan(data: str, *, starter: str = "", owner: str = "") -> RunRecord:
    """The run that Collab trains by itself if there is none: the default model and preset, a random 20 % held out."""
    settings = preset_of(DEFAULT_MODEL, DEFAULT_PRESET)
    return plan(DEFAULT_MODEL, settings, data, "random:0.2", 0, preset=DEFAULT_PRESET, starter=starter, owner=owner)


def training_key(record: RunRecord) -> tuple:
    """A value that is equal for two trainings that give the same model."""
    return record.data, record.items_by, record.model, record.settings, record.holdout, record.split_seed


def runs_with(trait: str, records: Iterable[RunRecord]) -> Iterator[RunRecord]:
    """The `records` that have weights and whose models have "factors", "biases" or "descriptions" of items, in the same order."""
    return (record for record in records if record.has_weights and model_has(trait, record))


def model_has(trait: str, record: RunRecord) -> bool:
    """Whether the model of a run, even of one still training, has "factors", "biases" or "descriptions" of items."""
    try:
        settings = settings_from(family_of(record.model).settings_type, record.settings)
        return getattr(build_model(record.model, settings, 2, 2), f"has_{trait}", False)
    except SettingError:  # an unknown model
        return False


def describe_settings(model: str, settings: Any) -> str:
    """A run's initial name: its model and settings in short."""
    values = [
        (field.metadata["about"].in_name, getattr(settings, field.name)) for field in dataclasses.fields(settings)
    ]
    parts = [
        in_name.format(as_text(value) if isinstance(value, tuple) else value)
        for in_name, value in values
        if value is not False
    ]
    return " · ".join([model, *filter(None, parts)])
