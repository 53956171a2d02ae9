"""The rows of the list of picks: the films shown to a person, and how they would move after other ratings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from collab.recommend.new_user import Picks, picks
from collab.recommend.orders import Dials, RankChange, moves, popular
from collab.ui.charts import formats
from collab.ui.frame.item_page import item_address
from collab.ui.person.viewer import Viewer
from collab.ui.rate.pick_list import actions, tools
from collab.ui.rate.pick_reasons import pick_reasons
from collab.ui.widgets.dials import N_PICKS
from collab.ui.widgets.item_list import Film, Prediction, title_and_facts

N_FAMILIAR = 4
"""Number of picks that the person may know; the others are probably new to them."""

NEW, FAMILIAR, GONE = "New to you", "You may know these", "No longer picked"


@dataclass(frozen=True)
class Ranked:
    """The films of a list, best first, with at least the columns item_index, title, n_ratings, year, genres; `found` is the
    result of `picks`, None where nothing is rated or told and the list shows what is popular with everyone."""

    items: pd.DataFrame
    found: Picks | None


def ranked(viewer: Viewer, rated: Mapping[int, float], order: str, dials: Dials) -> Ranked:
    """The list after the ratings `rated`, stars by item_index."""
    items, known = viewer.run.items, viewer.known
    if not (rated or viewer.person.stated):
        return Ranked(popular(items, N_PICKS, dials.minimum_count, known.dismissed), None)
    found = picks(
        viewer.person,
        items,
        rated,
        N_PICKS,
        order=order,
        item_weights=viewer.item_weights,
        dials=dials,
        not_seen=known.not_seen,
        dismissed=known.dismissed,
        n_familiar=N_FAMILIAR,
    )
    return Ranked(found.items, found)


def films_of(viewer: Viewer, rated: Mapping[int, float], shown: Ranked, *, can_edit: bool) -> list[Film]:
    """The films of a list ready to draw, each with its actions."""
    films = []
    found = shown.found
    for film in shown.items.itertuples():
        title = viewer.known.titles.get(film.item_index, film.title)
        about = {
            "key": title,
            "tools": tools(title) if can_edit else "",
            "first_inside": actions(title, item_address(viewer.run, film.item_index), can_edit),
        }
        if found is None:
            films.append(Film(*title_and_facts(film), formats.stars(film.mean_rating), " on average", **about))
        else:
            section = "" if viewer.item_weights is None else FAMILIAR if film.familiar else NEW
            prediction = Prediction(
                film.predicted,
                film.low,
                film.high,
                film.likely_low,
                film.likely_high,
                found.chances[len(films)].tolist(),
            )
            films.append(Film(*title_and_facts(film), *_split(film.words), prediction, section, **about))
    if found is not None:
        reasons = pick_reasons(viewer, rated, found)
        films = [replace(film, reasons=sums) for film, sums in zip(films, reasons, strict=True)]
    return films


def moved(viewer: Viewer, rated: Mapping[int, float], now: Ranked, shown: Ranked, films: Sequence[Film]) -> list[Film]:
    """The `films` of the hypothetical list `shown`, each with its rank change and the change of its predicted stars; then the
    films of the current list `now` that would drop out."""
    there, gone = moves(now.items["item_index"].tolist(), shown.items["item_index"].tolist())
    stars, would_be = (viewer.person.predict(each)[0].mean for each in (viewer.known.rated, rated))
    listed = [
        replace(
            film, move=rank_change_in_words(move), **_change_of_stars(stars[move.item_index], would_be[move.item_index])
        )
        for film, move in zip(films, there, strict=True)
    ]
    rows = now.items.set_index("item_index", drop=False)
    for move in gone:
        film = next(rows.loc[[move.item_index]].itertuples())
        title = viewer.known.titles.get(film.item_index, film.title)
        inside = actions(title, item_address(viewer.run, film.item_index), False)
        leaving = Film(*title_and_facts(film), "", "", section=GONE, key=title, first_inside=inside)
        change = _change_of_stars(stars[move.item_index], would_be[move.item_index])
        listed.append(replace(leaving, move=rank_change_in_words(move), **change))
    return listed


def rank_change_in_words(move: RankChange) -> tuple[str, str]:
    """A rank change as a sign and in words."""
    if move.before is None:
        return "new", "new among the picks"
    if move.after is None:
        return "out", f"no longer picked, now at place {move.before + 1}"
    up = move.before - move.after
    if up == 0:
        return "=", "at the same place"
    return (
        f"{'↑' if up > 0 else '↓'}{abs(up)}",
        f"{'up' if up > 0 else 'down'} {abs(up)}, now at place {move.before + 1}",
    )


def _change_of_stars(now: float, would_be: float) -> dict[str, str]:
    """The verdict on a film whose predicted stars would change from `now` to `would_be`."""
    before, after = formats.stars(now), formats.stars(would_be)
    return {"figure": after, "rest": ", as now" if before == after else f" instead of {before}"}


def _split(sentence: str) -> tuple[str, str]:
    """ "4.2, probably 3 to 5" as the figure and the rest."""
    figure, comma, rest = sentence.partition(",")
    return figure, comma + rest
