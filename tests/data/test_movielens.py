"""The MovieLens readers: the known facts of both data sets, and every damage refused with file, line and remedy."""

import csv
import io
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collab.data import movielens
from collab.data.archive import REMEDY, Archive
from collab.data.catalogue import find
from collab.data.dataset import encode
from collab.data.ratings import UNKNOWN, RatingScale
from collab.data.tables import describe_items, describe_users
from collab.errors import DataError, SettingError


def read_100k(path):
    """Files in the layout of MovieLens 100K, whatever their checksums."""
    return movielens.read_100k(Archive(path))


def read_latest_small(path):
    """Files in the layout of MovieLens latest small, whatever their checksums."""
    return movielens.read_latest_small(Archive(path))


FOLDS = ("u1", "u2", "u3", "u4", "u5")
ODD = (
    b"\n",
    b"\r",
    b"|",
    b"\t",
    b",",
    b'"',
    b"\x00",
    b"\xff",
    b"-",
    b".",
    b"1e300",
    b"nan",
    b"#na#",
    "²".encode(),
    "٣".encode(),
)


def test_facts_of_movielens_100k(movielens_100k):
    ratings, items, users = movielens_100k.ratings, movielens_100k.items, movielens_100k.users
    assert (len(ratings), len(items), len(users)) == (100_000, 1682, 943)
    assert (ratings.user_id.nunique(), ratings.item_id.nunique(), items.title.nunique()) == (943, 1682, 1664)
    assert len(items.title[items.title.duplicated()]) == 18
    assert sorted(ratings.rating.unique()) == [1, 2, 3, 4, 5]
    assert movielens_100k.rating_scale == RatingScale(1.0, 5.0, 1.0)
    assert not movielens_100k.synthetic
    assert movielens_100k.note == "films up to 1998"
    assert items.year.max() == 1998
    assert items.title[items.year.isna()].tolist() == ["unknown"]


def test_types_of_the_columns(movielens_100k, movielens_latest_small):
    for dataset in (movielens_100k, movielens_latest_small):
        ratings = {"user_id": "str", "item_id": "str", "rating": "float32", "time": "int64"}
        assert dataset.ratings.dtypes.map(str).to_dict() == ratings
        assert dataset.items.dtypes.map(str).to_dict() == {
            "item_id": "str",
            "title": "str",
            "year": "Int64",
            "genres": "str",
        }


def test_every_line_of_u_data_is_the_row_of_its_number(movielens_100k, data_folder):
    lines = Archive(find("ml-100k", [data_folder])).read("u.data").decode().splitlines()
    ratings = movielens_100k.ratings
    rows = zip(ratings.user_id, ratings.item_id, ratings.rating, ratings.time, strict=True)
    assert [f"{user}\t{film}\t{stars:.0f}\t{time}" for user, film, stars, time in rows] == lines
    encoded = encode(movielens_100k)  # merging titles moves and drops no row
    assert np.array_equal(encoded.rating, ratings.rating)
    assert np.array_equal(encoded.time, ratings.time)
    assert [encoded.users.labels[index] for index in encoded.user_index] == ratings.user_id.tolist()


def test_titles_are_merged_as_in_the_chapter(movielens_100k):
    ratings = encode(movielens_100k)
    assert (ratings.n_users, ratings.n_items) == (944, 1665)
    assert ratings.users.labels[0] == ratings.items.labels[0] == UNKNOWN
    assert list(ratings.items.labels[1:]) == sorted(set(movielens_100k.items.title))
    assert ratings.users.labels[1:] == tuple(str(number) for number in range(1, 944))
    title_of = movielens_100k.items.set_index("item_id").title
    assert [ratings.items.labels[index] for index in ratings.item_index] == title_of[
        movielens_100k.ratings.item_id
    ].tolist()
    pairs = pd.DataFrame({"user": ratings.user_index, "item": ratings.item_index})
    assert pairs.duplicated().sum() == 307  # somebody rated both ids of a title; both rows stay
    assert len(ratings) == 100_000


