"""Profiles: answers are kept, links do what they may, and many people at once do not get in each other's way."""

import dataclasses
import sqlite3
import threading
from contextlib import closing

import pytest

from collab.data.answers import read_ratings_csv
from collab.data.ratings import RatingScale
from collab.errors import ProfileError, SettingError
from collab.services.profiles import FORMAT, ProfileStore

STARS = RatingScale(1.0, 5.0, 1.0)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{(tmp_path / 'home' / 'profiles.sqlite').as_posix()}"


@pytest.fixture
def store(url):
    with ProfileStore(url) as store:
        yield store


def said(store, profile):
    return [(answer.title, answer.rating) for answer in store.answers(profile)]


def test_nothing_is_opened_before_the_first_use(url, tmp_path):
    with ProfileStore(url) as store:
        assert not (tmp_path / "home").exists()
        store.create()
        assert (tmp_path / "home" / "profiles.sqlite").exists()


def test_links_are_long_different_and_open_the_profile(store):
    profile, other = store.create("Ada"), store.create()
    tokens = {profile.edit_token, profile.view_token, other.edit_token, other.view_token}
    assert len(tokens) == 4 and all(len(token) == 43 for token in tokens)
    assert store.open(profile.edit_token) == profile
    assert (profile.name, profile.can_edit) == ("Ada", True)
    assert profile.edit_token not in repr(profile)


def test_view_only_link_shows_and_changes_nothing(store):
    profile = store.create()
    store.rate(profile, "Alien (1979)", 5)
    viewed = store.open(profile.view_token)
    assert not viewed.can_edit and viewed.edit_token is None
    assert said(store, viewed) == [("Alien (1979)", 5.0)]
    assert store.to_csv(viewed).splitlines() == ["title,rating", "Alien (1979),5"]
    changes = [
        lambda: store.rate(viewed, "Alien (1979)", 1),
        lambda: store.not_seen(viewed, "Alien (1979)"),
        lambda: store.take_back(viewed, "Alien (1979)"),
        lambda: store.dismiss(viewed, "Alien (1979)", "seen"),
        lambda: store.rename(viewed, "Mallory"),
        lambda: store.set_fact(viewed, "age", "99"),
        lambda: store.remember("mallory", viewed),
        lambda: store.keep(viewed, read_ratings_csv("title,rating\nAlien (1979),1\n", STARS)),
        lambda: store.clear(viewed),
        lambda: store.delete(viewed),
    ]
    for change in changes:
        with pytest.raises(ProfileError, match="cannot change them; open the private link"):
            change()
    assert said(store, profile) == [("Alien (1979)", 5.0)]


@pytest.mark.parametrize("other_token", ["view_token", "edit_token of somebody else"])
def test_only_the_private_token_changes_even_if_the_object_claims_more(store, other_token):
    profile, somebody = store.create(), store.create()
    token = profile.view_token if other_token == "view_token" else somebody.edit_token
    with pytest.raises(ProfileError, match="cannot be changed"):
        store.rate(dataclasses.replace(profile, edit_token=token), "Alien (1979)", 1)
    assert said(store, profile) == []


@pytest.mark.parametrize("token", ["", "short", "' OR 1=1 --", "x" * 44, "é" * 43, "x" * 42 + "\n"])
def test_malformed_link(store, token):
    with pytest.raises(ProfileError, match="is no link of a profile: part is missing or was changed"):
        store.open(token)


def test_unknown_link(store):
    with pytest.raises(ProfileError, match="No profile has the link that begins with 'xxxx'…; it may have"):
        store.open("x" * 43)


def test_answers_keep_the_order_in_which_films_were_first_answered(store):
    profile = store.create()
    store.rate(profile, "B", 2)
    store.not_seen(profile, "A")
    store.rate(profile, "C", 3.5)
    assert said(store, profile) == [("B", 2.0), ("A", None), ("C", 3.5)]
    store.not_seen(profile, "B")
    store.rate(profile, "A", 4)
    assert said(store, profile) == [("B", None), ("A", 4.0), ("C", 3.5)]
    assert all(answer.time >= profile.created for answer in store.answers(profile))


def test_taken_back_leaves_no_trace(store):
    profile = store.create()
    store.rate(profile, "A", 2)
    store.rate(profile, "B", 3)
    store.take_back(profile, "A")
    store.take_back(profile, "never answered")
    assert said(store, profile) == [("B", 3.0)]


