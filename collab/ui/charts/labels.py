"""Text and style helpers for Plotly figures: shortened titles, hover texts, colour scales, fonts. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence

from collab.ui.charts import formats


def shortened(title: str, length: int = 30) -> str:
    """`title` cut to about `length` characters, its year kept: "Children of the Corn: Th… (1996)"."""
    if len(title) <= length:
        return title
    name, _, year = title.rpartition(" (")
    if not name or not year.endswith(")"):
        return title[: length - 1].rstrip() + "…"
    return f"{name[: max(1, length - len(year) - 3)].rstrip()}… ({year}"


def name_of(title: str, length: int) -> str:
    """`title` without its year, cut to `length` characters: for a narrow column."""
    name = title.rsplit(" (", 1)[0]
    return name if len(name) <= length else f"{name[: length - 1].rstrip()}…"


def film_words(title: str, bias: float, n_ratings: int, *more: str, deviation: float | None = None) -> str:
    """Hover text of a film: "Alien (1979) · bias +0.42 ± 0.05 · 291 ratings"; ± where a `deviation` is known."""
    give_or_take = "" if deviation is None else f" ± {deviation:.2f}"
    facts = f"bias {formats.signed(bias)}{give_or_take}", formats.counted(n_ratings, "rating")
    return " · ".join([formats.in_figure(title), *more, *facts])


def colour_scale(colours: Sequence[str]) -> list[list]:
    """The colours at even steps from 0 to 1, as a Plotly colour scale."""
    return [[step / (len(colours) - 1), colour] for step, colour in enumerate(colours)]


def font(colour: str, size: int) -> dict:
    """A Plotly font; its family is the page's."""
    return {"color": colour, "size": size}
