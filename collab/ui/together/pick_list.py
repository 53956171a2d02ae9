"""A group's picks as one piece of HTML: a row per film, in it a lane per person with the predicted rating on its range.

On a wide screen, film, lanes and figures are side by side; on a narrow one, the lanes go below the title. Every lane is named, so
colours are not needed to read it.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from collab.data.ratings import RatingScale
from collab.recommend.group import GroupPicks
from collab.ui.charts import formats
from collab.ui.charts.palette import Palette
from collab.ui.widgets.item_list import likely_words, title_and_facts, title_html


def ordinal(number: int) -> str:
    """A rank in words: 1st, 2nd, 3rd, 11th, 1,202nd."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{formats.count(number)}{ending}"


def group_pick_list(
    group_picks: GroupPicks,
    addresses: Sequence[str],
    names: Sequence[str],
    rating_scale: RatingScale,
    palette: Palette,
    n_places: int,
) -> str:
    """The films of `group_picks`, titles linked to their `addresses`, with the prediction for each of `names`; room is reserved
    for `n_places` films. All texts are escaped."""
    ticks = range(int(np.ceil(rating_scale.low)), int(rating_scale.high) + 1)
    axis = "".join(f'<s style="left:{_share(tick, rating_scale):.1f}%">{tick}</s>' for tick in ticks)
    lines = "".join(f'<s style="left:{_share(tick, rating_scale):.1f}%"></s>' for tick in ticks)
    films = []
    for column, film in enumerate(group_picks.items.itertuples()):
        title, facts = title_and_facts(film)
        lanes = "".join(
            _lane(row, name, group_picks, column, lines, rating_scale) for row, name in enumerate(map(escape, names))
        )
        films.append(
            f'<li><div class="film">{title_html(title, addresses[column])}'
            f'<span title="{escape(facts)}">{escape(facts)}</span></div><div class="lanes">{lanes}</div></li>'
        )
    colours = "".join(f"--person-{row}:{colour};" for row, colour in enumerate(palette.categorical[: len(names)]))
    style = f"{colours}--muted:{palette.muted};--line:{palette.grid};--people:{len(names)};--places:{n_places}"
    return (
        f'<div class="evening" style="{style}"><div class="head" aria-hidden="true"><span>Film</span>'
        f'<div class="lane"><b></b><div class="track">{axis}</div><span>Predicted</span><span>Probably</span>'
        f"<span>Own list</span></div></div>"
        f'<ol aria-label="{escape("Picks for " + listed_names(names))}">{"".join(films)}</ol></div>'
    )


def listed_names(names: Sequence[str]) -> str:
    """Names in a row: "Ada", "Ada and Bob", "Ada, Bob and Cleo"."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _lane(row: int, name: str, group_picks: GroupPicks, column: int, lines: str, scale: RatingScale) -> str:
    """One person's prediction for one film, or the stars that they gave; `name` is escaped."""
    stars, low, high = (table[row, column] for table in (group_picks.stars, group_picks.low, group_picks.high))
    given = group_picks.given[row, column]
    probably = "rated" if given else f"<u>probably </u>{likely_words(low, high)}"
    left, right, mark = (_share(each, scale) for each in (low, high, stars))
    place = ordinal(int(group_picks.place[row, column]))
    return (
        f'<div class="lane" style="--person:var(--person-{row})"><b title="{name}">{name}</b>'
        f'<div class="track" aria-hidden="true">{lines}<i style="left:{left:.1f}%;width:{right - left:.1f}%"></i>'
        f'<em{" class=given" if given else ""} style="left:{mark:.1f}%"></em></div>'
        f"<span>{'' if given else '<u>predicted </u>'}{formats.stars(stars)}</span><span>{probably}</span>"
        f"<span>{place}<u> in the own list</u></span></div>"
    )


def _share(stars: float, scale: RatingScale) -> float:
    return 100 * (stars - scale.low) / (scale.high - scale.low)
