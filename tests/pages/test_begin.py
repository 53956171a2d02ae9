"""Before the first rating: groups of films and what somebody says of themselves change the picks, and put back leave no trace."""

import re

import numpy as np
import pytest

from collab.data.features import features_of_person
from collab.errors import ProfileError, RunError
from collab.models import preset_of
from collab.recommend.elicitation import Interview, by_information, unknown
from collab.recommend.new_user import picks
from collab.services.environment import read_environment
from collab.services.plans import plan
from collab.ui.frame import cached
from collab.ui.person import cached as person_cached
from tests.pages.in_the_picks import picked
from tests.pages.on_the_page import current, link, texts
from tests.pages.test_rate import cards, headings
from tests.training_here import train_here

POPULAR = "Popular with everyone, not yet yours"


def groups(app):
    """The boxes of the groups in sight."""
    return [box for box in app.checkbox if re.fullmatch(r"group-\d", box.key)]


def pick(app, place, yes=True):
    app.checkbox(key=f"group-{place}").set_value(yes).run()
    assert not app.exception


def facts(app):
    store = cached.profiles()
    return store.facts(store.open(link(app, "profile")))


def choose(app, name, value):
    app.selectbox(key=f"about_{name}").set_value(value).run()
    assert not app.exception


def train(model, data="sample"):
    return train_here(read_environment(), plan(model, preset_of(model, "fast"), data, "random:0.2", 0)).id


@pytest.mark.parametrize("data", ["sample", "ml-latest-small"])  # on ml-100k: tests/browser/test_begin.py
def test_picked_groups_make_the_picks_and_put_back_leave_no_trace(visit, data):
    app = visit("rate", data=data)
    single, popular = cards(app), picked(app)[0]
    app.toggle(key="groups").set_value(True).run()
    run = current(app)
    known, found = person_cached.new_user_of(run.id), person_cached.run_groups(run.id)
    assert len(groups(app)) == 8 == len(found) and not cards(app)
    assert "profile" not in app.query_params and headings(app) == [POPULAR]  # a mere visitor leaves no row
    assert all(box.label.count("\n") == 3 for box in groups(app))
    pick(app, 1)
    pick(app, 4)
    assert headings(app) == ["Your picks"] and app.toggle(key="groups").label == "Groups picked: 2"
    assert [box.value for box in groups(app)] == [place in (1, 4) for place in range(8)]
    titles = [run.items.title[found[place].shown[0]] for place in (1, 4)]
    assert facts(app) == {"groups": "\n".join(titles)}

    stated = person_cached.new_user_with_facts(run.id, (1, 4), None, None, None)
    moved = stated.before[0].score - known.before[0].score
    mine = np.concatenate([found[place].items for place in (1, 4)])
    rest = np.concatenate([group.items for place, group in enumerate(found) if place not in (1, 4)])
    assert moved[mine].mean() > moved[rest].mean() + 0.02  # towards the films of these groups
    expected = picks(stated, run.items, {}, 10, item_weights=person_cached.item_weights(run.id), n_familiar=4)
    names, html = picked(app)
    assert [title.rsplit(" (", 1)[0] for title in expected.items.title] == names
    assert names != popular and html.count(", probably ") == 10
    assert f"typically ±{expected.typical_error:.2f} stars. Ranked by how often" in texts(app)
    share = person_cached.run_audience(run.id).share
    less = 1 - unknown(stated, {}, share) / unknown(known, {}, share)
    assert f"Your uncertainty is {100 * less:.0f} % lower with them." in texts(app)

    app.button(key="single_films").click().run()
    start = Interview(stated, person_cached.run_audience(run.id), {}, ())
    asked = run.items.title.iloc[by_information(start, 12)].drop_duplicates().tolist()[:6]
    assert cards(app) == asked and not groups(app) and headings(app) == ["Your picks"]

    app.toggle(key="groups").set_value(True).run()
    pick(app, 4, False)
    assert facts(app) == {"groups": titles[0]} and picked(app)[0] != names
    pick(app, 4)
    assert picked(app)[0] == names
    pick(app, 1, False)
    pick(app, 4, False)
    assert facts(app) == {} and headings(app) == [POPULAR] and picked(app)[0] == popular
    app.toggle(key="groups").set_value(False).run()
    assert cards(app) == single


