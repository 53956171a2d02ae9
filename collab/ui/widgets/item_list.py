"""A list of films with a verdict on each, as one piece of HTML: it updates in one step and is readable at any width.

A film with a prediction opens: the probabilities of its rating levels, small in the list, are shown large below it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from collab.data.genres import genre_words
from collab.data.ratings import RatingScale
from collab.ui.charts import formats
from collab.ui.charts.palette import Palette

STYLE = Path(__file__).with_suffix(".css")


@dataclass(frozen=True)
class Prediction:
    """A predicted rating, the ends of its 80 % interval and the ends of its likely levels, all in stars; and the probability of
    every rating level, lowest first."""

    rating: float
    low: float
    high: float
    likely_low: float
    likely_high: float
    chances: Sequence[float]


class Part(NamedTuple):
    """One line of a sum: its meaning and its signed figure. `asks`, a title, makes the name a button that asks *what if* about
    that film (`ui/rate/pick_list.js` handles it)."""

    name: str
    figure: str
    asks: str = ""


@dataclass(frozen=True)
class Sum:
    """A reason as a sum: its name, its total, and its parts."""

    name: str
    total: str
    parts: Sequence[Part]


@dataclass(frozen=True)
class Film:
    """A film of the list: its title, facts about it, and a verdict, a `figure` and the `rest` of the sentence. Consecutive films
    of one `section` are grouped below its name. `reasons` are shown below the open picture. `move` is a sign before the title
    and the same in words. `tools` and `first_inside` are ready-made HTML for the end of the row and the top of the open row;
    `key` identifies the film to their event handlers. `address` is the link of the title, for a row that does not open."""

    title: str
    facts: str
    figure: str
    rest: str
    prediction: Prediction | None = None
    section: str = ""
    reasons: Sequence[Sum] = ()
    move: tuple[str, str] | None = None
    key: str = ""
    address: str = ""
    tools: str = ""
    first_inside: str = ""


def film_list(films: Iterable[Film], label: str, rating_scale: RatingScale, palette: Palette, n_places: int) -> str:
    """The films as ordered lists called `label`, one per section, with space for `n_places` films. All texts are escaped."""
    lists = ""
    for section, members in groupby(films, key=lambda film: film.section):
        entries = "".join(f"{_item(film)}{_entry(film, rating_scale)}{film.tools}</li>" for film in members)
        name = f"{label}: {section}" if section else label
        lists += f"<p>{escape(section)}</p>" if section else ""
        lists += f'<ol aria-label="{escape(name)}">{entries}</ol>'
    colours = f"--muted:{palette.muted};--line:{palette.grid};--predicted:{palette.predicted};--places:{n_places}"
    return f'<div class="film-list" style="{colours}">{lists}</div>'


def _item(film: Film) -> str:
    return f'<li data-title="{escape(film.key)}">' if film.key else "<li>"


def _entry(film: Film, scale: RatingScale) -> str:
    """One film. It opens if it has a prediction, shown large inside, or other content to show."""
    move = ""
    if film.move:
        sign, said = film.move
        move = (
            f'<span class="move" data-sign="{escape(sign)}" role="img" aria-label="{escape(said)}" '
            f'title="{escape(said)}">{escape(sign)}</span>'
        )
    row = (
        f'{move}<div class="film">{title_html(film.title, film.address)}'
        f'<span title="{escape(film.facts)}">{escape(film.facts)}</span></div>'
        f'<div class="verdict"><span><b>{escape(film.figure)}</b>{escape(film.rest)}</span>'
    )
    if film.prediction is None and not film.first_inside:
        return f'<div class="row">{row}</div></div>'
    columns, picture = "", ""
    if film.prediction is not None:
        columns, picture = _columns(film.prediction, scale), _picture(film.prediction, scale)
    return (
        f'<details><summary class="row">{row}{columns}</div></summary>'
        f"{film.first_inside}{picture}{''.join(map(_sum, film.reasons))}</details>"
    )


def _sum(reason: Sum) -> str:
    """The parts and their total, one below the other."""
    parts = "".join(f"<dt>{_named(name, *asks)}</dt><dd>{escape(figure)}</dd>" for name, figure, *asks in reason.parts)
    return (
        f'<dl class="sum">{parts}<dt class="total">{escape(reason.name)}</dt>'
        f'<dd class="total">{escape(reason.total)}</dd></dl>'
    )


def _named(name: str, asks: str = "") -> str:
    if not asks:
        return escape(name)
    return (
        f'<button type="button" data-do="what if" data-of="{escape(asks)}" title="What if it had other stars?">'
        f"{escape(name)}</button>"
    )


def title_html(title: str, address: str = "") -> str:
    """A title in a row, as a link where it has an `address`."""
    text = escape(title)
    name = f'<a class="item-page" href="{escape(address)}" target="_self">{text}</a>' if address else text
    return f'<b title="{text}">{name}</b>'


def facts(film: Any) -> str:
    """Number of ratings and genres of a row of an items table or of a list of films."""
    return " · ".join(filter(None, [formats.counted(film.n_ratings, "rating"), genre_words(film.genres)]))


def title_and_facts(film: Any) -> tuple[str, str]:
    """The title without its year, which would be cut off first, and the facts with the year."""
    year = "" if pd.isna(film.year) else str(film.year)
    if year and film.title.endswith(f" ({year})"):
        return film.title.removesuffix(f" ({year})"), f"{year} · {facts(film)}"
    return film.title, facts(film)


def _columns(prediction: Prediction, scale: RatingScale) -> str:
    """The level probabilities as tiny bars, the likely ones in colour; screen readers get the numbers."""
    highest = max(prediction.chances)
    columns = "".join(
        f'<i{_likely(prediction, level)} style="height:{max(4, 100 * chance / highest):.0f}%"></i>'
        for level, chance in zip(scale.levels, prediction.chances, strict=True)
    )
    return (
        f'<span class="chances" role="img" aria-label="{escape(chances_in_words(prediction, scale))}">{columns}</span>'
    )


def _picture(prediction: Prediction, scale: RatingScale) -> str:
    """The same large: a bar and a percentage for every level, and below them the prediction on its interval."""
    highest = max(prediction.chances)
    columns = "".join(
        f"<div{_likely(prediction, level)}><span>{escape(_percent(chance))}</span>"
        f'<i style="height:{max(0.06, 3.2 * chance / highest):.2f}rem"></i><b>{level:g}</b></div>'
        for level, chance in zip(scale.levels, prediction.chances, strict=True)
    )
    n_levels = len(scale.levels)
    # a level is at the middle of its bar
    low, high, mark = (
        100 * ((stars - scale.low) / scale.step + 0.5) / n_levels
        for stars in (prediction.low, prediction.high, prediction.rating)
    )
    return (
        f'<div class="picture"><div class="levels" aria-hidden="true">{columns}</div>'
        f'<div class="interval" aria-hidden="true"><i style="left:{low:.1f}%;width:{high - low:.1f}%"></i>'
        f'<em style="left:{mark:.1f}%"></em></div>'
        f"<p>Predicted <b>{prediction.rating:.1f}</b>; in 8 of 10 cases from {prediction.low:.1f} to "
        f"{prediction.high:.1f} stars. Columns: the chance of each rating, in %.</p></div>"
    )


def likely_words(low: float, high: float) -> str:
    """The ends of a likely range: "3 to 5", or "4" where they are equal."""
    return f"{low:g} to {high:g}" if high > low else f"{low:g}"


def chances_in_words(prediction: Prediction, scale: RatingScale) -> str:
    """The level probabilities as one sentence, see `level_chances_in_words`."""
    return level_chances_in_words(prediction.chances, scale)


def level_chances_in_words(chances: Iterable[float], scale: RatingScale) -> str:
    """The level probabilities as one sentence: "Chances: 1 star 2 %, 2 stars 8 %, …"."""
    parts = (
        f"{level:g} {'star' if level == 1 else 'stars'} {_percent(chance)} %"
        for level, chance in zip(scale.levels, chances, strict=True)
    )
    return f"Chances: {', '.join(parts)}"


def _likely(prediction: Prediction, level: float) -> str:
    return ' class="likely"' if prediction.likely_low <= level <= prediction.likely_high else ""


def _percent(chance: float) -> str:
    """Whole per cent without the sign, which would not fit above ten bars."""
    return "<1" if 0 < chance < 0.005 else f"{100 * chance:.0f}"