def test_what_is_said_in_place_of_stars(store):
    profile = store.create()
    store.rate(profile, "A", 2)
    store.dismiss(profile, "A", "seen")
    store.dismiss(profile, "B", "not interested")
    store.not_seen(profile, "C")
    answers = store.answers(profile)
    assert [(each.title, each.rating, each.said) for each in answers] == [
        ("A", None, "seen"),
        ("B", None, "not interested"),
        ("C", None, ""),
    ]
    assert [each.is_dismissal for each in answers] == [True, True, False]
    text = store.to_csv(profile)
    assert text.splitlines() == ["title,rating,said", "A,,seen", "B,,not interested", "C,,"]
    other = store.create()
    store.keep(other, read_ratings_csv(text, STARS))
    assert [(each.title, each.said) for each in store.answers(other)] == [
        ("A", "seen"),
        ("B", "not interested"),
        ("C", ""),
    ]
    store.rate(profile, "B", 5)
    store.not_seen(profile, "A")
    assert not any(each.said for each in store.answers(profile))
    with pytest.raises(ProfileError, match="'A' cannot be said 'bored'; there are seen, not interested"):
        store.dismiss(profile, "A", "bored")


OTHERS = {  # what another version may have left, and how the refusal calls it
    "older": ([], "no number"),
    "newer": (["CREATE TABLE format (number INTEGER PRIMARY KEY)", "INSERT INTO format VALUES (7)"], "7"),
    "unfinished": (["CREATE TABLE format (number INTEGER PRIMARY KEY)"], "no number"),
    "both": (["CREATE TABLE format (number INTEGER PRIMARY KEY)", "INSERT INTO format VALUES (1), (2)"], "1 and 2"),
}


@pytest.mark.parametrize(("made", "theirs"), OTHERS.values(), ids=OTHERS)
def test_tables_of_another_version_are_refused_and_left_alone(url, tmp_path, made, theirs):
    file = tmp_path / "home" / "profiles.sqlite"
    file.parent.mkdir()
    with closing(sqlite3.connect(file)) as database:
        for change in (
            "CREATE TABLE profiles (id INTEGER, name TEXT)",
            "INSERT INTO profiles VALUES (1, 'Ada')",
            *made,
        ):
            database.execute(change)
        database.commit()
        before = list(database.iterdump())
    with ProfileStore(url) as store:
        for act in (store.create, lambda: store.profiles_of("browser"), lambda: store.open("x" * 43)):
            with pytest.raises(ProfileError) as refused:
                act()
            said = str(refused.value)
            assert f"The database of profiles, {url}, has tables of another version of Collab (format {theirs};" in said
            assert "nothing of it was read or changed" in said
            assert "Name another database in COLLAB_DATABASE, or move the file away" in said
    with closing(sqlite3.connect(file)) as database:
        assert list(database.iterdump()) == before
    file.unlink()
    with ProfileStore(url) as store:
        assert store.create("Ada").name == "Ada"


def test_a_database_carries_the_number_of_its_tables(store, url, tmp_path):
    profile = store.create("Ada")
    with closing(sqlite3.connect(tmp_path / "home" / "profiles.sqlite")) as database:
        assert database.execute("SELECT number FROM format").fetchall() == [(FORMAT,)]
    with ProfileStore(url) as again:
        assert again.open(profile.edit_token) == profile


def test_tables_of_somebody_else_in_the_same_database_are_no_matter(url, tmp_path):
    (tmp_path / "home").mkdir()
    with closing(sqlite3.connect(tmp_path / "home" / "profiles.sqlite")) as database:
        database.execute("CREATE TABLE invoices (id INTEGER)")
        database.commit()
    with ProfileStore(url) as store:
        assert store.open(store.create().edit_token)


def test_a_profile_has_a_name(store):
    profile = store.create()
    assert store.rename(profile, "  Ada \n Lovelace ").name == "Ada Lovelace"
    assert store.open(profile.view_token).name == "Ada Lovelace"
    for name in (" ", "x" * 61):
        with pytest.raises(ProfileError, match="has 1 to 60 characters"):
            store.rename(profile, name)


def test_facts_of_oneself(store):
    profile, other = store.create(), store.create()
    store.set_fact(profile, "age", "36")
    store.set_fact(profile, "occupation", "writer")
    store.set_fact(other, "age", "12")
    store.set_fact(profile, "age", "37")
    assert store.facts(profile) == {"occupation": "writer", "age": "37"}
    store.set_fact(profile, "age", None)
    assert store.facts(profile) == {"occupation": "writer"} and store.facts(other) == {"age": "12"}


def test_a_browser_finds_its_profiles_again(store):
    ada, bob, eve = (store.create(name) for name in ("Ada", "Bob", "Eve"))
    for profile in (bob, ada, bob):
        store.remember("browser", profile)
    store.remember("another", eve)
    assert store.profiles_of("browser") == [bob, ada] and store.profiles_of("nobody") == []
    store.forget("browser", bob)
    assert store.profiles_of("browser") == [ada] and store.open(bob.edit_token) == bob
    store.delete(ada)
    assert store.profiles_of("browser") == [] and store.profiles_of("another") == [eve]


def test_clear_forgets_only_the_own_answers(store):
    profile, other = store.create(), store.create()
    store.rate(profile, "A", 2)
    store.rate(other, "A", 5)
    store.clear(profile)
    assert said(store, profile) == [] and said(store, other) == [("A", 5.0)]
    assert store.open(profile.edit_token) == profile


