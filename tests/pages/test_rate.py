"""The Rate page: picks follow every answer, answers are kept, and a link does what it may and no more."""

import re
import shutil

import pytest

from collab.errors import ProfileError, RunError
from collab.recommend.elicitation import Interview, by_information, information_gained
from collab.services.environment import read_environment
from collab.ui.frame import cached
from collab.ui.person import cached as person_cached
from tests.pages.in_the_picks import kept_titles, picked, press_in_picks
from tests.pages.on_the_page import link, press, texts

DATA = ("sample", "ml-100k", "ml-latest-small")


def cards(app):
    """Titles of the films that are asked, by the keys of their stars."""
    return [stars.key.removeprefix("stars-") for stars in app.feedback if stars.key.startswith("stars-")]


def rate(app, title, stars):
    app.feedback(key=f"stars-{title}").set_value(stars - 1).run()
    assert not app.exception


def rate_any(app, title, stars):
    app.selectbox(key="search").select(title).run()
    rate(app, title, stars)


def headings(app):
    return [element.value for element in app.header]


def answers(app):
    """What the database holds for the profile of the link."""
    store = cached.profiles()
    return {answer.title: answer.rating for answer in store.answers(store.open(link(app, "profile")))}


def upload(app, content, name="mine.csv"):
    """Choose a file, and add what it holds where it was not refused."""
    app.file_uploader[0].upload(name, content).run()
    assert not app.exception
    if [button for button in app.button if button.key == "keep_file"]:
        press(app, "keep_file")


@pytest.mark.parametrize("data", DATA)
def test_before_the_first_answer(visit, data):
    app = visit("rate", data=data)
    run = cached.trained_run(link(app, "run"))
    assert headings(app) == ["Popular with everyone, not yet yours"]
    titles, html = picked(app)
    assert len(titles) == 10 and "probably" not in html and html.count("on average") == 10
    start = Interview(person_cached.new_user_of(run.id), person_cached.run_audience(run.id), {}, ())
    assert cards(app) == run.items.title.iloc[by_information(start, 12)].drop_duplicates().tolist()[:6]
    assert "profile" not in app.query_params  # a mere visitor leaves no row
    error, baseline = run.record.valid["mse"], run.record.baselines["biases_only"]["mse"]
    assert f"held-out MSE {error:.4f}, biases only {baseline:.4f}" in texts(app)
    assert ("ynthetic" in texts(app)) == (data == "sample")
    assert app.button(key="undo").disabled


def test_the_films_asked_follow_the_choice_and_the_answers(visit):
    app = visit("rate", ask="Popular")
    run = cached.trained_run(link(app, "run"))
    popular = run.items.sort_values("n_ratings", ascending=False, kind="stable").title.tolist()
    assert cards(app) == popular[:6] and app.radio(key="ask").value == "Popular"
    press(app, f"unseen-{popular[1]}")
    assert cards(app) == [popular[0], popular[6], *popular[2:6]]  # nothing else moved
    app.radio(key="ask").set_value("Most likely seen").run()
    share = person_cached.run_audience(run.id)
    chances = share.chances([], [run.items.title.tolist().index(popular[1])])
    likely = [title for title in run.items.title.iloc[(-chances).argsort(kind="stable")] if title != popular[1]]
    assert cards(app) == likely[:6]
    seen = {tuple(cards(app))}
    for way in ("Most telling", "HELF", "Random"):
        app.radio(key="ask").set_value(way).run()
        seen.add(tuple(cards(app)))
        assert len(cards(app)) == 6 and popular[1] not in cards(app) and not app.exception
    assert len(seen) == 4


def test_the_page_says_what_the_last_answer_taught(visit):
    app = visit("rate")
    assert "Asked: films that you have probably seen" in texts(app)
    run = cached.trained_run(link(app, "run"))
    known, share = person_cached.new_user_of(run.id), person_cached.run_audience(run.id).share
    first, second = cards(app)[:2]
    film = {title: place for place, title in enumerate(run.items.title)}
    rate(app, first, 5)
    part = information_gained(known, {}, {film[first]: 5.0}, share)
    assert part > 0.005 and f"Your uncertainty fell by {100 * part:.0f} %." in texts(app)
    press(app, f"unseen-{second}")
    assert "Nothing learned of your taste, but what to ask you next." in texts(app)
    press(app, "undo")
    assert f"Your uncertainty fell by {100 * part:.0f} %." in texts(app)
    press(app, f"back-{first}")
    rise = -information_gained(known, {film[first]: 5.0}, {}, share)
    assert f"Your uncertainty rose by {100 * rise:.0f} %." in texts(app)


