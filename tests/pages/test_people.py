"""The People page: one user of the link, their figures against the same worked out anew, and what it says where it cannot."""

import dataclasses
import json
import shutil

import numpy as np
import pytest

from collab.errors import RunError
from collab.models import DEFAULT_MODEL, preset_of
from collab.services.environment import read_environment
from collab.services.plans import plan
from collab.services.run_rows import load_encoded
from collab.training.metrics import errors
from collab.ui.frame import cached
from collab.ui.people import cached as people_cached
from tests.pages.on_the_page import current, figure, link, texts
from tests.training_here import train_here

DATA = ("sample", "ml-100k", "ml-latest-small")
ERRORS = "Errors on the user’s held-out ratings"


def traces(app):
    return {trace.get("name"): trace for trace in figure(app)["data"]}


def frames(app):
    """The tables below the picture: all but that of the errors beside it."""
    return [each for each in app.dataframe if each.proto.alt != ERRORS]


def show(app, part):
    app.button_group(key="part").set_value(part).run()
    assert not app.exception and not app.error
    return app


@pytest.fixture
def visit_run(visit):
    """`visit`, on a run of any model that is trained first."""

    def open_page(model, holdout="random:0.2", data="sample", **link):
        settings = preset_of(model, "fast")
        if hasattr(settings, "epochs"):
            settings = dataclasses.replace(settings, epochs=2)
        run = train_here(read_environment(), plan(model, settings, data, holdout, 0))
        return visit("people", data, run=run.id, **link)

    return open_page


@pytest.mark.parametrize("data", DATA)
def test_the_user_of_the_link_with_errors_worked_out_anew(visit_dot_bias, data):
    app = visit_dot_bias("people", data, user="12")
    run = current(app)
    _, valid = cached.ratings_of(run.id)
    own = valid.take(np.flatnonzero(valid.user_index == run.users.index[run.users["user_id"] == "12"][0]))
    expected = errors(run.model.predict(own.user_index, own.item_index), own.rating)
    (told,) = (each.value for each in app.dataframe if each.proto.alt == ERRORS)
    assert told.loc[0, ["rmse", "mae"]].tolist() == pytest.approx(
        [expected.rmse, expected.mae]
    ) and "**User 12**" in texts(app)
    table = frames(app)[-1].value
    assert sorted(table["rating"]) == sorted(own.rating) and table["predicted"].is_monotonic_decreasing
    assert traces(app)["given"]["y"] == table["rating"].tolist()
    assert traces(app)["predicted"]["y"] == table["predicted"].tolist()
    assert "80 % interval" not in traces(app)  # dot-bias names no variance
    known = people_cached.people_known(run.id)
    assert (known is None) == (data == "ml-latest-small")
    if known is not None:
        assert f"{known['age'].iloc[12]:g} years, " in texts(app)
    assert ("synthetic ratings" in json.dumps(figure(app)["layout"])) == (data == "sample")


@pytest.mark.parametrize("data", DATA)
def test_every_part(visit, data):
    app = visit("people", data, user="5")
    run = current(app)
    train, _ = cached.ratings_of(run.id)
    rated = set(train.item_index[train.user_index == 5].tolist())
    table = frames(show(app, "recommended"))[0].value
    assert len(table) == 10 and not set(table["item_index"]) & rated and (table["n_ratings"] >= 20).all()
    assert "in this list of 10" in texts(app) or "nothing says how good this list is" in texts(app)
    app.selectbox(key="ranked_by").set_value("rating").run()
    assert not app.exception and frames(app)[0].value["predicted"].is_monotonic_decreasing
    table = frames(show(app, "what they rated"))[0].value
    assert set(table["item_index"]) == rated and table["rating"].is_monotonic_decreasing
    app.button_group(key="rated_order").set_value("surprise").run()
    assert frames(app)[0].value["difference"].abs().is_monotonic_decreasing
    table = frames(show(app, "tastes"))[0].value
    assert table["n_ratings"].is_monotonic_decreasing and table["share"].between(0, 100).all()
    app.button_group(key="taste_by").set_value("decades").run()
    assert frames(app)[0].value["name"].str.fullmatch(r"\d{4}s").all()
    table = frames(show(app, "all users"))[0].value
    assert table["n_ratings"].is_monotonic_decreasing and (table["n_ratings"] >= 20).all()
    for order, column, rising in (("harshest", "mean_rating", True), ("worst predicted", "rmse", False)):
        app.selectbox(key="people_order").set_value(order).run()
        ordered = frames(app)[0].value[column]
        assert ordered.is_monotonic_increasing if rising else ordered.is_monotonic_decreasing
    assert (frames(app)[0].value["n_held_out"] >= 10).all()


def test_part_and_order_come_from_the_link(visit):
    app = visit("people", part="all users", people_order="kindest", minimum="40")
    table = frames(app)[0].value
    assert table["mean_rating"].is_monotonic_decreasing and (table["n_ratings"] >= 40).all()


def test_another_user_by_the_box_and_by_chance(visit):
    app = visit("people", user="7")
    assert app.selectbox(key="_people_pick").value == "7"
    app.selectbox(key="_people_pick").set_value("9").run()
    assert not app.exception and link(app, "user") == "9" and "**User 9**" in texts(app)
    seen = set()
    for _ in range(6):  # the same user six times out of hundreds: never
        app.button(key="random_person").click().run()
        assert not app.exception and f"**User {link(app, 'user')}**" in texts(app)
        seen.add(link(app, "user"))
    assert len(seen) > 1