def test_ids_are_kept_apart_when_told_so(movielens_100k):
    ratings = encode(movielens_100k, items_by="id")
    assert (ratings.n_users, ratings.n_items) == (944, 1683)
    assert ratings.items.labels == (UNKNOWN, *(str(number) for number in range(1, 1683)))
    assert not pd.DataFrame({"user": ratings.user_index, "item": ratings.item_index}).duplicated().any()
    with pytest.raises(SettingError, match="by title or id, not by 'year'"):
        encode(movielens_100k, items_by="year")


def test_folds_are_disjoint_and_hold_every_row(movielens_100k):
    rows = [movielens_100k.folds[fold]() for fold in FOLDS]
    assert [len(each) for each in rows] == [20_000] * 5
    assert np.array_equal(np.sort(np.concatenate(rows)), np.arange(100_000))


def test_a_fold_holds_the_ratings_of_its_file(movielens_100k, data_folder):
    lines = Archive(find("ml-100k", [data_folder])).read("u3.test").decode().splitlines()
    held_out = movielens_100k.ratings.iloc[movielens_100k.folds["u3"]()]
    rows = zip(held_out.user_id, held_out.item_id, held_out.rating, held_out.time, strict=True)
    assert [f"{user}\t{film}\t{stars:.0f}\t{time}" for user, film, stars, time in rows] == lines


def test_folds_ua_and_ub_hold_ten_ratings_of_everybody(movielens_100k):
    rows = {fold: movielens_100k.folds[fold]() for fold in ("ua", "ub")}
    assert not set(rows["ua"]) & set(rows["ub"])
    for held_out in rows.values():
        assert (movielens_100k.ratings.user_id.iloc[held_out].value_counts() == 10).all()
        assert len(held_out) == 9430


def test_users_have_age_gender_and_occupation(movielens_100k):
    users = movielens_100k.users.set_index("user_id")
    assert users.loc["1"].tolist() == [24, "M", "technician"]
    assert users.loc["943"].tolist() == [22, "M", "student"]
    assert users.gender.value_counts().to_dict() == {"M": 670, "F": 273}
    assert (users.age.min(), users.age.max()) == (7, 73)
    assert users.occupation.nunique() == 21
    assert set(movielens_100k.ratings.user_id) == set(users.index)


def test_titles_years_and_genres_of_movielens_100k(movielens_100k):
    items = movielens_100k.items.set_index("item_id")
    assert items.loc["1"].tolist() == ["Toy Story (1995)", 1995, "Animation|Children's|Comedy"]
    assert items.loc["267"].fillna({"year": 0}).tolist()[0::2] == ["unknown", ""]
    titles = set(items.title)
    assert {"Misérables, Les (1995)", "Nénette et Boni (1996)", "Á köldum klaka (Cold Fever) (1994)"} <= titles
    assert not any("\ufffd" in title or "Ã" in title for title in titles)


def test_facts_of_movielens_latest_small(movielens_latest_small):
    ratings, items = movielens_latest_small.ratings, movielens_latest_small.items
    assert (len(ratings), len(items), items.title.nunique()) == (100_836, 9742, 9737)
    assert (ratings.user_id.nunique(), ratings.item_id.nunique()) == (610, 9724)
    assert movielens_latest_small.users is None
    assert not movielens_latest_small.folds
    assert movielens_latest_small.rating_scale == RatingScale(0.5, 5.0, 0.5)
    assert sorted(ratings.rating.unique()) == [0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5]
    assert items.year.max() == 2018
    assert (items.genres == "").sum() == 34
    assert {"Misérables, Les (1995)", "Léon: The Professional (a.k.a. The Professional) (Léon) (1994)"} <= set(
        items.title
    )


