"""A list of films with a verdict on each, as one piece of HTML: it renews itself at once and reads well at any width."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from collab.ratings import RatingScale
from collab.ui.theme import Palette


@dataclass(frozen=True)
class Likely:
    """A predicted rating and the ends of its likely range, in stars."""

    predicted: float
    low: float
    high: float


@dataclass(frozen=True)
class Film:
    """A film of the list: title, facts about it, and what is said of it: a `figure` and the `rest` of the sentence."""

    title: str
    facts: str
    figure: str
    rest: str
    likely: Likely | None = None


def film_list(films: Iterable[Film], rating_scale: RatingScale, palette: Palette, n_places: int) -> str:
    """The films as an ordered list; room is kept for `n_places` of them. All texts are escaped."""
    entries = "".join(
        f'<li><div class="film"><b>{escape(film.title)}</b><span>{escape(film.facts)}</span></div>'
        f'<div class="verdict"><span><b>{escape(film.figure)}</b>{escape(film.rest)}</span>'
        f"{_bar(film.likely, rating_scale) if film.likely else ''}</div></li>"
        for film in films
    )
    colours = f"--muted:{palette.muted};--line:{palette.grid};--predicted:{palette.predicted};--places:{n_places}"
    return f'<ol class="film-list" style="{colours}">{entries}</ol>'


def _bar(likely: Likely, scale: RatingScale) -> str:
    """The likely range on the rating scale, a mark at the prediction; the words beside it say the same."""
    start, end, mark = (100 * (stars - scale.low) / (scale.high - scale.low) for stars in (likely.low, likely.high, likely.predicted))
    return (f'<span class="scale" aria-hidden="true"><i style="left:{start:.0f}%;width:{end - start:.0f}%"></i>'
            f'<em style="left:{mark:.0f}%"></em></span>')
