"""Ratings are kept: several named profiles, what a file holds before it is kept, and nothing mixes."""

from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from collab.errors import ProfileError
from collab.services.profiles import ProfileStore
from collab.ui.frame import cached
from tests.pages.on_the_page import link, press, texts
from tests.pages.test_rate import answers, cards, headings, rate

LETTERBOXD_RATINGS = (
    "Date,Name,Year,Letterboxd URI,Rating\n"
    "2024-01-01,Se7en,1995,u,4.5\n2024-01-01,Alien,1979,u,5\n2024-01-01,No Film,2031,u,3\n"
)
WATCHED = "Date,Name,Year,Letterboxd URI\n2024-01-01,Alien,1979,u\n2024-01-01,Fargo,1996,u\n"


def keys(app):
    return {button.key for button in app.button}


def profile(app):
    return cached.profiles().open(link(app, "profile"))


def name_it(app, name):
    next(box for box in app.text_input if (box.key or "").startswith("name-")).set_value(name).run()
    assert not app.exception


def start_another(app, name=""):
    app.text_input(key="another_name").set_value(name)
    press(app, "start_another")


def choose(app, content, name):
    app.file_uploader[0].upload(name, content.encode()).run()
    assert not app.exception


def another_tab(app, **names):
    tab = AppTest.from_file(app._script_path, default_timeout=60)
    for name, value in {"data": "sample", "run": link(app, "run"), **names}.items():
        tab.query_params[name] = value
    tab.session_state["_visitor"] = app.session_state["_visitor"]  # the same browser
    tab.switch_page("pages/rate.py").run()
    assert not tab.exception
    return tab


def test_a_name_starts_a_profile_and_can_be_changed(visit):
    app = visit("rate")
    name_it(app, "  Ada ")
    first = profile(app)
    assert first.name == "Ada" and answers(app) == {}
    rate(app, cards(app)[0], 5)
    name_it(app, "Ada [L]")
    assert profile(app).name == "Ada [L]" and profile(app).id == first.id and len(answers(app)) == 1
    name_it(app, " ")
    assert "has 1 to 60 characters" in texts(app) and profile(app).name == "Ada [L]"
    view = another_tab(app, profile=first.view_token)
    assert headings(view)[0] == "Ada \\[L\\]’s ratings" and "looking at Ada \\[L\\]’s ratings and picks" in texts(view)
    assert keys(view) == {"start_anew", "what_if_begin"}  # neither saves anything
    assert not list(view.text_input) and not list(view.file_uploader)


def test_two_profiles_have_their_own_answers_and_undo(visit):
    app = visit("rate")
    name_it(app, "Ada")
    ada, title = profile(app), cards(app)[0]
    rate(app, title, 5)
    start_another(app, "Bob")
    bob = profile(app)
    assert bob.name == "Bob" and bob.id != ada.id and answers(app) == {} and app.button(key="undo").disabled
    assert cards(app)[0] == title
    rate(app, title, 1)
    press(app, f"switch-{ada.id}")
    assert profile(app) == ada and answers(app) == {title: 5.0} and title not in cards(app)
    assert "5 stars" in texts(app)
    press(app, "undo")
    assert answers(app) == {} and cached.profiles().answers(bob)[0].rating == 1.0
    start_another(app)
    assert profile(app).name == "My ratings" and {f"switch-{ada.id}", f"switch-{bob.id}"} <= keys(app)
    assert app.button(key=f"switch-{bob.id}").label == "Bob · 1 answer"


def test_forgetting_here_takes_off_the_list_and_deletes_nothing(visit):
    app = visit("rate")
    name_it(app, "Ada")
    ada = profile(app)
    rate(app, cards(app)[0], 5)
    start_another(app, "Bob")
    bob = profile(app)
    press(app, f"forget-{ada.id}")
    assert f"switch-{ada.id}" not in keys(app) and profile(app) == bob
    press(app, "forget")
    assert "profile" not in app.query_params and "continue" not in keys(app)
    assert len(cached.profiles().answers(ada)) == 1
    tab = another_tab(app, profile=ada.edit_token)  # its private link brings it back
    start_another(tab, "Eve")
    assert f"switch-{ada.id}" in keys(tab)


