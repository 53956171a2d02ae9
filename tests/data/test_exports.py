"""Exports: what is read of Letterboxd, MovieLens and our own files, every complaint, and how titles find their films."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.data import exports
from collab.data.answers import STARS, RatingsFile, write_ratings_csv
from collab.data.exports import LETTERBOXD, MOVIELENS, OWN, Export, answers_to_keep, read_export, with_catalogue_titles
from collab.errors import DataError

RATINGS = (
    "Date,Name,Year,Letterboxd URI,Rating\n"
    '2024-01-02,"Good, the Bad and the Ugly, The",1966,https://boxd.it/2,4.5\n'
    "2024-01-03,Alien,1979,https://boxd.it/3,.5\n"
)
WATCHED = "Date,Name,Year,Letterboxd URI\n2024-01-01,Alien,1979,u\n2024-01-01,Heat,1995,u\n2024-01-01,Untitled,,u\n"
WATCHLIST = "Date,Name,Year,Letterboxd URI\n2024-01-01,Heat,1995,u\n2024-01-01,Fargo,1996,u\n"
UGLY = "Good, the Bad and the Ugly, The (1966)"


def zipped(**members):
    """A zip with files by their names, whose dots and slashes are written _dot_ and _in_."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name.replace("_dot_", ".").replace("_in_", "/"), text)
    return content.getvalue()


def told(content, name="ratings.csv"):
    read = read_export(content if isinstance(content, bytes) else content.encode(), STARS, name)
    return read.origin, dict(read.answers.rows), dict(read.answers.said)


def test_ratings_of_letterboxd():
    assert told(RATINGS) == (LETTERBOXD, {UGLY: 4.5, "Alien (1979)": 0.5}, {})


def test_films_of_letterboxd_without_stars_by_the_name_of_their_file():
    films = {"Alien (1979)": None, "Heat (1995)": None, "Untitled": None}
    assert told(WATCHED, "watched (2).csv") == (LETTERBOXD, films, dict.fromkeys(films, "seen"))
    assert told(WATCHED, "My Watchlist.CSV") == (LETTERBOXD, films, {})
    with pytest.raises(
        DataError, match=r"films.csv, line 1: .* has no column Rating, .* call it watched.csv or watchlist"
    ):
        told(WATCHED, "films.csv")


def test_a_diary_keeps_the_stars_where_a_film_was_watched_again_without():
    diary = (
        "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date\n"
        "2024-01-01,Alien,1979,u,4,,,2024-01-01\n2024-01-02,Alien,1979,u,,Yes,,2024-01-02\n2024-01-03,Heat,1995,u,,,,\n"
        "2024-01-04,Fargo,1996,u,3,,,\n2024-01-05,Fargo,1996,u,5,Yes,,\n"
    )
    rows = {"Alien (1979)": 4.0, "Heat (1995)": None, "Fargo (1996)": 5.0}
    assert told(diary, "diary.csv") == (LETTERBOXD, rows, {"Heat (1995)": "seen"})
    assert read_export(diary.encode(), STARS).answers.repeated == ("Fargo (1996)",)


@pytest.mark.parametrize("folder", ["", "letterboxd-ada-2026_in_"])
def test_the_whole_zip_of_letterboxd(folder):
    deleted = {f"{folder}deleted_in_ratings_dot_csv": RATINGS.replace("4.5", "1")}
    files = {
        "watchlist_dot_csv": WATCHLIST,
        "ratings_dot_csv": RATINGS,
        "watched_dot_csv": WATCHED,
        "profile_dot_csv": "x",
    }
    content = zipped(**deleted, **{folder + name: text for name, text in files.items()})
    rows = {"Heat (1995)": None, "Fargo (1996)": None, "Alien (1979)": 0.5, "Untitled": None, UGLY: 4.5}
    assert told(content, "letterboxd.zip") == (LETTERBOXD, rows, {"Heat (1995)": "seen", "Untitled": "seen"})
    assert read_export(content, STARS).answers.repeated == ()
    assert told(zipped(watchlist_dot_csv=WATCHLIST), "z")[2] == {}


def test_a_movielens_account():
    content = (
        "movie_id,imdb_id,tmdb_id,rating,average_rating,title\n"
        "1214,0078748,348,3.5,4.07,Alien (1979)\n1201,0060196,429,5.0,4.1,"
        '"Good, the Bad and the Ugly, The (Buono, il brutto, il cattivo, Il) (1966)"\n'
    )
    long = "Good, the Bad and the Ugly, The (Buono, il brutto, il cattivo, Il) (1966)"
    assert told(content) == (MOVIELENS, {"Alien (1979)": 3.5, long: 5.0}, {})


