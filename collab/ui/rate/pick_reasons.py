"""Why a film is picked, as sums printed below it; the printed figures add up to the last digit."""

from __future__ import annotations

from collections.abc import Mapping

from collab.recommend.new_user import ABOUT, GROUPS, Picks
from collab.recommend.orders import WATCH
from collab.recommend.reasons import Reason, rating_reasons, rounded, watched_reasons
from collab.ui.charts import formats
from collab.ui.person.viewer import Viewer
from collab.ui.widgets.item_list import Part, Sum

FACT_NAMES = {GROUPS: "From the groups picked", ABOUT: "From age, gender, occupation"}


def pick_reasons(viewer: Viewer, rated: Mapping[int, float], found: Picks) -> list[list[Sum]]:
    """For every pick after the ratings `rated`, the sums that explain it: the item-item score, where it ranked the list, and the
    predicted rating. *What if* can be asked of the rated films in them."""
    films = found.items["item_index"].to_numpy()
    sums: list[list[Sum]] = [[] for _ in films]
    if found.order == WATCH and viewer.item_weights is not None and rated:
        for each, reason in zip(sums, watched_reasons(viewer.item_weights, rated, films), strict=True):
            each.append(_sum(viewer, rated, reason, "Watched together, score", "How often it is watched", 3))
    predicted = rating_reasons(viewer.person, rated, films)
    if predicted is not None:
        for each, reason in zip(sums, predicted, strict=True):
            start = "Before you said anything" if reason.stated else "Before the first rating"
            each.append(_sum(viewer, rated, reason, "Predicted, stars", start, 2))
    return sums


def _sum(viewer: Viewer, rated: Mapping[int, float], reason: Reason, name: str, start: str, digits: int) -> Sum:
    """A reason as a sum, its films named with their titles and stars."""
    titles = viewer.run.items["title"].array
    exact = [reason.start, *(part for _, part in (*reason.stated, *reason.parts))]
    (begin, *figures), total = rounded([*exact, reason.others] if reason.n_others else exact, digits)
    parts = [Part(start, _plain(begin, digits))]
    parts += [
        Part(FACT_NAMES[name], formats.signed(figure, digits))
        for (name, _), figure in zip(reason.stated, figures, strict=False)
    ]
    parts += [
        Part(f"{titles[film]}, rated {rated[film]:g}", formats.signed(figure, digits), viewer.known.titles[film])
        for (film, _), figure in zip(reason.parts, figures[len(reason.stated) :], strict=False)
    ]
    if reason.n_others:
        parts.append(Part(formats.counted(reason.n_others, "more film"), formats.signed(figures[-1], digits)))
    return Sum(name, _plain(total, digits), parts)


def _plain(figure: float, digits: int) -> str:
    return f"{figure:.{digits}f}".replace("-", "−")
