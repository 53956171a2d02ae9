"""A table to take along."""

from __future__ import annotations

import pandas as pd
import streamlit as st


def csv_button(table: pd.DataFrame, name: str, key: str = "") -> None:
    """A button that downloads `table` as NAME.csv with all its columns; the file is written when it is pressed. A `key` tells
    two buttons of one name apart."""
    st.download_button(
        "Download as CSV",
        data=lambda: table.to_csv(index=False).encode(),
        file_name=f"{name}.csv",
        mime="text/csv",
        icon=":material/download:",
        key=key or f"csv_{name}",
        on_click="ignore",
        type="tertiary",
        help="The rows of the table above, with every digit.",
    )
