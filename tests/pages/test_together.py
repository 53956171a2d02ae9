"""The Together page: who is here by view-only links alone, what is combined and shown, and no way that ends."""

import re

import pytest

from collab.errors import ProfileError, RunError
from collab.services.profiles import Profile
from collab.ui.frame import cached
from collab.ui.person import cached as person_cached
from collab.ui.together.members import names_of, tokens_in
from tests.pages.on_the_page import link, press, texts

DATA = ("sample", "ml-100k", "ml-latest-small")


def html(app):
    return " ".join(element.proto.body for element in app.get("html"))


def films(app):
    """Titles of the list, best first."""
    lists = [element.proto.body for element in app.get("html") if '<div class="evening"' in element.proto.body]
    return (
        re.findall(r'<div class="film"><b title="([^"]*)"><a class="item-page" href="similar\?', lists[0])
        if lists
        else []
    )


def table(app):
    """The list as a table, which is folded away at first."""
    app.session_state["evening_table"] = True
    app.run()
    return app.dataframe[0].value


def keys(app):
    return {button.key for button in app.button}


@pytest.fixture
def make(app):
    """A function that makes a profile with ratings, stars by the place of the film among the most rated ones of the sample."""

    def profile(name, **stars):
        store = cached.profiles()
        made = store.create(name)
        for title, given in stars.items():
            store.rate(made, title, float(given))
        return made

    return profile


def rate_popular(app, profile, first, stars):
    """Give the run's most rated films from place `first` on these `stars`; returns their titles."""
    titles = list(person_cached.film_titles(link(app, "run")))[first : first + len(stars)]
    for title, given in zip(titles, stars, strict=True):
        cached.profiles().rate(profile, title, float(given))
    return titles


@pytest.fixture
def group_picks(visit, make):
    """A function that opens the page for Ada and Bob, each with ratings of the data set in use."""

    def open_page(data="sample", **more):
        ada, bob = make("Ada"), make("Bob")
        app = visit("together", data, people=f"{ada.view_token},{bob.view_token}", **more)
        rated = rate_popular(app, ada, 0, (5, 4, 1)) + rate_popular(app, bob, 2, (5, 1, 2))
        app.run()
        assert not app.exception
        return app, ada, bob, rated

    return open_page


@pytest.mark.parametrize("data", DATA)
def test_two_people_get_films_that_neither_has_rated(group_picks, data):
    app, ada, bob, rated = group_picks(data)
    shown = films(app)
    assert len(shown) == 10 and not app.error and not app.warning
    assert not {title.rsplit(" (", 1)[0] for title in rated} & set(shown)
    assert html(app).count("<u> in the own list</u>") == 20 and html(app).count("<u>predicted </u>") == 20
    assert (
        "gain" in texts(app) and "most rated films" in texts(app) and ("ynthetic" in texts(app)) == (data == "sample")
    )
    assert "**Ada** has rated 3 films." in texts(app) and "**Bob** has rated 3 films." in texts(app)
    listed = table(app)
    assert len(listed) == 10 and listed["Ada, predicted"].between(0.5, 5).all() and (listed["n_ratings"] >= 20).all()
    assert {"Bob, probably", "Bob, own list"} <= set(listed.columns)
    for token in (ada.edit_token, bob.edit_token):
        assert token not in str(dict(app.query_params))
    gain, agreement = (each.value for each in app.dataframe[1:])  # the small tables of the side, to take along
    assert gain["person"].tolist() == ["Ada", "Bob"] and agreement.shape == (1, 5)
    for row in gain.itertuples(index=False):
        assert f"<th scope=row>{row[0]}</th>" + "".join(f"<td>{stars:.1f}</td>" for stars in row[1:]) in html(app)
    assert gain["these (stars)"].tolist() == pytest.approx(
        [listed[f"{name}, predicted"].mean() for name in ("Ada", "Bob")], abs=0.0002
    )


def test_the_ways_and_what_counts_change_the_list(group_picks):
    app, *_ = group_picks()
    lists = {}
    for counts in ("Watch and like", "Predicted rating"):
        app.segmented_control(key="counts").set_value(counts).run()
        for way in ("Average", "Least misery", "Average without misery"):
            app.segmented_control(key="way").set_value(way).run()
            assert not app.exception
            lists[counts, way] = films(app)
            stars = table(app)[["Ada, predicted", "Bob, predicted"]]
            if counts == "Predicted rating" and way != "Average without misery":
                joint = stars.mean(axis=1) if way == "Average" else stars.min(axis=1)
                assert (joint.diff().dropna() <= 0.0002).all()  # figures are rounded to four decimals
    assert lists["Watch and like", "Average"] != lists["Predicted rating", "Average"]
    assert len({tuple(each) for each in lists.values()}) >= 4


