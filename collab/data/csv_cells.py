"""Texts as cells of a CSV file that spreadsheets show and never calculate.

A spreadsheet takes a cell for a formula by its first character. An apostrophe in front makes it text, as OWASP's page on CSV
injection recommends. A text with apostrophes of its own before such a character gets one more, so that what is written is read
back unchanged. Numbers need none of this.
"""

from __future__ import annotations

import re

_FORMULA = re.compile(r"'*[=+\-@＝＋－＠\t\r\n]")


def neutralised(text: str) -> str:
    """`text` as a cell to be written; `restored` undoes it."""
    return f"'{text}" if _FORMULA.match(text) else text


def restored(cell: str) -> str:
    """The text of a cell that was written as `neutralised` has it; any other cell stays as it is."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
