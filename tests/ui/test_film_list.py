"""The list of films: nothing that a title holds becomes HTML, and ranges stand where the scale says."""

from types import SimpleNamespace

import pandas as pd

from collab.ratings import RatingScale
from collab.ui.film_list import Film, Likely, facts, film_list, title_and_facts
from collab.ui.theme import LIGHT

STARS = RatingScale(1.0, 5.0, 1.0)


def test_all_texts_are_escaped():
    html = film_list([Film('<img src=x onerror="alert(1)">', "a & b", "<1>", "<i>")], '"label"', STARS, LIGHT, 1)
    assert "<img" not in html and "<1>" not in html and html.count("<i>") == 0
    assert (
        "&lt;img src=x onerror=&quot;alert(1)&quot;&gt;" in html
        and "a &amp; b" in html
        and '"&quot;label&quot;"' in html
    )


def test_the_range_stands_on_the_rating_scale():
    html = film_list(
        [Film("Alien (1979)", "", "4.0", ", probably 3 to 5", Likely(4.0, 3.0, 5.0))], "Picks", STARS, LIGHT, 1
    )
    assert "left:50%;width:50%" in html and "left:75%" in html
    assert "<b>4.0</b>, probably 3 to 5" in html


def film(title, year, genres="Action|Drama", n_ratings=1234):
    return SimpleNamespace(title=title, year=year, genres=genres, n_ratings=n_ratings)


def test_facts_begin_with_the_count():
    assert facts(film("Alien (1979)", 1979)) == "1,234 ratings · Action, Drama"
    assert facts(film("Alien (1979)", 1979, genres="", n_ratings=1)) == "1 rating"


def test_the_year_moves_from_the_title_to_the_facts():
    assert title_and_facts(film("Alien (1979)", 1979, "Horror", 20)) == ("Alien", "1979 · 20 ratings · Horror")
    assert title_and_facts(film("Untitled", pd.NA, "", 20)) == ("Untitled", "20 ratings")
    assert title_and_facts(film("2001 (ID4) (1996)", 1997, "", 20)) == ("2001 (ID4) (1996)", "20 ratings")