def test_the_reason_of_a_pick_tells_groups_and_oneself_apart_and_adds_up(visit):
    app = visit("rate", groups="true")
    pick(app, 0)
    choose(app, "age", "60")
    app.toggle(key="groups").set_value(False).run()
    for films in (2, 3):  # before the first rating, and after it
        sums = re.findall(r'<dl class="sum">(.*?)</dl>', picked(app)[1])
        stars = [each for each in sums if "Predicted, stars" in each]
        assert len(stars) == 10 and len(sums) == (10 if films == 2 else 20)
        for each in stars:
            names = re.findall(r"<dt[^>]*>([^<]*)</dt>", each)
            assert names[:3] == ["Before you said anything", "From age, gender, occupation", "From the groups picked"]
            *parts, total = (float(figure.replace("−", "-")) for figure in re.findall(r">([+−]?\d\.\d+)</dd>", each))
            assert sum(parts) == pytest.approx(total, abs=0.0051 * len(parts)) and len(parts) == films + 1
        app.feedback(key=f"stars-{cards(app)[0]}").set_value(4).run()
    app.toggle(key="groups").set_value(True).run()
    pick(app, 0, False)
    choose(app, "age", "Left out")
    html = picked(app)[1]
    assert "From " not in html and html.count("Before the first rating") == 10


def test_what_was_told_comes_with_the_link_and_shows_on_a_view_only_one(visit, app):
    visit("rate", groups="true")
    pick(app, 2)
    choose(app, "gender", "F")
    before, token = picked(app)[0], link(app, "profile")
    first = current(app).items.title[person_cached.run_groups(current(app).id)[2].shown[0]]
    again = type(app).from_file(app._script_path, default_timeout=60)
    for name, value in (("data", "sample"), ("run", link(app, "run")), ("profile", token), ("groups", "true")):
        again.query_params[name] = value
    again.switch_page("pages/rate.py").run()
    assert picked(again)[0] == before and groups(again)[2].value
    assert again.selectbox(key="about_gender").value == "F"

    app.session_state["_profile"] = None
    app.query_params["profile"] = cached.profiles().open(token).view_token
    app.run()
    assert not app.exception and headings(app) == ["Their ratings", "Their picks"]
    assert not groups(app) and not list(app.toggle) and not [box for box in app.selectbox if "about" in box.key]
    said = texts(app).replace("\\", "")
    assert f"Groups picked: {first}" in said and "Female" not in said
    assert picked(app)[0] == before


@pytest.mark.parametrize("data", ["sample", "ml-100k"])
def test_age_gender_and_occupation_move_the_predictions_until_left_out(visit, data):
    app = visit("rate", data=data)
    popular, asked, run = picked(app)[0], cards(app), current(app)
    known, (tells, dataset) = person_cached.new_user_of(run.id), person_cached.run_background(run.id)
    assert app.selectbox(key="about_occupation").options[0] == "Left out"
    choose(app, "age", "20")
    choose(app, "occupation", "student")
    assert facts(app) == {"age": "20", "occupation": "student"} and headings(app) == ["Your picks"]
    student = known.with_prior(tells.inform(known.prior, features_of_person(dataset, 20, None, "student")))
    found = picks(student, run.items, {}, 10, item_weights=person_cached.item_weights(run.id), n_familiar=4)
    assert np.abs(student.before[0].score - known.before[0].score).max() > 0.02
    figures = [float(each) for each in re.findall(r"<b>(\d\.\d)</b>, probably", picked(app)[1])]
    assert figures == [float(f"{stars:.1f}") for stars in found.items.predicted]
    for name in ("age", "occupation"):
        choose(app, name, "Left out")
    assert facts(app) == {} and picked(app)[0] == popular and cards(app) == asked