def test_years_of_movielens_latest_small(movielens_latest_small):
    """13 titles end without a year of their own; one of them ends with a span of years, of which the first counts."""
    items = movielens_latest_small.items.set_index("title")
    without = items[~items.index.str.contains(r"\([0-9]{4}\)$")]
    assert len(without) == 13
    assert without.year.dropna().to_dict() == {"Death Note: Desu nôto (2006–2007)": 2006}


def test_every_line_of_ratings_csv_is_the_row_of_its_number(movielens_latest_small, data_folder):
    text = Archive(find("ml-latest-small", [data_folder])).read("ratings.csv").decode()
    ratings = movielens_latest_small.ratings
    rows = zip(
        ratings.user_id, ratings.item_id, ratings.rating.astype(float).map(str), ratings.time.map(str), strict=True
    )
    assert list(csv.reader(io.StringIO(text)))[1:] == [list(row) for row in rows]


def test_a_tiny_100k(tiny_100k, write_folder):
    dataset = read_100k(write_folder(tiny_100k))
    assert dataset.ratings.values.tolist() == [
        ["2", "1", 5, 881250949],
        ["10", "4", 1, 891717742],
        ["1", "2", 3, 878887116],
        ["2", "4", 4, 880606923],
        ["1", "5", 2, 886397596],
    ]
    assert dataset.items.title.tolist() == [
        "Toy Tale (1995)",
        "Été, L' (1996)",
        "unknown",
        "Toy Tale (1995)",
        "Late Title",
    ]
    assert dataset.items.year.fillna(0).tolist() == [1995, 1996, 0, 1995, 1993]  # of the title, else of the release
    assert dataset.items.genres.tolist() == ["Animation|Comedy", "Drama", "", "Comedy", ""]
    assert dataset.users.values.tolist() == [
        ["1", 24, "M", "technician"],
        ["2", 53, "F", "other"],
        ["10", 7, "M", "student"],
    ]
    assert dataset.folds["u1"]().tolist() == [1, 4]
    ratings = encode(dataset)
    assert ratings.users.labels == (UNKNOWN, "1", "2", "10")
    assert ratings.items.labels == (UNKNOWN, "Late Title", "Toy Tale (1995)", "Été, L' (1996)")
    assert ratings.item_index.tolist() == [2, 2, 3, 2, 1]  # ids 1 and 4 are one title; nobody rated "unknown"


def test_a_tiny_latest_small(tiny_latest, write_folder):
    dataset = read_latest_small(write_folder(tiny_latest))
    assert dataset.ratings.values.tolist() == [
        ["1", "22", 0.5, 964982703],
        ["1", "1", 4, 964981247],
        ["12", "40", 4.5, 964982224],
    ]
    assert dataset.items.title.tolist() == [
        "Toy Tale (1995)",
        "Été, L' (1996)",
        "Late Title",
        "Long Series (1994–1999)",
    ]
    assert dataset.items.year.fillna(0).tolist() == [1995, 1996, 0, 1994]
    assert dataset.items.genres.tolist() == ["Animation|Comedy", "Drama", "", "Drama"]


def test_columns_with_a_header_may_stand_in_any_order(tiny_latest, write_folder):
    plain = read_latest_small(write_folder(tiny_latest))
    tiny_latest["ratings.csv"] = (
        "note,timestamp,rating,movieId,userId\n,964982703,0.5,22,1\n,964981247,4,1,1\n\nlate,964982224,4.5,40,12\n"
    )
    assert read_latest_small(write_folder(tiny_latest, "other")).ratings.equals(plain.ratings)


@pytest.mark.parametrize("inside", ["ml-100k/", "", "some/where/else/"])
def test_a_zip_is_read_like_its_folder(tiny_100k, write_folder, write_zip, inside):
    folder, packed = read_100k(write_folder(tiny_100k)), read_100k(write_zip(tiny_100k, inside=inside))
    assert packed.ratings.equals(folder.ratings)
    assert packed.items.equals(folder.items)
    assert packed.users.equals(folder.users)
    assert packed.fingerprint == folder.fingerprint
    assert np.array_equal(packed.folds["u1"](), folder.folds["u1"]())