def test_a_new_tab_of_the_browser_offers_its_profiles(visit):
    app = visit("rate")
    name_it(app, "Ada")
    rate(app, cards(app)[0], 4)
    tab = another_tab(app)
    assert "profile" not in tab.query_params and tab.button(key="continue").label == "Continue as Ada"
    press(tab, "continue")
    assert profile(tab) == profile(app) and answers(tab) == answers(app)
    stranger = another_tab(app, profile=profile(app).view_token)
    stranger.session_state["_visitor"] = "somebody else"
    press(stranger, "start_anew")
    assert "continue" not in keys(stranger)


def test_a_late_link_does_not_bring_the_other_profile_back(visit):
    app = visit("rate")
    name_it(app, "Ada")
    ada = profile(app)
    start_another(app, "Bob")
    bob, title = profile(app), cards(app)[0]
    app.is_late = True
    app.query_params["profile"] = ada.edit_token  # as sent by a browser that had not heard of the change
    rate(app, title, 2)
    assert profile(app) == bob and answers(app) == {title: 2.0} and cached.profiles().answers(ada) == []


def test_two_tabs_of_one_profile_see_each_other_and_undo_nothing_of_the_other(visit):
    app = visit("rate")
    title = cards(app)[0]
    rate(app, title, 5)
    tab = another_tab(app, profile=link(app, "profile"))
    assert tab.feedback(key=f"answer-{title}").value == 4
    tab.feedback(key=f"answer-{title}").set_value(0).run()
    rate(tab, cards(tab)[0], 3)
    app.run()
    assert app.feedback(key=f"answer-{title}").value == 0 and answers(app) == answers(tab) and len(answers(app)) == 2
    press(app, "undo")
    assert answers(app)[title] == 1.0 and "was answered elsewhere since" in texts(app)
    assert app.button(key="undo").disabled


def test_two_tabs_with_two_profiles_do_not_mix(visit):
    app = visit("rate")
    name_it(app, "Ada")
    tab = another_tab(app)
    name_it(tab, "Bob")
    first = cards(app)[0]
    rate(app, first, 5)
    rate(tab, first, 1)
    rate(app, cards(app)[0], 4)
    assert [profile(each).name for each in (app, tab)] == ["Ada", "Bob"]
    assert list(answers(app).values()) == [5.0, 4.0] and answers(tab) == {first: 1.0}


def test_a_letterboxd_file_is_shown_and_then_kept(visit):
    app = visit("rate")
    choose(app, LETTERBOXD_RATINGS, "ratings.csv")
    said = texts(app).replace("\\", "")
    assert (
        "3 ratings from Letterboxd: 2 matched, 1 not in Built-in sample." in said and "profile" not in app.query_params
    )
    assert app.expander(key="unmatched").label == "Not in Built\\-in sample: 1"
    assert app.dataframe[0].value.to_dict("list") == {"title": ["No Film (2031)"], "answer": ["3 stars"]}
    press(app, "leave_file")
    assert "keep_file" not in keys(app) and "profile" not in app.query_params
    choose(app, LETTERBOXD_RATINGS, "ratings.csv")
    press(app, "keep_file")
    assert answers(app) == {"Seven (Se7en) (1995)": 4.5, "Alien (1979)": 5.0, "No Film (2031)": 3.0}
    assert app.expander(key="lacking").label == "1 answer is for a film that Built\\-in sample lacks"
    assert app.dataframe[0].value.title.tolist() == ["No Film (2031)"]


