"""Time limit: how long a planned run would take, and the refusal of one that would block the queue for too long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from collab.data.splitting import sealed_share
from collab.errors import CollabError, RunError, SettingError
from collab.models import family_of
from collab.models.settings import settings_from
from collab.models.shorter import in_words, shorter
from collab.services.environment import Environment
from collab.services.run_record import RunRecord
from collab.services.run_rows import load_encoded

MOST_SECONDS = 3600.0
"""The longest training that a visitor may start, by the estimate of `models/cost.py`, not scaled to this machine. It is good to
a factor of two where it was measured, so an accepted run may take two hours there, and a refused one half an hour."""


def seconds_of(record: RunRecord, environment: Environment) -> float:
    """The estimated duration of a run; 0.0 if its data or settings cannot be read."""
    try:
        n_train, n_rows = _sizes(record, environment)
        return family_of(record.model).seconds(_settings(record), n_train, n_rows)
    except (CollabError, OSError):  # its training will report it
        return 0.0


def check_time(record: RunRecord, environment: Environment) -> float:
    """`seconds_of` the run. Raises RunError, naming settings that would be accepted, if it exceeds MOST_SECONDS."""
    seconds = seconds_of(record, environment)
    if seconds <= MOST_SECONDS:
        return seconds
    family, settings = family_of(record.model), _settings(record)
    changed = shorter(family, settings, *_sizes(record, environment), MOST_SECONDS)
    instead = (
        f"{in_words(family, settings, changed)} would fit"
        if changed is not None
        else "no settings of this model would fit, so take another model or a smaller data set"
    )
    raise RunError(
        f"this training would take {about(seconds)}; at most {about(MOST_SECONDS, exact=True)} is allowed here: {instead}"
    )


def check_times(records: Sequence[RunRecord], environment: Environment) -> None:
    """Raise RunError if one of these runs takes more than MOST_SECONDS, or all of them together do."""
    seconds = sum(check_time(record, environment) for record in records)
    if seconds > MOST_SECONDS:
        raise RunError(
            f"these {len(records)} trainings would take {about(seconds)} together; at most "
            f"{about(MOST_SECONDS, exact=True)} is allowed at once: start them one by one, or make them shorter"
        )


def about(seconds: float, *, exact: bool = False) -> str:
    """A long time in words: "about 75 minutes", "about 3 hours"; `exact` leaves out the "about"."""
    hours = seconds / 3600
    text = "one hour" if hours == 1 else f"{seconds / 60:.0f} minutes" if hours < 2 else f"{hours:,.0f} hours"
    return text if exact else f"about {text}"


def _settings(record: RunRecord) -> Any:
    return settings_from(family_of(record.model).settings_type, record.settings)


def _sizes(record: RunRecord, environment: Environment) -> tuple[int, int]:
    """The number of training ratings, and of rows in both tables. A holdout that is not a share counts as holding out none.

    Raises CollabError or OSError if the data set cannot be read.
    """
    form, share = sealed_share(record.holdout)
    kind, _, text = form.partition(":")
    if kind == "random":
        try:
            share += float(text)
        except ValueError:
            raise SettingError(f"holdout {record.holdout!r}: {text!r} is not a number") from None
    _, ratings = load_encoded(record.data, environment, record.items_by)
    return max(1, round(len(ratings) * (1 - share))), ratings.n_users + ratings.n_items