@pytest.mark.parametrize(
    "name, old, new",
    [
        ("u.data", "2\t1\t5", "2\t1\t4"),
        ("u.data", "881250949", "881250948"),
        ("u.data", "10\t4\t1", "10\t5\t1"),
        ("u.item", "Toy Tale", "Toy Story"),
    ],
)
def test_other_data_have_another_fingerprint(tiny_100k, write_folder, name, old, new):
    before = read_100k(write_folder(tiny_100k)).fingerprint
    tiny_100k[name] = tiny_100k[name].replace(old, new, 1)
    assert read_100k(write_folder(tiny_100k)).fingerprint != before
    assert len(before) == 16


def test_films_and_users_are_described_over_the_ratings_given(tiny_100k, write_folder):
    dataset = read_100k(write_folder(tiny_100k))
    train = encode(dataset).take(
        np.array([0, 1, 2, 3])
    )  # 5 and 4 for Toy Tale by user 2, 1 by user 10; 3 for Été by user 1
    items, users = describe_items(dataset, train, "title"), describe_users(train)
    assert items.title.tolist() == [UNKNOWN, "Late Title", "Toy Tale (1995)", "Été, L' (1996)"]
    assert items.year.fillna(0).tolist() == [0, 1993, 1995, 1996]
    assert items.genres.tolist() == ["", "", "Animation|Comedy", "Drama"]
    assert items.n_ratings.tolist() == [0, 0, 3, 1]
    np.testing.assert_allclose(items.mean_rating, [np.nan, np.nan, 10 / 3, 3])
    np.testing.assert_allclose(
        items.damped_mean, [3.25, 3.25, (10 + 5 * 3.25) / 8, (3 + 5 * 3.25) / 6]
    )  # the global mean is 3¼
    assert users.user_id.tolist() == [UNKNOWN, "1", "2", "10"]
    assert users.n_ratings.tolist() == [0, 1, 2, 1]
    np.testing.assert_allclose(users.mean_rating, [np.nan, 3, 4.5, 1])
    by_id = describe_items(dataset, encode(dataset, "id"), "id")
    assert by_id.label.tolist() == [UNKNOWN, "1", "2", "4", "5"]
    assert by_id.title.tolist() == [UNKNOWN, "Toy Tale (1995)", "Été, L' (1996)", "Toy Tale (1995)", "Late Title"]


def replaced(old, new):
    def damage(content):
        assert content.count(old) >= 1
        return content.replace(old, new, 1)

    return damage


def refusal(read, path):
    """The message of the DataError with which a data set is refused; it always ends with the remedy."""
    with pytest.raises(DataError) as refused:
        read(path)
    assert str(refused.value).endswith(REMEDY)
    return str(refused.value)


