"""The spreadsheet of factors, predictions and errors as one HTML table, and its loss curve: both update in place."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from collab.lessons.slow_motion import State
from collab.ui.charts import formats
from collab.ui.charts.labels import name_of
from collab.ui.charts.palette import Palette, mixed

FULL_COLOUR = 3.0  # error in stars that gets the full colour


def number(value: float, digits: int = 2) -> str:
    """A number with a typographic minus; large ones with fewer digits, so that they fit into a cell."""
    text = f"{value:.{digits if abs(value) < 10 else 0 if abs(value) >= 100 else 1}f}"
    return text.replace("-", "−")


def spreadsheet(
    state: State,
    ratings: np.ndarray,
    users: Sequence[str],
    films: Sequence[str],
    picked: tuple[int, int],
    palette: Palette,
    *,
    gradients: bool = False,
) -> str:
    """Film factors on top, user factors at the left, predictions where they meet, coloured by their error. Texts are escaped.

    `picked` is the cell that stands out with its factors; with `gradients` the gradients replace the factors.
    """
    of_users, of_items = (
        (state.user_gradients, state.item_gradients) if gradients else (state.user_factors, state.item_factors)
    )
    n_factors = of_users.shape[1]
    what = "gradient" if gradients else "factor"
    head = "".join(
        f'<th scope="col" class="film" title="{escape(film)}">{escape(name_of(film, 22))}</th>' for film in films
    )
    rows = [f'<tr><th colspan="{n_factors + 1}"></th>{head}</tr>']
    for place in range(n_factors):
        cells = "".join(
            f'<td class="factor{" mine" if column == picked[1] else ""}">{number(of_items[column, place])}</td>'
            for column in range(len(films))
        )
        name = f'<th scope="row" colspan="{n_factors + 1}" style="text-align:right">{what} {place + 1} of the film&nbsp;</th>'
        rows.append(f"<tr>{name}{cells}</tr>")
    rows.append(
        '<tr><th class="user">user</th>'
        + "".join(
            f'<th scope="col" title="{what} {place + 1} of the user">{place + 1}</th>' for place in range(n_factors)
        )
        + f'<th colspan="{len(films)}">predicted, and the rating it should be</th></tr>'
    )
    for row, user in enumerate(users):
        mine = " mine" if row == picked[0] else ""
        cells = "".join(f'<td class="factor{mine}">{number(value)}</td>' for value in of_users[row])
        cells += "".join(
            _cell(state.predictions[row, column], ratings[row, column], (row, column) == picked, palette)
            for column in range(len(films))
        )
        rows.append(f'<tr><th scope="row" class="user">{escape(user)}</th>{cells}</tr>')
    colours = (
        f"--ink:{palette.ink};--muted:{palette.muted};--chosen:{palette.chosen};"
        f"--factor:{mixed(palette.grid, palette.paper, 0.5)};--mine:{mixed(palette.chosen, palette.paper, 0.75)}"
    )
    label = (
        f"Predictions of {len(users)} users for {len(films)} films with their {what}s; loss {formats.loss(state.loss)}"
    )
    return f'<table class="slow-motion" aria-label="{label}" style="{colours}">{"".join(rows)}</table>'


def spreadsheet_table(
    state: State, ratings: np.ndarray, users: Sequence[str], films: Sequence[str], *, gradients: bool = False
) -> pd.DataFrame:
    """The spreadsheet's numbers: on top one row per film factor, then for each user one row with factors and predictions, and one
    with ratings; with `gradients` the gradients replace the factors."""
    of_users, of_items = (
        (state.user_gradients, state.item_gradients) if gradients else (state.user_factors, state.item_factors)
    )
    what, n_factors = "gradient" if gradients else "factor", of_users.shape[1]
    user_columns, film_columns = (
        [f"{what} {place + 1}" for place in range(n_factors)],
        [f"{film} (stars)" for film in films],
    )
    rows: list[dict[str, Any]] = [
        {"row": f"{what} {place + 1} of the film", **dict(zip(film_columns, of_items[:, place].round(3), strict=True))}
        for place in range(n_factors)
    ]
    for row, user in enumerate(users):
        predicted = dict(zip(film_columns, state.predictions[row].round(3), strict=True))
        factors = dict(zip(user_columns, of_users[row].round(3), strict=True))
        rows.append({"row": f"user {user}: predicted", **factors, **predicted})
        rows.append({"row": f"user {user}: rated", **dict(zip(film_columns, ratings[row], strict=True))})
    return pd.DataFrame(rows, columns=["row", *user_columns, *film_columns])


def _cell(prediction: float, rating: float, picked: bool, palette: Palette) -> str:
    chosen = " picked" if picked else ""
    if np.isnan(rating):
        return (
            f'<td class="cell blank{chosen}" title="not rated: no error">{number(prediction, 1)}<small>?</small></td>'
        )
    error = prediction - rating
    share = min(1.0, abs(error) / FULL_COLOUR)
    end = palette.diverging[-2] if error > 0 else palette.diverging[1]
    colour = mixed(end, palette.paper, 1 - share)
    ink = palette.ink if share < 0.55 else palette.paper
    return (
        f'<td class="cell{chosen}" title="error {number(error)}" style="background:{colour};color:{ink}">'
        f"<b>{number(prediction, 1)}</b><small>{rating:g}</small></td>"
    )


def loss_spec(states: Sequence[State], n_steps: int, palette: Palette) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The loss after every step so far, and the small chart that draws it."""
    data = pd.DataFrame({"step": range(len(states)), "loss": [state.loss for state in states]})
    x = {
        "field": "step",
        "type": "quantitative",
        "scale": {"domain": [0, n_steps], "nice": False},
        "axis": {"grid": False, "tickCount": 4, "titleColor": palette.muted},
    }
    top = max(1.0, max(state.loss for state in states))
    y = {
        "field": "loss",
        "type": "quantitative",
        "scale": {"domain": [0, top]},
        "title": "loss (MSE)",
        "axis": {"gridColor": palette.grid, "tickCount": 3, "titleColor": palette.muted},
    }
    hover = [{"field": "step"}, {"field": "loss", "format": ".4f"}]
    line = {"mark": {"type": "line", "strokeWidth": 2.5, "color": palette.train}, "encoding": {"x": x, "y": y}}
    dot = {
        "transform": [{"filter": f"datum.step === {len(states) - 1}"}],
        "mark": {"type": "point", "filled": True, "size": 70, "color": palette.train},
        "encoding": {"x": x, "y": y, "tooltip": hover},
    }
    return data, {"layer": [line, dot], "height": 180}
