"""A person's answers matched to the films of a run, and the next films to ask about."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from collab.data.answers import (
    SEEN,  # re-exported
)
from collab.data.ratings import RatingScale
from collab.recommend.elicitation import items_to_ask
from collab.services.profiles import Answer


@dataclass(frozen=True)
class Known:
    """A person's answers in terms of a run's films.

    `rated` maps an item_index to stars within the run's rating scale. `not_seen` holds item indices, `dismissed` those that are
    not to be picked, `seen` those of them that the person has seen. `lacking` are the titles that the run was never trained on.
    `answered` holds the item indices of all answers, for a doubled title all of its indices. `titles` maps an item_index to the
    film's title as spelt in the person's answer.
    """

    rated: Mapping[int, float]
    not_seen: frozenset[int]
    dismissed: frozenset[int]
    seen: frozenset[int]
    lacking: tuple[str, ...]
    answered: frozenset[int]
    titles: Mapping[int, str]


def answers_known(
    answers: Sequence[Answer], places: Sequence[int | None], items: pd.DataFrame, rating_scale: RatingScale
) -> Known:
    """The answers for a run whose items table is `items`; `places` holds the item_index of each answer, or None.

    If two answers mean the same film, the later one counts.
    """
    latest: dict[int, Answer] = {}
    for place, answer in zip(places, answers, strict=True):
        if place is not None and (place not in latest or answer.time >= latest[place].time):
            latest[place] = answer
    rated = {
        place: float(np.clip(answer.rating, rating_scale.low, rating_scale.high))
        for place, answer in latest.items()
        if answer.rating is not None
    }
    dismissed = {place for place, answer in latest.items() if answer.is_dismissal}
    titles = items["title"].iloc[list(latest)]
    return Known(
        rated=rated,
        not_seen=frozenset(latest.keys() - rated.keys() - dismissed),
        dismissed=frozenset(dismissed),
        seen=frozenset(place for place in dismissed if latest[place].said == SEEN),
        lacking=tuple(answer.title for place, answer in zip(places, answers, strict=True) if place is None),
        answered=frozenset(np.flatnonzero(items["title"].isin(titles)).tolist()),
        titles={place: answer.title for place, answer in latest.items()},
    )


def next_films(
    items: pd.DataFrame,
    shown: Sequence[str],
    answered: Collection[int],
    n: int,
    best: Callable[[int], Sequence[int]] | None = None,
) -> pd.DataFrame:
    """The `n` films to show now: those of the titles `shown` that are still unanswered keep their places, others follow.

    `best` returns the item indices of the given number of films to ask, best first; the most rated films follow them, and are
    used alone if it is None. It is called only if a place is free. Columns as in `collab.recommend.elicitation.items_to_ask`.
    An answered film gives its place to the next one; nothing else moves.
    """
    waiting = items_to_ask(items, answered, len(items)).drop_duplicates("title", ignore_index=True)
    row_of = {title: row for row, title in enumerate(waiting["title"])}
    kept = [title if title in row_of else None for title in dict.fromkeys(shown)][:n]
    places = [*kept, *[None] * (n - len(kept))]
    first: list[str] = []
    if best is not None and None in places:
        first = [title for title in items["title"].iloc[list(best(2 * n))] if title in row_of]
    fresh = iter([title for title in dict.fromkeys((*first, *row_of)) if title not in kept])
    places = [title or next(fresh, None) for title in places]
    return waiting.iloc[[row_of[title] for title in places if title is not None]].reset_index(drop=True)