DAMAGES_100K = [
    (
        "u.data",
        replaced("10\t4\t1\t", "10\t4\t6\t"),
        "line 2: rating is '6', but must be on the scale 1 to 5 in steps of 1",
    ),
    ("u.data", replaced("10\t4\t1\t", "10\t4\t0\t"), "line 2: rating is '0', but must be on the scale"),
    ("u.data", replaced("10\t4\t1\t", "10\t4\t-1\t"), "line 2: rating is '-1'"),
    (
        "u.data",
        replaced("10\t4\t1\t", "10\t4\t3.5\t"),
        "line 2: rating is '3.5', but must be on the scale 1 to 5 in steps of 1",
    ),
    ("u.data", replaced("10\t4\t1\t", "10\t4\t3.00000001\t"), "line 2: rating is '3.00000001'"),
    ("u.data", replaced("1\t2\t3\t", "1\t2\tgood\t"), "line 3: rating is 'good', but must be a number"),
    ("u.data", replaced("1\t2\t3\t", "1\t2\t\t"), "line 3: rating is '', but must be a number"),
    ("u.data", replaced("1\t2\t3\t", "1\t2\tnan\t"), "line 3: rating is 'nan', but must be a number"),
    ("u.data", replaced("1\t2\t3\t", "1\t2\tinf\t"), "line 3: rating is 'inf', but must be a number"),
    ("u.data", replaced("1\t2\t3\t", "1\t2\t1e300\t"), "line 3: rating is '1e300'"),
    ("u.data", replaced("881250949", "881250949.5"), "line 1: time is '881250949.5', but must be a whole number"),
    ("u.data", replaced("881250949", "1e300"), "line 1: time is '1e300', but must be a whole number"),
    ("u.data", replaced("881250949", "yesterday"), "line 1: time is 'yesterday'"),
    (
        "u.data",
        replaced("2\t4\t4\t", "2\t77\t4\t"),
        "line 4: item_id is '77', but must be the id of a film in the film file",
    ),
    ("u.data", replaced("2\t4\t4\t", "\t4\t4\t"), "line 4: user_id is '', but must be an id"),
    ("u.data", replaced("2\t4\t4\t", "#na#\t4\t4\t"), "line 4: user_id is '#na#', but must be an id"),
    ("u.data", replaced("2\t4\t4\t", "  \t4\t4\t"), "line 4: user_id is '  ', but must be an id"),
    (
        "u.data",
        replaced("10\t4\t1\t891717742", "10\t4\t1"),
        "line 2: 3 columns where 4 are expected (user_id, item_id, rating, time)",
    ),
    ("u.data", replaced("10\t4\t1\t", "10\t4\t1\t7\t"), "line 2: 5 columns where 4 are expected"),
    (
        "u.data",
        replaced("10\t4\t1\t", "\n\n10\t4\t9\t"),
        "line 4: rating is '9'",
    ),  # blank lines are passed over, and counted
    ("u.data", lambda content: "", "the file is empty"),
    ("u.data", lambda content: "\n\n", "the file is empty"),
    ("u.data", lambda content: b"1\t2\t3\t4\n\xff\xfe\n", "line 2: not utf-8 text"),
    (
        "u.item",
        replaced("\n2|", "\n1|"),
        "line 2: item_id is '1', but must be named once; it stands in an earlier line too",
    ),
    ("u.item", replaced("\n2|", "\n|"), "line 2: item_id is '', but must be an id"),
    ("u.item", replaced("Late Title", "  "), "line 5: title is '  ', but must be a title"),
    ("u.item", replaced("Late Title", "#na#"), "line 5: title is '#na#', but must be a title"),
    (
        "u.item",
        replaced("|http://example.org/3", ""),
        "line 3: 23 columns where 24 are expected (item_id, title, released,",
    ),
    (
        "u.item",
        replaced("http://example.org/1|0|0|", "http://example.org/1|0|yes|"),
        "line 1: Action is 'yes', but must be",
    ),
    ("u.item", lambda content: "", "the file is empty"),
    ("u.user", replaced("2|53|F", "2|old|F"), "line 2: age is 'old', but must be a whole number"),
    ("u.user", replaced("2|53|F", "2|53|X"), "line 2: gender is 'X', but must be F or M"),
    ("u.user", replaced("2|53|F", "1|53|F"), "line 2: user_id is '1', but must be named once"),
    ("u.user", replaced("2|53|F", "|53|F"), "line 2: user_id is '', but must be an id"),
    ("u.user", lambda content: b"\x80", "line 1: not utf-8 text"),
    ("u.genre", replaced("Horror", "Terror"), "the genres are not those of MovieLens 100K"),
    ("u.genre", replaced("Horror|11", "Horror"), "line 12: 1 columns where 2 are expected"),
    ("u.genre", lambda content: "", "the file is empty"),
]
DAMAGES_LATEST = [
    (
        "ratings.csv",
        replaced("userId,movieId", "userId,film"),
        "line 1: the column movieId is missing (there are userId, film,",
    ),
    ("ratings.csv", replaced("timestamp", "time"), "line 1: the column timestamp is missing"),
    ("ratings.csv", lambda content: content.split("\n", 1)[1], "line 1: the column userId is missing"),
    ("ratings.csv", lambda content: content.split("\n", 1)[0], "the file is empty"),
    ("ratings.csv", lambda content: "", "the file is empty"),
    (
        "ratings.csv",
        replaced("1,1,4.0", "1,1,4.2"),
        "line 3: rating is '4.2', but must be on the scale 0.5 to 5 in steps of 0.5",
    ),
    ("ratings.csv", replaced("1,1,4.0", "1,1,5.5"), "line 3: rating is '5.5', but must be on the scale"),
    ("ratings.csv", replaced("1,1,4.0", "1,1,0.0"), "line 3: rating is '0.0'"),
    ("ratings.csv", replaced("1,1,4.0", "1,1,NaN"), "line 3: rating is 'NaN', but must be a number"),
    ("ratings.csv", replaced("1,1,4.0", "1,1,-inf"), "line 3: rating is '-inf', but must be a number"),
    (
        "ratings.csv",
        replaced("1,1,4.0", "1,2,4.0"),
        "line 3: movieId is '2', but must be the id of a film in the film file",
    ),
    ("ratings.csv", replaced("12,40,4.5,964982224", "12,40,4.5"), "line 4: 3 columns where 4 are expected"),
    ("ratings.csv", replaced("12,40", " ,40"), "line 4: userId is ' ', but must be an id"),
    ("ratings.csv", replaced("12,40", "12, "), "line 4: movieId is ' ', but must be the id of a film"),
    ("movies.csv", replaced("genres", "kinds"), "line 1: the column genres is missing"),
    ("movies.csv", replaced("22,", "1,"), "line 3: movieId is '1', but must be named once"),
    ("movies.csv", replaced("Late Title", ""), "line 4: title is '', but must be a title"),
    ("movies.csv", replaced('"Été', "Été"), "line 3: 4 columns where 3 are expected"),
    ("movies.csv", lambda content: content.encode("latin-1", "replace"), "line 3: not utf-8 text"),
    ("movies.csv", lambda content: "movieId,title,genres\n", "the file is empty"),
]


