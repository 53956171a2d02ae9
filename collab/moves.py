"""Moves: what became of a list of picks when something changed, film by film."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Move:
    """A film's place in a list, counted from 0: `before` and `after` the change; None where it does not stand in the list."""

    item_index: int
    before: int | None
    after: int | None

    @property
    def places_up(self) -> int | None:
        """How many places it rose, negative where it fell; None for a film that is new to the list or left it."""
        return None if self.before is None or self.after is None else self.before - self.after


def moves(before: Sequence[int], after: Sequence[int]) -> tuple[list[Move], list[Move]]:
    """How a list of item indices changed: every film of `after` in its order, then those of `before` that fell out, in theirs.

    Raises ValueError where a film stands in one list twice.
    """
    place_before, place_after = ({film: place for place, film in enumerate(films)} for films in (before, after))
    if len(place_before) < len(before) or len(place_after) < len(after):
        raise ValueError("a film stands twice in a list whose moves are asked for")
    return (
        [Move(film, place_before.get(film), place) for place, film in enumerate(after)],
        [Move(film, place, None) for place, film in enumerate(before) if film not in place_after],
    )
