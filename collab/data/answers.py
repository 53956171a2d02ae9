"""Answers as a file: what somebody thinks of some films, read from and written to CSV, and which films are meant.

The file has the columns `title` and `rating`, in any order and among others; an empty rating says "haven't seen it", unless a
column `said` has "seen" or "not interested" there: a film that is not to be picked.
The pages and the command line read the same files with the same complaints; `collab.data.exports` reads those of other places too.
"""

from __future__ import annotations

import csv
import io
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from collab.data.ratings import UNKNOWN, RatingScale
from collab.errors import DataError

COLUMNS = ("title", "rating")
SAID = "said"
"""The third column, which a file may lack."""

SEEN, NOT_INTERESTED = DISMISSALS = ("seen", "not interested")
"""What can be said of a film in place of stars, so that it is not picked."""

STARS = RatingScale(0.5, 5.0, 0.5)
"""The scale that answers are kept in: they outlive a data set, so it holds the levels of all of them."""

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


def match_titles(titles: Sequence[str], catalogue_titles: Sequence[str]) -> tuple[list[int | None], list[str]]:
    """For each title its place in the catalogue, or None, and the list of titles that are not there.

    An exact match goes first. Else case, accents, spaces, curly quotes and the place of an article do not matter: "the
    thing (1982)" finds "Thing, The (1982)". Else punctuation does not matter either, and a name in brackets is as good as the
    one before it: "Se7en (1995)" finds "Seven (a.k.a. Se7en) (1995)". The year always has to agree, and where two films of the
    catalogue would fit neither is taken: rather not found than a wrong film. A title that is there twice means its first.
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
    if None in found:
        named: dict[str, int | None] = {}
        for title, index in exact.items():
            for each in _names(title):
                named[each] = None if named.get(each, index) != index else index
        for row, title in enumerate(titles):
            fit = {named[each] for each in _names(title) if each in named}
            if found[row] is None and len(fit) == 1:
                found[row] = fit.pop()
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


_SIGNS = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-"})
_MOVED_ARTICLE = re.compile(rf"(^|\()([^()]*?), ({ARTICLES})(?=$|\)| \()", re.IGNORECASE)


def _plain(title: str) -> str:
    """A title without case, accents and doubled spaces, its articles in front; for comparing only."""
    letters = unicodedata.normalize("NFKD", title.translate(_SIGNS))
    letters = "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()
    moved = _MOVED_ARTICLE.sub(r"\1\3 \2", " ".join(letters.split()))
    return moved.replace("l' ", "l'")


_LAST_YEAR = re.compile(r"\s*\((\d{4})\)\s*$")
_BRACKETS = re.compile(r"\(([^()]*)\)")
_ALSO_KNOWN = re.compile(r"^\s*a\.?k\.?a\.?:?\s+", re.IGNORECASE)


def _names(title: str) -> set[str]:
    """Every name of a film with its year, before brackets and in them, without punctuation; none where no year is given."""
    year = _LAST_YEAR.search(title)
    if year is None:
        return set()
    whole = title[: year.start()]
    names = (_BRACKETS.sub(" ", whole), *(_ALSO_KNOWN.sub("", name) for name in _BRACKETS.findall(whole)))
    letters = {re.sub(r"\W+", " ", _plain(name).replace("'", "").replace("&", " and ")).strip() for name in names}
    return {f"{each} {year[1]}" for each in letters if each}
