"""Exports as answers: those of Letterboxd (one file, or the zip of all) and movielens.org, and Collab's own CSV.

The columns tell what a file is: `title,rating` is Collab's own, and with `movie_id` the file behind *Export ratings* on
movielens.org; `Name,Year,Letterboxd URI` is Letterboxd's, where `Rating` holds half stars. A Letterboxd film without stars
counts as "haven't seen it" in a file called watchlist, and as "seen" in any other.
"""

from __future__ import annotations

import dataclasses
import io
import zipfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from collab.data.answers import SEEN, RatingsFile, csv_table, rating_in, read_ratings_csv
from collab.data.archive import UNREADABLE
from collab.data.ratings import RatingScale
from collab.data.titles import match_titles
from collab.errors import DataError

LETTERBOXD, MOVIELENS, OWN = "Letterboxd", "MovieLens", ""

LETTERBOXD_FILES = ("watchlist.csv", "watched.csv", "ratings.csv")
"""The files read from Letterboxd's zip; on the same film, a later one takes precedence."""

LETTERBOXD_COLUMNS = ("name", "year", "letterboxd uri")
LARGEST_MEMBER = 20_000_000
"""Limit on an unpacked file, in bytes: a zip of a few kilobytes may expand to gigabytes."""

TAKEN = "a CSV file with the columns title,rating, or an export of Letterboxd or movielens.org"


@dataclass(frozen=True)
class Export:
    """The answers in a file, and its origin: LETTERBOXD, MOVIELENS or OWN."""

    answers: RatingsFile
    origin: str


def read_export(source: Path | bytes, rating_scale: RatingScale, name: str = "The file") -> Export:
    """Read the answers in a file of any known kind, recognised by its content.

    `source` is a path, or the content itself, called `name` in error messages. Raises DataError naming line, column, value and
    remedy; the file is then rejected as a whole.
    """
    if isinstance(source, Path):
        name = str(source)
        try:
            source = source.read_bytes()
        except OSError as reason:
            raise DataError(f"{name} cannot be read ({reason.strerror}); name {TAKEN}") from reason
    if source.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return Export(_read_zip(source, rating_scale, name), LETTERBOXD)
    line, header, _ = csv_table(source, name)
    columns = {column.strip().casefold() for column in header}
    if columns.issuperset(LETTERBOXD_COLUMNS):
        return Export(_answers_of([_read_letterboxd(source, rating_scale, name, name)], name), LETTERBOXD)
    if "movieid" in columns and "title" not in columns:
        raise DataError(
            f"{name}, line {line}: the file gives films as numbers (movieId) and names none, so they cannot be matched; "
            "load what “Export ratings” on movielens.org gives, which has titles"
        )
    return Export(read_ratings_csv(source, rating_scale, name), MOVIELENS if "movie_id" in columns else OWN)


def with_catalogue_titles(export: Export, catalogue_titles: Sequence[str]) -> tuple[Export, tuple[str, ...]]:
    """The export with titles spelt as in the catalogue, and the titles that the catalogue lacks, which stay unchanged.

    Where two titles match the same item, the later one counts and the catalogue's title is added to `repeated`.
    """
    answers = export.answers
    places, lacking = match_titles([title for title, _ in answers.rows], catalogue_titles)
    rows: dict[str, float | None] = {}
    said: dict[str, str] = {}
    repeated = dict.fromkeys(answers.repeated)
    for place, (title, rating) in zip(places, answers.rows, strict=True):
        spelt = title if place is None else catalogue_titles[place]
        if spelt in rows:
            repeated[spelt] = None
        rows[spelt] = rating
        said.pop(spelt, None)
        if title in answers.said:
            said[spelt] = answers.said[title]
    return Export(RatingsFile(tuple(rows.items()), tuple(repeated), said), export.origin), tuple(lacking)


def answers_to_keep(export: Export, rated: Collection[str]) -> RatingsFile:
    """The answers of an export to keep where the titles `rated` already have stars: a Letterboxd list of films watched, or to
    be watched, does not overwrite them."""
    if export.origin != LETTERBOXD:
        return export.answers
    rows = tuple((title, rating) for title, rating in export.answers.rows if rating is not None or title not in rated)
    return dataclasses.replace(export.answers, rows=rows)


