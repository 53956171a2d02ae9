"""Tables: of items, with common column heads and a link to each item's page; and of the data behind a picture, folded away."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from collab.data.csv_cells import table_csv
from collab.data.genres import genre_words
from collab.ui.charts import formats
from collab.ui.frame.item_page import go_to_requested_item, open_item

COLUMNS: Mapping[str, Any] = {
    "place": st.column_config.NumberColumn("Place", format="localized", width="small"),
    "title": st.column_config.TextColumn("Title", width="medium"),
    "genres": st.column_config.TextColumn("Genres"),
    "year": st.column_config.NumberColumn("Year", format="%d"),
    "n_ratings": st.column_config.NumberColumn("Ratings", format="localized", help="Training ratings of the film."),
    "mean_rating": st.column_config.NumberColumn("Mean", format="%.1f"),
    "damped_mean": st.column_config.NumberColumn(
        "Damped mean", format="%.1f", help="The mean after adding five ratings at the overall mean."
    ),
    "bias": st.column_config.NumberColumn("Bias", format="%+.2f"),
    "deviation": st.column_config.NumberColumn(
        "±", format="%.2f", help="Standard deviation of the bias: what the ratings leave open."
    ),
    "residual": st.column_config.NumberColumn(
        "Residual",
        format="%+.2f",
        help="Bias minus what the mean alone suggests: a straight line through all, each weighted by its count.",
    ),
    "stars": st.column_config.NumberColumn("Stars", format="%.1f"),
    "predicted": st.column_config.NumberColumn("Predicted", format="%.1f"),
    "average": st.column_config.NumberColumn("Average person", format="%.1f"),
    "interval": st.column_config.TextColumn("80 % interval", help="Holds the rating in 8 of 10 cases, says the model."),
}
"""Heads and formats of the columns of item tables; a table adds its own."""
TO_PAGE, ARROW = "to_page", "→"
HEIGHT = 260  # pixels; a longer table scrolls


def show_table(
    rows: Any,
    *,
    key: str,
    alt: str,
    name: str = "",
    column_order: Sequence[str] | None = None,
    column_config: Mapping[str, Any] | None = None,
    **arguments: Any,
) -> Any:
    """A table of `rows`, a frame or its Styler, with its download below. `alt` says what the rows are; the rest and what is
    returned are as for `st.dataframe`.

    Streamlit's own download is switched off (.streamlit/config.toml), because it writes a title or a name that a spreadsheet
    would calculate as it stands. Ours has the columns in sight under their heads, is written when it is pressed, and is called
    after the table's `name`, which is its `key` if that stays the same.
    """
    name, columns = name or key, column_config or {}
    with st.container(gap=None):
        event = st.dataframe(
            rows,
            key=key,
            alt=alt,
            hide_index=True,
            placeholder=formats.MISSING,
            column_order=column_order,
            column_config=columns,
            **arguments,
        )
        st.download_button(
            "Download as CSV",
            lambda: _csv(rows if isinstance(rows, pd.DataFrame) else rows.data, column_order, columns),
            f"{name.replace('_', '-')}.csv",
            "text/csv",
            key=f"{name}_csv",
            type="tertiary",
            icon=":material/download:",
            on_click="ignore",
        )
    return event


def _csv(rows: pd.DataFrame, order: Sequence[str] | None, columns: Mapping[str, Any]) -> bytes:
    def head(name: Any) -> str:
        column = columns.get(name)
        return str((column if isinstance(column, str) else (column or {}).get("label")) or name)

    in_sight = [each for each in order or rows if each in rows and each != TO_PAGE]
    return table_csv(rows[in_sight], [head(each) for each in in_sight])


def item_table(
    rows: pd.DataFrame,
    items: pd.DataFrame,
    key: str,
    alt: str,
    order: Sequence[str],
    columns: Mapping[str, Any] | None = None,
    *,
    height: int | str = "auto",
    selectable: bool = False,
) -> None:
    """A table of items: `rows` with their item_index in `items` (-1: not there). An arrow beside the title opens the item's page.
    With `selectable`, `st.session_state[key]` has the selected rows.

    `order` names the visible columns, of which `rows` may lack some; `columns` is Streamlit's `column_config` for those that are
    not in `COLUMNS` or differ from it here. `alt` says what the rows are.
    """
    item_index = rows["item_index"].to_numpy()
    shown = rows.assign(**{TO_PAGE: pd.Categorical.from_codes(np.where(item_index > 0, 0, -1), [ARROW])})
    if "genres" in shown:
        shown["genres"] = shown["genres"].map(genre_words)
    beside = list(order).index("title") + 1
    pressed = f"{key}_{TO_PAGE}"
    button = st.column_config.ButtonColumn(
        "",
        type="tertiary",
        width=36,
        help="Opens the film’s page.",
        key=pressed,
        on_click=_open_row,
        args=(pressed, items["label"], item_index),
    )
    show_table(
        shown,
        key=key,
        height=height,
        alt=alt,
        column_order=[name for name in (*order[:beside], TO_PAGE, *order[beside:]) if name in shown],
        column_config={
            **{name: column for name, column in COLUMNS.items() if name in shown},
            TO_PAGE: button,
            **(columns or {}),
        },
        on_select="rerun" if selectable else "ignore",
        selection_mode="multi-row",
    )
    go_to_requested_item()  # a press in a fragment does not rerun the frame, which would otherwise go there


def _open_row(pressed: str, labels: pd.Series, item_index: np.ndarray) -> None:
    row = st.session_state[pressed].row
    if row < len(item_index):  # a browser may still show a longer table
        open_item(labels.iat[item_index[row]])


def table_fold(key: str, fold: Callable[..., Any] = st.expander) -> Any | None:
    """The container for the table of a picture if it is open, else None: a hidden table is not computed."""
    place = fold("As a table", key=key, icon=":material/table_rows:", on_change="rerun")
    return place if place.open else None


def as_table(
    key: str,
    name: str,
    make: Callable[[], pd.DataFrame | Mapping[str, pd.DataFrame]],
    columns: Mapping[str, Any] | None = None,
    *,
    fold: Callable[..., Any] = st.popover,
) -> None:
    """A button that opens the table of a picture. `make` returns its rows, or several tables by name; `name` says what the rows
    are; `columns` is Streamlit's `column_config`. Inside another popover, where a popover is not allowed, `fold` is
    `st.expander`."""
    place = table_fold(key, fold)
    if place is None:
        return
    made = make()
    tables = made if isinstance(made, Mapping) else {name: made}
    for number, (said, rows) in enumerate(tables.items()):
        with place:
            st.caption(said)  # a line above the table, for its toolbar
            show_table(
                rows,
                key=f"{key}_{number}",
                alt=said,
                width="content",
                height=HEIGHT if len(rows) > 6 else "content",
                column_config={**_losses(rows), **(columns or {})},
            )


def _losses(rows: pd.DataFrame) -> dict[str, Any]:
    """Four decimals, as for losses everywhere, for columns with "MSE" in their heads."""
    return {each: st.column_config.NumberColumn(format="%.4f") for each in rows if "MSE" in str(each)}
