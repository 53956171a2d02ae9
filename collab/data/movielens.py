"""Readers of the two MovieLens layouts; all errors in the files are raised here, naming file, line and remedy."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from collab.data.archive import REMEDY, Archive
from collab.data.dataset import Dataset
from collab.data.ratings import UNKNOWN, RatingScale
from collab.errors import DataError

GENRES_100K = (
    "unknown",
    "Action",
    "Adventure",
    "Animation",
    "Children's",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Fantasy",
    "Film-Noir",
    "Horror",
    "Musical",
    "Mystery",
    "Romance",
    "Sci-Fi",
    "Thriller",
    "War",
    "Western",
)
FOLDS_100K = ("u1", "u2", "u3", "u4", "u5", "ua", "ub")


@dataclass(frozen=True)
class _Table:
    """Text columns of a file, with the line number of each row."""

    place: str
    columns: pd.DataFrame
    lines: list[int]

    def reject(self, bad: np.ndarray, column: str, wanted: str) -> None:
        """Raise DataError for the first row where `bad` is true."""
        if bad.any():
            row = int(np.argmax(bad))
            raise DataError(
                f"{self.place}, line {self.lines[row]}: {column} is {self.columns[column].iloc[row]!r}, "
                f"but must be {wanted}. {REMEDY}"
            )

    def numbers(self, column: str, dtype: str) -> np.ndarray:
        values = pd.to_numeric(self.columns[column], errors="coerce").to_numpy(np.float64, na_value=np.nan)
        whole = dtype.startswith("int")
        bad = ~np.isfinite(values)
        if whole:
            bad |= (values != np.floor(values)) | (np.abs(values) > 2.0**53)  # beyond, float64 skips whole numbers
        self.reject(bad, column, "a whole number" if whole else "a number")
        return values.astype(dtype)

    def ids(self, column: str) -> pd.Series:
        self.reject(
            self.columns[column].str.strip().isin(["", UNKNOWN]).to_numpy(),
            column,
            f"an id (and not {UNKNOWN}, which stands for nobody)",
        )
        return self.columns[column]

    def titles(self, column: str) -> pd.Series:
        titles = self.columns[column].str.strip()
        self.reject(titles.isin(["", UNKNOWN]).to_numpy(), column, "a title")
        return titles


def _read_table(
    archive: Archive, name: str, names: tuple[str, ...], separator: str, *, header: bool, encoding: str = "utf-8"
) -> _Table:
    """The columns `names` of a delimited file, as text. With a `header` they are found by name, else by position."""
    place = archive.place(name)
    try:
        text = archive.read(name).decode(encoding)
    except UnicodeDecodeError as reason:
        line = reason.object[: reason.start].count(b"\n") + 1
        raise DataError(f"{place}, line {line}: not {encoding} text. {REMEDY}") from None
    reader = csv.reader(io.StringIO(text), delimiter=separator, quoting=csv.QUOTE_MINIMAL if header else csv.QUOTE_NONE)
    rows, lines = [], []
    try:
        for row in reader:
            if row:
                rows.append(row)
                lines.append(reader.line_num)
    except csv.Error as reason:
        raise DataError(f"{place}, line {reader.line_num}: {reason}. {REMEDY}") from None
    found = list(names)
    if header and rows:
        found = rows.pop(0)
        lines.pop(0)
        missing = [column for column in names if column not in found]
        if missing:
            raise DataError(
                f"{place}, line 1: the column {missing[0]} is missing (there are {', '.join(found)}). {REMEDY}"
            )
    if not rows:
        raise DataError(f"{place}: the file is empty. {REMEDY}")
    for row, line in zip(rows, lines, strict=True):
        if len(row) != len(found):
            raise DataError(
                f"{place}, line {line}: {len(row)} columns where {len(found)} are expected "
                f"({', '.join(found[:6])}{'…' if len(found) > 6 else ''}). {REMEDY}"
            )
    columns = pd.DataFrame(dict(zip(found, zip(*rows, strict=True), strict=True)), dtype="str")
    return _Table(place, columns[list(names)], lines)


def _read_ratings(table: _Table, scale: RatingScale, items: pd.DataFrame) -> pd.DataFrame:
    user, item, rating, time = table.columns.columns
    stars = table.numbers(rating, "float64")
    table.reject(~scale.allows(stars), rating, f"on the scale {scale}")
    table.reject(~table.columns[item].isin(items.item_id).to_numpy(), item, "the id of a film in the film file")
    return pd.DataFrame(
        {
            "user_id": table.ids(user),
            "item_id": table.ids(item),
            "rating": stars.astype("float32"),
            "time": table.numbers(time, "int64"),
        }
    )


def _year(titles: pd.Series) -> pd.Series:
    """The year in brackets at the end of a title ("Alien (1979)", "Fresh Off (1994– )"), missing where there is none."""
    return pd.to_numeric(titles.str.extract(r"\(([0-9]{4})[–-]?\s*(?:[0-9]{4})?\)\s*$")[0]).astype("Int64")


def _check_ids(table: _Table, column: str) -> None:
    table.reject(table.columns[column].duplicated().to_numpy(), column, "named once; it stands in an earlier line too")


def read_100k(archive: Archive) -> Dataset:
    """MovieLens 100K: u.data, u.item (Latin-1), u.user, u.genre; its folds are read on demand. Raises DataError."""
    genre_table = _read_table(archive, "u.genre", ("genre", "number"), "|", header=False)
    genres = tuple(genre_table.columns.genre)
    if set(genres) != set(GENRES_100K):
        raise DataError(f"{genre_table.place}: the genres are not those of MovieLens 100K. {REMEDY}")
    item_table = _read_table(
        archive,
        "u.item",
        ("item_id", "title", "released", "video", "address", *genres),
        "|",
        header=False,
        encoding="latin-1",
    )
    _check_ids(item_table, "item_id")
    flags = np.stack([item_table.numbers(genre, "int64") == 1 for genre in genres], axis=1)  # (n_items, n_genres)
    named = np.array([genre if genre != "unknown" else "" for genre in genres], dtype=object)
    titles = item_table.titles("title")
    released = pd.to_numeric(item_table.columns.released.str.extract(r"([0-9]{4})$")[0]).astype("Int64")
    items = pd.DataFrame(
        {
            "item_id": item_table.ids("item_id"),
            "title": titles,
            "year": _year(titles).fillna(released),
            "genres": pd.Series(["|".join(filter(None, named[row])) for row in flags], dtype="str"),
        }
    )
    user_table = _read_table(
        archive, "u.user", ("user_id", "age", "gender", "occupation", "zip_code"), "|", header=False
    )
    _check_ids(user_table, "user_id")
    user_table.reject(~user_table.columns.gender.isin(["F", "M"]).to_numpy(), "gender", "F or M")
    users = pd.DataFrame(
        {
            "user_id": user_table.ids("user_id"),
            "age": user_table.numbers("age", "int64"),
            "gender": user_table.columns.gender,
            "occupation": user_table.columns.occupation,
        }
    )
    scale = RatingScale(1.0, 5.0, 1.0)
    rating_table = _read_table(archive, "u.data", ("user_id", "item_id", "rating", "time"), "\t", header=False)
    ratings = _read_ratings(rating_table, scale, items)
    folds = {fold: partial(_read_fold, archive, fold, ratings) for fold in FOLDS_100K}
    return Dataset(
        name="ml-100k",
        title="MovieLens 100K",
        ratings=ratings,
        items=items,
        users=users,
        rating_scale=scale,
        note="films up to 1998",
        folds=folds,
    )


def _read_fold(archive: Archive, fold: str, ratings: pd.DataFrame) -> np.ndarray:
    """Row numbers of the ratings that an official fold holds out (`u1.test` …)."""
    table = _read_table(archive, f"{fold}.test", ("user_id", "item_id", "rating", "time"), "\t", header=False)
    rated = pd.MultiIndex.from_frame(ratings[["user_id", "item_id"]])
    twice = rated.duplicated()
    if twice.any():
        row = int(np.argmax(twice))
        raise DataError(
            f"{archive.place('u.data')}, line {row + 1}: user {ratings.user_id[row]} rates film "
            f"{ratings.item_id[row]} a second time, so the fold {fold} cannot tell which one it holds out. {REMEDY}"
        )
    rows = rated.get_indexer(pd.MultiIndex.from_frame(table.columns[["user_id", "item_id"]]))
    table.reject(rows < 0, "item_id", "a film that this user has rated in u.data")
    table.reject(
        pd.Series(rows).duplicated().to_numpy(),
        "item_id",
        "held out once; the same rating stands in an earlier line too",
    )
    return rows.astype(np.int64)


def read_latest_small(archive: Archive) -> Dataset:
    """MovieLens latest small (2018): ratings.csv and movies.csv; it does not describe its users. Raises DataError."""
    item_table = _read_table(archive, "movies.csv", ("movieId", "title", "genres"), ",", header=True)
    _check_ids(item_table, "movieId")
    titles = item_table.titles("title")
    genres = item_table.columns.genres.replace("(no genres listed)", "")
    items = pd.DataFrame(
        {"item_id": item_table.ids("movieId"), "title": titles, "year": _year(titles), "genres": genres}
    )
    scale = RatingScale(0.5, 5.0, 0.5)
    rating_table = _read_table(archive, "ratings.csv", ("userId", "movieId", "rating", "timestamp"), ",", header=True)
    return Dataset(
        name="ml-latest-small",
        title="MovieLens latest small",
        ratings=_read_ratings(rating_table, scale, items),
        items=items,
        users=None,
        rating_scale=scale,
        note="films up to 2018, half stars",
    )
