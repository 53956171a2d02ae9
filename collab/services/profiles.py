"""Profiles: people's ratings, as rows of a database that several servers can share.

A profile has two links, both unguessable: the private one changes it, the view-only one shows it. Every change of a profile
checks the private token against the database, in the same transaction, so only the private link can change it.
"""

from __future__ import annotations

import dataclasses
import math
import re
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, IntegrityError, ProgrammingError, SQLAlchemyError

from collab.data.answers import DISMISSALS, RatingsFile, write_ratings_csv
from collab.errors import ProfileError, SettingError

TOKEN_BYTES = 32
FORMAT = 1
"""Version of the tables below; tables of another version are neither read nor changed."""
BUSY_SECONDS = 10
"""How long a change waits for another one on the same SQLite file before it gives up."""

_tables = sa.MetaData()
_format = sa.Table(
    "format",
    _tables,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),  # one row: FORMAT
)
_profiles = sa.Table(
    "profiles",
    _tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("edit_token", sa.String(64), nullable=False, unique=True),
    sa.Column("view_token", sa.String(64), nullable=False, unique=True),
    sa.Column("created", sa.BigInteger, nullable=False),
)
_ratings = sa.Table(
    "ratings",
    _tables,
    sa.Column("id", sa.Integer, primary_key=True),  # ascending: the order in which items were first answered
    sa.Column("profile_id", sa.ForeignKey("profiles.id"), nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("rating", sa.Double),  # NULL: haven't seen it, or the answer in `said`
    sa.Column("time", sa.BigInteger, nullable=False),
    sa.Column("said", sa.Text),  # one of DISMISSALS
    sa.UniqueConstraint("profile_id", "title"),
)
_facts = sa.Table(
    "facts",
    _tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("profile_id", sa.ForeignKey("profiles.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("value", sa.Text, nullable=False),
    sa.UniqueConstraint("profile_id", "name"),
)
_visitors = sa.Table(
    "visitors",
    _tables,
    sa.Column("id", sa.Integer, primary_key=True),  # ascending: the order in which a browser got its profiles
    sa.Column("visitor", sa.String(32), nullable=False, index=True),
    sa.Column("profile_id", sa.ForeignKey("profiles.id"), nullable=False),
    sa.UniqueConstraint("visitor", "profile_id"),
)
LONGEST_NAME = 60
"""Characters of a profile's name."""
DEFAULT_NAME = "My ratings"
"""Name of a profile that nobody has named."""
ROWS_AT_ONCE = 500
"""Titles that one statement looks for: databases limit the values of a statement."""


@dataclass(frozen=True)
class Profile:
    """One person's ratings as seen through one link.

    `created` is in seconds since 1970; `edit_token` is None on a view-only link.
    """

    id: int
    name: str
    created: int
    view_token: str
    edit_token: str | None = field(repr=False)

    @property
    def can_edit(self) -> bool:
        """Whether this link may change the ratings."""
        return self.edit_token is not None


@dataclass(frozen=True)
class Answer:
    """A person's answer on an item: `rating` in stars; None for "haven't seen it", or for what is `said` in place of stars,
    one of `collab.data.answers.DISMISSALS`; `time` in seconds since 1970."""

    title: str
    rating: float | None
    time: int
    said: str = ""

    @property
    def is_dismissal(self) -> bool:
        """Whether the item is excluded from picks although it has no stars."""
        return self.said in DISMISSALS


class ProfileStore:
    """The profiles in one database; safe to share between threads, and the database between servers.

    `url` is a database address, `sqlite:///FILE` or `postgresql+psycopg://…`; nothing is opened before the first use,
    which creates the tables where there are none. Call `close` when done, or use it in a `with` block. Raises SettingError
    for an address that cannot work; every method raises ProfileError when the database cannot be used, or has the tables
    of another FORMAT.
    """

    def __init__(self, url: str) -> None:
        try:
            self._url = sa.make_url(url)
        except ArgumentError as reason:
            raise SettingError(
                f"COLLAB_DATABASE is {url!r}, which is no database address; write for example sqlite:///profiles.sqlite"
            ) from reason
        try:
            self._engine = sa.create_engine(self._url, pool_pre_ping=True)
        except (ArgumentError, ImportError) as reason:
            raise SettingError(
                f"COLLAB_DATABASE is {self._shown!r}, but no driver for it is installed ({reason}); install it with pip"
            ) from reason
        if self._is_sqlite:
            if self._url.database in (None, "", ":memory:"):
                raise SettingError(
                    f"COLLAB_DATABASE is {url!r}, which keeps nothing; name a file as in sqlite:///profiles.sqlite"
                )
            sa.event.listen(self._engine, "connect", _set_up_sqlite)
            sa.event.listen(self._engine, "begin", _begin_sqlite)
        self._is_ready = False
        self._preparing = threading.Lock()

    def __enter__(self) -> ProfileStore:
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections to the database. A later call opens new ones."""
        self._engine.dispose()

    def create(self, name: str = DEFAULT_NAME) -> Profile:
        """A new, empty profile, opened by its private link. Raises ProfileError for a name that is empty or too long."""
        name = _checked_name(name)
        tokens = {"edit_token": secrets.token_urlsafe(TOKEN_BYTES), "view_token": secrets.token_urlsafe(TOKEN_BYTES)}
        created = int(time.time())
        with self._transaction(write=True) as connection:
            result = connection.execute(sa.insert(_profiles).values(name=name, created=created, **tokens))
            return Profile(result.inserted_primary_key[0], name, created, **tokens)

    def open(self, token: str) -> Profile:
        """The profile that a private or view-only token belongs to; `can_edit` says which it was.

        Raises ProfileError for a token that is malformed or unknown.
        """
        if not re.fullmatch(r"[A-Za-z0-9_-]{43}", token):
            raise ProfileError(
                f"{token[:4]!r}… is no link of a profile: part is missing or was changed. Copy the whole link again."
            )
        is_token = sa.or_(_profiles.c.edit_token == token, _profiles.c.view_token == token)
        with self._transaction() as connection:
            row = connection.execute(sa.select(_profiles).where(is_token)).one_or_none()
        if row is None:
            raise ProfileError(
                f"No profile has the link that begins with {token[:4]!r}…; it may have been deleted. Start a new one."
            )
        return Profile(row.id, row.name, row.created, row.view_token, token if token == row.edit_token else None)

    def answers(self, profile: Profile) -> list[Answer]:
        """Every answer, in the order in which the items were first answered; a changed one keeps its place."""
        columns = (_ratings.c.title, _ratings.c.rating, _ratings.c.time, _ratings.c.said)
        query = sa.select(*columns).where(_ratings.c.profile_id == profile.id).order_by(_ratings.c.id)
        with self._transaction() as connection:
            return [Answer(title, rating, time, said or "") for title, rating, time, said in connection.execute(query)]

    def rate(self, profile: Profile, title: str, rating: float) -> None:
        """Store a rating in stars, replacing an earlier answer. Raises ProfileError on a view-only link."""
        if not math.isfinite(rating):
            raise ProfileError(f"{title!r} cannot be rated {rating!r}; a rating is a number of stars")
        self._answer(profile, [(title, float(rating), None)])

    def dismiss(self, profile: Profile, title: str, said: str) -> None:
        """Store one of DISMISSALS, replacing an earlier answer. Raises ProfileError on a view-only link."""
        if said not in DISMISSALS:
            raise ProfileError(f"of {title!r} cannot be said {said!r}; there are {', '.join(DISMISSALS)}")
        self._answer(profile, [(title, None, said)])

    def not_seen(self, profile: Profile, title: str) -> None:
        """Store "haven't seen it", replacing an earlier answer. Raises ProfileError on a view-only link."""
        self._answer(profile, [(title, None, None)])

    def take_back(self, profile: Profile, title: str) -> None:
        """Delete the answer on an item, if there is one. Raises ProfileError on a view-only link."""
        with self._editing(profile) as connection:
            connection.execute(sa.delete(_ratings).where(_is_answer(profile, title)))

    def clear(self, profile: Profile) -> None:
        """Delete all answers; the profile and its links stay. Raises ProfileError on a view-only link."""
        with self._editing(profile) as connection:
            connection.execute(sa.delete(_ratings).where(_ratings.c.profile_id == profile.id))

    def delete(self, profile: Profile) -> None:
        """Delete the profile with all its answers and links. Raises ProfileError on a view-only link."""
        with self._editing(profile) as connection:
            for table in (_ratings, _facts, _visitors):
                connection.execute(sa.delete(table).where(table.c.profile_id == profile.id))
            connection.execute(sa.delete(_profiles).where(_profiles.c.id == profile.id))

    def rename(self, profile: Profile, name: str) -> Profile:
        """Rename the profile. Raises ProfileError for a name that is empty or too long, and on a view-only link."""
        name = _checked_name(name)
        with self._editing(profile) as connection:
            connection.execute(sa.update(_profiles).where(_profiles.c.id == profile.id).values(name=name))
        return dataclasses.replace(profile, name=name)

    def facts(self, profile: Profile) -> dict[str, str]:
        """What the person says about themselves, by name: an age, picked groups of items."""
        query = sa.select(_facts.c.name, _facts.c.value).where(_facts.c.profile_id == profile.id).order_by(_facts.c.id)
        with self._transaction() as connection:
            return {name: value for name, value in connection.execute(query)}

    def set_fact(self, profile: Profile, name: str, value: str | None) -> None:
        """Store a fact, replacing an earlier one of that name; None deletes it. Raises ProfileError on a view-only link."""
        is_fact = sa.and_(_facts.c.profile_id == profile.id, _facts.c.name == name)
        with self._editing(profile) as connection:
            connection.execute(sa.delete(_facts).where(is_fact))
            if value is not None:
                connection.execute(sa.insert(_facts).values(profile_id=profile.id, name=name, value=value))

    def remember(self, visitor: str, profile: Profile) -> None:
        """Add the profile to those of the browser `visitor`; one that it already has keeps its place.

        Raises ProfileError on a view-only link.
        """
        row = {"visitor": visitor, "profile_id": profile.id}
        with self._editing(profile) as connection:
            is_known = sa.and_(_visitors.c.visitor == visitor, _visitors.c.profile_id == profile.id)
            if connection.execute(sa.select(_visitors.c.id).where(is_known)).one_or_none() is None:
                connection.execute(sa.insert(_visitors).values(**row))

    def forget(self, visitor: str, profile: Profile) -> None:
        """Remove the profile from those of the browser `visitor`; its links keep working."""
        with self._transaction(write=True) as connection:
            is_known = sa.and_(_visitors.c.visitor == visitor, _visitors.c.profile_id == profile.id)
            connection.execute(sa.delete(_visitors).where(is_known))

    def profiles_of(self, visitor: str) -> list[Profile]:
        """The profiles that the browser `visitor` can change, in the order in which it got them."""
        columns = (
            _profiles.c.id,
            _profiles.c.name,
            _profiles.c.created,
            _profiles.c.view_token,
            _profiles.c.edit_token,
        )
        query = sa.select(*columns).join(_visitors).where(_visitors.c.visitor == visitor).order_by(_visitors.c.id)
        with self._transaction() as connection:
            return [Profile(*row) for row in connection.execute(query)]

    def n_answers(self, profiles: Iterable[Profile]) -> dict[int, int]:
        """The number of answers in each of the profiles, by the profile's id."""
        ids = [profile.id for profile in profiles]
        counts = sa.select(_ratings.c.profile_id, sa.func.count()).where(_ratings.c.profile_id.in_(ids))
        with self._transaction() as connection:
            return dict.fromkeys(ids, 0) | dict(connection.execute(counts.group_by(_ratings.c.profile_id)).all())

    def to_csv(self, profile: Profile) -> str:
        """All answers as CSV text with the columns title,rating and, if there are any, said; an item not seen has no rating."""
        answers = self.answers(profile)
        said = {answer.title: answer.said for answer in answers if answer.said}
        return write_ratings_csv(((answer.title, answer.rating) for answer in answers), said)

    def keep(self, profile: Profile, answers: RatingsFile) -> None:
        """Add the answers of a file to the profile, all or none, replacing earlier ones for the same titles.

        Raises ProfileError on a view-only link.
        """
        self._answer(profile, [(title, rating, answers.said.get(title)) for title, rating in answers.rows])

    def _answer(self, profile: Profile, rows: Sequence[tuple[str, float | None, str | None]]) -> None:
        """Store rows of (title, stars, said), each title once: replace earlier answers and append new ones."""
        now = int(time.time())
        columns = {name: sa.bindparam(f"new_{name}") for name in ("rating", "said", "time")}
        title = sa.bindparam("new_title")
        change = sa.update(_ratings).where(_is_answer(profile, title)).values(columns)
        insert = sa.insert(_ratings).values(profile_id=profile.id, title=title, **columns)
        with self._editing(profile) as connection:
            for start in range(0, len(rows), ROWS_AT_ONCE):
                part = [
                    {"new_title": title, "new_rating": rating, "new_said": said, "new_time": now}
                    for title, rating, said in rows[start : start + ROWS_AT_ONCE]
                ]
                is_here = _ratings.c.title.in_([row["new_title"] for row in part])
                found = sa.select(_ratings.c.title).where(_ratings.c.profile_id == profile.id, is_here)
                known = set(connection.scalars(found))
                for statement, is_known in ((change, True), (insert, False)):
                    if these := [row for row in part if (row["new_title"] in known) == is_known]:
                        connection.execute(statement, these)

    @contextmanager
    def _editing(self, profile: Profile) -> Iterator[sa.Connection]:
        """A transaction that may change the profile. Other changes of it wait until it is done."""
        if profile.edit_token is None:
            raise ProfileError("This link shows the ratings but cannot change them; open the private link for that.")
        is_own = sa.and_(_profiles.c.id == profile.id, _profiles.c.edit_token == profile.edit_token)
        with self._transaction(write=True) as connection:
            if connection.execute(sa.select(_profiles.c.id).where(is_own).with_for_update()).one_or_none() is None:
                raise ProfileError(f"The profile {profile.name!r} was deleted and cannot be changed. Start a new one.")
            yield connection

    @contextmanager
    def _transaction(self, *, write: bool = False) -> Iterator[sa.Connection]:
        try:
            self._prepare()
            with self._engine.connect() as connection:
                connection.execution_options(collab_write=write)
                with connection.begin():
                    yield connection
        except (SQLAlchemyError, OSError) as reason:
            raise ProfileError(
                f"The database of profiles, {self._shown}, cannot be used ({getattr(reason, 'orig', None) or reason}); "
                "nothing was changed. Check COLLAB_DATABASE and try again."
            ) from reason

    def _prepare(self) -> None:
        """Create the tables, and the folder of an SQLite file, if missing. Raises ProfileError for tables of another FORMAT."""
        with self._preparing:
            if self._is_ready:
                return
            if self._is_sqlite:
                Path(self._url.database).parent.mkdir(parents=True, exist_ok=True)
            try:
                self._create_tables()
            except (IntegrityError, ProgrammingError):  # another server was creating them at the same moment
                self._create_tables()
            self._is_ready = True

    def _create_tables(self) -> None:
        with self._engine.connect() as connection:
            connection.execution_options(collab_write=True)
            with connection.begin():
                there = _tables.tables.keys() & set(sa.inspect(connection).get_table_names())
                if there:
                    self._check_format(connection, "format" in there)
                else:
                    _tables.create_all(connection)
                    connection.execute(sa.insert(_format).values(number=FORMAT))

    def _check_format(self, connection: sa.Connection, has_number: bool) -> None:
        numbers = list(connection.scalars(sa.select(_format.c.number))) if has_number else []
        if numbers != [FORMAT]:
            theirs = " and ".join(map(str, numbers)) or "no number"
            way = "move the file away" if self._is_sqlite else "move its tables away"
            raise ProfileError(
                f"The database of profiles, {self._shown}, has tables of another version of Collab (format {theirs}; this one "
                f"reads {FORMAT}); nothing of it was read or changed. Name another database in COLLAB_DATABASE, or {way} so that "
                "a new one begins."
            )

    @property
    def _is_sqlite(self) -> bool:
        return self._url.get_backend_name() == "sqlite"

    @property
    def _shown(self) -> str:
        """The address without its password."""
        return self._url.render_as_string(hide_password=True)


def _checked_name(name: str) -> str:
    """The name in one line without spaces around it."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise ProfileError(f"A profile's name has 1 to {LONGEST_NAME} characters; {name[:20]!r}… has {len(name)}.")
    return name


def _is_answer(profile: Profile, title: str | sa.BindParameter[str]) -> sa.ColumnElement[bool]:
    return sa.and_(_ratings.c.profile_id == profile.id, _ratings.c.title == title)


def _set_up_sqlite(connection: object, _record: object) -> None:
    """Allow readers beside a writer (WAL), wait for a locked file, and overwrite deleted rows in it."""
    connection.isolation_level = None  # transactions begin where _begin_sqlite says, not where the driver guesses
    for pragma in (f"busy_timeout={1000 * BUSY_SECONDS}", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")
    end = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:  # the switch itself does not wait for others that make it at the same moment
            if time.monotonic() > end:
                raise
            time.sleep(0.01)


def _begin_sqlite(connection: sa.Connection) -> None:
    """A writer takes the write lock first: one that read before writing could be refused it without waiting."""
    is_writer = connection.get_execution_options().get("collab_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")
