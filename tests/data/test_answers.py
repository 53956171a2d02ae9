"""Answers as a file: what is read, every complaint, and which films are meant."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collab.data.answers import read_ratings_csv, write_ratings_csv
from collab.data.ratings import RatingScale
from collab.data.titles import match_titles, spoken
from collab.errors import DataError

STARS = RatingScale(1.0, 5.0, 1.0)


def test_reads_ratings_and_films_not_seen():
    text = 'title,rating\nAlien (1979),5\n"Thing, The (1982)",\n\nFargo (1996), 3.5 \n'
    expected = (("Alien (1979)", 5.0), ("Thing, The (1982)", None), ("Fargo (1996)", 3.5))
    for source in (text, text.encode(), text.encode("utf-8-sig"), "\ufeff" + text, text.replace("\n", "\r\n")):
        read = read_ratings_csv(source, STARS)
        assert read.rows == expected
        assert read.repeated == ()


def test_other_columns_and_another_order_are_fine():
    assert read_ratings_csv("Date, Rating ,TITLE\n2020,4,Alien (1979)\n,,\n", STARS).rows == (("Alien (1979)", 4.0),)


def test_last_of_repeated_titles_wins_and_is_reported():
    read = read_ratings_csv("title,rating\nA,1\nB,2\nA,3\nA,\nB,4\n", STARS)
    assert read.rows == (("A", None), ("B", 4.0))
    assert read.repeated == ("A", "B")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "my.csv is empty; its first line has to be title,rating"),
        ("\n \n", "my.csv is empty"),
        ("title,rating\n\n", "my.csv names no film; below the first line"),
        ("film,rating\nA,1\n", "my.csv, line 1: the column title is missing, the line is 'film,rating'; it has to"),
        ("title;rating\nA;1\n", "my.csv, line 1: the column title is missing, .* separated by a comma"),
        ("\nAlien (1979),5\n", "my.csv, line 2: the column title is missing, the line is 'Alien .1979.,5'"),
        ("title,stars\nA,1\n", "my.csv, line 1: the column rating is missing"),
        ("title,rating,Rating\nA,1,2\n", "my.csv, line 1: the column rating is there twice"),
        ("title,rating\nA,1\nB,good\n", "my.csv, line 3, column rating: 'good' is not a number; write one from 1 to 5"),
        ("title,rating\nA,nan\n", "my.csv, line 2, column rating: 'nan' is not a number"),
        ('title,rating\n"A\nB",1\nC,x\n', "my.csv, line 4, column rating: 'x' is not a number"),
        ("title,rating\nA,5.5\n", "my.csv, line 2, column rating: '5.5' is outside the rating scale; .* 1 to 5"),
        ("title,rating\nA,0\n", "my.csv, line 2, column rating: '0' is outside the rating scale"),
        (
            "title,rating,said\nA,,gone\n",
            "my.csv, line 2, column said: 'gone' says nothing here; write seen or not inter",
        ),
        ("title,rating\n ,4\n", "my.csv, line 2, column title: it is empty; write the film's title"),
        ("title,rating\nThing, The (1982),4\n", r"my.csv, line 2: 3 value\(s\), .* names 2 column\(s\); .* in quotes"),
        ("title,rating\nAlien\n", r"my.csv, line 2: 1 value\(s\)"),
        ('title,rating\nA,1\n"B,2\nC,3\n', "my.csv, line 3: not readable as CSV .*; check the quotes around titles"),
        ("title,rating\nA,1\nAmélie,4\n".encode("latin-1"), "my.csv, line 3: the byte 0xe9 is no UTF-8 text; save"),
    ],
)
def test_complaints_name_place_value_and_remedy(content, message):
    with pytest.raises(DataError, match=message):
        read_ratings_csv(content, STARS, "my.csv")


text_of_titles = st.text(st.sampled_from("'=+-@\"\r\n\t,") | st.characters(exclude_categories=["Cs"]), min_size=1)
text_of_titles = text_of_titles.map(str.strip).filter(bool)


@settings(deadline=None)
@given(st.dictionaries(text_of_titles, st.none() | st.floats(1, 5), min_size=1))
def test_round_trip(answers):
    assert read_ratings_csv(write_ratings_csv(answers.items()), STARS).rows == tuple(answers.items())


def test_written_text_is_plain():
    told = read_ratings_csv("title,rating,said\nA,4,seen\nB,,Seen\nC,,not interested\nD,,\nB,,\n", STARS)
    assert told.rows == (("A", 4.0), ("B", None), ("C", None), ("D", None)) and told.said == {"C": "not interested"}
    assert read_ratings_csv(write_ratings_csv(told.rows, told.said), STARS).said == told.said
    assert write_ratings_csv([("Thing, The (1982)", 4.0), ("Up", 3.5), ("Jaws", None)]) == (
        'title,rating\r\n"Thing, The (1982)",4\r\nUp,3.5\r\nJaws,\r\n'
    )


CATALOGUE = [
    "#na#",
    "Alien (1979)",
    "Thing, The (1982)",
    "Cité des enfants perdus, La (1995)",
    "Avventura, L' (1960)",
    "Umbrellas of Cherbourg, The (Parapluies de Cherbourg, Les) (1964)",
    "Monty Python's Life of Brian (1979)",
    "Sabrina (1954)",
    "Sabrina (1995)",
    "Pinocchio (1940)",
    "PINOCCHIO (1940)",
    "Die Hard (1988)",
    "Chasing Amy (1997)",
    "Chasing Amy (1997)",
    "Seven (a.k.a. Se7en) (1995)",
    "Amour & Co., Un (Love and Company) (1999)",
    "Twins (Zwillinge) (1988)",
    "Brothers (Zwillinge) (1988)",
]


@pytest.mark.parametrize(
    ("title", "place"),
    [
        ("Alien (1979)", 1),
        ("  alien   (1979) ", 1),
        ("The Thing (1982)", 2),
        ("the thing (1982)", 2),
        ("La Cite des Enfants Perdus (1995)", 3),
        ("L'Avventura (1960)", 4),
        ("The Umbrellas of Cherbourg (Les Parapluies de Cherbourg) (1964)", 5),
        ("Monty Python’s Life of Brian (1979)", 6),
        ("PINOCCHIO (1940)", 10),
        ("Chasing Amy (1997)", 12),
        ("Se7en (1995)", 14),
        ("Seven (1995)", 14),
        ("Seven (Se7en) (1995)", 14),
        ("Seven (1979)", None),
        ("Les Parapluies de Cherbourg (1964)", 5),
        ("Monty Pythons Life of Brian (1979)", 6),
        ("un amour and co (1999)", 15),
        ("Love & Company (1999)", 15),
        ("Zwillinge (1988)", None),  # two have that name
        ("Twins (1988)", 16),
        ("Alien (Love and Company) (1999)", 15),
        ("Twins (Brothers) (1988)", None),  # either could be meant
        ("Alien (1986)", None),  # another film
        ("Alien", None),
        ("Thing (1982)", None),
        ("Sabrina", None),
        ("pinocchio (1940)", None),  # two would fit
        ("Hard (1988)", None),
        ("#na#", None),
        ("", None),
    ],
)
def test_which_film_is_meant(title, place):
    found, not_found = match_titles([title], CATALOGUE)
    assert found == [place]
    assert not_found == ([title] if place is None else [])


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("Thing, The (1982)", "The Thing (1982)"),
        ("Boot, Das (1981)", "Das Boot (1981)"),
        ("Auberge espagnole, L' (2002)", "L'Auberge espagnole (2002)"),
        ("Postman, The (Postino, Il) (1994)", "The Postman (Il Postino) (1994)"),
        ("Alien (1979)", "Alien (1979)"),
        ("Crouching Tiger, Hidden Dragon (2000)", "Crouching Tiger, Hidden Dragon (2000)"),
    ],
)
def test_titles_as_people_say_them(title, said):
    assert spoken(title) == said


def test_nothing_is_meant_by_no_title():
    assert match_titles(["", " ", "A (1990)"], ["", "A (1990)", ""]) == ([None, None, 1], ["", " "])


def test_places_stand_in_the_order_of_the_titles():
    assert match_titles(["Nothing", "the thing (1982)", "Alien (1979)"], CATALOGUE) == ([None, 2, 1], ["Nothing"])


@settings(deadline=None)
@given(st.lists(text_of_titles, unique=True), st.data())
def test_an_exact_title_is_never_taken_for_another(catalogue, data):
    titles = data.draw(st.lists(st.sampled_from(catalogue))) if catalogue else []
    found, _ = match_titles(titles, catalogue)
    assert [catalogue[place] for place in found] == titles
