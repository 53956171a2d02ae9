"""A list of films with a verdict on each, as one piece of HTML: it renews itself at once and reads well at any width."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd

from collab.ratings import RatingScale
from collab.ui import words
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


def film_list(films: Iterable[Film], label: str, rating_scale: RatingScale, palette: Palette, n_places: int) -> str:
    """The films as an ordered list called `label`; room is kept for `n_places` of them. All texts are escaped."""
    entries = "".join(
        f'<li><div class="film"><b title="{escape(film.title)}">{escape(film.title)}</b>'
        f'<span title="{escape(film.facts)}">{escape(film.facts)}</span></div>'
        f'<div class="verdict"><span><b>{escape(film.figure)}</b>{escape(film.rest)}</span>'
        f"{_bar(film.likely, rating_scale) if film.likely else ''}</div></li>"
        for film in films
    )
    colours = f"--muted:{palette.muted};--line:{palette.grid};--predicted:{palette.predicted};--places:{n_places}"
    return f'<ol class="film-list" aria-label="{escape(label)}" style="{colours}">{entries}</ol>'


def facts(film: Any) -> str:
    """Number of ratings and genres of a row of an items table or of a list of films."""
    counted = f"{words.count(film.n_ratings)} {'rating' if film.n_ratings == 1 else 'ratings'}"
    return " · ".join(filter(None, [counted, film.genres.replace("|", ", ")]))


def title_and_facts(film: Any) -> tuple[str, str]:
    """The title without its year, which would be the first to be cut off, and the facts with it."""
    year = "" if pd.isna(film.year) else str(film.year)
    if year and film.title.endswith(f" ({year})"):
        return film.title.removesuffix(f" ({year})"), f"{year} · {facts(film)}"
    return film.title, facts(film)


def _bar(likely: Likely, scale: RatingScale) -> str:
    """The likely range on the rating scale, a mark at the prediction; the words beside it say the same."""
    ends = (likely.low, likely.high, likely.predicted)
    start, end, mark = (100 * (stars - scale.low) / (scale.high - scale.low) for stars in ends)
    return (
        f'<span class="scale" aria-hidden="true"><i style="left:{start:.0f}%;width:{end - start:.0f}%"></i>'
        f'<em style="left:{mark:.0f}%"></em></span>'
    )