def test_our_own_file_and_a_path(tmp_path):
    text = "title,rating,said\nAlien (1979),4,\nHeat (1995),,seen\nFargo (1996),,\n"
    file = tmp_path / "mine.csv"
    file.write_text(text, encoding="utf-8-sig")
    rows = {"Alien (1979)": 4.0, "Heat (1995)": None, "Fargo (1996)": None}
    assert told(text) == (OWN, rows, {"Heat (1995)": "seen"})
    assert read_export(file, STARS) == read_export(text.encode(), STARS)
    with pytest.raises(
        DataError, match=r"none.csv cannot be read .*; name a CSV file with the columns title,rating, or an"
    ):
        read_export(tmp_path / "none.csv", STARS)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (RATINGS.replace(",.5", ",6"), "my.csv, line 3, column Rating: '6' is outside the rating scale"),
        (RATINGS.replace(",.5", ",x"), "my.csv, line 3, column Rating: 'x' is not a number"),
        (RATINGS.replace("Alien", " "), "my.csv, line 3, column Name: it is empty"),
        (RATINGS.replace("1979", "79"), "my.csv, line 3, column Year: '79' is not a year of four digits"),
        (RATINGS.replace("1979", "¹979"), "my.csv, line 3, column Year"),
        (RATINGS + "2024,Heat\n", r"my.csv, line 4: 2 value\(s\), but the first line names 5"),
        (RATINGS.splitlines()[0] + "\n", "my.csv names no film"),
        ("userId,movieId,rating,timestamp\n1,1,4,9\n", "my.csv, line 1: .* numbers .movieId. and names none"),
        ("Name,Year,Rating\nAlien,1979,4\n", "my.csv, line 1: the column title is missing"),
        ("", "my.csv is empty"),
        (b"PK\x03\x04 but no more", "my.csv is no zip that can be read .*; download it again"),
        (zipped(profile_dot_csv="x"), "my.csv holds none of watchlist.csv, watched.csv, ratings.csv; choose"),
        (zipped(ratings_dot_csv=RATINGS.replace(",.5", ",6")), "my.csv, ratings.csv, line 3, column Rating: '6'"),
        (zipped(ratings_dot_csv=RATINGS.encode("utf-16")), "my.csv, ratings.csv, line 1: the byte 0xff is no UTF-8"),
    ],
)
def test_complaints_name_place_value_and_remedy(content, message):
    with pytest.raises(DataError, match=message):
        told(content, "my.csv")


def test_a_damaged_zip_and_one_that_unpacks_to_too_much(monkeypatch):
    content = zipped(ratings_dot_csv=RATINGS * 40)
    broken = bytearray(content)
    broken[60] ^= 0xFF
    with pytest.raises(DataError, match="is no zip that can be read"):
        told(bytes(broken), "my.zip")
    monkeypatch.setattr(exports, "LARGEST_MEMBER", 1000)
    with pytest.raises(DataError, match=r"my.zip, ratings.csv: larger than 0 MB unpacked; load it on its own"):
        told(content, "my.zip")


def test_titles_become_those_of_the_catalogue():
    catalogue = ["#na#", "Alien (1979)", "Thing, The (1982)"]
    rows = (("The Thing (1982)", 4.0), ("No Film (1900)", 2.0), ("alien (1979)", 1.0), ("Thing, The (1982)", None))
    read = Export(RatingsFile(rows, ("alien (1979)",), {"Thing, The (1982)": "seen"}), OWN)
    spelt, lacking = with_catalogue_titles(read, catalogue)
    assert spelt.answers.rows == (("Thing, The (1982)", None), ("No Film (1900)", 2.0), ("Alien (1979)", 1.0))
    assert spelt.answers.said == {"Thing, The (1982)": "seen"} and lacking == ("No Film (1900)",)
    assert spelt.answers.repeated == ("alien (1979)", "Thing, The (1982)")
    stars_last = Export(RatingsFile(rows[::-1], (), {"Thing, The (1982)": "seen"}), OWN)
    assert with_catalogue_titles(stars_last, catalogue)[0].answers.said == {}


def test_a_list_of_films_watched_takes_no_stars_away():
    watched = read_export(WATCHED.encode(), STARS, "watched.csv")
    assert [title for title, _ in answers_to_keep(watched, {"Alien (1979)"}).rows] == ["Heat (1995)", "Untitled"]
    rated = read_export(RATINGS.encode(), STARS)
    assert answers_to_keep(rated, {"Alien (1979)"}) == rated.answers
    own = read_export(b"title,rating\nAlien (1979),\n", STARS)
    assert answers_to_keep(own, {"Alien (1979)"}) == own.answers


def test_no_title_is_a_formula_to_a_spreadsheet():
    rows = [('=HYPERLINK("https://a.org")', 4.0), ("-30- (1959)", 2.5), ("'=1", None), ("'71 (2014)", 5.0), ("@", 1.0)]
    said = {"'=1": "seen"}
    text = write_ratings_csv(rows, said)
    cells = ['"\'=HYPERLINK(""https://a.org"")"', "'-30- (1959)", "''=1", "'71 (2014)", "'@"]
    assert [line.split(",")[0] for line in text.splitlines()[1:]] == cells
    assert read_export(text.encode(), STARS) == Export(RatingsFile(tuple(rows), (), said), OWN)


texts = st.text(st.sampled_from("'=+-@\"\r\n\t,") | st.characters(exclude_categories=["Cs"]), min_size=1)
texts = texts.map(str.strip).filter(bool)


@given(st.dictionaries(texts, st.none() | st.floats(0.5, 5), min_size=1))
def test_what_we_write_is_read_back(answers):
    read = read_export(write_ratings_csv(answers.items()).encode(), STARS)
    assert read == Export(RatingsFile(tuple(answers.items()), ()), OWN)
