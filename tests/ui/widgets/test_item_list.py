"""The list of films: nothing that a title holds becomes HTML, and ranges stand where the scale says."""

from html import escape
from types import SimpleNamespace

import pandas as pd

from collab.data.ratings import RatingScale
from collab.ui.charts.palette import LIGHT
from collab.ui.frame.item_page import search_address
from collab.ui.rate.pick_list import actions, tools, undo_button
from collab.ui.widgets.item_list import Film, Part, Prediction, Sum, facts, film_list, title_and_facts

STARS = RatingScale(1.0, 5.0, 1.0)


def test_all_texts_are_escaped():
    html = film_list([Film('<img src=x onerror="alert(1)">', "a & b", "<1>", "<i>")], '"label"', STARS, LIGHT, 1)
    assert "<img" not in html and "<1>" not in html and html.count("<i>") == 0
    assert (
        "&lt;img src=x onerror=&quot;alert(1)&quot;&gt;" in html
        and "a &amp; b" in html
        and '"&quot;label&quot;"' in html
    )


FOUR = Prediction(4.0, 3.0, 5.0, 3.0, 5.0, [0.001, 0.099, 0.2, 0.4, 0.3])


def test_a_prediction_opens_to_its_picture():
    html = film_list([Film("Alien (1979)", "", "4.0", ", probably 3 to 5", FOUR)], "Picks", STARS, LIGHT, 1)
    assert html.count("<details>") == html.count("</details>") == html.count("<summary") == 1
    assert "<b>4.0</b>, probably 3 to 5" in html
    assert "Predicted <b>4.0</b>; in 8 of 10 cases from 3.0 to 5.0 stars." in html
    # five columns of a fifth each, a level in the middle of its own: 3 stands at 50 %, 4 at 70 %, 5 at 90 %
    assert "left:50.0%;width:40.0%" in html and "left:70.0%" in html


def test_every_level_has_its_chance_as_a_column_and_in_words():
    html = film_list([Film("Alien (1979)", "", "4.0", ", probably 3 to 5", FOUR)], "Picks", STARS, LIGHT, 1)
    spoken = "Chances: 1 star &lt;1 %, 2 stars 10 %, 3 stars 20 %, 4 stars 40 %, 5 stars 30 %"
    assert f'role="img" aria-label="{spoken}"' in html
    small, large = html.split('<div class="picture">')
    assert small.count("<i") == 5 and small.count('class="likely"') == 3
    assert small.count("height:100%") == 1 and small.count("height:75%") == 1
    assert large.count('class="likely"') == 3
    assert all(f"<span>{share}</span>" in large for share in ("&lt;1", "10", "20", "40", "30"))


def test_half_stars_have_ten_columns():
    chances = [0.02, 0.03, 0.05, 0.1, 0.1, 0.2, 0.2, 0.15, 0.1, 0.05]
    prediction = Prediction(3.5, 2.0, 4.5, 2.0, 4.5, chances)
    html = film_list([Film("Alien (1979)", "", "3.5", "", prediction)], "Picks", RatingScale(0.5, 5.0, 0.5), LIGHT, 1)
    assert "0.5 stars 2 %, 1 star 3 %, 1.5 stars 5 %" in html and html.count('class="likely"') == 12
    assert "<b>0.5</b>" in html and "<b>5</b>" in html


def test_a_film_without_a_prediction_does_not_open():
    assert "<details>" not in film_list([Film("Alien (1979)", "", "5", " stars")], "Ratings", STARS, LIGHT, 1)


def test_a_title_leads_to_its_address():
    film = Film("Thelma & Louise", "", "5", " stars", address="similar?data=sample&film=Thelma+%26+Louise")
    html = film_list([film], "Ratings", STARS, LIGHT, 1)
    said = '<a class="item-page" href="similar?data=sample&amp;film=Thelma+%26+Louise" target="_self">Thelma &amp; Louise</a>'
    assert f'<b title="Thelma &amp; Louise">{said}</b>' in html
    assert "<a" not in film_list([Film("Alien", "", "5", " stars")], "Ratings", STARS, LIGHT, 1)


def test_a_film_opens_to_what_is_first_inside_and_has_its_tools_at_the_end():
    given = Film(
        "Alien", "", "3.9", " on average", key="Alien (1979)", tools="<hr>", first_inside="<br>", move=("↑2", "up")
    )
    html = film_list([given], "Picks", STARS, LIGHT, 1)
    assert html.count("<details>") == 1 and "</summary><br></details><hr></li>" in html
    assert '<li data-title="Alien (1979)">' in html and 'aria-label="up" title="up">↑2</span><div class="film">' in html


BAD = "<b>\"&'"


def test_titles_in_keys_moves_and_reasons_are_escaped():
    reason = Sum("Stars", "4.2", [Part(BAD, "+0.1", BAD), ("plain", "+0.2")])
    html = film_list([Film("", "", "", "", FOUR, reasons=[reason], key=BAD, move=(BAD, BAD))], "", STARS, LIGHT, 1)
    assert BAD not in html and html.count(escape(BAD)) == 7
    assert html.count('data-do="what if"') == 1 and "<dt>plain</dt>" in html


def test_titles_in_what_can_be_done_are_escaped():
    for html in (tools(BAD), actions(BAD, BAD, can_edit=True), actions(BAD, BAD, can_edit=False), undo_button(BAD)):
        assert BAD not in html and "<b>" not in html and escape(BAD) in html


def test_a_search_is_asked_as_people_speak():
    assert search_address("Thing, The (1982)") == "https://duckduckgo.com/?q=The+Thing+%281982%29+where+to+watch"
    assert search_address("M&M? #1 é") == "https://duckduckgo.com/?q=M%26M%3F+%231+%C3%A9+where+to+watch"


def film(title, year, genres="Action|Drama", n_ratings=1234):
    return SimpleNamespace(title=title, year=year, genres=genres, n_ratings=n_ratings)


def test_facts_begin_with_the_count():
    assert facts(film("Alien (1979)", 1979)) == "1,234 ratings · Action, Drama"
    assert facts(film("Alien (1979)", 1979, genres="", n_ratings=1)) == "1 rating"


def test_the_year_moves_from_the_title_to_the_facts():
    assert title_and_facts(film("Alien (1979)", 1979, "Horror", 20)) == ("Alien", "1979 · 20 ratings · Horror")
    assert title_and_facts(film("Untitled", pd.NA, "", 20)) == ("Untitled", "20 ratings")
    assert title_and_facts(film("2001 (ID4) (1996)", 1997, "", 20)) == ("2001 (ID4) (1996)", "20 ratings")
