"""Answers as CSV: a person's ratings of items by title, and the items they dismissed, read and written.

The file needs the columns `title` and `rating`, in any order; it may have others. An empty rating means "haven't seen it",
unless the column `said` holds "seen" or "not interested": the item is then left out of the picks.
The pages and the command line read the same files and raise the same errors; `collab.data.exports` also reads those of other
sites.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from collab.data.csv_cells import neutralised, restored
from collab.data.ratings import RatingScale
from collab.errors import DataError

COLUMNS = ("title", "rating")
SAID = "said"
"""The optional third column."""

SEEN, NOT_INTERESTED = DISMISSALS = ("seen", "not interested")
"""Answers given instead of stars; both leave the item out of the picks."""

STARS = RatingScale(0.5, 5.0, 0.5)
"""The scale on which answers are stored: they outlive a data set. A model is given them as they are, whatever its own scale."""


@dataclass(frozen=True)
class RatingsFile:
    """The contents of a ratings file: `rows` of (title, rating or None), each title once, in order of first appearance.

    `said` maps titles without a rating to one of DISMISSALS; a title that is not in it has not been seen. `repeated` lists
    the titles for which a later line replaced an earlier one.
    """

    rows: tuple[tuple[str, float | None], ...]
    repeated: tuple[str, ...]
    said: Mapping[str, str] = field(default_factory=dict)


def read_ratings_csv(source: str | bytes, rating_scale: RatingScale, name: str = "The file") -> RatingsFile:
    """Read the ratings in a CSV file.

    `source` is its text or its UTF-8 bytes; `name` is its name in error messages. Any rating within the scale is accepted, even
    between two levels. If a title occurs twice, the last line counts. Raises DataError naming line, column, value and remedy;
    the file is then rejected as a whole.
    """
    line, header, records = csv_table(source, name)
    places = _column_places(header, f"{name}, line {line}")
    rows: dict[str, float | None] = {}
    said: dict[str, str] = {}
    repeated: dict[str, None] = {}
    for line, record in records:
        title, rating = restored(record[places["title"]].strip()), record[places["rating"]].strip()
        if not title.strip():
            raise DataError(f"{name}, line {line}, column title: it is empty; write the film's title with its year")
        if title in rows:
            repeated[title] = None
        rows[title] = rating_in(rating, rating_scale, f"{name}, line {line}, column rating") if rating else None
        said.pop(title, None)
        if SAID in places and (word := record[places[SAID]].strip().casefold()) and not rating:
            said[title] = _dismissal(word, f"{name}, line {line}, column {SAID}")
    if not rows:
        raise DataError(f"{name} names no film; below the first line every line has to be a film: title,rating")
    return RatingsFile(tuple(rows.items()), tuple(repeated), said)


def csv_table(source: str | bytes, name: str) -> tuple[int, list[str], Iterator[tuple[int, list[str]]]]:
    """The line number and columns of the first line that is not blank, and an iterator over later records with line numbers.

    Raises DataError for text that is empty or not CSV, and for bytes that are not UTF-8; for later records, during iteration.
    """
    lines = _records(_decode(source, name) if isinstance(source, bytes) else source.removeprefix("\ufeff"), name)
    line, header = next(lines, (0, []))
    if not header:
        raise DataError(f"{name} is empty; its first line has to be title,rating and every further line a film")
    return line, header, _complete(lines, len(header), name)


def rating_in(text: str, rating_scale: RatingScale, place: str) -> float:
    """Parse a rating in stars. Raises DataError, naming the `place`, for a text that is not a number within the scale."""
    allowed = f"{rating_scale.low:g} to {rating_scale.high:g}"
    try:
        rating = float(text)
    except ValueError:
        rating = math.nan
    if not math.isfinite(rating):
        raise DataError(f"{place}: {text!r} is not a number; write one from {allowed}, or nothing for a film not seen")
    if not rating_scale.low <= rating <= rating_scale.high:
        raise DataError(f"{place}: {text!r} is outside the rating scale; write a rating from {allowed}")
    return rating


def write_ratings_csv(rows: Iterable[tuple[str, float | None]], said: Mapping[str, str] | None = None) -> str:
    """The text of a CSV file that `read_ratings_csv` reads back as the same rows and the same `said` by title, unless a title
    has blanks around it. No title is a formula to a spreadsheet.

    The column `said` is written only if `said` is not empty.
    """
    text = io.StringIO()
    writer = csv.writer(text)  # lines end in CR LF: with LF alone, a title that holds a CR would not be quoted
    writer.writerow((*COLUMNS, SAID) if said else COLUMNS)
    for title, rating in rows:
        record = neutralised(title), "" if rating is None else repr(float(rating)).removesuffix(".0")
        writer.writerow((*record, said.get(title, "")) if said else record)
    return text.getvalue()


def _decode(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")  # spreadsheets put a byte order mark in front
    except UnicodeDecodeError as reason:
        line = content[: reason.start].count(b"\n") + 1
        raise DataError(
            f"{name}, line {line}: the byte {content[reason.start]:#04x} is no UTF-8 text; save it as CSV in UTF-8"
        ) from reason


def _records(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the number of its first line; blank lines are skipped."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for record in reader:
            if any(value.strip() for value in record):
                yield line, record
            line = reader.line_num + 1
    except csv.Error as reason:
        raise DataError(
            f"{name}, line {line}: not readable as CSV ({reason}); check the quotes around titles"
        ) from reason


def _complete(lines: Iterator[tuple[int, list[str]]], n_columns: int, name: str) -> Iterator[tuple[int, list[str]]]:
    for line, record in lines:
        if len(record) != n_columns:
            raise DataError(
                f"{name}, line {line}: {len(record)} value(s), but the first line names {n_columns} column(s); "
                'separate by commas, and put a title that holds a comma in quotes: "Thing, The (1982)",4'
            )
        yield line, record


def _column_places(header: list[str], place: str) -> dict[str, int]:
    names = [column.strip().casefold() for column in header]
    for column in COLUMNS:
        if names.count(column) != 1:
            problem = "is missing" if column not in names else "is there twice"
            raise DataError(
                f"{place}: the column {column} {problem}, the line is {','.join(header)!r}; "
                "it has to name the columns title,rating, separated by a comma"
            )
    return {column: names.index(column) for column in (*COLUMNS, SAID) if column in names}


def _dismissal(word: str, place: str) -> str:
    if word not in DISMISSALS:
        raise DataError(f"{place}: {word!r} says nothing here; write {' or '.join(DISMISSALS)}, or leave it empty")
    return word
