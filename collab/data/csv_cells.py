"""Texts as cells of a CSV file that spreadsheets show and never calculate.

A spreadsheet takes a cell for a formula by its first character. An apostrophe in front makes it text, as OWASP's page on CSV
injection recommends. A text with apostrophes of its own before such a character gets one more, so that what is written is read
back unchanged. Numbers need none of this.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

_FORMULA = re.compile(r"'*[=+\-@＝＋－−＠\t\r\n]")


def neutralised(text: str) -> str:
    """`text` as a cell to be written; `restored` undoes it."""
    return f"'{text}" if _FORMULA.match(text) else text


def restored(cell: str) -> str:
    """The text of a cell that was written as `neutralised` has it; any other cell stays as it is."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def table_csv(table: pd.DataFrame, heads: Sequence[str]) -> bytes:
    """The rows of a table as the CSV that spreadsheets read best, UTF-8 with its mark; `heads` are those of its columns."""
    safe = table.set_axis(range(table.shape[1]), axis=1)
    for place in safe:
        if not pd.api.types.is_numeric_dtype(safe[place]):
            safe[place] = safe[place].map(lambda cell: neutralised(cell) if isinstance(cell, str) else cell)
    # lines end in CR LF: with LF alone, a text that holds a CR would not be quoted
    return safe.to_csv(index=False, header=[neutralised(head) for head in heads], lineterminator="\r\n").encode(
        "utf-8-sig"
    )
