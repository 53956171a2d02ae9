"""What is done with a pick: set aside, rated, undone, searched for; and what if a film had other stars."""

import re
from html import unescape

import pytest

from collab.recommend.reasons import weightiest
from collab.ui.frame import cached
from collab.ui.frame.item_page import search_address
from collab.ui.person import cached as person_cached
from tests.pages.in_the_picks import kept_titles, picked, picks_data, press_in_picks
from tests.pages.on_the_page import link, press, texts
from tests.pages.test_rate import answers, cards, rate

STARS = (5, 4, 1)


@pytest.fixture
def rated(visit):
    """The Rate page after a few ratings."""
    app = visit("rate")
    for stars in STARS:
        rate(app, cards(app)[0], stars)
    return app


def kept_answers(app):
    store = cached.profiles()
    return {answer.title: answer.rating or answer.said for answer in store.answers(store.open(link(app, "profile")))}


def thought_of(app):
    return link(app, "what_if") if "what_if" in app.query_params else None


@pytest.mark.parametrize("said", ["seen", "not interested"])
def test_a_film_that_is_set_aside_goes_the_next_moves_up_and_undo_brings_it_back(rated, said):
    before = kept_titles(picked(rated)[1])
    press_in_picks(rated, said, before[1])
    now = kept_titles(picked(rated)[1])
    assert before[1] not in now and len(now) == 10
    assert [title for title in now if title in before] == [title for title in before if title != before[1]]
    assert kept_answers(rated)[before[1]] == said and picks_data(rated)["said"] == f"{before[1]}: {said}"
    press_in_picks(rated, "undo", before[1])
    assert kept_titles(picked(rated)[1]) == before and before[1] not in kept_answers(rated)
    assert picks_data(rated)["said"] == picks_data(rated)["then"] == ""
    press_in_picks(rated, said, before[1])
    press(rated, "undo")  # the one beside the cards
    assert kept_titles(picked(rated)[1]) == before


def test_undo_goes_back_film_by_film(rated):
    before = kept_titles(picked(rated)[1])
    for title, said in zip(before[:2], ("seen", "not interested"), strict=True):
        press_in_picks(rated, said, title)
    press_in_picks(rated, "undo", before[0])  # it is not the last deed any more: this press came late
    assert before[0] in kept_answers(rated) and before[1] in kept_answers(rated)
    press_in_picks(rated, "undo", before[1])
    assert picks_data(rated)["said"] == f"{before[0]}: seen"
    press_in_picks(rated, "undo", before[0])
    assert kept_titles(picked(rated)[1]) == before


def test_a_film_that_was_seen_can_be_rated_at_once_or_after(rated):
    first = kept_titles(picked(rated)[1])[0]
    press_in_picks(rated, "rate", first, 4)
    assert kept_answers(rated)[first] == 4.0 and picks_data(rated)["said"] == f"{first}: 4 stars"
    second = kept_titles(picked(rated)[1])[0]
    press_in_picks(rated, "seen", second)
    assert 'data-stars="5"' in picks_data(rated)["then"]
    press_in_picks(rated, "rate", second, 2)
    assert kept_answers(rated)[second] == 2.0
    press_in_picks(rated, "undo", second)
    assert kept_answers(rated)[second] == "seen"


def test_films_set_aside_stand_among_the_answers_and_stars_there_rate_them(rated):
    first, second = kept_titles(picked(rated)[1])[:2]
    press_in_picks(rated, "seen", first)
    press_in_picks(rated, "not interested", second)
    captions = [caption.value for caption in rated.caption]
    assert "seen" in captions and "not interested" in captions
    rated.feedback(key=f"answer-{first}").set_value(2).run()
    assert kept_answers(rated)[first] == 3.0
    press(rated, f"back-{second}")
    assert second not in kept_answers(rated) and second in kept_titles(picked(rated)[1])


def test_before_the_first_rating_films_can_be_set_aside_too(visit):
    app = visit("rate")
    before = kept_titles(picked(app)[1])
    press_in_picks(app, "not interested", before[0])
    now = kept_titles(picked(app)[1])
    assert now[:9] == before[1:] and len(now) == 10 and "What if" not in [button.label for button in app.button]


def test_presses_that_fit_nothing_do_nothing(rated):
    given = kept_answers(rated)
    outside = next(title for title in person_cached.film_titles(link(rated, "run")) if title not in picked(rated)[1])
    for do, title, stars in (("seen", outside, None), ("rate", kept_titles(picked(rated)[1])[0], 9), ("x", "y", None)):
        press_in_picks(rated, do, title, stars)
    assert kept_answers(rated) == given


def test_every_pick_leads_to_a_search_for_where_to_watch(rated):
    titles, html = kept_titles(picked(rated)[1]), picked(rated)[1]
    links = re.findall(r'<a href="([^"]*)" target="_blank" rel="noopener noreferrer">Where to watch', html)
    assert [unescape(each) for each in links] == [search_address(title) for title in titles]


