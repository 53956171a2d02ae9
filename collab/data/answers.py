"""Answers as a file: what somebody thinks of some films, read from and written to CSV, and which films are meant.

The file has the columns `title` and `rating`, in any order and among others; an empty rating says "haven't seen it", unless a
column `said` has "seen" or "not interested" there: a film that is not to be picked.
The pages and the command line read the same files with the same complaints; `collab.data.exports` reads those of other places
too.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from collab.data.ratings import RatingScale
from collab.errors import DataError

COLUMNS = ("title", "rating")
SAID = "said"
"""The third column, which a file may lack."""

SEEN, NOT_INTERESTED = DISMISSALS = ("seen", "not interested")
"""What can be said of a film in place of stars, so that it is not picked."""

STARS = RatingScale(0.5, 5.0, 0.5)
"""The scale that answers are kept in: they outlive a data set, so it holds the levels of all of them."""


@dataclass(frozen=True)
class RatingsFile:
    """What a file of ratings says: `rows` of (title, rating or None for "haven't seen it"), each title once.

    They stand in the order in which the titles appear first; `repeated` names the titles of which a later line replaced
    an earlier one. `said` maps titles without a rating to one of DISMISSALS; those that it lacks have not been seen.
    """

    rows: tuple[tuple[str, float | None], ...]
    repeated: tuple[str, ...]
    said: Mapping[str, str] = field(default_factory=dict)


def read_ratings_csv(source: str | bytes, rating_scale: RatingScale, name: str = "The file") -> RatingsFile:
    """The ratings in a CSV file.

    `source` is its text or its UTF-8 bytes; `name` is what complaints call it. Any rating within the scale is taken, also one
    between two levels. Of a title that stands there twice the last line counts. Raises DataError naming line, column, value and
    remedy; then nothing was read.
    """
    line, header, records = csv_table(source, name)
    places = _column_places(header, f"{name}, line {line}")
    rows: dict[str, float | None] = {}
    said: dict[str, str] = {}
    repeated: dict[str, None] = {}
    for line, record in records:
        title, rating = record[places["title"]].strip(), record[places["rating"]].strip()
        if not title:
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
    """The first line of a CSV text that is not blank, as its number and its columns, and every further record with its line.

    Raises DataError for what is no CSV, in UTF-8 where it is bytes; the records do so when they come to be read.
    """
    lines = _records(_decode(source, name) if isinstance(source, bytes) else source.removeprefix("\ufeff"), name)
    line, header = next(lines, (0, []))
    if not header:
        raise DataError(f"{name} is empty; its first line has to be title,rating and every further line a film")
    return line, header, _complete(lines, len(header), name)


def rating_in(text: str, rating_scale: RatingScale, place: str) -> float:
    """The stars that a text says. Raises DataError, which names the `place`, for one that is no rating of the scale."""
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
    """The text of a CSV file that `read_ratings_csv` reads back as the same rows, and the same `said` by title.

    The column `said` is there only where there is something in it.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*COLUMNS, SAID) if said else COLUMNS)
    for title, rating in rows:
        record = title, "" if rating is None else repr(float(rating)).removesuffix(".0")
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
    """Every record with the number of the line where it begins; blank lines are passed over."""
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
            trouble = "is missing" if column not in names else "is there twice"
            raise DataError(
                f"{place}: the column {column} {trouble}, the line is {','.join(header)!r}; "
                "it has to name the columns title,rating, separated by a comma"
            )
    return {column: names.index(column) for column in (*COLUMNS, SAID) if column in names}


def _dismissal(word: str, place: str) -> str:
    if word not in DISMISSALS:
        raise DataError(f"{place}: {word!r} says nothing here; write {' or '.join(DISMISSALS)}, or leave it empty")
    return word