def test_without_the_ratings_behind_the_run_the_most_rated_films_are_asked(visit, monkeypatch):
    def gone(run_id):
        raise RunError("the data set is not at hand")

    monkeypatch.setattr(person_cached, "run_audience", gone)
    app = visit("rate")
    run = cached.trained_run(link(app, "run"))
    popular = run.items.sort_values("n_ratings", ascending=False, kind="stable").title.tolist()
    assert cards(app) == popular[:6] and not app.error and not app.warning
    assert "not at hand: the most rated films are asked" in texts(app)
    rate(app, popular[0], 5)
    assert cards(app) == [popular[6], *popular[1:6]]


@pytest.mark.parametrize("data", DATA)
def test_every_answer_refreshes_the_picks(visit, data):
    app = visit("rate", data=data)
    asked = cards(app)
    rate(app, asked[1], 5)
    assert headings(app)[0] == "Your picks"
    assert [title for title in cards(app) if title not in asked] == [cards(app)[1]]  # the next film, in the same place
    first, html = picked(app)
    assert (
        len(first) == 10
        and html.count(", probably ") == 10
        and re.search(r"<b>\d\.\d</b>, probably [\d.]+( to \d)?", html)
    )
    n_levels = len(cached.trained_run(link(app, "run")).record.scale.levels)
    assert html.count('role="img" aria-label="Chances: ') == 10 and html.count("<i") == 10 * (2 * n_levels + 1)
    for title, stars in zip(cards(app), (1, 5, 1, 2), strict=False):
        rate(app, title, stars)
    then, _ = picked(app)
    assert then != first
    assert "After 5 ratings your predictions are typically ±" in texts(app) and "before the first it was ±" in texts(
        app
    )
    given = answers(app)
    assert len(given) == 5
    assert not {title.rsplit(" (", 1)[0] for title in given} & set(then)
    run = cached.trained_run(link(app, "run"))
    counts = {title.rsplit(" (", 1)[0]: n for title, n in zip(run.items.title, run.items.n_ratings, strict=True)}
    assert min(counts[title] for title in then if title in counts) >= 20


def test_the_order_the_dials_and_the_two_parts(visit):
    app = visit("rate")
    assert not [box for box in app.selectbox if box.key == "order"]  # nothing to order yet
    for stars in (5, 1, 4):
        rate(app, cards(app)[0], stars)
    watch, html = picked(app)
    assert app.selectbox(key="order").value == "watch" and "order" not in app.query_params
    assert html.index("<p>New to you</p>") < html.index("<p>You may know these</p>") and len(watch) == 10
    sums = re.findall(r'<dl class="sum">(.*?)</dl>', html)
    assert len(sums) == 20 and html.count("Watched together, score") == 10 == html.count("Predicted, stars")
    for each in sums:
        *parts, total = (float(figure.replace("−", "-")) for figure in re.findall(r">([+−]?\d\.\d+)</dd>", each))
        assert round(sum(parts), 3) == total and len(parts) == 4  # to the last digit that is printed
    run = cached.trained_run(link(app, "run"))
    facts = run.items.assign(short=run.items.title.str.replace(r" \(\d{4}\)$", "", regex=True)).set_index("short")
    app.selectbox(key="order").set_value("popular").run()
    popular, _ = picked(app)
    assert popular != watch
    for part in (popular[:6], popular[6:]):
        assert facts.n_ratings[part].is_monotonic_decreasing
    app.selectbox(key="order").set_value("rating").run()
    figures = [float(each) for each in re.findall(r"<b>(\d\.\d)</b>, probably", picked(app)[1])]
    assert figures[:6] == sorted(figures[:6], reverse=True) and figures[6:] == sorted(figures[6:], reverse=True)
    app.selectbox(key="order").set_value("watch").run()
    assert picked(app)[0] == watch
    app.slider(key="years").set_value((1980, 1990)).run()
    app.multiselect(key="pick_genres").set_value(["Comedy"]).run()
    some = facts.loc[picked(app)[0]]
    assert len(some) and some.year.between(1980, 1990).all() and some.genres.str.contains("Comedy").all()
    assert not app.exception