def test_delete_really_deletes(store, tmp_path):
    profile, other = store.create("Somebody unforgettable"), store.create()
    store.rate(profile, "A film never to be traced", 2)
    store.set_fact(profile, "occupation", "keeper of a secret")
    store.remember("a browser that is known", profile)
    store.rate(other, "A", 5)
    store.delete(profile)
    for token in (profile.edit_token, profile.view_token):
        with pytest.raises(ProfileError, match="may have been deleted"):
            store.open(token)
    for change in (lambda: store.rate(profile, "A", 1), lambda: store.delete(profile)):
        with pytest.raises(ProfileError, match="'Somebody unforgettable' was deleted"):
            change()
    assert said(store, profile) == [] and said(store, other) == [("A", 5.0)]
    store.close()
    kept = b"".join(file.read_bytes() for file in (tmp_path / "home").iterdir())
    for trace in (b"unforgettable", b"never to be traced", b"keeper of a secret", b"a browser that is known"):
        assert trace not in kept


@pytest.mark.parametrize("rating", [float("nan"), float("inf")])
def test_rating_has_to_be_a_number(store, rating):
    profile = store.create()
    with pytest.raises(ProfileError, match="a rating is a number of stars"):
        store.rate(profile, "A", rating)
    assert said(store, profile) == []


def test_csv_round_trip(store):
    profile, copy = store.create(), store.create()
    for title, rating in [("Thing, The (1982)", 4), ('"Q" (1982)', 3.5), ("Amélie (2001)", 5), ("'; DROP TABLE", 1)]:
        store.rate(profile, title, rating)
    store.not_seen(profile, "Jaws (1975)")
    store.keep(copy, read_ratings_csv(store.to_csv(profile).encode(), STARS))
    assert said(store, copy) == said(store, profile)


def test_a_file_adds_and_replaces(store):
    profile = store.create()
    store.rate(profile, "A", 1)
    store.rate(profile, "B", 2)
    store.keep(profile, read_ratings_csv("title,rating\nB,3\nC,4\nC,5\n", STARS))
    assert said(store, profile) == [("A", 1.0), ("B", 3.0), ("C", 5.0)]


@pytest.mark.parametrize("is_shared", [True, False])
def test_two_threads_write_at_once(url, is_shared):
    """Two people on one server share a store, two servers only the database; both also rate the same film."""
    with ProfileStore(url) as first, ProfileStore(url) as other:
        second = first if is_shared else other
        profile, trouble = first.create(), []
        start = threading.Barrier(2)

        def write(store, name):
            try:
                start.wait()
                for number in range(25):
                    store.rate(profile, f"{name} {number}", 3)
                    store.rate(profile, "the same film", 1 + number % 5)
                    assert store.answers(profile)
            except Exception as reason:
                trouble.append(reason)

        threads = [threading.Thread(target=write, args=each) for each in ((first, "first"), (second, "second"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert trouble == []
        titles = [title for title, _ in said(first, profile)]
        assert len(titles) == len(set(titles)) == 51


def test_first_use_by_many_at_once(url):
    stores, opened, start = [ProfileStore(url) for _ in range(6)], [], threading.Barrier(6)

    def create(store):
        start.wait()
        opened.append(store.create())

    threads = [threading.Thread(target=create, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in stores:
        store.close()
    assert len({profile.id for profile in opened}) == 6


def test_profiles_outlive_the_store(url):
    with ProfileStore(url) as store:
        profile = store.create()
        store.rate(profile, "A", 2)
    with ProfileStore(url) as store:
        assert said(store, store.open(profile.edit_token)) == [("A", 2.0)]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("profiles.sqlite", "COLLAB_DATABASE is 'profiles.sqlite', which is no database address"),
        ("nosuch://host/name", "no driver for it is installed .*nosuch.*; install it with pip"),
        ("sqlite://", "which keeps nothing; name a file"),
        ("sqlite:///:memory:", "which keeps nothing; name a file"),
    ],
)
def test_address_that_cannot_work(url, message):
    with pytest.raises(SettingError, match=message):
        ProfileStore(url)


def test_missing_driver_is_named_and_the_password_is_not():
    with pytest.raises(SettingError, match="no driver for it is installed") as caught:
        ProfileStore("oracle+cx_oracle://ada:secret@host/name")
    assert "secret" not in str(caught.value)


def test_file_that_is_no_database(tmp_path):
    file = tmp_path / "profiles.sqlite"
    file.write_text("this is a letter, not a database\n" * 40, encoding="utf-8")
    url = f"sqlite:///{file.as_posix()}"
    with ProfileStore(url) as store, pytest.raises(ProfileError, match="Check COLLAB_DATABASE"):
        store.create()


def test_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    url = f"sqlite:///{(tmp_path / 'file' / 'profiles.sqlite').as_posix()}"
    with ProfileStore(url) as store, pytest.raises(ProfileError, match="cannot be used"):
        store.create()