@pytest.mark.parametrize("name, damage, words", DAMAGES_100K)
def test_damaged_100k_is_refused_with_file_and_line(tiny_100k, write_folder, name, damage, words):
    tiny_100k[name] = damage(tiny_100k[name])
    folder = write_folder(tiny_100k)
    message = refusal(read_100k, folder)
    assert message.startswith(str(folder / name))
    assert words in message


@pytest.mark.parametrize("name, damage, words", DAMAGES_LATEST)
def test_damaged_latest_small_is_refused_with_file_and_line(tiny_latest, write_folder, name, damage, words):
    tiny_latest[name] = damage(tiny_latest[name])
    folder = write_folder(tiny_latest)
    message = refusal(read_latest_small, folder)
    assert message.startswith(str(folder / name))
    assert words in message


@pytest.mark.parametrize("name", ["u.data", "u.item", "u.user", "u.genre"])
def test_a_missing_file_is_named(tiny_100k, write_folder, write_zip, name):
    del tiny_100k[name]
    for place in (write_folder(tiny_100k), write_zip(tiny_100k)):
        assert f"{place}: there is no {name} in it" in refusal(read_100k, place)


def test_a_fold_that_is_missing_is_only_missed_when_it_is_wanted(tiny_100k, write_folder):
    dataset = read_100k(write_folder(tiny_100k))
    assert "there is no u2.test in it" in refusal(lambda fold: dataset.folds[fold](), "u2")