def test_what_if_moves_the_picks_and_saves_nothing(rated):
    before, given = picked(rated), kept_answers(rated)
    press(rated, "what_if_begin")
    run = cached.trained_run(link(rated, "run"))
    place = {title: film for film, title in enumerate(run.items.title)}
    stars = {place[title]: rating for title, rating in given.items()}
    films = [place[title] for title in kept_titles(before[1])]
    heaviest = weightiest(person_cached.new_user_of(run.id), person_cached.item_weights(run.id), stars, films)
    title = run.items.title[heaviest[0]]
    assert thought_of(rated) == f"{given[title]:g}:{title}" and "Nothing is saved" in texts(rated)
    assert kept_titles(picked(rated)[1]) == kept_titles(before[1]) and "instead of" not in picked(rated)[1]
    other = 0 if given[title] > 3 else 4
    rated.feedback(key=f"what_if_stars-{title}").set_value(other).run()
    assert not rated.exception and thought_of(rated) == f"{other + 1}:{title}"
    html = picked(rated)[1]
    there, _, gone = html.partition("<p>No longer picked</p>")
    assert kept_titles(there) != kept_titles(before[1])
    assert set(kept_titles(gone)) == set(kept_titles(before[1])) - set(kept_titles(there))
    signs = re.findall(r'data-sign="([^"]*)"', there)
    for film, (sign, now) in zip(kept_titles(there), zip(signs, range(10), strict=True), strict=True):
        was = kept_titles(before[1]).index(film) if film in kept_titles(before[1]) else None
        up = None if was is None else was - now
        assert sign == ("new" if up is None else "=" if up == 0 else f"{'↑' if up > 0 else '↓'}{abs(up)}")
    assert kept_answers(rated) == given
    press(rated, "what_if_back")
    assert picked(rated) == before and thought_of(rated) is None


def test_what_is_kept_becomes_the_rating_with_the_same_picks(rated):
    title = next(iter(kept_answers(rated)))
    before = picked(rated)
    press_in_picks(rated, "what if", title)  # out of an open reason
    assert thought_of(rated) == f"{kept_answers(rated)[title]:g}:{title}"
    rated.feedback(key=f"what_if_stars-{title}").set_value(1).run()
    hypothetical = kept_titles(picked(rated)[1].partition("<p>No longer picked</p>")[0])
    press(rated, "what_if_keep")
    assert kept_answers(rated)[title] == 2.0 and thought_of(rated) is None
    assert kept_titles(picked(rated)[1]) == hypothetical
    press(rated, "undo")
    assert picked(rated)[0] == before[0]


def test_as_if_it_had_not_been_rated(rated):
    titles = list(kept_answers(rated))
    press_in_picks(rated, "what if", titles[0])
    press(rated, "what_if_unrated")
    assert thought_of(rated) == f"none:{titles[0]}" and "had not been rated" in texts(rated)
    hypothetical = kept_titles(picked(rated)[1].partition("<p>No longer picked</p>")[0])
    press(rated, "what_if_keep")
    assert titles[0] not in kept_answers(rated) and kept_titles(picked(rated)[1]) == hypothetical


def test_without_the_only_rating_nothing_is_left_but_what_is_popular(visit):
    app = visit("rate")
    popular = kept_titles(picked(app)[1])
    title = cards(app)[0]
    rate(app, title, 5)
    press_in_picks(app, "what if", title)
    press(app, "what_if_unrated")
    assert kept_titles(picked(app)[1].partition("<p>No longer picked</p>")[0]) == popular


def test_what_if_ends_where_the_film_is_no_longer_rated(rated):
    title = next(iter(kept_answers(rated)))
    press_in_picks(rated, "what if", title)
    press(rated, f"back-{title}")
    assert thought_of(rated) is None and "What if has ended" in texts(rated)


def test_a_link_that_asks_what_cannot_be_asked_is_told(rated):
    title, before = next(iter(kept_answers(rated))), picked(rated)
    for text, why in (
        ("nonsense", "it is written as 2:Alien (1979)"),
        (f"9:{title}", "ratings go 1 to 5"),
        (f"2.5:{title}", "ratings go 1 to 5"),
        (f"nan:{title}", "ratings go 1 to 5"),
        (f"<b>:{title}", "ratings go 1 to 5"),
        ("2:No Such Film", "No Such Film is not among the films rated"),
    ):
        rated.query_params["what_if"] = text
        rated.run()
        assert not rated.exception and why in texts(rated).replace("\\", "")
        assert picked(rated) == before and thought_of(rated) is None
        assert not [box for box in rated.selectbox if box.key == "what_if_film"]


def test_half_stars_are_thought_of_as_they_are(visit):
    app = visit("rate", data="ml-latest-small")
    rate(app, cards(app)[0], 4)
    title = next(iter(answers(app)))
    store = cached.profiles()
    store.rate(store.open(link(app, "profile")), title, 3.5)
    app.query_params["what_if"] = f"4.5:{title}"
    app.run()
    assert not app.exception and "4.5 instead of 3.5" in texts(app).replace("\\", "")
    assert app.feedback(key=f"what_if_stars-{title}").value is None


def test_stars_between_two_levels_of_this_data_set_can_be_thought_of(rated):
    title = next(iter(kept_answers(rated)))
    store = cached.profiles()
    store.rate(store.open(link(rated, "profile")), title, 3.5)
    rated.run()
    press_in_picks(rated, "what if", title)
    assert thought_of(rated) == f"3.5:{title}" and "other stars than 3.5" in texts(rated).replace("\\", "")
    rated.feedback(key=f"what_if_stars-{title}").set_value(1).run()
    assert "2 instead of 3.5" in texts(rated).replace("\\", "")
