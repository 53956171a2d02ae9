"""Answers as a file: what somebody thinks of some films, read from and written to CSV, and which films are meant.

The file has the columns `title` and `rating`, in any order and among others; an empty rating says "haven't seen it", unless a
column `said` has "seen" or "not interested" there: a film that is not to be picked.
The pages and the command line read the same files with the same complaints.
"""

from __future__ import annotations

import csv
import io
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from collab.errors import DataError
from collab.ratings import UNKNOWN, RatingScale

COLUMNS = ("title", "rating")
SAID = "said"
"""The third column, which a file may lack."""

SEEN, NOT_INTERESTED = DISMISSALS = ("seen", "not interested")
"""What can be said of a film in place of stars, so that it is not picked."""

ARTICLES = "the|a|an|le|la|les|l'|un|une|el|los|las|una|il|lo|gli|i|der|die|das|den|det|de|het|o|os|as"
"""Words that catalogues move behind a title, "Thing, The (1982)", in the languages that MovieLens does it for."""


@dataclass(frozen=True)
class RatingsFile:
    """What a file of ratings says: `rows` of (title, rating or None for "haven't seen it"), each title once.

    They stand in the order in which the titles appear first; `repeated` names the titles of which a later line replaced
    an earlier one. `said` maps titles without a rating to one of DISMISSALS; those that it lacks have not been seen.
    """

    rows: tuple[tuple[str, float | None], ...]
    repeated: tuple[str, ...]
    said: Mapping[str, str] = field(default_factory=dict)


def read_ratings_csv(source: Path | str | bytes, rating_scale: RatingScale, name: str = "The file") -> RatingsFile:
    """The ratings in a CSV file.

    `source` is a path, or the content itself as text or as UTF-8 bytes; `name` is what complaints call content
    without a path. Any rating within the scale is taken, also one between two levels. Of a title that stands there
    twice the last line counts. Raises DataError naming line, column, value and remedy; then nothing was read.
    """
    if isinstance(source, Path):
        name = str(source)
        try:
            source = source.read_bytes()
        except OSError as reason:
            raise DataError(
                f"{name} cannot be read ({reason.strerror}); name a CSV file with the columns title,rating"
            ) from reason
    lines = _records(_decode(source, name) if isinstance(source, bytes) else source.removeprefix("\ufeff"), name)
    line, header = next(lines, (0, []))
    if not header:
        raise DataError(f"{name} is empty; its first line has to be title,rating and every further line a film")
    places = _column_places(header, f"{name}, line {line}")
    rows: dict[str, float | None] = {}
    said: dict[str, str] = {}
    repeated: dict[str, None] = {}
    for line, record in lines:
        if len(record) != len(header):
            raise DataError(
                f"{name}, line {line}: {len(record)} value(s), but the first line names {len(header)} column(s); "
                'separate by commas, and put a title that holds a comma in quotes: "Thing, The (1982)",4'
            )
        title, rating = record[places["title"]].strip(), record[places["rating"]].strip()
        if not title:
            raise DataError(f"{name}, line {line}, column title: it is empty; write the film's title with its year")
        if title in rows:
            repeated[title] = None
        rows[title] = _rating(rating, rating_scale, f"{name}, line {line}, column rating") if rating else None
        said.pop(title, None)
        if SAID in places and (word := record[places[SAID]].strip().casefold()) and not rating:
            said[title] = _dismissal(word, f"{name}, line {line}, column {SAID}")
    if not rows:
        raise DataError(f"{name} names no film; below the first line every line has to be a film: title,rating")
    return RatingsFile(tuple(rows.items()), tuple(repeated), said)


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


def match_titles(titles: Sequence[str], catalogue_titles: Sequence[str]) -> tuple[list[int | None], list[str]]:
    """For each title its place in the catalogue, or None, and the list of titles that are not there.

    An exact match goes first. Else case, accents, spaces, curly quotes and the place of an article do not matter: "the
    thing (1982)" finds "Thing, The (1982)". The year always has to agree, and where two films of the catalogue would
    fit neither is taken: rather not found than a wrong film. A title that the catalogue holds twice means its first.
    """
    exact: dict[str, int] = {}
    for index, title in enumerate(catalogue_titles):
        if title != UNKNOWN:
            exact.setdefault(title, index)
    forgiving: dict[str, int | None] = {}
    for title, index in exact.items():
        plain = _plain(title)
        forgiving[plain] = None if plain in forgiving else index
    found = [exact[title] if title in exact else forgiving.get(_plain(title)) for title in titles]
    return found, [title for title, index in zip(titles, found, strict=True) if index is None]


def spoken(title: str) -> str:
    """A title with its articles in front, as people say it: "Thing, The (1982)" becomes "The Thing (1982)"."""
    return re.sub(r"\b([Ll]') ", r"\1", _MOVED_ARTICLE.sub(r"\1\3 \2", title))


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


def _rating(text: str, rating_scale: RatingScale, place: str) -> float:
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


_SIGNS = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-"})
_MOVED_ARTICLE = re.compile(rf"(^|\()([^()]*?), ({ARTICLES})(?=$|\)| \()", re.IGNORECASE)


def _plain(title: str) -> str:
    """A title without case, accents and doubled spaces, its articles in front; for comparing only."""
    letters = unicodedata.normalize("NFKD", title.translate(_SIGNS))
    letters = "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()
    moved = _MOVED_ARTICLE.sub(r"\1\3 \2", " ".join(letters.split()))
    return moved.replace("l' ", "l'")