def test_a_threshold_that_nothing_reaches_offers_the_one_that_leaves_a_film(group_picks):
    app, *_ = group_picks(way="Average without misery", least="5.0")
    assert films(app) == [] and "Somebody would rate every film below 5 stars" in texts(app)
    press(app, "lower_least")
    assert films(app) and app.slider(key="least").value < 5
    stars = table(app)[["Ada, predicted", "Bob, predicted"]]
    assert (stars.min(axis=1) >= app.slider(key="least").value - 0.05).all()


def test_filters_that_leave_nothing_say_so(group_picks):
    app, *_ = group_picks()
    app.slider(key="min_ratings").set_value(app.slider(key="min_ratings").max).run()
    years = app.slider(key="years")
    years.set_value((years.min, years.min)).run()
    assert not app.exception and films(app) == [] and "passes the filters" in texts(app)


def test_films_that_some_have_liked(group_picks):
    app, _, _, rated = group_picks()
    app.toggle(key="again").set_value(True).run()
    assert html(app).count("<span>rated</span>") == table(app).isin(["rated"]).to_numpy().sum()
    app.segmented_control(key="counts").set_value("Predicted rating").run()
    assert not app.exception
    shown = set(films(app))
    assert rated[0].rsplit(" (", 1)[0] in shown or html(app).count("<span>rated</span>") >= 1
    assert rated[2].rsplit(" (", 1)[0] not in shown  # both rated it


def test_a_private_link_becomes_a_view_only_one(visit, make):
    ada, bob = make("Ada"), make("Bob")
    app = visit("together", people=f"{ada.edit_token},{bob.view_token},{ada.view_token}")
    assert link(app, "people") == f"{ada.view_token},{bob.view_token}" and "profile" not in app.query_params
    assert len(films(app)) == 10


def test_a_profile_of_the_link_joins_and_its_token_goes(visit, make):
    ada = make("Ada")
    app = visit("together", profile=ada.edit_token)
    assert link(app, "people") == ada.view_token and "profile" not in app.query_params
    assert app.session_state["_profile"] == ada.edit_token  # Rate opens it still
    assert "**Ada** is here" in texts(app) and "more-0" in keys(app) and not films(app)


@pytest.mark.parametrize("private", (True, False))
def test_pasting_an_address_adds_its_person(visit, make, private):
    ada, bob = make("Ada"), make("Bob")
    app = visit("together", people=ada.view_token)
    token = bob.edit_token if private else bob.view_token
    app.text_input(key="paste_person").set_value(f"http://some.where/rate?data=sample&profile={token}#picks").run()
    assert not app.exception and link(app, "people") == f"{ada.view_token},{bob.view_token}"
    assert app.text_input(key="paste_person").value == "" and len(films(app)) == 10
    app.text_input(key="paste_person").set_value(bob.view_token).run()
    assert "is here already" in texts(app) and link(app, "people") == f"{ada.view_token},{bob.view_token}"
    press(app, "leave-1")
    assert link(app, "people") == ada.view_token and "takes one more" in texts(app)


def test_bad_tokens_are_told_of_and_the_rest_goes_on(visit, make):
    ada, bob = make("Ada"), make("Bob")
    gone = make("Gone")
    cached.profiles().delete(gone)
    app = visit("together", people=f"{ada.view_token},nonsense,{gone.view_token},{bob.view_token}")
    assert len(films(app)) == 10 and "is no link of a profile" in texts(app) and "may have been deleted" in texts(app)
    press(app, "leave_out")
    assert link(app, "people") == f"{ada.view_token},{bob.view_token}" and not app.warning and len(films(app)) == 10
    app.text_input(key="paste_person").set_value("https://some.where/else").run()
    assert "is no link of a profile" in texts(app) and len(films(app)) == 10
    assert link(app, "people") == f"{ada.view_token},{bob.view_token}"


def test_more_than_four_are_too_many(visit, make):
    tokens = [make(f"Person of place {place}").view_token for place in range(5)]
    app = visit("together", people=",".join(tokens))
    assert link(app, "people") == ",".join(tokens[:4]) and "at most 4 people" in texts(app) and len(films(app)) == 10
    assert not app.text_input  # nobody else can join