@pytest.mark.parametrize("user", ["0", "99999", "*me*", "#na#"])
def test_a_user_that_is_none_is_refused_with_the_range(visit, user):
    app = visit("people", user=user)
    last = current(app).users["user_id"].iat[-1]
    (warning,) = app.warning
    assert warning.value.startswith("The link names the user ") and f"1 to {last}." in warning.value
    assert link(app, "user") == "1" and "**User 1**" in texts(app)
    app.run()
    assert not app.warning


def test_the_user_goes_with_the_session_and_one_whom_another_data_set_lacks_is_refused(visit, trained_home):
    app = visit("people", "ml-100k", user="943")
    shutil.copytree(trained_home("sample"), read_environment().home, dirs_exist_ok=True)
    app.switch_page("pages/biases.py").run()
    app.switch_page("pages/people.py").run()
    assert not app.exception and "**User 943**" in texts(app)
    app.selectbox(key="_pick_data").set_value("sample").run()
    assert not app.exception and "the user “943”, whom this data set does not have" in app.warning[0].value
    assert "**User 1**" in texts(app) and link(app, "user") == "1"


def test_a_bayesian_run_has_intervals_and_orders_by_them(visit, add_run):
    default, without = add_run(DEFAULT_MODEL), add_run("dot-bias")
    app = visit("people", user="3", run=default)
    table = frames(app)[-1].value
    assert "80 % interval" in traces(app) and {"low", "high", "inside"} <= set(table)
    assert f"hold {table['inside'].sum()} of {len(table)}" in texts(app)
    n_outside = len(traces(app).get("given, outside", {"x": []})["x"])
    assert n_outside == (~table["inside"]).sum()
    show(app, "recommended")
    assert len(app.selectbox(key="ranked_by").options) == 5
    app.selectbox(key="ranked_by").set_value("safe").run()
    table = frames(app)[0].value
    assert not app.exception and table["score"].is_monotonic_decreasing and (table["score"] < table["predicted"]).all()
    app.selectbox(key="_pick_run").set_value(without).run()  # which has no such order
    assert not app.exception and app.session_state["ranked_by"] == "watch"


@pytest.mark.parametrize("model", ["mean", "neighbours", "deep", "ordinal"])
def test_models_without_factors_or_biases_serve_as_well(visit_run, model):
    app = visit_run(model, user="4")
    assert not app.info[1:] and len(traces(app)["predicted"]["y"]) == len(frames(app)[-1].value)
    assert ("bias " in texts(app)) == current(app).model.has_biases
    table = frames(show(app, "recommended"))[0].value
    assert len(table) == 10
    assert ("bias" in frames(show(app, "all users"))[0].value) == current(app).model.has_biases


def test_sealed_rows_stay_unseen(visit_run):
    app = visit_run("bias", "random:0.2+sealed:0.3", user="2")
    split, ratings = cached.run_split(link(app, "run"))
    sealed = set(ratings.item_index[split.test[ratings.user_index[split.test] == 2]].tolist())
    held = set(ratings.item_index[split.valid[ratings.user_index[split.valid] == 2]].tolist())
    assert sealed - held and set(frames(app)[-1].value["item_index"]) == held
    shown = frames(show(app, "recommended"))[0].value
    assert set(shown["item_index"][shown["given"].notna()]) <= held


def test_a_user_without_a_held_out_rating(visit_run, tmp_path):
    file = tmp_path / "rows.txt"
    _, ratings = load_encoded("sample", read_environment())
    file.write_text("\n".join(map(str, np.flatnonzero(ratings.user_index == 1)[:3])))
    app = visit_run("bias", f"rows:{file}", user="2")
    assert "None of this user’s ratings is held out" in texts(app) and not app.get("plotly_chart")
    show(app, "recommended")
    assert "nothing says how good this list is" in texts(app)
    show(app, "what they rated")
    app.selectbox(key="_people_pick").set_value("1").run()
    assert "fewer than 10 say next to nothing" in texts(app)


def test_where_the_ratings_are_gone_the_users_are_left_and_runs_that_can_serve(visit, add_run, monkeypatch):
    add_run("dot-bias")
    app = visit("people")
    gone = link(app, "run")
    split_of = cached.split_of

    def lost(run, *rest):
        if run.id == gone:
            raise RunError("the data set is not the one that this run was trained on")
        return split_of(run, *rest)

    cached.run_split.clear(), cached.ratings_of.clear(), people_cached.held_out.clear()
    monkeypatch.setattr(cached, "split_of", lost)
    app.run()
    assert not app.exception and "The data set is not the one" in app.info[-1].value
    table = frames(app)[0].value
    assert table["n_ratings"].is_monotonic_decreasing and "rmse" not in table and "bias" in table
    other = next(button for button in app.button if (button.key or "").startswith("use_"))
    other.click().run()
    assert not app.exception and link(app, "run") != gone and "rmse" not in frames(app)[0].value
    assert "**User 1**" in texts(app)