def test_where_the_ratings_are_gone_the_prediction_ranks_and_says_so(visit, monkeypatch):
    def gone(run_id):
        raise RunError("the data set is not at hand")

    monkeypatch.setattr(person_cached, "item_weights", gone)
    app = visit("rate")
    rate(app, cards(app)[0], 5)
    titles, html = picked(app)
    assert "Ranked by predicted rating" in texts(app) and len(titles) == 10 and "New to you" not in html
    app.selectbox(key="order").set_value("rating").run()
    assert picked(app)[0] == titles and "Ranked by predicted rating" not in texts(app)


def test_not_seen_is_an_answer_and_stays_a_candidate(visit):
    app = visit("rate")
    title = cards(app)[0]
    press(app, f"unseen-{title}")
    assert title not in cards(app) and answers(app) == {title: None}
    assert headings(app)[0] == "Popular with everyone, not yet yours"  # nothing is known of this person's taste yet
    rate(app, cards(app)[0], 5)
    before = picked(app)[0]
    run = cached.trained_run(link(app, "run"))
    top = next(each for each in run.items.title if each.startswith(f"{before[0]} ("))
    app.selectbox(key="search").select(top).run()
    press(app, f"unseen-{top}")
    assert answers(app)[top] is None and picked(app)[0] == before  # it is still the first of the picks


def test_minimum_count_leaves_out_rare_films(visit):
    app = visit("rate")
    rate(app, cards(app)[0], 5)
    run = cached.trained_run(link(app, "run"))
    app.slider(key="min_ratings").set_value(150).run()
    counts = dict(zip(run.items.title.str.replace(r" \(\d{4}\)$", "", regex=True), run.items.n_ratings, strict=True))
    assert all(counts[title] >= 150 for title in picked(app)[0])
    assert "at least 150 ratings" in texts(app)


def test_an_answer_can_be_changed_taken_back_and_the_change_undone(visit):
    app = visit("rate")
    first, second = cards(app)[:2]
    rate(app, first, 5)
    rate(app, second, 2)
    before = picked(app)[0]
    app.feedback(key=f"answer-{first}").set_value(0).run()
    assert answers(app) == {first: 1.0, second: 2.0}
    press(app, "undo")
    assert answers(app) == {first: 5.0, second: 2.0} and picked(app)[0] == before
    press(app, f"back-{first}")
    assert answers(app) == {second: 2.0}
    press(app, "undo")
    assert answers(app) == {first: 5.0, second: 2.0} and picked(app)[0] == before


def test_undo_brings_the_film_back_to_its_place(visit):
    app = visit("rate")
    asked = cards(app)
    rate(app, asked[2], 4)
    assert cards(app)[2] != asked[2]
    press(app, "undo")
    assert cards(app) == asked and answers(app) == {} and app.feedback(key=f"stars-{asked[2]}").value is None
    assert headings(app)[0] == "Popular with everyone, not yet yours"
    assert app.button(key="undo").disabled


def test_any_film_can_be_found_and_rated(visit):
    app = visit("rate")
    asked = cards(app)
    title = app.selectbox(key="search").options[200]
    app.selectbox(key="search").select(title).run()
    assert cards(app) == [title, *asked[1:]] and app.selectbox(key="search").value is None
    rate(app, title, 3)
    assert answers(app) == {title: 3.0} and cards(app) == asked
    app.selectbox(key="search").select(title).run()
    assert app.feedback(key=f"stars-{title}").value == 2  # as it was answered


def test_answers_survive_in_the_private_link(visit, app):
    visit("rate")
    for stars in (5, 1, 4):
        rate(app, cards(app)[0], stars)
    token, given, before = link(app, "profile"), answers(app), picked(app)[0]
    again = type(app).from_file(app._script_path, default_timeout=60)
    for name, value in (("data", "sample"), ("run", link(app, "run")), ("profile", token)):
        again.query_params[name] = value
    again.switch_page("pages/rate.py").run()
    assert answers(again) == given and picked(again)[0] == before and not set(cards(again)) & set(given)