def test_nobody_yet_and_the_ways_on(visit):
    app = visit("together")
    assert "Nobody is here yet" in texts(app) and "people" not in app.query_params
    press(app, "rate_first")
    assert app.title[0].value == "Rate"
    title = next(stars.key for stars in app.feedback if stars.key.startswith("stars-"))
    app.feedback(key=title).set_value(4).run()
    app.switch_page("pages/together.py").run()
    assert not app.exception and "**You** are here" in texts(app) and "profile" not in app.query_params


def test_somebody_starts_at_this_browser(visit, make):
    ada = make("Ada")
    app = visit("together", profile=ada.edit_token)
    app.text_input[1].set_value("  Bea  ")
    next(button for button in app.button if button.label == "Start their ratings").click().run()
    assert not app.exception and app.title[0].value == "Rate"
    bea = cached.profiles().open(link(app, "profile"))
    assert bea.name == "Bea" and bea.can_edit
    app.query_params.pop("profile")
    app.switch_page("pages/together.py").run()
    assert link(app, "people") == f"{ada.view_token},{bea.view_token}" and len(films(app)) == 10
    assert "Ada and Bea have rated no film of this data set yet; the average person stands in." in texts(app)
    press(app, "leave-0")
    assert {f"join-{ada.id}"} <= keys(app)  # this browser remembers who was here before Bea
    press(app, f"join-{ada.id}")
    assert link(app, "people") == f"{bea.view_token},{ada.view_token}"
    press(app, "more-1")
    assert app.title[0].value == "Rate" and link(app, "profile") == ada.edit_token


def test_a_name_that_is_none_starts_nobody(visit):
    app = visit("together")
    next(button for button in app.button if button.label == "Start their ratings").click().run()
    assert not app.exception and "A profile's name has 1 to" in texts(app).replace("\\", "")
    assert app.title[0].value == "Together"


def test_unnamed_people_and_namesakes_are_told_apart(visit, make):
    tokens = [make(name).view_token for name in ("My ratings", "Ada", "Ada")]
    app = visit("together", people=",".join(tokens))
    names = {"Person 1", "Ada (1)", "Ada (2)"}
    assert {column.removesuffix(", predicted") for column in table(app) if "predicted" in column} == names


def test_names_are_shown_as_they_are(visit, make):
    tokens = [make(name).view_token for name in ("<b>Eve</b> *x*", "Bob")]
    app = visit("together", people=",".join(tokens))
    assert "&lt;b&gt;Eve&lt;/b&gt; *x*" in html(app) and "<b>Eve</b>" not in html(app)


def test_where_the_ratings_behind_the_run_are_gone_predicted_ratings_rank(group_picks, monkeypatch):
    def gone(run_id):
        raise RunError("the data set is not at hand")

    monkeypatch.setattr(person_cached, "item_weights", gone)
    app, *_ = group_picks()
    assert len(films(app)) == 10 and "Ranked by predicted rating" in texts(app)


def test_a_database_that_fails_is_told_of(group_picks, monkeypatch):
    app, *_ = group_picks()

    def fails(*_):
        raise ProfileError("The database cannot be used.")

    people = link(app, "people")
    for name in ("answers", "profiles_of"):
        monkeypatch.setattr(cached.profiles(), name, fails)
        app.run()
        assert not app.exception and "cannot be used" in texts(app) and link(app, "people") == people


def test_a_page_link_that_nobody_has_is_told_of_and_does_not_stay(visit, make):
    ada, gone = make("Ada"), make("Gone")
    cached.profiles().delete(gone)
    app = visit("together", people=ada.view_token, profile=gone.edit_token)
    assert "may have been deleted" in texts(app) and "**Ada** is here" in texts(app)
    assert link(app, "people") == ada.view_token and "profile" not in app.query_params


def test_a_bayesian_run_serves_too(visit, make):
    ada, bob = make("Ada"), make("Bob")
    app = visit("together", people=f"{ada.view_token},{bob.view_token}")
    assert len(films(app)) == 10


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("abc", ["abc"]),
        ("https://x.y/rate?data=sample&profile=abc#picks", ["abc"]),
        ("https://x.y/together?people=abc%2Cdef&run=1", ["abc", "def"]),
        ("  ", []),
    ],
)
def test_tokens_of_what_is_pasted(text, tokens):
    assert tokens_in(text) == tokens


def test_no_two_people_have_the_same_name():
    def profile(place, name):
        return Profile(place, name, 0, f"view-{place}", None)

    people = [profile(place, name) for place, name in enumerate(("Ada", "Ada (1)", "Ada"))]
    assert names_of(people, ()) == ("Ada (2)", "Ada (1)", "Ada (3)")