@pytest.mark.parametrize(
    "data, fold, words",
    [
        (
            "",
            "1\t1\t5\t881250949\n",
            "u1.test, line 1: item_id is '1', but must be a film that this user has rated in u.data",
        ),
        ("", "2\t1\t5\t881250949\n2\t1\t5\t881250949\n", "u1.test, line 2: item_id is '1', but must be held out once"),
        ("2\t1\t3\t881250950\n", "2\t1\t5\t881250949\n", "u.data, line 6: user 2 rates film 1 a second time"),
        ("", "", "u1.test: the file is empty"),
    ],
)
def test_a_fold_that_does_not_fit_is_refused(tiny_100k, write_folder, data, fold, words):
    tiny_100k["u.data"] += data
    tiny_100k["u1.test"] = fold
    dataset = read_100k(write_folder(tiny_100k))
    assert words in refusal(lambda name: dataset.folds[name](), "u1")


def test_a_zip_with_a_wrong_checksum_is_refused(tiny_100k, tmp_path):
    path = tmp_path / "ml-100k.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, text in tiny_100k.items():
            archive.writestr(name, text.encode("latin-1", "replace"))
    content = path.read_bytes()
    path.write_bytes(content.replace(b"2\t1\t5\t88", b"2\t1\t4\t88", 1))  # still a good rating, but not the packed one
    assert f"{path}: damaged or unreadable (Bad CRC-32" in refusal(read_100k, path)


@pytest.mark.parametrize("content", [b"", b"PK", b"<html>404</html>" * 100])
def test_what_is_no_zip_is_refused(tmp_path, content):
    path = tmp_path / "ml-100k.zip"
    path.write_bytes(content)
    assert f"{path}: damaged or unreadable" in refusal(read_100k, path)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    assert "there is no u.genre in it" in refusal(read_100k, tmp_path / "nowhere")


@pytest.mark.parametrize("share", [0.01, 0.5, 0.9, 0.99, 0.9999])
def test_a_truncated_zip_of_the_real_data_is_refused(data_folder, write_zip, tmp_path, share):
    archive = Archive(find("ml-100k", [data_folder]))
    content = write_zip({name: archive.read(name) for name in ("u.genre", "u.item", "u.user", "u.data")}).read_bytes()
    path = tmp_path / "ml-100k.zip"
    path.write_bytes(content[: int(share * len(content))])
    assert f"{path}: damaged or unreadable" in refusal(read_100k, path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(place=st.floats(0, 1, exclude_max=True), value=st.integers(0, 255))
def test_a_zip_with_one_wrong_byte_is_refused_or_gives_the_same_data(tiny_100k, write_zip, tmp_path, place, value):
    content = bytearray(write_zip(tiny_100k).read_bytes())
    good = read_100k(tmp_path / "ml-100k.zip")
    content[int(place * len(content))] = value
    path = tmp_path / "damaged.zip"
    path.write_bytes(content)
    try:
        dataset = read_100k(path)
    except DataError as reason:
        assert str(path) in str(reason)
    else:  # a date or a note of the archive: nothing of what is read
        assert dataset.fingerprint == good.fingerprint


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(data=st.data())
def test_whatever_stands_in_a_file_it_is_read_or_refused(tiny_100k, tiny_latest, write_folder, data):
    files, read = data.draw(st.sampled_from([(tiny_100k, read_100k), (tiny_latest, read_latest_small)]))
    name = data.draw(st.sampled_from(sorted(files)))
    text = files[name].encode("latin-1" if name == "u.item" else "utf-8")
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(start + 4, len(text))))
    wrong = data.draw(st.sampled_from(ODD) | st.binary(max_size=3))
    folder = write_folder({**files, name: text[:start] + wrong + text[end:]})
    try:
        dataset = read(folder)
        for fold in dataset.folds:
            if (folder / f"{fold}.test").exists():
                dataset.folds[fold]()
    except DataError as reason:
        assert str(reason).startswith(str(folder))
    else:
        assert encode(dataset).rating.min() >= dataset.rating_scale.low
        encode(dataset, "id")