def test_answers_go_with_the_person_to_other_pages_and_data_sets(visit, app, trained_home):
    visit("rate", data="ml-100k")
    rate_any(app, "Star Wars (1977)", 5)  # the sample has it under a longer title
    rate_any(app, "Fargo (1996)", 4)
    token, given = link(app, "profile"), answers(app)
    app.switch_page("pages/biases.py").run()
    app.switch_page("pages/rate.py").run()
    assert link(app, "profile") == token and answers(app) == given
    shutil.copytree(trained_home("sample"), read_environment().home, dirs_exist_ok=True)
    app.selectbox(key="_pick_data").select("sample").run()
    assert not app.exception and link(app, "data") == "sample"
    assert link(app, "profile") == token and answers(app) == given and headings(app)[0] == "Your picks"
    assert app.expander(key="lacking").label == "1 answer is for a film that Built\\-in sample lacks"
    assert "Star Wars" in texts(app)


def test_proposes_the_newer_data_set_where_it_is_at_hand(visit, data_folder):
    app = visit("rate", data="ml-100k")
    assert "Films up to 1998." in texts(app).replace("\\", "")
    press(app, "use_newer")
    assert link(app, "data") == "ml-latest-small"


def test_a_view_only_link_shows_and_cannot_change(visit, app):
    visit("rate")
    for stars in (5, 2):
        rate(app, cards(app)[0], stars)
    given, before, token = answers(app), picked(app)[0], link(app, "profile")
    view = cached.profiles().open(token).view_token
    assert view in " ".join(code.value for code in app.code) and token not in " ".join(code.value for code in app.code)

    app.session_state["_profile"] = None
    app.query_params["profile"] = view
    app.run()
    assert not app.exception and "View only" in texts(app)
    assert not list(app.feedback) and not list(app.file_uploader)
    keys = {button.key for button in app.button}
    assert not keys & {"undo", "delete"} and not any(key.startswith(("back-", "unseen-")) for key in keys if key)
    assert headings(app) == ["Their ratings", "Their picks"]
    lists = [element.proto.body for element in app.get("html") if "film-list" in element.proto.body]
    html = picked(app)[1]
    assert "<b>5</b> stars" in lists[0] and picked(app)[0] == before
    assert 'data-do="seen"' not in html and 'data-do="rate"' not in html
    assert html.count("Where to watch") == 10 and 'data-do="what if"' in html
    press_in_picks(app, "seen", kept_titles(html)[0])
    press_in_picks(app, "rate", kept_titles(html)[0], 5)
    press_in_picks(app, "what if", next(iter(given)))
    press(app, "what_if_unrated")
    assert "Nothing is saved" in texts(app) and "what_if_keep" not in {button.key for button in app.button}
    press(app, "what_if_back")
    with pytest.raises(ProfileError):
        cached.profiles().rate(cached.profiles().open(view), "Alien (1979)", 1)

    press(app, "start_anew")
    assert "profile" not in app.query_params and headings(app) == ["Popular with everyone, not yet yours"]
    app.query_params["profile"] = token
    app.run()
    assert answers(app) == given and picked(app)[0] == before


@pytest.mark.parametrize("token", ["nonsense", "A" * 43, "<b>bold</b>"])
def test_an_unknown_link_says_so_and_works_as_new(visit, token):
    app = visit("rate", profile=token)
    assert len(app.warning) == 1 and "new visitor" in app.warning[0].value
    assert headings(app) == ["Popular with everyone, not yet yours"]
    rate(app, cards(app)[0], 4)
    assert not app.warning and link(app, "profile") != token and len(answers(app)) == 1


def test_csv_goes_out_and_comes_back(visit):
    app = visit("rate")
    for stars in (5, 1):
        rate(app, cards(app)[0], stars)
    press(app, f"unseen-{cards(app)[0]}")
    given, before = answers(app), picked(app)[0]
    store = cached.profiles()
    content = store.to_csv(store.open(link(app, "profile")))
    assert app.get("download_button")[0].label == "Download as CSV"

    press(app, "delete")
    assert "profile" not in app.query_params and "deleted" in texts(app)
    upload(app, content.encode())
    assert "3 answers loaded" in texts(app)
    assert answers(app) == given and picked(app)[0] == before


