"""Controls that many pages share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import streamlit as st


def choose(
    label: str,
    options: Sequence[str],
    *,
    key: str,
    label_visibility: Literal["visible", "collapsed"] = "visible",
    help: str | None = None,
) -> str:
    """One of a few options, shown side by side; the first, unless the link names another under `key`."""
    return st.segmented_control(
        label,
        options,
        default=options[0],
        required=True,
        key=key,
        bind="query-params",
        label_visibility=label_visibility,
        help=help,
    )