def test_where_nobody_is_described_nobody_is_asked(visit):
    app = visit("rate", data="ml-latest-small")
    assert not [box for box in app.selectbox if box.key.startswith("about_")] and list(app.toggle)


def test_another_run_finds_the_groups_with_these_films(visit, app):
    app = visit("rate", groups="true")
    pick(app, 3)
    pick(app, 6)
    titles = facts(app)["groups"].split("\n")
    other = train("dot-range")
    app.query_params["run"] = other
    app.run()
    items, found = cached.trained_run(other).items, person_cached.run_groups(other)
    holding = {
        place for place, group in enumerate(found) for title in titles if title in items.title[group.items].tolist()
    }
    assert holding and {place for place, box in enumerate(groups(app)) if box.value} == holding
    for place in holding:
        pick(app, place, False)
    left = [title for title in titles if not any(title in items.title[group.items].tolist() for group in found)]
    assert facts(app) == ({"groups": "\n".join(left)} if left else {})


def test_a_model_that_cannot_use_what_was_told_says_so(visit, app):
    app = visit("rate", groups="true")
    pick(app, 3)
    choose(app, "age", "30")
    app.query_params["run"] = train("neighbours")
    app.run()
    assert not app.exception and not groups(app) and not list(app.toggle) and cards(app)
    assert "The groups of films that were picked do not count here: this model" in texts(app)
    assert "Age, gender and occupation do not count here" in texts(app) and headings(app) == [POPULAR]


def test_without_the_ratings_behind_the_run_nothing_told_counts(visit, app, monkeypatch):
    app = visit("rate", groups="true")
    pick(app, 3)

    def gone(run_id):
        raise RunError("the data set is not at hand")

    for name in ("run_audience", "run_groups", "run_background", "new_user_with_facts"):
        monkeypatch.setattr(person_cached, name, lambda *_: gone(_))
    app.run()
    assert not app.exception and not groups(app) and headings(app)[0] == POPULAR and cards(app)
    assert "do not count here: the ratings behind this run are not at hand" in texts(app)


def test_all_groups_together_tell_nothing_and_ratings_count_beside_them(visit):
    app = visit("rate", groups="true")
    for place in range(8):
        pick(app, place)
    assert headings(app) == [POPULAR] and "All of them together tell nothing." in texts(app)
    for place in range(1, 8):
        pick(app, place, False)
    app.button(key="single_films").click().run()
    title = cards(app)[0]
    app.feedback(key=f"stars-{title}").set_value(4).run()
    app.toggle(key="groups").set_value(True).run()
    run = current(app)
    rated, share = {run.items.title.tolist().index(title): 5.0}, person_cached.run_audience(run.id).share
    stated = person_cached.new_user_with_facts(run.id, (0,), None, None, None)
    less = 1 - unknown(stated, rated, share) / unknown(person_cached.new_user_of(run.id), rated, share)
    assert f"Your uncertainty is {100 * less:.0f} % lower with them." in texts(app)


def test_looking_for_a_film_leaves_the_groups(visit):
    app = visit("rate", groups="true")
    title = app.selectbox(key="search").options[30]
    app.selectbox(key="search").select(title).run()
    assert cards(app)[0] == title and not groups(app) and not app.toggle(key="groups").value


def test_groups_without_an_answer_can_be_deleted_with_the_profile(visit):
    app = visit("rate", data="sample", groups="true")
    pick(app, 0)
    token = link(app, "profile")
    app.button(key="delete").click().run()
    assert not app.exception and "Your ratings and both their links are deleted." in [
        each.value for each in app.success
    ]
    with pytest.raises(ProfileError, match="may have been deleted"):
        cached.profiles().open(token)
    assert headings(app) == [POPULAR] and not any(box.value for box in groups(app))