@dataclass(frozen=True)
class _Film:
    """One line of a Letterboxd file; `weight` is 2 for a film with stars, 1 for one seen without, 0 for one not seen."""

    title: str
    rating: float | None
    weight: int


def _read_letterboxd(source: bytes, rating_scale: RatingScale, file: str, name: str) -> list[_Film]:
    """The films in one file called `file`; error messages call it `name`."""
    first, header, records = csv_table(source, name)
    names = [column.strip().casefold() for column in header]
    place = {column: names.index(column) for column in (*LETTERBOXD_COLUMNS, "rating") if column in names}
    stem = PurePosixPath(file.replace("\\", "/")).stem.casefold()
    is_watchlist = "watchlist" in stem
    if "rating" not in place and not is_watchlist and "watched" not in stem:
        raise DataError(
            f"{name}, line {first}: this list of Letterboxd has no column Rating, so only its name can tell whether its films "
            "were seen; call it watched.csv or watchlist.csv"
        )
    films = []
    for line, record in records:
        title, year = record[place["name"]].strip(), record[place["year"]].strip()
        if not title:
            raise DataError(
                f"{name}, line {line}, column Name: it is empty; write the film's title, or delete the line"
            )
        if year and not (year.isascii() and year.isdigit() and len(year) == 4):
            raise DataError(f"{name}, line {line}, column Year: {year!r} is not a year of four digits, or nothing")
        text = record[place["rating"]].strip() if "rating" in place else ""
        rating = rating_in(text, rating_scale, f"{name}, line {line}, column Rating") if text else None
        films.append(_Film(f"{title} ({year})" if year else title, rating, 2 if text else 0 if is_watchlist else 1))
    return films


def _answers_of(files: Sequence[Sequence[_Film]], name: str) -> RatingsFile:
    """One answer per film: stars take precedence over "seen", and "seen" over "haven't seen it"; of equals, the later wins."""
    best: dict[str, _Film] = {}
    repeated: dict[str, None] = {}
    for film in (film for films in files for film in films):
        before = best.get(film.title)
        if before is None or film.weight >= before.weight:
            best[film.title] = film
        if before is not None and film.rating is not None and before.rating is not None:
            repeated[film.title] = None
    if not best:
        raise DataError(f"{name} names no film; choose an export with at least one")
    said = {film.title: SEEN for film in best.values() if film.weight == 1}
    return RatingsFile(tuple((title, film.rating) for title, film in best.items()), tuple(repeated), said)


def _read_zip(source: bytes, rating_scale: RatingScale, name: str) -> RatingsFile:
    try:
        with zipfile.ZipFile(io.BytesIO(source)) as archive:
            found = [(PurePosixPath(each.filename), each) for each in archive.infolist()]
            wanted = [(path, each) for path, each in found if path.name in LETTERBOXD_FILES]
            if not wanted:
                raise DataError(
                    f"{name} holds none of {', '.join(LETTERBOXD_FILES)}; choose the zip that Letterboxd gives, or {TAKEN}"
                )
            top = min((path.parent for path, _ in wanted), key=lambda folder: len(folder.parts))
            here = {path.name: each for path, each in wanted if path.parent == top}  # deeper ones hold deleted films
            files = []
            for file in (each for each in LETTERBOXD_FILES if each in here):
                if here[file].file_size > LARGEST_MEMBER:
                    raise DataError(
                        f"{name}, {file}: larger than {LARGEST_MEMBER // 1_000_000} MB unpacked; load it on its own"
                    )
                with archive.open(here[file]) as member:
                    content = member.read(LARGEST_MEMBER)
                files.append(_read_letterboxd(content, rating_scale, file, f"{name}, {file}"))
    except (*UNREADABLE, ValueError) as reason:
        raise DataError(
            f"{name} is no zip that can be read ({reason}); download it again, or choose {TAKEN}"
        ) from reason
    return _answers_of(files, name)