def test_a_file_names_films_as_it_likes_and_says_what_was_not_found(visit):
    app = visit("rate")
    rows = ("title,rating", '"the godfather (1972)",5', "No Such Film (2031),3", '"Godfather, The (1972)",0.5')
    upload(app, "\n".join(rows).encode("utf-8-sig"))
    assert answers(app) == {"Godfather, The (1972)": 0.5, "No Such Film (2031)": 3.0}
    said = texts(app).replace("\\", "")
    assert "2 answers loaded" in said and "Not in Built-in sample, but kept: No Such Film (2031)" in said
    assert "probably" in picked(app)[1]


@pytest.mark.parametrize(
    ("content", "place", "remedy"),
    [
        (b"title,rating\nAlien (1979),4\nHeat (1995),9\n", "mine.csv, line 3, column rating", "from 0.5 to 5"),
        (b"title,rating\nAlien (1979),good\n", "mine.csv, line 2, column rating", "is not a number"),
        (b"film,stars\nAlien (1979),4\n", "mine.csv, line 1", "title,rating"),
        (b"", "mine.csv", "empty"),
        (b"title,rating\nAlien (1979),4\n\xff,3\n", "mine.csv, line 3", "UTF-8"),
    ],
)
def test_a_wrong_file_is_refused_whole(visit, content, place, remedy):
    app = visit("rate")
    rate(app, cards(app)[0], 5)
    given = answers(app)
    upload(app, content)
    said = app.error[0].value.replace("\\", "")
    assert "Nothing was loaded" in said and place in said and remedy in said
    assert answers(app) == given


def test_a_wrong_file_makes_no_profile(visit):
    app = visit("rate")
    upload(app, b"title,rating\nAlien (1979),99\n")
    assert len(app.error) == 1 and "profile" not in app.query_params


def test_delete_really_deletes(visit):
    app = visit("rate")
    rate(app, cards(app)[0], 5)
    token = link(app, "profile")
    view = cached.profiles().open(token).view_token
    press(app, "delete")
    for each in (token, view):
        with pytest.raises(ProfileError):
            cached.profiles().open(each)
    assert headings(app) == ["Popular with everyone, not yet yours"]
    app.is_late = True
    app.query_params["profile"] = token
    app.run()
    assert not app.warning  # a browser that has not heard of it yet sends the old link once more
    del app.session_state["_link_page"]  # and now somebody opens it
    app.run()
    assert "may have been deleted" in app.warning[0].value


def test_a_profile_deleted_elsewhere_is_said_and_nothing_is_lost_twice(visit):
    app = visit("rate")
    rate(app, cards(app)[0], 5)
    cached.profiles().delete(cached.profiles().open(link(app, "profile")))
    rate(app, cards(app)[0], 4)
    assert "may have been deleted" in texts(app) and headings(app)[0].startswith("Popular")
    rate(app, cards(app)[0], 3)
    assert list(answers(app).values()) == [3.0]


def test_a_database_that_cannot_work_is_named(visit, monkeypatch, tmp_path):
    monkeypatch.setenv("COLLAB_DATABASE", "nosuch://somewhere/else")
    app = visit("rate")
    assert "COLLAB_DATABASE" in app.error[0].value.replace("\\", "")


DEEDS = {  # each a first one, which would make a profile
    "stars": lambda app: rate(app, cards(app)[0], 5),
    "a group": lambda app: app.checkbox(key="group-0").set_value(True).run(),
    "a pick set aside": lambda app: press_in_picks(app, "seen", kept_titles(picked(app)[1])[0]),
}


@pytest.mark.parametrize("action", DEEDS)
def test_a_database_that_fails_takes_nothing_and_says_so(visit, monkeypatch, tmp_path, action):
    (tmp_path / "file").write_text("no database")
    monkeypatch.setenv("COLLAB_DATABASE", f"sqlite:///{(tmp_path / 'file').as_posix()}")
    app = visit("rate", groups="true" if action == "a group" else "false")
    DEEDS[action](app)
    assert "cannot be used" in app.error[0].value and "profile" not in app.query_params
    assert not app.exception and not any(box.value for box in app.checkbox)
