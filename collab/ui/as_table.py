"""The table that says the same as a picture: folded away, made only when somebody opens it, and a CSV file from its toolbar."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

HEIGHT = 260  # pixels; a longer table scrolls


def table_fold(key: str, fold: Callable[..., Any] = st.expander) -> Any | None:
    """The place of the table of a picture where somebody has opened it, else None: what nobody sees is not made."""
    place = fold("As a table", key=key, icon=":material/table_rows:", on_change="rerun")
    return place if place.open else None


def as_table(
    key: str,
    name: str,
    make: Callable[[], pd.DataFrame],
    columns: Mapping[str, Any] | None = None,
    *,
    fold: Callable[..., Any] = st.popover,
) -> None:
    """A button that opens the table of a picture. `make` returns its rows, `name` says what they are, `columns` is Streamlit's
    `column_config`; where a popover cannot stand, in another one, `fold` is `st.expander`."""
    place = table_fold(key, fold)
    if place is not None:
        rows = make()
        height = HEIGHT if len(rows) > 6 else "content"
        place.dataframe(rows, hide_index=True, height=height, placeholder="–", alt=name, column_config=columns)