def test_a_list_of_watched_films_leaves_the_stars(visit):
    app = visit("rate")
    choose(app, LETTERBOXD_RATINGS, "ratings.csv")
    press(app, "keep_file")
    choose(app, WATCHED, "watched.csv")
    assert app.button(key="keep_file").label == "Add 1 answer" and "1 have stars" in texts(app)
    press(app, "keep_file")
    kept = {each.title: (each.rating, each.said) for each in cached.profiles().answers(profile(app))}
    assert kept["Alien (1979)"] == (5.0, "") and kept["Fargo (1996)"] == (None, "seen")
    choose(app, "title,rating\nAlien (1979),2\n", "mine.csv")
    assert "One answer takes the place of another that you gave." in texts(app)


def _forge():
    """A page that answers, takes back and loads whatever its link may do."""
    import streamlit as st

    from collab.data.answers import RatingsFile
    from collab.data.exports import Export
    from collab.ui.frame import link
    from collab.ui.person import own_profile

    link.arrive("rate")
    own_profile.rate("Alien (1979)", 1.0)
    own_profile.dismiss("Alien (1979)", "seen")
    own_profile.take_back("Alien (1979)")
    own_profile.name_it("Mallory")
    own_profile.keep_file(own_profile.FileRead("x", Export(RatingsFile((("Alien (1979)", 1.0),), ()), ""), ()))
    own_profile.delete_everything()
    st.write(own_profile.take_errors())


def test_a_forged_change_with_the_view_token_is_refused(visit):
    app = visit("rate")
    store: ProfileStore = cached.profiles()
    ada = store.create("Ada")
    store.rate(ada, "Alien (1979)", 5)
    forged = AppTest.from_function(_forge)
    forged.query_params["profile"] = ada.view_token
    forged.run()
    assert not forged.exception and "cannot change them; open the private link" in forged.markdown[0].value
    assert store.open(ada.edit_token).name == "Ada"
    assert [(each.title, each.rating) for each in store.answers(ada)] == [("Alien (1979)", 5.0)]
    assert not app.exception


@pytest.mark.parametrize("name", ["mine.txt.csv", "watched.csv", "z.zip"])
def test_a_file_that_is_none_is_refused_and_the_box_is_free_again(visit, name):
    app = visit("rate")
    choose(app, "PK\x03\x04" if name.endswith("zip") else "nothing", name)
    assert "Nothing was loaded" in app.error[0].value and "keep_file" not in keys(app)
    choose(app, "title,rating\nAlien (1979),4\n", "mine.csv")
    press(app, "keep_file")
    assert answers(app) == {"Alien (1979)": 4.0} and not app.error


def test_a_profile_begun_after_one_was_deleted_is_on_the_list_too(visit):
    app = visit("rate")
    rate(app, cards(app)[0], 4)
    press(app, "delete")
    rate(app, cards(app)[0], 4)  # the database may give it the number of the one deleted
    app.run()
    here = cached.profiles().profiles_of(app.session_state["_visitor"])
    assert [each.edit_token for each in here] == [link(app, "profile")]


def test_a_database_that_fails_for_a_moment_makes_nobody_a_new_person(visit, monkeypatch):
    app = visit("rate")
    rate(app, cards(app)[0], 4)
    token = link(app, "profile")

    def fail(store, token):
        raise ProfileError("The database of profiles cannot be used")

    with monkeypatch.context() as away:
        away.setattr(ProfileStore, "open", fail)
        app.run()
        assert "new visitor" in texts(app) + "".join(each.value for each in app.warning)
    app.query_params["profile"] = token
    app.run()
    rate(app, cards(app)[0], 5)
    assert link(app, "profile") == token and len(answers(app)) == 2


def test_the_link_to_share_holds_all_genres(visit):
    app = visit("rate")
    rate(app, cards(app)[0], 4)
    genres = app.multiselect(key="pick_genres").options[:2]
    app = another_tab(app, profile=link(app, "profile"), pick_genres=genres)
    shared = parse_qs(urlsplit(app.code[0].value).query)
    assert shared["pick_genres"] == genres and shared["profile"] == [profile(app).view_token]
